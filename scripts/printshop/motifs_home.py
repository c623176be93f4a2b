"""Motifs of the home: teapot, cat, guitar."""

from scripts.printshop import scenery as on
from scripts.printshop.shapes import Scene, band, box, ellipse, leaf, poly, ribbon, smooth


def teapot(s: Scene):
    rng = s.rng
    on.table(s, 0.72)
    with s.at(0.5, 0.58, rng.uniform(0.29, 0.32)):
        s.add(
            "light",
            *(
                ribbon([(x, -0.98), (x + 0.09, -1.1), (x - 0.06, -1.24), (x + 0.04, -1.4)], [0.0, 0.045, 0.045, 0.0])
                for x in (-0.16, 0.04, 0.24)
            ),
        )
        s.add("dark", ellipse(0.05, 0.67, 0.7, 0.06))
        s.add(
            "main",
            ribbon(
                [(0.48, -0.3), (0.92, -0.42), (1.02, 0.02), (0.8, 0.3), (0.5, 0.34)], [0.09, 0.12, 0.12, 0.11, 0.08]
            ),
        )
        s.add(
            "main",
            poly(
                *smooth((-0.46, 0.22), (-0.74, 0.02), (-0.88, -0.32), (-1.12, -0.44), closed=False),
                *smooth((-0.98, -0.52), (-0.74, -0.42), (-0.56, -0.12), (-0.4, -0.1), closed=False),
            ),
        )
        body = smooth(
            (-0.3, -0.52),
            (0.3, -0.52),
            (0.58, -0.22),
            (0.64, 0.15),
            (0.42, 0.56),
            (0.3, 0.64),
            (-0.3, 0.64),
            (-0.42, 0.56),
            (-0.64, 0.15),
            (-0.58, -0.22),
        )
        s.add("main", body)
        kind = rng.choice(("dots", "waves", "leaves", "stripes"))
        if kind == "dots":
            s.add(
                "detail",
                *(
                    ellipse(x + (0.09 if r % 2 else 0), y, 0.05)
                    for r, y in enumerate((-0.2, -0.02, 0.16, 0.34))
                    for x in (-0.54, -0.36, -0.18, 0, 0.18, 0.36, 0.54)
                ),
                clip=[body],
            )
        elif kind == "waves":
            s.add(
                "detail",
                *(
                    ribbon([(-0.7 + 0.1 * k, y + 0.05 * (-1) ** k) for k in range(15)], 0.035)
                    for y in (-0.18, 0.04, 0.26)
                ),
                clip=[body],
            )
        elif kind == "leaves":
            s.add(
                "detail",
                ribbon([(-0.4, 0.3), (0, 0.02), (0.4, -0.2)], 0.025),
                *(leaf(x, 0.02 - x * 0.6, 0.24, 0.11, a) for x in (-0.3, -0.12, 0.06, 0.24) for a in (-95, 25)),
                clip=[body],
            )
        else:
            s.add(
                "detail",
                *(ribbon([(x * 0.6, -0.6), (x, 0.1), (x * 0.6, 0.7)], 0.06) for x in (-0.48, -0.24, 0, 0.24, 0.48)),
                clip=[body],
            )
        s.add(
            "accent",
            smooth((-0.34, -0.5), (-0.26, -0.66), (0, -0.72), (0.26, -0.66), (0.34, -0.5)),
            ellipse(0, -0.78, 0.09),
            box(-0.34, 0.6, 0.34, 0.68),
        )
        if rng.random() < 0.75:
            s.add(
                "light",
                poly((0.78, 0.36), (1.28, 0.36), (1.2, 0.64), (1.12, 0.74), (0.94, 0.74), (0.86, 0.64)),
                band(1.28, 0.48, 0.07, 0.11),
            )
            s.add("accent", ellipse(1.03, 0.36, 0.25, 0.04), ribbon([(0.82, 0.48), (1.25, 0.48)], 0.045, curved=False))
    for x in (0.2, 0.26):
        s.add("accent", ellipse(x, 0.87 + 0.03 * (x > 0.2), 0.042))
    s.add("dark", leaf(0.2, 0.83, 0.06, 0.03, -40))


def cat(s: Scene):
    rng = s.rng
    on.table(s, 0.76)
    if rng.random() < 0.6:
        x = rng.choice((0.17, 0.83))
        for turn in (-130, -110, -90, -70, -50):
            on.sprig(s, x, 0.72, rng.uniform(0.2, 0.3), turn, "near", 4, 0.04)
        s.add("accent", poly((x - 0.08, 0.68), (x + 0.08, 0.68), (x + 0.06, 0.84), (x - 0.06, 0.84)))
    with s.at(0.5, 0.52, rng.uniform(0.35, 0.38)):
        s.add("far" if rng.random() < 0.5 else "accent", ellipse(0, 0.96, 1.0, 0.2))
        s.add(
            "main",
            ribbon([(0.3, 0.88), (0.75, 0.9), (0.9, 0.5), (0.7, 0.2), (0.82, -0.05)], [0.16, 0.17, 0.16, 0.14, 0.1]),
            ellipse(0.82, -0.06, 0.055),
        )
        s.add(
            "main",
            smooth((-0.44, 0.98), (-0.46, 0.5), (-0.3, -0.05), (0.28, -0.05), (0.5, 0.45), (0.54, 0.85), (0.4, 1.0)),
        )
        s.add("light", smooth((-0.2, 0.08), (0, 0.14), (0.2, 0.08), (0.2, 0.4), (0, 0.62), (-0.2, 0.4)))
        s.add("light", ellipse(-0.2, 0.95, 0.15, 0.08), ellipse(0.16, 0.95, 0.15, 0.08))
        s.add(
            "detail",
            ribbon([(-0.02, 0.68), (-0.02, 0.96)], 0.02, curved=False),
            *(ribbon([(0.48, y), (0.36, y + 0.03), (0.26, y)], [0.0, 0.045, 0.0]) for y in (0.3, 0.45, 0.6)),
        )
        s.add(
            "main", poly((-0.5, -0.98), (-0.55, -0.36), (-0.08, -0.6)), poly((0.5, -0.98), (0.55, -0.36), (0.08, -0.6))
        )
        s.add(
            "accent",
            poly((-0.44, -0.82), (-0.46, -0.54), (-0.24, -0.64)),
            poly((0.44, -0.82), (0.46, -0.54), (0.24, -0.64)),
        )
        s.add(
            "main",
            smooth(
                (-0.56, -0.3), (-0.4, -0.58), (0, -0.66), (0.4, -0.58), (0.56, -0.3), (0.4, 0.0), (0, 0.12), (-0.4, 0.0)
            ),
        )
        s.add(
            "light",
            ellipse(-0.1, -0.06, 0.13, 0.1),
            ellipse(0.1, -0.06, 0.13, 0.1),
            ellipse(-0.25, -0.3, 0.11, 0.085, 12),
            ellipse(0.25, -0.3, 0.11, 0.085, -12),
        )
        s.add(
            "dark",
            ellipse(-0.25, -0.3, 0.035, 0.08),
            ellipse(0.25, -0.3, 0.035, 0.08),
            poly((-0.06, -0.14), (0.06, -0.14), (0, -0.07)),
        )
        s.add(
            "detail",
            *(
                ribbon([(side * 0.2, y), (side * 0.62, y2)], [0.014, 0.006], curved=False)
                for side in (-1, 1)
                for y, y2 in ((-0.1, -0.16), (-0.05, -0.03), (0.0, 0.09))
            ),
            *(ribbon([(x, -0.6), (x * 0.8, -0.46)], [0.05, 0.0], curved=False) for x in (-0.14, 0, 0.14)),
        )
        s.add("accent", ribbon([(-0.34, 0.06), (0, 0.17), (0.34, 0.06)], 0.06), ellipse(0, 0.22, 0.06))


def guitar(s: Scene):
    rng = s.rng
    if rng.random() < 0.5:
        on.halo(s, rng.choice(("paper", "far", "light")), r=0.38)
    else:
        on.table(s, 0.84)
    for side in (-1, 1):
        if rng.random() < 0.75:
            on.sprig(
                s,
                0.5 + side * 0.2,
                0.96,
                rng.uniform(0.35, 0.5),
                -90 + side * rng.uniform(8, 28),
                rng.choice(("near", "far")),
                6,
                0.06,
            )
    with s.at(0.5, 0.54, rng.uniform(0.35, 0.38), turn=rng.choice((-1, 1)) * rng.uniform(6, 30)):
        body = smooth(
            (0, -0.12),
            (0.26, -0.16),
            (0.42, 0.02),
            (0.33, 0.27),
            (0.46, 0.52),
            (0.46, 0.78),
            (0.22, 0.96),
            (0, 0.98),
            (-0.22, 0.96),
            (-0.46, 0.78),
            (-0.46, 0.52),
            (-0.33, 0.27),
            (-0.42, 0.02),
            (-0.26, -0.16),
        )
        s.add("dark", body)
        s.add("main", body * 0.92 + (0, 0.03))
        s.add("light", ellipse(0, 0.3, 0.19))
        s.add("dark", ellipse(0, 0.3, 0.145), box(-0.22, 0.7, 0.22, 0.77))
        if rng.random() < 0.5:
            s.add("accent", smooth((0.12, 0.42), (0.26, 0.34), (0.36, 0.52), (0.32, 0.72), (0.2, 0.66)))
        s.add("dark", poly((-0.07, -0.84), (0.07, -0.84), (0.085, 0.16), (-0.085, 0.16)))
        s.add("accent", poly((-0.11, -0.84), (-0.14, -1.16), (0.14, -1.16), (0.11, -0.84)))
        s.add(
            "light",
            *(box(-0.08, y, 0.08, y + 0.014) for y in (-0.7, -0.56, -0.42, -0.3, -0.18, -0.08, 0.02)),
            *(ellipse(x, y, 0.03) for x in (-0.17, 0.17) for y in (-0.92, -1.0, -1.08)),
        )
        s.add(
            "light", *(ribbon([(x * 0.8, -0.84), (x, 0.72)], 0.009, curved=False) for x in (-0.05, -0.017, 0.017, 0.05))
        )
