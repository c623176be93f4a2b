"""Motifs of town, home and horizon: bicycle, city, house, train, teapot, guitar, mountain, moon, balloon."""

import math

from scripts.printshop import scenery as on
from scripts.printshop.shapes import Scene, band, blob, box, ellipse, leaf, poly, ribbon, ridge, smooth


def bicycle(s: Scene):
    rng = s.rng
    kind = rng.choice(("hills", "wall", "disc"))
    if kind == "hills":
        on.sky(s, 0.66)
        on.hills(s, 0.6, ("far", "near"), 0.12)
    elif kind == "wall":
        s.add("sky", box(-0.1, -0.1, 1.1, 1.1))
        s.add("paper", *(box(c * 0.16 + (0.08 if r % 2 else 0) - 0.1, r * 0.075, c * 0.16 + (0.08 if r % 2 else 0) + 0.045, r * 0.075 + 0.06) for r in range(11) for c in range(8) if rng.random() < 0.7))
        s.add("far", box(0.6, 0.1, 0.84, 0.46))
        s.add("light", box(0.62, 0.12, 0.71, 0.44), box(0.73, 0.12, 0.82, 0.44))
        s.add("accent", box(0.58, 0.46, 0.86, 0.51))
        s.add("near", *(leaf(x, 0.47, 0.09, 0.035, t) for x in (0.62, 0.69, 0.76, 0.83) for t in (-125, -90, -55)))
    else:
        on.halo(s, rng.choice(("paper", "accent", "far")), y=0.46, r=0.36)
    s.add("near" if kind != "hills" else "dark", box(-0.1, 0.83, 1.1, 1.1))
    with s.at(0.5, 0.6, rng.uniform(0.33, 0.36)):
        for x in (-0.72, 0.72):
            s.add("dark", band(x, 0.3, 0.42, 0.48))
            s.add("light", *(ribbon([(x, 0.3), (x + 0.42 * math.cos(a), 0.3 + 0.42 * math.sin(a))], 0.014, curved=False) for a in (k * math.tau / 12 for k in range(12))))
            s.add("dark", ellipse(x, 0.3, 0.05))
        tube = 0.07
        s.add("main", *(ribbon(line, tube, curved=False) for line in (
            [(-0.72, 0.3), (-0.3, -0.3)], [(-0.72, 0.3), (-0.1, 0.32)], [(-0.1, 0.32), (-0.34, -0.42)],
            [(-0.1, 0.32), (0.46, -0.3)], [(-0.3, -0.26), (0.44, -0.34)], [(0.72, 0.3), (0.42, -0.52)],
        )))  # fmt: skip
        s.add("dark", smooth((-0.58, -0.46), (-0.34, -0.5), (-0.14, -0.46), (-0.3, -0.36), (-0.5, -0.38)), ribbon([(0.42, -0.54), (0.36, -0.68), (0.6, -0.74), (0.7, -0.62)], 0.055))
        s.add("accent", band(-0.1, 0.32, 0.08, 0.13), poly((0.5, -0.5), (1.0, -0.5), (0.92, -0.16), (0.56, -0.16)))
        s.add("dark", ribbon([(-0.1, 0.32), (0.02, 0.48)], 0.04, curved=False), box(-0.04, 0.47, 0.12, 0.51))
        s.add("near", *(leaf(x, -0.5, 0.2, 0.09, a) for x, a in ((0.58, -120), (0.7, -80), (0.82, -100), (0.92, -50))))
        s.add("light", *(ellipse(x, y, 0.085) for x, y in ((0.58, -0.62), (0.76, -0.68), (0.93, -0.6))))
        s.add("main", *(ellipse(x, y, 0.03) for x, y in ((0.58, -0.62), (0.76, -0.68), (0.93, -0.6))))


def city(s: Scene):
    rng = s.rng
    on.sky(s, 0.72)
    base = rng.uniform(0.78, 0.84)
    for role, low, high, width in (("far", 0.3, 0.5, 0.1), ("near", 0.4, 0.62, 0.12), ("main", 0.48, 0.7, 0.14)):
        x = -0.05 + rng.uniform(0, 0.05)
        blocks, windows = [], []
        while x < 1.02:
            w, top = width * rng.uniform(0.6, 1.1), rng.uniform(low, high)
            roof = rng.choice(("flat", "step", "spire", "slant", "dome"))
            blocks.append(box(x, top, x + w, base + 0.01))
            if roof == "step":
                blocks.append(box(x + w * 0.2, top - 0.04, x + w * 0.8, top))
            elif roof == "spire":
                blocks += [poly((x + w * 0.2, top), (x + w / 2, top - 0.09), (x + w * 0.8, top)), box(x + w * 0.48, top - 0.15, x + w * 0.52, top)]
            elif roof == "slant":
                blocks.append(poly((x, top), (x + w, top - 0.05), (x + w, top)))
            elif roof == "dome":
                blocks.append(ellipse(x + w / 2, top, w * 0.42))
            if role != "far":
                cols = max(2, int(w / 0.034))
                pitch = w / (cols + 0.4)
                windows += [box(x + pitch * (c + 0.45), y, x + pitch * (c + 0.95), y + 0.02) for c in range(cols) for y in (top + 0.025 + 0.042 * r for r in range(12)) if y < base - 0.05 and rng.random() < 0.62]
            x += w + rng.choice((0.0, 0.0, 0.03))
        s.add(role, *blocks)
        s.add("accent" if role == "main" else "sky", *windows)
    s.add("dark", box(-0.1, base, 1.1, base + 0.018))
    s.add("near", box(-0.1, base + 0.018, 1.1, 1.1))
    s.add("light", *(ribbon([(x - h, y), (x, y + 0.004), (x + h, y)], [0, 0.011, 0]) for x, y, h in ((rng.uniform(0.1, 0.9), rng.uniform(base + 0.04, 0.95), rng.uniform(0.04, 0.1)) for _ in range(9))))


def house(s: Scene):
    rng = s.rng
    on.sky(s, 0.64)
    on.hills(s, 0.58, ("far", "near"), 0.16, 0.14)
    if rng.random() < 0.6:
        on.pines(s, 0.76, 6, 0.2, "near" if rng.random() < 0.5 else "dark")
    s.add("near", ridge(rng, 0.8, 0.04, 2))
    with s.at(rng.uniform(0.46, 0.54), 0.6, rng.uniform(0.3, 0.34)):
        s.add("light", *(blob(rng, 0.42 + 0.13 * k, -0.86 - 0.2 * k, 0.08 + 0.035 * k, 0.15) for k in range(4)))
        s.add("dark", box(0.32, -0.78, 0.52, -0.2))
        s.add("light", poly((-0.7, 0.68), (-0.7, -0.12), (-0.25, -0.62), (0.2, -0.12), (0.2, 0.68)))
        s.add("far", poly((0.2, 0.68), (0.2, -0.12), (0.84, -0.12), (0.84, 0.68)))
        s.add("main", poly((-0.25, -0.72), (0.62, -0.72), (0.98, -0.06), (0.2, -0.06)), ribbon([(-0.84, -0.02), (-0.25, -0.68), (0.24, -0.1)], 0.13, curved=False))
        s.add("detail", *(ribbon([(-0.1 + 0.1 * k, -0.6 + 0.14 * k), (0.66 + 0.08 * k, -0.6 + 0.14 * k)], 0.02, curved=False) for k in range(4)))
        s.add("main", box(-0.42, 0.2, -0.1, 0.68))
        s.add("accent", box(0.34, 0.1, 0.5, 0.36), box(0.58, 0.1, 0.74, 0.36), ellipse(-0.26, -0.2, 0.11))
        s.add("dark", *(box(x - 0.012, 0.1, x + 0.012, 0.36) for x in (0.42, 0.66)), *(box(x, 0.22, x + 0.16, 0.245) for x in (0.34, 0.58)), ellipse(-0.16, 0.46, 0.025), *(box(x, 0.36, x + 0.2, 0.4) for x in (0.32, 0.56)))
        s.add("paper", smooth((-0.42, 0.66), (-0.1, 0.66), (0.0, 0.9), (0.3, 1.2), (0.5, 1.4), (-0.5, 1.4), (-0.3, 1.05), (-0.45, 0.85)))
        s.add("dark", *(blob(rng, x, 0.66, r, 0.1) for x, r in ((-0.95, 0.17), (-0.72, 0.13), (0.34, 0.1), (0.56, 0.13), (0.84, 0.18))))
        s.add("accent", *(ellipse(x + rng.uniform(-0.1, 0.1), 0.62 + rng.uniform(-0.1, 0.1), 0.025) for x in (-0.95, -0.9, -0.72, 0.55, 0.62, 0.82, 0.9)))


def train(s: Scene):
    rng = s.rng
    on.sky(s, 0.62)
    on.hills(s, 0.54, ("far", "near"), 0.18, 0.12)
    with s.at(0.5, 0.62, rng.uniform(0.34, 0.37)):
        s.add("light", *(blob(rng, -0.56 + 0.2 * k, -0.7 - 0.1 * k + 0.02 * k * k, 0.1 + 0.035 * k, 0.12) for k in range(6)))
        s.add("dark", box(-2, 0.5, 2, 0.55), *(box(-1.9 + k * 0.24, 0.55, -1.78 + k * 0.24, 0.62) for k in range(17)))
        s.add("dark", poly((-0.62, -0.3), (-0.66, -0.62), (-0.46, -0.62), (-0.5, -0.3)), box(-0.7, -0.68, -0.42, -0.6), box(-0.96, 0.16, 0.5, 0.3), poly((-0.96, 0.2), (-1.2, 0.48), (-0.9, 0.48)))
        s.add("main", box(-0.9, -0.34, 0.1, 0.2), ellipse(-0.9, -0.07, 0.09, 0.27), box(0.02, -0.62, 0.48, 0.22))
        s.add("accent", ellipse(-0.2, -0.36, 0.12, 0.14), box(-0.02, -0.72, 0.56, -0.6), *(box(x, -0.34, x + 0.035, 0.2) for x in (-0.78, -0.45, -0.1)))
        s.add("light", box(0.1, -0.48, 0.38, -0.18), ellipse(-0.97, -0.14, 0.07))
        s.add("near", box(0.6, -0.4, 1.5, 0.24))
        s.add("light", *(box(x, -0.28, x + 0.18, -0.04) for x in (0.68, 0.94, 1.2)))
        s.add("main", box(0.56, -0.5, 1.5, -0.38), box(0.6, 0.06, 1.5, 0.12))
        s.add("dark", box(0.48, 0.14, 0.64, 0.2), *(ellipse(x, 0.36, r) for x, r in ((-0.72, 0.14), (-0.36, 0.18), (0.04, 0.18), (0.36, 0.14), (0.76, 0.14), (1.14, 0.14))))
        s.add("accent", *(band(x, 0.36, r, r + 0.035) for x, r in ((-0.72, 0.07), (-0.36, 0.1), (0.04, 0.1), (0.36, 0.07), (0.76, 0.07), (1.14, 0.07))), ribbon([(-0.36, 0.38), (0.04, 0.38)], 0.045, curved=False))
    on.grass(s, 0.96, "near", 14, 0.06)


def teapot(s: Scene):
    rng = s.rng
    on.table(s, 0.72)
    with s.at(rng.choice((0.46, 0.5)), 0.58, rng.uniform(0.33, 0.36)):
        s.add("light", *(ribbon([(x, -0.98), (x + 0.09, -1.1), (x - 0.06, -1.24), (x + 0.04, -1.4)], [0.0, 0.045, 0.045, 0.0]) for x in (-0.16, 0.04, 0.24)))
        s.add("dark", ellipse(0.1, 0.66, 1.05, 0.09))
        s.add("main", ribbon([(0.48, -0.3), (0.92, -0.42), (1.02, 0.02), (0.8, 0.3), (0.5, 0.34)], [0.09, 0.12, 0.12, 0.11, 0.08]))
        s.add("main", poly(*smooth((-0.46, 0.22), (-0.74, 0.02), (-0.88, -0.32), (-1.12, -0.44), closed=False), *smooth((-0.98, -0.52), (-0.74, -0.42), (-0.56, -0.12), (-0.4, -0.1), closed=False)))
        body = smooth((-0.3, -0.52), (0.3, -0.52), (0.58, -0.22), (0.64, 0.15), (0.42, 0.56), (0.3, 0.64), (-0.3, 0.64), (-0.42, 0.56), (-0.64, 0.15), (-0.58, -0.22))
        s.add("main", body)
        kind = rng.choice(("dots", "waves", "leaves", "stripes"))
        if kind == "dots":
            s.add("detail", *(ellipse(x + (0.09 if r % 2 else 0), y, 0.05) for r, y in enumerate((-0.2, -0.02, 0.16, 0.34)) for x in (-0.54, -0.36, -0.18, 0, 0.18, 0.36, 0.54)), clip=[body])
        elif kind == "waves":
            s.add("detail", *(ribbon([(-0.7 + 0.1 * k, y + 0.05 * (-1) ** k) for k in range(15)], 0.035) for y in (-0.18, 0.04, 0.26)), clip=[body])
        elif kind == "leaves":
            s.add("detail", ribbon([(-0.4, 0.3), (0, 0.02), (0.4, -0.2)], 0.025), *(leaf(x, 0.02 - x * 0.6, 0.24, 0.11, a) for x in (-0.3, -0.12, 0.06, 0.24) for a in (-95, 25)), clip=[body])
        else:
            s.add("detail", *(ribbon([(x * 0.6, -0.6), (x, 0.1), (x * 0.6, 0.7)], 0.06) for x in (-0.48, -0.24, 0, 0.24, 0.48)), clip=[body])
        s.add("accent", smooth((-0.34, -0.5), (-0.26, -0.66), (0, -0.72), (0.26, -0.66), (0.34, -0.5)), ellipse(0, -0.78, 0.09), box(-0.34, 0.6, 0.34, 0.68))
        if rng.random() < 0.75:
            s.add("light", poly((0.86, 0.28), (1.46, 0.28), (1.36, 0.6), (1.26, 0.7), (1.06, 0.7), (0.96, 0.6)), band(1.46, 0.42, 0.08, 0.13))
            s.add("accent", ellipse(1.16, 0.28, 0.3, 0.045), ribbon([(0.9, 0.42), (1.42, 0.42)], 0.05, curved=False))
    for x in (0.2, 0.26):
        s.add("accent", ellipse(x, 0.87 + 0.03 * (x > 0.2), 0.042))
    s.add("dark", leaf(0.2, 0.83, 0.06, 0.03, -40))


def guitar(s: Scene):
    rng = s.rng
    if rng.random() < 0.5:
        on.halo(s, rng.choice(("paper", "far", "light")), r=0.38)
    else:
        on.table(s, 0.84)
    for side in (-1, 1):
        if rng.random() < 0.75:
            on.sprig(s, 0.5 + side * 0.2, 0.96, rng.uniform(0.35, 0.5), -90 + side * rng.uniform(8, 28), rng.choice(("near", "far")), 6, 0.06)
    with s.at(0.5, 0.53, rng.uniform(0.4, 0.43), turn=rng.uniform(-26, 26)):
        body = smooth((0, -0.12), (0.26, -0.16), (0.42, 0.02), (0.33, 0.27), (0.46, 0.52), (0.46, 0.78), (0.22, 0.96), (0, 0.98), (-0.22, 0.96), (-0.46, 0.78), (-0.46, 0.52), (-0.33, 0.27), (-0.42, 0.02), (-0.26, -0.16))
        s.add("dark", body)
        s.add("main", body * 0.92 + (0, 0.03))
        s.add("light", ellipse(0, 0.3, 0.19))
        s.add("dark", ellipse(0, 0.3, 0.145), box(-0.22, 0.7, 0.22, 0.77))
        if rng.random() < 0.5:
            s.add("accent", smooth((0.12, 0.42), (0.26, 0.34), (0.36, 0.52), (0.32, 0.72), (0.2, 0.66)))
        s.add("dark", poly((-0.07, -0.84), (0.07, -0.84), (0.085, 0.16), (-0.085, 0.16)))
        s.add("accent", poly((-0.11, -0.84), (-0.14, -1.16), (0.14, -1.16), (0.11, -0.84)))
        s.add("light", *(box(-0.08, y, 0.08, y + 0.014) for y in (-0.7, -0.56, -0.42, -0.3, -0.18, -0.08, 0.02)), *(ellipse(x, y, 0.03) for x in (-0.17, 0.17) for y in (-0.92, -1.0, -1.08)))
        s.add("light", *(ribbon([(x * 0.8, -0.84), (x, 0.72)], 0.009, curved=False) for x in (-0.05, -0.017, 0.017, 0.05)))


def mountain(s: Scene):
    rng = s.rng
    on.sky(s, 0.6)
    with s.at(0.5, 0.5, 0.5):
        for role, peaks in (("far", ((-0.62, -0.22, 0.62), (0.5, -0.3, 0.7))), ("main", ((rng.uniform(-0.2, 0.05), rng.uniform(-0.58, -0.46), 0.85),)), ("near", ((0.56, rng.uniform(-0.12, 0.0), 0.62), (-0.75, 0.02, 0.6)))):
            for x, y, w in peaks:
                left = [(x - w * t, y + (0.62 - y) * t + rng.uniform(-0.03, 0.03)) for t in (0.3, 0.55, 0.8)]
                right = [(x + w * t, y + (0.62 - y) * t + rng.uniform(-0.03, 0.03)) for t in (0.25, 0.5, 0.8)]
                shape = poly((x - w, 0.66), *left[::-1], (x, y), *right, (x + w, 0.66))
                s.add(role, shape)
                h = 0.62 - y
                s.add("dark" if role == "main" else "detail" if role == "x" else "sky" if role == "far" else "far", poly((x, y), (x + w * 0.06, y + h * 0.3), (x - w * 0.05, y + h * 0.5), (x + w * 0.1, y + h * 0.75), (x + w * 0.05, 0.66), (x + w * 1.1, 0.66)), clip=[shape])
                s.add("light", poly((x - w * 0.4, y - 0.1), (x - w * 0.3, y + h * 0.3), (x - w * 0.14, y + h * 0.2), (x - w * 0.05, y + h * 0.34), (x + w * 0.07, y + h * 0.19), (x + w * 0.16, y + h * 0.3), (x + w * 0.3, y + h * 0.22), (x + w * 0.4, y - 0.1)), clip=[shape])
    kind = rng.choice(("pines", "lake", "meadow"))
    if kind == "lake":
        s.add("far", box(-0.1, 0.78, 1.1, 1.1))
        s.add("light", *(ribbon([(x - h, y), (x, y), (x + h, y)], [0, 0.01, 0]) for x, y, h in ((rng.uniform(0.15, 0.85), rng.uniform(0.81, 0.93), rng.uniform(0.05, 0.13)) for _ in range(10))))
        on.pines(s, 0.8, 9, 0.12, "dark")
    else:
        s.add("near", ridge(rng, 0.82, 0.05, 3))
        on.pines(s, 0.9, 8, 0.26 if kind == "pines" else 0.14, "dark")
        s.add("dark", ridge(rng, 0.95, 0.03, 3))


def moon(s: Scene):
    rng = s.rng
    s.add(rng.choice(("near", "far", "sky")), box(-0.1, -0.1, 1.1, 1.1))
    x, y, r = rng.uniform(0.4, 0.6), rng.uniform(0.34, 0.4), rng.uniform(0.2, 0.25)
    if rng.random() < 0.6:
        s.add("sky", *(band(x, y, r * k, r * k + 0.012) for k in (1.25, 1.5, 1.8)))
    on.stars(s, 0.62, 26)
    if rng.random() < 0.5:
        s.add("light", ellipse(x, y, r))
        s.add("accent", *(ellipse(x + dx * r, y + dy * r, k * r) for dx, dy, k in ((-0.4, -0.3, 0.2), (0.3, -0.5, 0.12), (0.35, 0.25, 0.26), (-0.3, 0.4, 0.14), (-0.65, 0.1, 0.1), (0.05, -0.05, 0.08))), clip=[ellipse(x, y, r * 0.97)])
    else:
        s.add("light", ellipse(x, y, r), holes=[ellipse(x + r * 0.42, y - r * 0.12, r * 0.86)])
    for _ in range(2):
        on.cloud(s, rng.uniform(0.15, 0.85), y + rng.uniform(0.08, 0.2), rng.uniform(0.09, 0.13), "paper")
    on.hills(s, 0.72, ("far", "main"), 0.1, 0.09)
    s.add("light", ribbon([(0.42, 1.0), (0.55, 0.93), (0.47, 0.88), (0.56, 0.83)], [0.06, 0.035, 0.02, 0.0]))
    on.pines(s, 0.94, 7, 0.14, "dark")
    s.add("dark", ridge(rng, 0.97, 0.03, 3))


def balloon(s: Scene):
    rng = s.rng
    on.sky(s, 0.78)
    on.hills(s, 0.74, ("far", "near"), 0.13, 0.09)
    on.pines(s, 0.9, 9, 0.1, "dark")
    crowd = [(rng.uniform(0.44, 0.56), 0.42, rng.uniform(0.29, 0.33))] + [(rng.choice((0.16, 0.84)), rng.uniform(0.25, 0.6), 0.1), (rng.choice((0.25, 0.76)), 0.7, 0.06)][: rng.choice((0, 1, 2))]
    for x, y, size in crowd:
        with s.at(x, y, size):
            skin = smooth((0, -1.0), (0.55, -0.84), (0.8, -0.35), (0.66, 0.12), (0.24, 0.58), (-0.24, 0.58), (-0.66, 0.12), (-0.8, -0.35), (-0.55, -0.84))
            s.add("dark", *(ribbon([(dx, 0.5), (dx * 0.6, 0.94)], 0.02, curved=False) for dx in (-0.22, -0.08, 0.08, 0.22)))
            s.add("main", skin)
            kind = rng.choice(("gores", "bands", "zigzag"))
            if kind == "gores":
                for k, role in ((0.56, "light"), (0.3, "main"), (0.12, "accent")):
                    s.add(role, smooth((0, -1.02), (k * 0.8, -0.8), (k * 1.25, -0.32), (k, 0.14), (k * 0.4, 0.6), (-k * 0.4, 0.6), (-k, 0.14), (-k * 1.25, -0.32), (-k * 0.8, -0.8)), clip=[skin])
            elif kind == "bands":
                s.add("light", box(-1, -0.6, 1, -0.46), box(-1, -0.02, 1, 0.1), clip=[skin])
                s.add("accent", box(-1, -0.46, 1, -0.02), clip=[skin])
                s.add("main", *(ellipse(dx, -0.24, 0.1) for dx in (-0.66, -0.33, 0, 0.33, 0.66)), clip=[skin])
            else:
                line = [(-1 + k * 0.2, -0.3 + 0.16 * (-1) ** k) for k in range(11)]
                s.add("accent", poly(*line, (1, 0.0), *[(px, py + 0.36) for px, py in line[::-1]]), clip=[skin])
                s.add("light", ribbon(line, 0.06, curved=False), ribbon([(px, py + 0.36) for px, py in line], 0.06, curved=False), clip=[skin])
            s.add("accent", box(-0.24, 0.54, 0.24, 0.62))
            s.add("dark", smooth((-0.2, 0.92), (0.2, 0.92), (0.17, 1.2), (-0.17, 1.2)))
            s.add("accent", box(-0.2, 0.92, 0.2, 0.98))
    on.birds(s, 1 - crowd[0][0] + rng.choice((-0.25, 0.25)), 0.45, 3)
