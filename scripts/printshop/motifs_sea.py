"""Motifs of the sea: lighthouse, whale, sailboat, fish, wave."""

from scripts.printshop import scenery as on
from scripts.printshop.shapes import Scene, band, box, ellipse, poly, ribbon, smooth


def lighthouse(s: Scene):
    rng = s.rng
    on.sky(s, 0.66)
    on.sea(s, 0.64)
    x = rng.choice((0.36, 0.5, 0.62))
    with s.at(x, 0.5, rng.uniform(0.36, 0.4)):
        if rng.random() < 0.6:
            s.add("paper", poly((0, -0.79), (-2.6, -1.15), (-2.6, -0.6)), poly((0, -0.79), (2.6, -1.0), (2.6, -0.45)))
        s.add(
            "near",
            smooth((-1.15, 1.0), (-0.7, 0.62), (-0.3, 0.55), (0.2, 0.5), (0.75, 0.66), (1.25, 1.02), (0.2, 1.12)),
        )
        s.add("light", box(0.3, 0.36, 0.72, 0.62))
        s.add("main", poly((0.24, 0.38), (0.51, 0.16), (0.78, 0.38)))
        tower = poly((-0.27, 0.6), (-0.16, -0.6), (0.16, -0.6), (0.27, 0.6))
        s.add("light", tower)
        n = rng.choice((2, 3))
        s.add(
            "main",
            *(box(-0.4, -0.6 + (2 * k + 0.5) * 0.6 / n, 0.4, -0.6 + (2 * k + 1.5) * 0.6 / n) for k in range(n)),
            clip=[tower],
        )
        s.add("dark", box(-0.24, -0.66, 0.24, -0.59), box(-0.03, 0.4, 0.08, 0.6), ellipse(0, -0.05, 0.035, 0.06))
        s.add("accent", box(-0.12, -0.9, 0.12, -0.66))
        s.add(
            "main",
            ellipse(0, -0.9, 0.17, 0.17, 0, 180, 360),
            box(-0.15, -0.9, -0.1, -0.64),
            box(0.1, -0.9, 0.15, -0.64),
            box(-0.02, -1.17, 0.02, -1),
        )
        s.add("dark", smooth((-0.9, 1.05), (-0.5, 0.78), (-0.1, 0.92), (0.35, 0.8), (0.9, 1.08), (0, 1.16)))
    on.birds(s, 1 - x, 0.3, rng.randint(2, 4))


def whale(s: Scene):
    rng = s.rng
    diving = rng.random() < 0.5
    if diving:
        s.add("near", box(-0.1, -0.1, 1.1, 1.1))
        for y, role in ((0.62, "far"), (0.34, "sky")):
            line = [(x / 5, y + 0.03 * (-1) ** x) for x in range(-1, 7)]
            s.add(role, poly(*smooth(*line, closed=False), (1.2, -0.2), (-0.2, -0.2)))
        s.add(
            "light",
            *(ellipse(rng.uniform(0.1, 0.9), rng.uniform(0.1, 0.9), rng.uniform(0.005, 0.016)) for _ in range(16)),
        )
    else:
        on.sky(s, 0.6)
        on.sea(s, 0.62)
    with s.at(0.5, 0.52 if diving else 0.58, rng.uniform(0.34, 0.38), turn=rng.uniform(-14, 4)):
        if not diving or rng.random() < 0.5:
            s.add(
                "light",
                *(
                    ribbon(
                        [
                            (-0.45, -0.36),
                            (-0.45 + d * 0.25, -0.85 - 0.1 / (1 + 9 * abs(d))),
                            (-0.45 + d * 0.8, -0.92),
                            (-0.45 + d * 1.15, -0.66),
                        ],
                        [0.05, 0.07, 0.06, 0.0],
                    )
                    for d in (-0.42, -0.2, 0.2, 0.42)
                ),
                *(
                    ellipse(-0.45 + d, h, 0.028)
                    for d, h in ((-0.55, -0.6), (0.55, -0.62), (-0.3, -0.62), (0.32, -0.6), (0, -1.08))
                ),
            )
        body = smooth(
            (-1.02, 0.05),
            (-0.9, -0.25),
            (-0.5, -0.38),
            (0, -0.33),
            (0.45, -0.12),
            (0.78, -0.22),
            (0.98, -0.42),
            (0.86, -0.08),
            (0.6, 0.16),
            (0.1, 0.36),
            (-0.5, 0.4),
            (-0.9, 0.28),
        )
        s.add(
            "main",
            body,
            smooth((0.84, -0.3), (0.62, -0.66), (0.9, -0.66), (1.03, -0.44)),
            smooth((0.9, -0.36), (1.3, -0.48), (1.24, -0.22), (1.02, -0.2)),
        )
        belly = smooth((-1.1, 0.14), (-0.6, 0.14), (0.0, 0.2), (0.5, 0.14), (0.3, 0.6), (-0.6, 0.7), (-1.1, 0.5))
        s.add("light", belly, clip=[body])
        s.add(
            "main",
            *(
                ribbon([(-1.0, 0.2 + k * 0.06), (-0.5, 0.21 + k * 0.065), (0.1 - k * 0.08, 0.26 + k * 0.055)], 0.016)
                for k in range(4)
            ),
            clip=[body],
        )
        s.add(
            "near" if not diving else "dark", smooth((-0.3, 0.2), (-0.1, 0.22), (0.12, 0.6), (0.08, 0.74), (-0.18, 0.5))
        )
        s.add("light", ellipse(-0.72, 0.04, 0.05))
        s.add("dark", ellipse(-0.72, 0.045, 0.028))
    if not diving:
        line = [(x / 7, 0.78 + 0.022 * (-1) ** x) for x in range(-1, 9)]
        s.add("near", poly(*smooth(*line, closed=False), (1.2, 1.1), (-0.2, 1.1)))
        s.add("light", ribbon([(x, y - 0.012) for x, y in line], 0.01))


def sailboat(s: Scene):
    rng = s.rng
    horizon = rng.uniform(0.56, 0.66)
    on.sky(s, horizon)
    if rng.random() < 0.6:
        on.hills(s, horizon - 0.02, ("far",), 0.1)
    on.sea(s, horizon, role="near" if rng.random() < 0.4 else "far")
    for n, (x, size) in enumerate(
        ((rng.uniform(0.44, 0.58), rng.uniform(0.3, 0.36)), (rng.choice((0.16, 0.85)), 0.09))[: rng.choice((1, 2))]
    ):
        with s.at(x, horizon + 0.13 - size * 0.4 - 0.1 * n, size, turn=rng.uniform(-5, 5)):
            s.add("dark", box(-0.025, -1.15, 0.025, 0.56))
            s.add("light", poly(*smooth((0.06, -1.1), (0.42, -0.5), (0.82, 0.32), closed=False), (0.06, 0.36)))
            s.add(
                "accent" if rng.random() < 0.6 else "main",
                poly(
                    (-0.06, -0.98), *smooth((-0.06, -0.98), (-0.3, -0.35), (-0.62, 0.32), closed=False), (-0.06, 0.34)
                ),
            )
            s.add(
                "main",
                *(box(0.0, y, 1, y + 0.07) for y in (0.0, 0.16)[: rng.choice((0, 2))]),
                clip=[poly((0.06, -1.1), (0.82, 0.32), (0.06, 0.36))],
            )
            s.add(
                "main",
                smooth(
                    (-0.85, 0.48),
                    (-0.4, 0.5),
                    (0.4, 0.5),
                    (0.98, 0.42),
                    (0.78, 0.68),
                    (0.5, 0.78),
                    (-0.5, 0.78),
                    (-0.74, 0.68),
                ),
            )
            s.add("light", ribbon([(-0.76, 0.58), (0, 0.61), (0.86, 0.54)], 0.045))
            s.add("accent", poly((0, -1.15), (0.25, -1.23), (0, -1.3)))
            s.add(
                "far" if n else "light",
                *(
                    ribbon([(-k * 0.6, 0.84 + 0.1 * j), (0, 0.87 + 0.1 * j), (k * 0.6, 0.84 + 0.1 * j)], [0, 0.04, 0])
                    for j, k in enumerate((1.5, 1.1, 0.6))
                ),
            )
    on.birds(s, rng.uniform(0.25, 0.75), 0.25, rng.randint(2, 4))


def fish(s: Scene):
    rng = s.rng
    s.add(rng.choice(("sky", "far")), box(-0.1, -0.1, 1.1, 1.1))
    on.hills(s, 0.84, ("near",), 0.1)
    if s.mood in ("bright", "calm", "nostalgic"):
        s.add("paper", ellipse(0.5, 0.46, 0.34))
    for x in (0.14, 0.24, 0.78, 0.88):
        h = rng.uniform(0.25, 0.5)
        s.add(
            "near",
            ribbon(
                [(x, 1.0), (x + 0.04, 1 - h * 0.35), (x - 0.04, 1 - h * 0.7), (x + 0.02, 1 - h)],
                [0.03, 0.045, 0.035, 0.0],
            ),
        )
    rows = rng.choice(([0.3, 0.5, 0.7], [0.34, 0.62], [0.28, 0.46, 0.62, 0.78]))
    size = 0.42 / (len(rows) + 0.35)
    flip = rng.random() < 0.5
    for r, y in enumerate(rows):
        count = 1 if len(rows) == 2 and rng.random() < 0.3 else 2 + (len(rows) > 3)
        for c in range(count):
            x = (c + 0.5) / count * 0.76 + 0.12 + (0.05 if r % 2 else -0.05) * (count > 1)
            with s.at(
                x, y + rng.uniform(-0.02, 0.02), size * rng.uniform(0.88, 1.02), flip=flip, turn=rng.uniform(-8, 8)
            ):
                _one_fish(s, ("main", "accent")[(r + c) % 2])
    s.add(
        "light",
        *(ellipse(rng.uniform(0.15, 0.85), rng.uniform(0.1, 0.6), rng.uniform(0.006, 0.014)) for _ in range(10)),
    )


def _one_fish(s, role):
    body = smooth(
        (-0.9, 0.02), (-0.55, -0.3), (0, -0.38), (0.5, -0.16), (0.72, 0), (0.5, 0.18), (0, 0.4), (-0.55, 0.32)
    )
    s.add(
        role,
        body,
        smooth((0.6, 0), (0.85, -0.2), (1.08, -0.4), (0.98, 0), (1.08, 0.42), (0.85, 0.22)),
        poly((-0.3, -0.3), (0.1, -0.58), (0.35, -0.2)),
        poly((-0.1, 0.34), (0.2, 0.52), (0.3, 0.24)),
    )
    s.add("light", *(band(-1.0 + k, 0, 0.3, 0.36, -60, 60) for k in (0.15, 0.5, 0.75, 1.0)), clip=[body])
    s.add("light", ellipse(-0.62, -0.06, 0.1))
    s.add("dark", ellipse(-0.62, -0.06, 0.055))


def wave(s: Scene):
    rng = s.rng
    on.sky(s, 0.72)
    if rng.random() < 0.5:
        s.add("far", poly((0.45, 0.75), (0.66, 0.46), (0.9, 0.75)))
        s.add("light", poly((0.595, 0.55), (0.66, 0.46), (0.73, 0.55), (0.68, 0.535), (0.655, 0.565), (0.63, 0.535)))
    s.add(
        "far",
        poly(
            *smooth((-0.2, 0.74), (0.2, 0.68), (0.5, 0.76), (0.8, 0.7), (1.2, 0.75), closed=False),
            (1.2, 1.1),
            (-0.2, 1.1),
        ),
    )
    with s.at(0.5, 0.55, rng.uniform(0.46, 0.5)):
        outer = smooth(
            (-1.4, 0.4),
            (-1.05, -0.25),
            (-0.6, -0.72),
            (-0.05, -0.82),
            (0.38, -0.6),
            (0.5, -0.25),
            (0.36, -0.36),
            (0.12, -0.42),
            (-0.12, -0.26),
            (-0.2, 0.06),
            (0.0, 0.38),
            (0.5, 0.56),
            (1.4, 0.5),
            (1.6, 1.3),
            (-1.6, 1.3),
        )
        s.add("main", outer)
        for k, role in ((0, "light"), (1, "near"), (2, "light")):
            d = 0.16 * k
            s.add(
                role,
                ribbon(
                    [
                        (-1.3 + d, 0.62),
                        (-0.95 + d, 0.05),
                        (-0.62 + d, -0.35 + d * 0.3),
                        (-0.25 + d * 0.3, -0.55 + d * 0.9),
                    ],
                    [0.02, 0.05, 0.05, 0.01],
                ),
                clip=[outer],
            )
        foam = [
            (-0.62, -0.7),
            (-0.38, -0.82),
            (-0.1, -0.84),
            (0.15, -0.76),
            (0.36, -0.62),
            (0.48, -0.42),
            (0.5, -0.24),
            (0.34, -0.36),
            (0.16, -0.42),
        ]
        s.add(
            "light",
            *(
                ellipse(x + rng.uniform(-0.05, 0.05), y + rng.uniform(-0.05, 0.03), rng.choice((0.035, 0.05, 0.075)))
                for x, y in foam
                for _ in range(4)
            ),
        )
        s.add("light", ribbon(foam[:7], [0.02, 0.12, 0.1, 0.03]))
        s.add(
            "light",
            *(ellipse(rng.uniform(0.3, 0.95), rng.uniform(-0.8, 0.0), rng.uniform(0.012, 0.032)) for _ in range(12)),
        )
        s.add(
            "near",
            smooth(
                (-1.6, 0.75), (-0.9, 0.5), (-0.3, 0.72), (0.3, 0.86), (0.9, 0.68), (1.6, 0.85), (1.6, 1.4), (-1.6, 1.4)
            ),
        )
        s.add("light", ribbon([(-1.5, 0.73), (-0.9, 0.52), (-0.3, 0.73), (0.3, 0.87), (0.9, 0.7), (1.5, 0.84)], 0.05))
    on.birds(s, 0.7, 0.28, rng.randint(0, 3))
