"""Draws a print: the motif lays out a scene, the palette colours its roles, the technique renders them. Pillow and numpy only."""

import random

import numpy as np
from PIL import Image, ImageDraw

from scripts.printshop import abstracts, motifs_land, motifs_water, motifs_woods
from scripts.printshop.catalogue import ABSTRACTS, MOTIFS, Print
from scripts.printshop.palettes import PALETTES
from scripts.printshop.shapes import Layer, Scene, box, ellipse
from scripts.printshop.techniques import TECHNIQUES, Plates

OVERSAMPLE = 3


def _composer(motif):
    for module in (motifs_water, motifs_woods, motifs_land, abstracts):
        if motif in (*MOTIFS, *ABSTRACTS) and hasattr(module, motif):
            return getattr(module, motif)
    raise ValueError(f"no motif is called {motif!r}; there are {', '.join((*MOTIFS, *ABSTRACTS))}")


def draw(work: Print, size: int = 256) -> Image.Image:
    """The print as an RGB picture of `size` × `size` pixels; the same print always gives the same pixels."""
    rng = random.Random(f"composition {work.seed}")
    scene = Scene(rng, work.mood)
    _composer(work.motif)(scene)
    palette = PALETTES[work.palette]
    window = _mask(Layer("window", _window(rng, work.kind)), size)
    masks = [_mask(layer, size) * window for layer in scene.layers]
    roles = [palette.detail if layer.role == "detail" else layer.role for layer in scene.layers]
    colours = [np.array(palette.rgb(role), np.float32) / 255 for role in roles]
    plates = Plates(masks, roles, colours, window, palette, np.random.default_rng(work.seed))
    pixels = TECHNIQUES[work.technique](plates)
    return Image.fromarray((np.clip(pixels, 0, 1) * 255 + 0.5).astype(np.uint8))


def _window(rng, kind):
    """The outline of the picture on its sheet."""
    margin = rng.uniform(0.055, 0.08)
    shape = rng.choices(("square", "portrait", "landscape", "arch", "round"), (60, 18, 4, 10, 8 if kind == "motif" else 4))[0]
    if shape == "portrait":
        return [box(margin + 0.07, margin, 0.93 - margin, 1 - margin)]
    if shape == "landscape":
        return [box(margin - 0.01, margin + 0.05, 1.01 - margin, 0.95 - margin)]
    if shape == "arch":
        return [ellipse(0.5, 0.42, 0.4, 0.42 - margin), box(0.1, 0.42, 0.9, 1 - margin)]
    if shape == "round":
        return [ellipse(0.5, 0.5, 0.47)]
    return [box(margin, margin, 1 - margin, 1 - margin)]


def _mask(layer, size):
    """Coverage of a layer, (size, size) float32 in 0–1."""
    mask = _fill(layer.shapes, size * OVERSAMPLE)
    if layer.holes:
        mask = _fill(layer.holes, size * OVERSAMPLE, mask, 0)
    if layer.clip:
        mask = Image.composite(mask, Image.new("L", mask.size), _fill(layer.clip, size * OVERSAMPLE))
    return np.asarray(mask.reduce(OVERSAMPLE), np.float32) / 255


def _fill(shapes, side, mask=None, value=255):
    mask = Image.new("L", (side, side)) if mask is None else mask
    pen = ImageDraw.Draw(mask)
    for shape in shapes:
        pen.polygon((shape * side).ravel().tolist(), fill=value)
    return mask
