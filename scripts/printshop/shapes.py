"""Vector shapes and scenes. A shape is an (n, 2) array of points; a scene is a list of layers, back to front.

The canvas is the unit square with y downward. A motif is drawn in its own frame (about −1 … 1), placed by `Scene.at`.
"""

import math
import random
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np


def poly(*points):
    """A polygon from (x, y) pairs."""
    return np.array(points, float)


def box(x0, y0, x1, y1):
    return poly((x0, y0), (x1, y0), (x1, y1), (x0, y1))


def smooth(*points, closed=True, steps=8):
    """A Catmull-Rom curve through (x, y) pairs: soft outlines from few points."""
    p = np.array(points, float)
    ends = (p[-1:], p[:2]) if closed else (2 * p[:1] - p[1:2], 2 * p[-1:] - p[-2:-1])
    p = np.concatenate((ends[0], p, ends[1]))
    a, b, c, d = p[:-3, None], p[1:-2, None], p[2:-1, None], p[3:, None]
    t = np.linspace(0, 1, steps, endpoint=False)[None, :, None]
    curve = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    curve = curve.reshape(-1, 2)
    return curve if closed else np.concatenate((curve, p[-2:-1]))


def ellipse(x, y, rx, ry=None, turn=0.0, start=0.0, end=360.0):
    """An ellipse, or the pie-less segment of it between two angles (degrees, clockwise from east)."""
    ry = rx if ry is None else ry
    t = np.radians(np.linspace(start, end, 40))
    cos, sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    px, py = rx * np.cos(t), ry * np.sin(t)
    return np.stack((x + px * cos - py * sin, y + px * sin + py * cos), axis=1)


def ribbon(points, width, end=None, curved=True):
    """A stroke along a curve as a closed outline; its width runs from `width` to `end`, or through a list of widths."""
    line = smooth(*points, closed=False) if curved else np.array(points, float)
    widths = [width, width if end is None else end] if np.isscalar(width) else width
    half = np.interp(np.linspace(0, 1, len(line)), np.linspace(0, 1, len(widths)), widths)[:, None] / 2
    along = np.gradient(line, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    normal = np.stack((-along[:, 1], along[:, 0]), axis=1)
    return np.concatenate((line + normal * half, (line - normal * half)[::-1]))


def band(x, y, inner, outer, start=0.0, end=360.0, squash=1.0):
    """A ring, or an arc of it, as one outline."""
    return np.concatenate(
        (
            ellipse(x, y, outer, outer * squash, 0, start, end),
            ellipse(x, y, inner, inner * squash, 0, start, end)[::-1],
        )
    )


def leaf(x, y, length, width, turn):
    """A pointed leaf that grows from (x, y) in direction `turn` (degrees, clockwise from east)."""
    t = np.linspace(0, 1, 12)
    side = width / 2 * np.sin(np.pi * t**0.8)
    local = np.concatenate((np.stack((t * length, side), 1), np.stack((t * length, -side), 1)[::-1]))
    return rotate(local, turn) + np.array((x, y))


def rotate(shape, turn):
    cos, sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    return shape @ np.array(((cos, sin), (-sin, cos)))


def star(x, y, outer, inner, points=5, turn=-90.0):
    t = np.radians(turn + np.arange(2 * points) * 180 / points)
    radius = np.where(np.arange(2 * points) % 2, inner, outer)
    return np.stack((x + radius * np.cos(t), y + radius * np.sin(t)), axis=1)


def blob(rng, x, y, radius, rough=0.2, points=8):
    """A rounded, irregular patch."""
    turn = rng.uniform(0, math.tau)
    radii = [radius * rng.uniform(1 - rough, 1 + rough) for _ in range(points)]
    angles = [turn + n * math.tau / points for n in range(points)]
    return smooth(*((x + r * math.cos(a), y + r * math.sin(a)) for r, a in zip(radii, angles, strict=True)))


def ridge(rng, y, height, bumps=4, curved=True):
    """A skyline across the canvas, closed along the bottom."""
    xs = [-0.1 + 1.2 * n / bumps for n in range(bumps + 1)]
    tops = [(x + rng.uniform(-0.3, 0.3) / bumps, y - rng.uniform(0, height)) for x in xs]
    line = smooth((-0.2, y), *tops, (1.2, y), closed=False) if curved else poly((-0.2, y), *tops, (1.2, y))
    return np.concatenate((line, poly((1.2, 1.1), (-0.2, 1.1))))


@dataclass
class Layer:
    """Shapes of one role, minus `holes`, inside `clip` (everything, when empty)."""

    role: str
    shapes: list
    holes: list = field(default_factory=list)
    clip: list = field(default_factory=list)


class Scene:
    """Layers from back to front. `rng` settles the composition, `mood` the weather."""

    def __init__(self, rng: random.Random, mood: str):
        self.rng, self.mood = rng, mood
        self.layers: list[Layer] = []
        self._frame = (np.eye(2), np.zeros(2))

    def add(self, role: str, *shapes, holes=(), clip=()):
        matrix, shift = self._frame
        placed = ([s @ matrix + shift for s in group] for group in (shapes, holes, clip))
        if shapes:
            self.layers.append(Layer(role, *placed))

    @contextmanager
    def at(self, x, y, scale, flip=None, turn=0.0):
        """Shapes added inside are drawn in a frame with its origin at (x, y); `flip` mirrors (None: by chance)."""
        flip = self.rng.random() < 0.5 if flip is None else flip
        before = self._frame
        matrix = np.diag((-scale if flip else scale, scale)) @ rotate(np.eye(2), turn)
        self._frame = (matrix @ before[0], np.array((x, y)) @ before[0] + before[1])
        yield
        self._frame = before
