"""Six techniques. Each turns tone layers into a sheet with its own edges, texture and way of laying colour over colour.

`Plates` holds what they work from: the tones back to front, and the window of the picture on its sheet.
Masks are float32 in 0–1. A tone's mask covers only its own area, since most are small, plus room for blurs and shifts.
"""

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from scripts.printshop.palettes import Palette


@dataclass
class Tone:
    """One layer, rasterised: where it lies on the sheet, its coverage there, and its ink."""

    area: tuple[slice, slice]
    mask: np.ndarray  # (height, width) of the area, cut to the window
    role: str
    colour: np.ndarray  # (3,) float32 in 0–1


@dataclass
class Plates:
    tones: list[Tone]  # back to front
    window: np.ndarray  # (size, size)
    palette: Palette
    rng: np.random.Generator

    def colour(self, role):
        return np.array(self.palette.rgb(role), np.float32) / 255


def blur(mask, radius):
    """A Gaussian-like blur of a 0–1 mask."""
    image = Image.fromarray((np.clip(mask, 0, 1) * 255).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(radius)), np.float32) / 255


def noise(rng, size, cells, low=-1.0, high=1.0):
    """Smooth random field with about `cells` features across."""
    small = Image.fromarray(rng.random((cells, cells), np.float32))
    field = np.asarray(small.resize((size, size), Image.Resampling.BICUBIC), np.float32)
    return low + (high - low) * np.clip(field, 0, 1)


def over(canvas, colour, alpha):
    """Lay a colour (RGB or an image) over the canvas."""
    canvas += (colour - canvas) * alpha[..., None]


def step(values, softness):
    """A soft threshold at 0: −softness → 0, +softness → 1."""
    return np.clip(values / (2 * softness) + 0.5, 0, 1)


def shifted(mask, dx, dy):
    return np.roll(mask, (round(dy), round(dx)), (0, 1))


def grid_of(size):
    y, x = np.mgrid[0:size, 0:size].astype(np.float32)
    return x, y


def sheet_of(plates, tint=0.0):
    size = plates.window.shape[0]
    sheet = np.empty((size, size, 3), np.float32)
    sheet[:] = plates.colour("light") * (1 - tint) + tint
    return sheet


def linocut(plates: Plates):
    """Carved block: rough edges, pale gaps around every form, rows of gouge marks, ink that covers unevenly."""
    rng, size = plates.rng, plates.window.shape[0]
    paper = plates.colour("light")
    canvas = sheet_of(plates, 0.25)
    wobble = noise(rng, size, 64) * 0.2 + noise(rng, size, 20) * 0.14
    x, y = grid_of(size)
    bend = noise(rng, size, 5) * 9
    window = step(blur(plates.window, 1.2) - 0.5 + wobble, 0.2)
    run = noise(rng, size, 26) + 0.4 * noise(rng, size, 40)  # breaks the gouge lines into strokes
    pitch = {"sky": 9.0, "paper": 9.0, "far": 7.0, "near": 6.5, "main": 5.5}
    share = {"sky": 0.12, "paper": 0.12, "far": 0.02, "near": 0.0, "main": -0.5}
    tilt = {"sky": rng.uniform(-0.15, 0.15), "paper": 0.1, "far": rng.uniform(0.4, 0.8), "near": -0.5, "main": 1.1}
    for tone in plates.tones:
        area, role, inside = tone.area, tone.role, window[tone.area]
        cut = step(blur(tone.mask, 1.0) - 0.5 + wobble[area] * 0.8, 0.22)
        over(canvas[area], paper, np.clip(blur(cut, 1.9) * 2.6 - 0.25, 0, 1) * inside * 0.92)
        ink = cut
        if role in pitch and cut.sum() > 0.012 * size**2:
            across = x[area] * math.sin(tilt[role]) + y[area] * math.cos(tilt[role]) + bend[area]
            line = np.abs((across / (pitch[role] * size / 256)) % 1 - 0.5)
            width = 0.17 + 0.2 * (run[area] + share[role])
            ink = cut * (1 - step(width - line, 0.06) * (run[area] > -share[role] - 0.15) * 0.9)
        over(canvas[area], tone.colour, ink * inside)
    strays = step(noise(rng, size, 90) - 0.62, 0.1) * (blur(plates.window, 7) > 0.04) * (1 - window) * 0.55
    over(canvas, plates.colour("main"), strays * (np.abs(((x + y * 0.3 + bend) / 5) % 1 - 0.5) < 0.16))
    over(canvas, paper, blur((rng.random((size, size), np.float32) > 0.988) * window * 0.5, 0.5))
    return canvas * (1 + 0.025 * noise(rng, size, 128)[..., None])


def screenprint(plates: Plates):
    """Flat, even inks, one screen a colour, out of register: pale gaps on one side, dark overlaps on the other."""
    rng, size = plates.rng, plates.window.shape[0]
    canvas = sheet_of(plates)
    screens = {}  # role: what is visible of that ink
    for tone in plates.tones:
        screens.setdefault(tone.role, (np.zeros((size, size), np.float32), tone.colour))
        for role, (screen, _) in screens.items():
            if role == tone.role:
                screen[tone.area] = np.maximum(screen[tone.area], tone.mask)
            else:
                screen[tone.area] *= 1 - tone.mask
    inked = np.zeros((size, size), np.float32)
    for n, (screen, colour) in enumerate(screens.values()):
        reach, angle = size / 256 * (2.9 if n else 0.0), rng.uniform(0, math.tau)
        moved = shifted(screen, reach * math.cos(angle), reach * math.sin(angle))
        double = moved * inked
        over(canvas, colour, moved - double)
        over(canvas, np.minimum(canvas * colour, colour), double)
        inked = np.maximum(inked, moved)
    return canvas


def watercolour(plates: Plates):
    """Wet washes: wandering soft edges, pigment that pools at the rim, blooms, paper grain, no frame."""
    rng, size = plates.rng, plates.window.shape[0]
    canvas = sheet_of(plates, 0.3)
    grain = noise(rng, size, 128)
    wander = noise(rng, size, 26) * 0.5 + noise(rng, size, 60) * 0.25
    outer = step(blur(plates.window, 5) - 0.42 + wander * 0.35, 0.12)
    drift_x, drift_y = noise(rng, size, 14) * 3.2, noise(rng, size, 14) * 3.2
    x, y = grid_of(size)
    pools = noise(rng, size, 6) * 0.6 + noise(rng, size, 17) * 0.4
    for tone in plates.tones:
        area, (height, width) = tone.area, tone.mask.shape
        rows = np.clip(y[area] - area[0].start + drift_y[area], 0, height - 1).astype(np.intp)
        columns = np.clip(x[area] - area[1].start + drift_x[area], 0, width - 1).astype(np.intp)
        wet = blur(tone.mask, 1.1)[rows, columns]
        wash = step(wet - 0.45 + wander[area] * 0.18, 0.22) * outer[area]
        rim = np.clip(wash - blur(wash, 2.6), 0, 1) * 1.5
        pool = np.roll(pools, int(rng.integers(size)), 0)[area]
        density = np.clip(0.74 + 0.26 * pool + rim + 0.06 * grain[area], 0.3, 1.25)[..., None]
        pigment = tone.colour ** (0.25 + 0.75 * density)  # thin washes are paler, pooled ones deeper
        pigment += (1 - pigment) * np.clip(0.9 - density, 0, 1) * 0.75
        over(canvas[area], pigment, wash * 0.93)
    for _ in range(5):
        cx, cy = (rng.uniform(0.06, 0.94) * size for _ in "xy")
        r = rng.uniform(0.8, 2.6) * size / 256
        over(canvas, plates.colour("main"), step(r - np.hypot(x - cx, y - cy), 1.0) * 0.5)
    return canvas * (1 + 0.035 * grain[..., None])


def risograph(plates: Plates):
    """Soy inks through a drum: coarse halftone dots in pale tones, graded skies, grainy solids, slight shifts."""
    rng, size = plates.rng, plates.window.shape[0]
    canvas = sheet_of(plates, 0.1)
    x, y = grid_of(size)
    grain = rng.random((size, size), np.float32)
    cover = {"paper": 0.34, "sky": 0.42, "far": 0.6, "near": 0.78}
    turn = {"paper": 0.26, "sky": 0.26, "far": 1.3, "near": 0.78}
    pitch = size / 256 * 5.2
    grade = float(rng.choice((-0.28, 0.28))) * (y / size - 0.5)
    for tone in plates.tones:
        area, role = tone.area, tone.role
        mask = shifted(tone.mask, *rng.integers(-1, 2, 2))
        if role in cover and mask.sum() > 0.004 * size**2:
            cos, sin = math.cos(turn[role]) * math.tau / pitch, math.sin(turn[role]) * math.tau / pitch
            dots = np.cos(x[area] * cos + y[area] * sin) + np.cos(y[area] * cos - x[area] * sin)
            deep = tone.colour**2 if role in ("paper", "sky") else tone.colour  # pale paper tones need a deeper dot
            over(canvas[area], plates.colour("light"), mask)
            over(canvas[area], deep, mask * step(0.25 * dots - 0.5 + cover[role] + grade[area], 0.1))
        elif role == "light":
            over(canvas[area], tone.colour, mask)
        else:
            over(canvas[area], tone.colour, mask * (0.94 - 0.55 * (grain[area] > 0.92)))
    return canvas * (1 - 0.05 * (grain[..., None] > 0.8))


def etching(plates: Plates):
    """Fine dark lines: every edge drawn, tones hatched and cross-hatched, a thin tint, the mark of the plate."""
    rng, size = plates.rng, plates.window.shape[0]
    canvas = sheet_of(plates, 0.2)
    x, y = grid_of(size)
    shake = noise(rng, size, 30) * 1.5
    lines = np.zeros((size, size), np.float32)
    tint = canvas.copy()
    tilt = rng.uniform(-0.15, 0.15)
    pitch = size / 256 * 4.4
    hatches = [  # distance from the nearest line, in pixels
        np.abs((x * math.sin(a) + y * math.cos(a) + shake) / pitch % 1 - 0.5) * pitch for a in (0.75 + tilt, tilt - 0.6)
    ]
    for tone in plates.tones:
        area, mask = tone.area, tone.mask
        backdrop = tone.role in ("paper", "sky", "far")
        dark = 1 - float(tone.colour @ np.array((0.3, 0.59, 0.11), np.float32))
        over(tint[area], tone.colour, mask * (0.9 - 0.85 * max(dark - 0.4, 0)))
        shade = np.clip(dark - 0.1, 0, 0.38 if backdrop else 0.7) + 0.25 * (1 - blur(mask, 6)) * mask
        drawn = step(shade * 1.5 - hatches[0][area], 0.45)
        if dark > 0.4 and not backdrop:
            drawn = np.maximum(drawn, step((shade - 0.25) * 1.5 - hatches[1][area], 0.45))
        edge = np.clip((mask - blur(mask, 0.9)) * 5.0, 0, 1)
        lines[area] = np.maximum(lines[area] * (1 - mask), np.maximum(drawn * mask, edge))
    canvas += (tint - canvas) * (blur(plates.window, 1.0) * 0.72)[..., None]
    frame = np.clip((plates.window - blur(plates.window, 1.1)) * 4, 0, 1)
    ink = np.maximum(lines, frame) * (0.86 + 0.14 * shake) * 0.9
    over(canvas, plates.colour("dark") * 0.9, np.clip(ink, 0, 1))
    rim = np.minimum(np.minimum(x, y), np.minimum(size - 1 - x, size - 1 - y))
    plate = np.clip(rim - size * 0.035, 0, 1)
    return canvas * (0.965 + 0.035 * plate[..., None]) * (1 + 0.015 * noise(rng, size, 128)[..., None])


def papercut(plates: Plates):
    """Sheets of card, cut and stacked: each layer throws a soft shadow, edges catch the light, a mount frames it."""
    rng, size = plates.rng, plates.window.shape[0]
    canvas = sheet_of(plates)
    fibre = noise(rng, size, 100) * 0.6 + noise(rng, size, 30) * 0.4
    unit = size / 256
    for n, tone in enumerate(plates.tones):
        area, mask = tone.area, tone.mask
        if n:
            shadow = blur(shifted(mask, 2.6 * unit, 3.6 * unit), 2.4 * unit)
            canvas[area] *= (1 - 0.4 * shadow)[..., None]
        card = 1 + 0.03 * np.roll(fibre, int(rng.integers(size)), 1)[area]
        lit = np.clip(mask - shifted(mask, unit, unit), 0, 1) * 0.35
        over(canvas[area], np.clip(tone.colour * card[..., None] + lit[..., None], 0, 1), mask)
    mount = 1 - plates.window
    shadow = blur(shifted(mount, 3.2 * unit, 4.4 * unit), 3.2 * unit) * plates.window
    canvas *= (1 - 0.49 * shadow)[..., None]
    over(canvas, plates.colour("light") * (1 + 0.02 * fibre[..., None]), mount)
    return canvas


TECHNIQUES = {
    "linocut": linocut,
    "screenprint": screenprint,
    "watercolour": watercolour,
    "risograph": risograph,
    "etching": etching,
    "papercut": papercut,
}
