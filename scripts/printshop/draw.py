"""Draws a print: the motif lays out a scene, the palette colours its roles, the technique renders them."""

import random

import numpy as np
from PIL import Image, ImageChops, ImageDraw

from scripts.printshop import (
    abstracts,
    motifs_garden,
    motifs_home,
    motifs_horizon,
    motifs_sea,
    motifs_town,
    motifs_woods,
)
from scripts.printshop.catalogue import ABSTRACTS, MOTIFS, Print
from scripts.printshop.palettes import PALETTES
from scripts.printshop.shapes import Layer, Scene, box, ellipse
from scripts.printshop.techniques import TECHNIQUES, Plates, Tone

OVERSAMPLE = 3
MODULES = (abstracts, motifs_garden, motifs_home, motifs_horizon, motifs_sea, motifs_town, motifs_woods)
WIDE = ("bicycle", "train", "whale", "teapot", "bridge", "city", "wave", "grid", "arcs")


def _composer(motif):
    for module in MODULES:
        if motif in (*MOTIFS, *ABSTRACTS) and hasattr(module, motif):
            return getattr(module, motif)
    raise ValueError(f"no motif is called {motif!r}; there are {', '.join((*MOTIFS, *ABSTRACTS))}")


def draw(work: Print, size: int = 256) -> Image.Image:
    """The print as an RGB picture of `size` × `size` pixels; the same print always gives the same pixels."""
    rng = random.Random(f"composition {work.seed}")
    scene = Scene(rng, work.mood)
    _composer(work.motif)(scene)
    palette = PALETTES[work.palette]
    window = _raster(Layer("window", _window(rng, work)), (0, 0, size, size), size)
    tones = [_tone(layer, palette, size, window) for layer in scene.layers]
    plates = Plates([tone for tone in tones if tone], window, palette, np.random.default_rng(work.seed))
    pixels = TECHNIQUES[work.technique](plates)
    return Image.fromarray((np.clip(pixels, 0, 1) * 255 + 0.5).astype(np.uint8))


def _window(rng, work):
    """The outline of the picture on its sheet; wide motifs keep the full width."""
    margin = rng.uniform(0.055, 0.08)
    chances = (85, 0, 15, 0, 0) if work.motif in WIDE else (62, 18, 4, 10, 6)
    shape = rng.choices(("square", "portrait", "landscape", "arch", "round"), chances)[0]
    if shape == "portrait":
        return [box(margin + 0.07, margin, 0.93 - margin, 1 - margin)]
    if shape == "landscape":
        return [box(margin - 0.01, margin + 0.05, 1.01 - margin, 0.95 - margin)]
    if shape == "arch":
        return [ellipse(0.5, 0.42, 0.4, 0.42 - margin), box(0.1, 0.42, 0.9, 1 - margin)]
    if shape == "round":
        return [ellipse(0.5, 0.5, 0.47)]
    return [box(margin, margin, 1 - margin, 1 - margin)]


def _tone(layer, palette, size, window):
    """A layer on the pixel grid, within its own bounds; None where nothing of it is on the sheet."""
    points = np.concatenate(layer.clip or layer.shapes) * size
    margin = 20 * size // 256  # room for blurs, shadows and shifts
    left, top = np.clip(np.floor(points.min(0)) - margin, 0, size).astype(int)
    right, bottom = np.clip(np.ceil(points.max(0)) + margin, 0, size).astype(int)
    if left >= right or top >= bottom:
        return None
    area = (slice(top, bottom), slice(left, right))
    role = palette.detail if layer.role == "detail" else layer.role
    mask = _raster(layer, (left, top, right, bottom), size) * window[area]
    return Tone(area, mask, role, np.array(palette.rgb(role), np.float32) / 255)


def _raster(layer, bounds, size):
    """Coverage of a layer within bounds (left, top, right, bottom), float32 in 0–1."""
    mask = _fill(layer.shapes, bounds, size)
    if layer.holes:
        _fill(layer.holes, bounds, size, mask, 0)
    if layer.clip:
        mask = ImageChops.multiply(mask, _fill(layer.clip, bounds, size))
    return np.asarray(mask.reduce(OVERSAMPLE), np.float32) / 255


def _fill(shapes, bounds, size, mask=None, value=255):
    left, top, right, bottom = bounds
    mask = mask or Image.new("L", ((right - left) * OVERSAMPLE, (bottom - top) * OVERSAMPLE))
    pen = ImageDraw.Draw(mask)
    for shape in shapes:
        pen.polygon(((shape * size - (left, top)) * OVERSAMPLE).ravel().tolist(), fill=value)
    return mask
