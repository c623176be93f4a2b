"""Six techniques. Each turns tone layers into a sheet with its own edges, texture and way of laying colour over colour.

`Plates` holds what they work from: one coverage mask per layer, its role and colour, and the window of the picture.
Arrays are (size, size) float32 in 0–1; colours are float32 RGB in 0–1.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from scripts.printshop.palettes import Palette


@dataclass
class Plates:
    masks: list[np.ndarray]  # back to front, already cut to the window
    roles: list[str]
    colours: list[np.ndarray]
    window: np.ndarray
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
    angles = {"sky": rng.uniform(-0.15, 0.15), "paper": 0.1, "far": rng.uniform(0.4, 0.8), "near": rng.uniform(-0.7, -0.3), "main": 1.1}
    tears = noise(rng, size, 40)
    for mask, role, colour in zip(plates.masks, plates.roles, plates.colours, strict=True):
        cut = step(blur(mask, 1.0) - 0.5 + wobble * 0.8, 0.22)
        soft = blur(cut, 1.9)
        over(canvas, paper, np.clip(soft * 2.6 - 0.25, 0, 1) * window * 0.92)
        ink = cut
        if role in angles and cut.mean() > 0.012:
            a = angles[role]
            across = x * np.sin(a) + y * np.cos(a) + bend
            period = {"sky": 9.0, "paper": 9.0, "far": 7.0, "near": 6.5, "main": 5.5}[role]
            line = np.abs((across / period) % 1 - 0.5)
            along = noise(rng, size, 26) + 0.4 * tears
            depth = blur(cut, 7)
            reach = {"sky": 0.12, "paper": 0.12, "far": 0.02, "near": 0.0, "main": -0.32}[role]
            width = 0.17 + 0.2 * (along + reach) - 0.12 * (depth > 0.97)
            ink = cut * (1 - step(width - line, 0.06) * (along > -reach - 0.15) * 0.9)
        over(canvas, colour, ink * window)
    chatter = step(noise(rng, size, 90) - 0.62, 0.1) * (blur(plates.window, 7) > 0.04) * (1 - window) * 0.55
    over(canvas, plates.colour("main"), chatter * (np.abs(((x + y * 0.3 + bend) / 5) % 1 - 0.5) < 0.16))
    speckle = (rng.random((size, size), np.float32) > 0.988) * window * 0.5
    over(canvas, paper, blur(speckle, 0.5))
    return canvas * (1 + 0.025 * noise(rng, size, 128)[..., None])


def screenprint(plates: Plates):
    """Flat, even inks, one screen a colour, slightly out of register: pale gaps on one side, darker overlaps on the other."""
    rng, size = plates.rng, plates.window.shape[0]
    canvas = sheet_of(plates)
    order = list(dict.fromkeys(plates.roles))
    screens = {role: np.zeros((size, size), np.float32) for role in order}
    for mask, role in zip(plates.masks, plates.roles, strict=True):  # what is visible of each ink
        for other, screen in screens.items():
            if other == role:
                np.maximum(screen, mask, out=screen)
            else:
                screen *= 1 - mask
    for n, role in enumerate(order):
        reach = size / 256 * (2.4 if n else 0.0)
        angle = rng.uniform(0, 2 * np.pi)
        moved = shifted(screens[role], reach * np.cos(angle), reach * np.sin(angle))
        ink = plates.colour(role)
        covered = np.clip(np.abs(canvas - plates.colour("light")).sum(-1) * 4, 0, 1) * moved
        mixed = canvas * ink * (1 - covered[..., None] * 0.0)
        over(canvas, ink, moved * (1 - covered))
        over(canvas, np.minimum(mixed, ink), moved * covered)
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
    rows = np.clip(y + drift_y, 0, size - 1).astype(np.intp)
    columns = np.clip(x + drift_x, 0, size - 1).astype(np.intp)
    pools = noise(rng, size, 6) * 0.6 + noise(rng, size, 17) * 0.4
    for mask, colour in zip(plates.masks, plates.colours, strict=True):
        wet = blur(mask, 1.1)[rows, columns]
        wash = step(wet - 0.45 + wander * 0.18, 0.22) * outer
        rim = np.clip(wash - blur(wash, 2.6), 0, 1) * 1.5
        density = 0.74 + 0.26 * np.roll(pools, int(rng.integers(size)), 0) + rim + 0.06 * grain
        density = np.clip(density, 0.3, 1.25)[..., None]
        pigment = np.clip(colour ** (0.25 + 0.75 * density), 0, 1)  # thin washes are paler, pooled ones deeper
        pigment = pigment + (1 - pigment) * np.clip(0.9 - density, 0, 1) * 0.75
        over(canvas, pigment, wash * 0.93)
    for _ in range(5):
        cx, cy, r = *rng.uniform(0.06, 0.94, 2) * size, rng.uniform(0.8, 2.6) * size / 256
        over(canvas, plates.colour("main"), step(r - np.hypot(x - cx, y - cy), 1.0) * 0.5)
    return canvas * (1 + 0.035 * grain[..., None])


def risograph(plates: Plates):
    """Soy inks through a drum: coarse halftone dots in the pale tones, graded dot skies, grainy solids, small shifts."""
    rng, size = plates.rng, plates.window.shape[0]
    canvas = sheet_of(plates, 0.1)
    x, y = grid_of(size)
    grain = rng.random((size, size), np.float32)
    tone = {"paper": 0.34, "sky": 0.42, "far": 0.6, "near": 0.78, "light": 0.0}
    angle = {"paper": 0.26, "sky": 0.26, "far": 1.3, "near": 0.78}
    pitch = size / 256 * 5.2
    fade = rng.choice((-1, 1))
    for mask, role, colour in zip(plates.masks, plates.roles, plates.colours, strict=True):
        dx, dy = rng.integers(-1, 2, 2)
        mask = shifted(mask, dx, dy)
        if role in angle and mask.mean() > 0.004:
            a = angle[role]
            u, v = (x * np.cos(a) + y * np.sin(a)) / pitch, (y * np.cos(a) - x * np.sin(a)) / pitch
            dots = 0.5 + 0.25 * (np.cos(2 * np.pi * u) + np.cos(2 * np.pi * v))
            level = tone[role] + fade * 0.28 * (y / size - 0.5)
            over(canvas, plates.colour("light"), mask)
            deep = colour * colour if role in ("paper", "sky") else colour
            over(canvas, deep, mask * step(dots - 1 + level, 0.1))
        elif role == "light":
            over(canvas, plates.colour("light"), mask)
        else:
            over(canvas, colour, mask * (0.94 - 0.55 * (grain > 0.9)))
    return canvas * (1 - 0.05 * (grain[..., None] > 0.8))


def etching(plates: Plates):
    """Fine dark lines: every edge drawn, tones hatched and cross-hatched, a thin hand-laid tint, the mark of the plate."""
    rng, size = plates.rng, plates.window.shape[0]
    canvas = sheet_of(plates, 0.2)
    x, y = grid_of(size)
    shake = noise(rng, size, 30) * 1.5
    ink = plates.colour("dark")
    lines = np.zeros((size, size), np.float32)
    tint = canvas.copy()
    tilt = rng.uniform(-0.15, 0.15)
    pitch = size / 256 * 4.4
    hatches = []
    for a in (0.75 + tilt, -0.6 + tilt, 0.08 + tilt):
        across = (x * np.sin(a) + y * np.cos(a) + shake) / pitch
        hatches.append(np.abs(across % 1 - 0.5) * pitch)
    for mask, role, colour in zip(plates.masks, plates.roles, plates.colours, strict=True):
        dark = 1 - float(colour @ np.array((0.3, 0.59, 0.11), np.float32))
        over(tint, colour, mask * (0.9 if role in ("accent", "main") else 0.72))
        lines *= 1 - mask
        shade = np.clip(dark - 0.1, 0, 1) + 0.25 * (1 - blur(mask, 6)) * mask
        drawn = step(shade * 1.6 - hatches[0], 0.45)
        if dark > 0.4:
            drawn = np.maximum(drawn, step((shade - 0.25) * 1.5 - hatches[1], 0.45))
        if dark > 0.68:
            drawn = np.maximum(drawn, step((shade - 0.35) * 1.5 - hatches[2], 0.45))
        edge = np.clip((mask - blur(mask, 0.9)) * 5.0, 0, 1) if mask.mean() < 0.97 else 0
        lines = np.maximum(lines, np.maximum(drawn * mask, edge))
    wash = blur(plates.window, 1.0) * 0.55
    canvas += (tint - canvas) * wash[..., None]
    frame = np.clip((plates.window - blur(plates.window, 1.1)) * 4, 0, 1)
    over(canvas, ink * 0.9, np.clip(np.maximum(lines, frame) * (0.86 + 0.14 * shake), 0, 1) * 0.9)
    plate = np.clip(np.minimum(np.minimum(x, y), np.minimum(size - 1 - x, size - 1 - y)) - size * 0.035, 0, 1)
    return canvas * (0.965 + 0.035 * plate[..., None]) * (1 + 0.015 * noise(rng, size, 128)[..., None])


def papercut(plates: Plates):
    """Sheets of card cut and stacked: every layer throws a soft shadow, edges catch the light, a mount frames it all."""
    rng, size = plates.rng, plates.window.shape[0]
    canvas = sheet_of(plates)
    fibre = noise(rng, size, 100) * 0.6 + noise(rng, size, 30) * 0.4
    unit = size / 256
    for n, (mask, colour) in enumerate(zip(plates.masks, plates.colours, strict=True)):
        if n:
            shadow = blur(shifted(mask, 2.6 * unit, 3.6 * unit), 2.4 * unit)
            over(canvas, canvas * 0.35, shadow * 0.62)
        shade = 1 + 0.03 * np.roll(fibre, int(rng.integers(size)), 1)
        lit = np.clip(mask - shifted(mask, unit, unit), 0, 1) * 0.35
        over(canvas, np.clip(colour * shade[..., None] + lit[..., None], 0, 1), mask)
    mount = 1 - plates.window
    shadow = blur(shifted(mount, 3.2 * unit, 4.4 * unit), 3.2 * unit) * plates.window
    over(canvas, canvas * 0.3, shadow * 0.7)
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
