"""Motifs of garden and water's edge: fern, poppy, bee, cactus, heron."""

import math

from scripts.printshop import scenery as on
from scripts.printshop.shapes import Scene, band, blob, box, ellipse, leaf, poly, ribbon, smooth


def fern(s: Scene):
    rng = s.rng
    on.halo(s, rng.choice(("paper", "far", "accent", "light")))
    fronds = rng.choice(((rng.uniform(-8, 8),), (-20, 18), (-30, 0, 30), (-44, -16, 14, 42), (-52, -26, 0, 26, 52)))
    for n, lean in enumerate(sorted(fronds, key=abs, reverse=True)):
        role = ("near", "main")[n >= len(fronds) // 2] if len(fronds) > 1 else "main"
        _frond(s, 0.5 + lean * 0.0012, 0.93, 0.8 - abs(lean) * 0.0045, lean, role, rng)
    if rng.random() < 0.5:
        s.add("near", ellipse(0.5, 1.0, 0.5, 0.12))


def _frond(s, x, y, length, lean, role, rng):
    curl = lean * 1.3 + rng.uniform(-14, 14)
    points, shapes = [(x, y)], []
    steps = 22
    for n in range(steps):
        a = math.radians(-90 + lean * 0.6 + curl * n / steps)
        px, py = points[-1]
        points.append((px + math.cos(a) * length / steps, py + math.sin(a) * length / steps))
        t = n / steps
        if t > 0.16:
            size = length * 0.3 * min((t - 0.08) * 3.2, 1) * (1 - t) ** 0.8 + 0.012
            for side in (-58, 58):
                shapes.append(leaf(*points[-1], size, length / steps * 0.62, math.degrees(a) + side))
    s.add(role, *shapes, leaf(*points[-1], 0.05, 0.016, math.degrees(a)), ribbon(points, 0.013, 0.004))


def poppy(s: Scene):
    rng = s.rng
    if rng.random() < 0.5:
        on.halo(s, rng.choice(("paper", "light", "far")), y=0.42)
    else:
        on.sky(s, 0.72)
        on.hills(s, 0.72, ("far", "near"), 0.1)
    spots = rng.choice(
        (
            ((0.5, 0.32, 0.17), (0.27, 0.5, 0.13), (0.73, 0.48, 0.14)),
            ((0.36, 0.34, 0.18), (0.67, 0.48, 0.16)),
            ((0.3, 0.36, 0.13), (0.55, 0.26, 0.13), (0.74, 0.44, 0.13), (0.46, 0.54, 0.12)),
        )
    )
    for x, y, _ in spots:
        foot = 0.5 + (x - 0.5) * 0.35
        s.add("dark", ribbon([(x, y), (x + (foot - x) * 0.2, (y + 1) / 2), (foot, 1.02)], 0.012, 0.018))
    for side in (-1, 1):
        on.sprig(
            s,
            0.5 + side * 0.1,
            0.98,
            rng.uniform(0.24, 0.32),
            -90 + side * rng.uniform(24, 38),
            "near" if rng.random() < 0.5 else "dark",
            4,
            0.045,
        )
    s.add(
        "dark",
        ribbon([(0.55, 1), (0.6, 0.75), (0.62, 0.64), (0.66, 0.66)], 0.01),
        ellipse(0.665, 0.69, 0.022, 0.035, 15),
    )
    for n, (x, y, r) in enumerate(spots):
        with s.at(x, y, r, turn=rng.uniform(-25, 25)):
            role = "main" if n % 3 != 1 else "accent"
            back = [blob(rng, -0.4, -0.32, 0.6, 0.12), blob(rng, 0.42, -0.32, 0.6, 0.12)]
            front = [blob(rng, 0, 0.32, 0.66, 0.12)]
            s.add(role, *back)
            s.add(
                "light",
                *(ribbon([(0, 0), (0.3 * d, -0.35), (0.62 * d, -0.6)], [0.0, 0.035, 0.0]) for d in (-1, -0.4, 0.4, 1)),
            )
            s.add(role, *front)
            s.add(
                "light", *(ribbon([(0, 0.1), (0.25 * d, 0.4), (0.45 * d, 0.72)], [0.0, 0.035, 0.0]) for d in (-1, 0, 1))
            )
            s.add("light", ellipse(0, 0, 0.3))
            s.add(
                "dark",
                ellipse(0, 0, 0.17),
                *(
                    ellipse(0.25 * math.cos(a), 0.25 * math.sin(a), 0.035)
                    for a in (k * math.tau / 10 for k in range(10))
                ),
            )


def bee(s: Scene):
    rng = s.rng
    if rng.random() < 0.5:
        on.halo(s, rng.choice(("paper", "far")), y=0.46)
    else:
        s.add("sky", box(-0.1, -0.1, 1.1, 1.1))
        cells = [(c * 0.156 + (0.078 if r % 2 else 0), r * 0.135) for r in range(9) for c in range(8)]
        for role, keep in (("far", 0.4), ("paper", 0.5)):
            s.add(
                role, *(ellipse(x, y, 0.082, turn=30)[[0, 7, 13, 20, 26, 33]] for x, y in cells if rng.random() < keep)
            )
    for x in (0.12, 0.3, 0.7, 0.88):
        y = rng.uniform(0.72, 0.84)
        s.add(
            "near",
            ribbon([(x, 1.05), (x + 0.02, 0.9), (x, y)], 0.014),
            leaf(x, 0.97, 0.1, 0.04, -40),
            leaf(x, 0.95, 0.1, 0.04, -140),
        )
        s.add(
            rng.choice(("light", "accent")),
            *(
                ellipse(x + 0.045 * math.cos(a), y + 0.045 * math.sin(a), 0.035)
                for a in (k * math.tau / 6 for k in range(6))
            ),
        )
        s.add("dark", ellipse(x, y, 0.026))
    with s.at(0.5, 0.44, rng.uniform(0.36, 0.4), turn=rng.uniform(-20, 20)):
        for side in (-1, 1):
            wings = [
                smooth(
                    (side * 0.1, -0.2),
                    (side * 0.55, -0.62),
                    (side * 0.98, -0.52),
                    (side * 0.9, -0.2),
                    (side * 0.45, -0.04),
                ),
                smooth(
                    (side * 0.12, -0.08),
                    (side * 0.5, 0.0),
                    (side * 0.72, 0.22),
                    (side * 0.55, 0.36),
                    (side * 0.25, 0.2),
                ),
            ]
            s.add("light", *wings)
            s.add(
                "far",
                *(
                    ribbon(
                        [(side * 0.15, -0.2), (side * 0.5, -0.36 + d), (side * 0.85, -0.42 + 1.6 * d)],
                        [0.03, 0.02, 0.01],
                    )
                    for d in (-0.06, 0.06)
                ),
            )
            s.add(
                "dark",
                ribbon([(side * 0.06, -0.62), (side * 0.16, -0.84), (side * 0.3, -0.92)], 0.03),
                *(
                    ribbon([(side * 0.2, y), (side * 0.38, y + 0.08), (side * 0.42, y + 0.26)], 0.03)
                    for y in (-0.3, -0.1)
                ),
            )
        body = smooth(
            (0, -0.1), (0.3, 0.05), (0.34, 0.35), (0.2, 0.72), (0, 0.94), (-0.2, 0.72), (-0.34, 0.35), (-0.3, 0.05)
        )
        s.add("accent", body)
        s.add("dark", *(_belt(y) for y in (0.12, 0.36, 0.6)), poly((-0.2, 0.8), (0.2, 0.8), (0, 1.05)), clip=[body])
        s.add("main", ellipse(0, -0.2, 0.28, 0.26))
        s.add("dark", ellipse(0, -0.52, 0.2, 0.17))
        s.add(
            "light",
            ellipse(-0.11, -0.56, 0.05, 0.07),
            ellipse(0.11, -0.56, 0.05, 0.07),
            *(ribbon([(x, -0.3), (x * 1.2, -0.18)], [0.03, 0.0], curved=False) for x in (-0.14, -0.05, 0.05, 0.14)),
        )


def _belt(y):
    return smooth((-0.5, y), (0, y + 0.05), (0.5, y), (0.5, y + 0.12), (0, y + 0.17), (-0.5, y + 0.12))


def cactus(s: Scene):
    rng = s.rng
    on.sky(s, 0.72)
    on.hills(s, 0.7, ("far", "near"), 0.12, 0.1)
    with s.at(rng.uniform(0.44, 0.56), 0.52, rng.uniform(0.37, 0.41)):
        stem = ribbon([(0, 1.05), (0, 0.1), (0, -0.76)], [0.36, 0.4, 0.36])
        arms = [
            ribbon([(0.05, 0.34), (0.5, 0.36), (0.58, 0.05), (0.57, -0.3)], 0.25),
            ribbon([(-0.05, 0.12), (-0.46, 0.14), (-0.55, -0.15), (-0.53, -0.55)], 0.24),
        ][: rng.choice((1, 2, 2))]
        caps = [ellipse(0, -0.76, 0.18, 0.2), ellipse(0.57, -0.3, 0.125, 0.15), ellipse(-0.53, -0.55, 0.12, 0.15)][
            : 1 + len(arms)
        ]
        s.add("main", stem, *arms, *caps)
        ribs = [ribbon([(x, 0.98), (x * 1.1, 0.1), (x * 0.9, -0.78)], 0.022) for x in (-0.1, 0, 0.1)]
        ribs += [
            ribbon([(0.12, 0.35 + d), (0.5 + d, 0.37 + d), (0.58 + d, 0.05), (0.57 + d, -0.3)], 0.018)
            for d in (-0.035, 0.035)
        ][: 2 * (len(arms) > 0)]
        ribs += [
            ribbon([(-0.12, 0.13 + d), (-0.46 - d, 0.15 + d), (-0.55 - d, -0.15), (-0.53 - d, -0.55)], 0.018)
            for d in (-0.035, 0.035)
        ][: 2 * (len(arms) > 1)]
        s.add("detail", *ribs)
        s.add("accent", *(leaf(0, -0.9, 0.2, 0.12, a) for a in (-130, -90, -50)))
    for x in rng.sample((0.16, 0.26, 0.76, 0.86), 3):
        with s.at(x, rng.uniform(0.84, 0.88), rng.uniform(0.06, 0.09)):
            s.add("dark", blob(rng, 0, 0, 1, 0.05))
            s.add("light", *(ribbon([(d, 0.8), (d * 1.3, 0), (d * 0.8, -0.8)], 0.06) for d in (-0.5, 0, 0.5)))
            s.add("accent", ellipse(0, -1.0, 0.3, 0.22))
    s.add("dark", *(ellipse(rng.uniform(0.05, 0.95), rng.uniform(0.86, 0.95), 0.012, 0.006) for _ in range(9)))


def heron(s: Scene):
    rng = s.rng
    on.sky(s, 0.7)
    on.hills(s, 0.62, ("far",), 0.08)
    s.add("near", box(-0.1, 0.74, 1.1, 1.1))
    s.add("light", *(band(0.5, 0.9, r, r + 0.008, 0, 360, 0.22) for r in (0.1, 0.19, 0.3)))
    for x in [rng.uniform(0.08, 0.26) for _ in range(5)] + [rng.uniform(0.76, 0.93) for _ in range(5)]:
        top = rng.uniform(0.34, 0.6)
        lean = rng.uniform(-0.03, 0.03)
        s.add(
            "dark",
            ribbon([(x, 1.0), (x + lean / 2, 0.75), (x + lean, top)], 0.009),
            ellipse(x + lean, top, 0.012, 0.045),
        )
    with s.at(0.5, 0.5, rng.uniform(0.38, 0.42)):
        s.add(
            "dark",
            ribbon([(0.08, 0.3), (0.06, 0.68), (0.1, 1.0)], 0.035, curved=False),
            ribbon([(0.2, 0.28), (0.26, 0.66), (0.22, 1.0)], 0.035, curved=False),
        )
        s.add(
            "main",
            smooth((-0.2, -0.02), (0.1, -0.12), (0.45, 0.1), (0.82, 0.52), (0.5, 0.46), (0.15, 0.4), (-0.15, 0.25)),
        )
        s.add(
            "main",
            ribbon(
                [(-0.08, 0.12), (-0.3, -0.1), (-0.12, -0.42), (-0.04, -0.68), (-0.2, -0.86), (-0.3, -0.84)],
                [0.24, 0.16, 0.1, 0.1, 0.12, 0.14],
            ),
            ellipse(-0.28, -0.86, 0.12, 0.085, -8),
        )
        s.add("accent", poly((-0.36, -0.92), (-0.86, -0.74), (-0.35, -0.8)))
        s.add("light", ribbon([(-0.16, 0.22), (-0.34, -0.08), (-0.2, -0.38)], [0.08, 0.05, 0.0]))
        s.add("far", smooth((0.02, 0.02), (0.3, 0.06), (0.68, 0.42), (0.3, 0.34)))
        s.add(
            "light",
            *(
                ribbon(
                    [(0.1 + k, 0.08 + k * 0.5), (0.3 + k, 0.2 + k * 0.6), (0.4 + k, 0.36 + k * 0.4)], [0.0, 0.03, 0.0]
                )
                for k in (0, 0.12, 0.22)
            ),
        )
        s.add("detail", ellipse(-0.29, -0.88, 0.024))
        s.add("main", ribbon([(-0.2, -0.93), (0.0, -1.0), (0.2, -0.94)], [0.05, 0.035, 0.0]))
