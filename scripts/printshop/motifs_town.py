"""Motifs of town and travel: city, bicycle, train, bridge, house."""

import math

from scripts.printshop import scenery as on
from scripts.printshop.shapes import Scene, band, blob, box, ellipse, leaf, poly, ribbon, ridge, smooth


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
                blocks += [
                    poly((x + w * 0.2, top), (x + w / 2, top - 0.09), (x + w * 0.8, top)),
                    box(x + w * 0.48, top - 0.15, x + w * 0.52, top),
                ]
            elif roof == "slant":
                blocks.append(poly((x, top), (x + w, top - 0.05), (x + w, top)))
            elif roof == "dome":
                blocks.append(ellipse(x + w / 2, top, w * 0.42))
            if role != "far":
                cols = max(2, int(w / 0.034))
                pitch = w / (cols + 0.4)
                windows += [
                    box(x + pitch * (c + 0.45), y, x + pitch * (c + 0.95), y + 0.02)
                    for c in range(cols)
                    for y in (top + 0.025 + 0.042 * r for r in range(12))
                    if y < base - 0.05 and rng.random() < 0.62
                ]
            x += w + rng.choice((0.0, 0.0, 0.03))
        s.add(role, *blocks)
        s.add("accent" if role == "main" else "sky", *windows)
    s.add("dark", box(-0.1, base, 1.1, base + 0.018))
    s.add("near", box(-0.1, base + 0.018, 1.1, 1.1))
    s.add(
        "light",
        *(
            ribbon([(x - h, y), (x, y + 0.004), (x + h, y)], [0, 0.011, 0])
            for x, y, h in (
                (rng.uniform(0.1, 0.9), rng.uniform(base + 0.04, 0.95), rng.uniform(0.04, 0.1)) for _ in range(9)
            )
        ),
    )


def bicycle(s: Scene):
    rng = s.rng
    kind = rng.choice(("hills", "wall", "disc"))
    if kind == "hills":
        on.sky(s, 0.66)
        on.hills(s, 0.6, ("far", "near"), 0.12)
    elif kind == "wall":
        s.add("sky", box(-0.1, -0.1, 1.1, 1.1))
        s.add(
            "paper",
            *(
                box(
                    c * 0.16 + (0.08 if r % 2 else 0) - 0.1,
                    r * 0.075,
                    c * 0.16 + (0.08 if r % 2 else 0) + 0.045,
                    r * 0.075 + 0.06,
                )
                for r in range(11)
                for c in range(8)
                if rng.random() < 0.7
            ),
        )
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
            s.add(
                "light",
                *(
                    ribbon([(x, 0.3), (x + 0.42 * math.cos(a), 0.3 + 0.42 * math.sin(a))], 0.014, curved=False)
                    for a in (k * math.tau / 12 for k in range(12))
                ),
            )
            s.add("dark", ellipse(x, 0.3, 0.05))
        tube = 0.07
        s.add(
            "main",
            *(
                ribbon(line, tube, curved=False)
                for line in (
                    [(-0.72, 0.3), (-0.3, -0.3)],
                    [(-0.72, 0.3), (-0.1, 0.32)],
                    [(-0.1, 0.32), (-0.34, -0.42)],
                    [(-0.1, 0.32), (0.46, -0.3)],
                    [(-0.3, -0.26), (0.44, -0.34)],
                    [(0.72, 0.3), (0.42, -0.52)],
                )
            ),
        )
        s.add(
            "dark",
            smooth((-0.58, -0.46), (-0.34, -0.5), (-0.14, -0.46), (-0.3, -0.36), (-0.5, -0.38)),
            ribbon([(0.42, -0.54), (0.36, -0.68), (0.6, -0.74), (0.7, -0.62)], 0.055),
        )
        s.add("accent", band(-0.1, 0.32, 0.08, 0.13), poly((0.5, -0.5), (1.0, -0.5), (0.92, -0.16), (0.56, -0.16)))
        s.add("dark", ribbon([(-0.1, 0.32), (0.02, 0.48)], 0.04, curved=False), box(-0.04, 0.47, 0.12, 0.51))
        s.add("near", *(leaf(x, -0.5, 0.2, 0.09, a) for x, a in ((0.58, -120), (0.7, -80), (0.82, -100), (0.92, -50))))
        s.add("light", *(ellipse(x, y, 0.085) for x, y in ((0.58, -0.62), (0.76, -0.68), (0.93, -0.6))))
        s.add("main", *(ellipse(x, y, 0.03) for x, y in ((0.58, -0.62), (0.76, -0.68), (0.93, -0.6))))


def train(s: Scene):
    rng = s.rng
    on.sky(s, 0.62)
    on.hills(s, 0.54, ("far", "near"), 0.18, 0.12)
    with s.at(0.5, 0.62, rng.uniform(0.34, 0.37)):
        s.add(
            "light",
            *(blob(rng, -0.56 + 0.2 * k, -0.7 - 0.1 * k + 0.02 * k * k, 0.1 + 0.035 * k, 0.12) for k in range(6)),
        )
        s.add("dark", box(-2, 0.5, 2, 0.55), *(box(-1.9 + k * 0.24, 0.55, -1.78 + k * 0.24, 0.62) for k in range(17)))
        s.add(
            "dark",
            poly((-0.62, -0.3), (-0.66, -0.62), (-0.46, -0.62), (-0.5, -0.3)),
            box(-0.7, -0.68, -0.42, -0.6),
            box(-0.96, 0.16, 0.5, 0.3),
            poly((-0.96, 0.2), (-1.2, 0.48), (-0.9, 0.48)),
        )
        s.add("main", box(-0.9, -0.34, 0.1, 0.2), ellipse(-0.9, -0.07, 0.09, 0.27), box(0.02, -0.62, 0.48, 0.22))
        s.add(
            "accent",
            ellipse(-0.2, -0.36, 0.12, 0.14),
            box(-0.02, -0.72, 0.56, -0.6),
            *(box(x, -0.34, x + 0.035, 0.2) for x in (-0.78, -0.45, -0.1)),
        )
        s.add("light", box(0.1, -0.48, 0.38, -0.18), ellipse(-0.97, -0.14, 0.07))
        s.add("near", box(0.6, -0.4, 1.5, 0.24))
        s.add("light", *(box(x, -0.28, x + 0.18, -0.04) for x in (0.68, 0.94, 1.2)))
        s.add("main", box(0.56, -0.5, 1.5, -0.38), box(0.6, 0.06, 1.5, 0.12))
        s.add(
            "dark",
            box(0.48, 0.14, 0.64, 0.2),
            *(
                ellipse(x, 0.36, r)
                for x, r in ((-0.72, 0.14), (-0.36, 0.18), (0.04, 0.18), (0.36, 0.14), (0.76, 0.14), (1.14, 0.14))
            ),
        )
        s.add(
            "accent",
            *(
                band(x, 0.36, r, r + 0.035)
                for x, r in ((-0.72, 0.07), (-0.36, 0.1), (0.04, 0.1), (0.36, 0.07), (0.76, 0.07), (1.14, 0.07))
            ),
            ribbon([(-0.36, 0.38), (0.04, 0.38)], 0.045, curved=False),
        )
    on.grass(s, 0.96, "near", 14, 0.06)


def bridge(s: Scene):
    rng = s.rng
    horizon = 0.62
    on.sky(s, horizon)
    on.hills(s, horizon - 0.04, ("far",), 0.16)
    on.sea(s, horizon + 0.03, role="near", deep="near" if rng.random() < 0.5 else "far")
    if rng.random() < 0.6:
        deck, towers = rng.uniform(0.58, 0.62), (0.27, 0.73)
        top = rng.uniform(0.2, 0.27)
        cables = []
        for x0, x1, y0, y1, sag in (
            (towers[0], towers[1], top, top, deck - 0.04),
            (-0.1, towers[0], deck - 0.06, top, None),
            (towers[1], 1.1, top, deck - 0.06, None),
        ):
            middle = ((x0 + x1) / 2, sag if sag else (y0 + y1) / 2 + 0.07)
            curve = [
                (x0 + (x1 - x0) * t, (1 - t) ** 2 * y0 + 2 * t * (1 - t) * (2 * middle[1] - (y0 + y1) / 2) + t * t * y1)
                for t in (k / 14 for k in range(15))
            ]
            cables.append(ribbon(curve, 0.013))
            cables += [ribbon([(x, y), (x, deck)], 0.005, curved=False) for x, y in curve[1:-1]]
        s.add("main", *cables)
        for x in towers:
            s.add(
                "main",
                box(x - 0.035, top - 0.02, x - 0.012, 0.82),
                box(x + 0.012, top - 0.02, x + 0.035, 0.82),
                *(box(x - 0.035, y, x + 0.035, y + 0.022) for y in (top, top + 0.13, top + 0.26)),
            )
            s.add("dark", box(x - 0.06, 0.8, x + 0.06, 0.87))
        s.add("main", box(-0.1, deck - 0.005, 1.1, deck + 0.03))
        s.add("accent", *(ellipse(n / 9, deck + 0.012, 0.008) for n in range(10)))
    else:
        deck = 0.46
        arches = [ellipse(x, 0.74, 0.125, 0.2) for x in (0.02, 0.34, 0.66, 0.98)]
        s.add(
            "main",
            poly((-0.1, deck + 0.04), (0.5, deck - 0.02), (1.1, deck + 0.04), (1.1, 0.8), (-0.1, 0.8)),
            holes=[
                *arches,
                box(-0.1, 0.74, 0.145, 0.9),
                box(0.215, 0.74, 0.465, 0.9),
                box(0.535, 0.74, 0.785, 0.9),
                box(0.855, 0.74, 1.1, 0.9),
            ],
        )
        s.add("accent", *(band(x, 0.74, 0.128, 0.146, 180, 360, 1.55) for x in (0.02, 0.34, 0.66, 0.98)))
        s.add("light", ribbon([(-0.1, deck + 0.055), (0.5, deck - 0.005), (1.1, deck + 0.055)], 0.012))
        s.add("dark", *(box(x - 0.06, 0.78, x + 0.06, 0.83) for x in (0.18, 0.5, 0.82)))
        s.add(
            "light",
            *(
                ribbon([(x - 0.1, y), (x, y + 0.01), (x + 0.1, y)], [0, 0.012, 0])
                for x, y in ((0.2, 0.9), (0.55, 0.87), (0.8, 0.93))
            ),
        )
    with s.at(rng.uniform(0.4, 0.6), 0.79, 0.07):
        s.add("dark", smooth((-0.9, 0), (0, 0.1), (0.9, 0), (0.6, 0.4), (-0.6, 0.4)))
        s.add("light", poly((0, -1.1), (0.6, -0.1), (0, -0.1)), poly((-0.1, -0.8), (-0.5, -0.1), (-0.1, -0.1)))


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
        s.add(
            "main",
            poly((-0.25, -0.72), (0.62, -0.72), (0.98, -0.06), (0.2, -0.06)),
            ribbon([(-0.84, -0.02), (-0.25, -0.68), (0.24, -0.1)], 0.13, curved=False),
        )
        s.add(
            "detail",
            *(
                ribbon([(-0.1 + 0.1 * k, -0.6 + 0.14 * k), (0.66 + 0.08 * k, -0.6 + 0.14 * k)], 0.02, curved=False)
                for k in range(4)
            ),
        )
        s.add("main", box(-0.42, 0.2, -0.1, 0.68))
        s.add("accent", box(0.34, 0.1, 0.5, 0.36), box(0.58, 0.1, 0.74, 0.36), ellipse(-0.26, -0.2, 0.11))
        s.add(
            "dark",
            *(box(x - 0.012, 0.1, x + 0.012, 0.36) for x in (0.42, 0.66)),
            *(box(x, 0.22, x + 0.16, 0.245) for x in (0.34, 0.58)),
            ellipse(-0.16, 0.46, 0.025),
            *(box(x, 0.36, x + 0.2, 0.4) for x in (0.32, 0.56)),
        )
        s.add(
            "paper",
            smooth(
                (-0.42, 0.66),
                (-0.1, 0.66),
                (0.0, 0.9),
                (0.3, 1.2),
                (0.5, 1.4),
                (-0.5, 1.4),
                (-0.3, 1.05),
                (-0.45, 0.85),
            ),
        )
        s.add(
            "dark",
            *(
                blob(rng, x, 0.66, r, 0.1)
                for x, r in ((-0.95, 0.17), (-0.72, 0.13), (0.34, 0.1), (0.56, 0.13), (0.84, 0.18))
            ),
        )
        s.add(
            "accent",
            *(
                ellipse(x + rng.uniform(-0.1, 0.1), 0.62 + rng.uniform(-0.1, 0.1), 0.025)
                for x in (-0.95, -0.9, -0.72, 0.55, 0.62, 0.82, 0.9)
            ),
        )
