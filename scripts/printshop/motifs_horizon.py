"""Motifs of the horizon: mountain, moon, balloon."""

from scripts.printshop import scenery as on
from scripts.printshop.shapes import Scene, band, box, ellipse, poly, ribbon, ridge, smooth


def mountain(s: Scene):
    rng = s.rng
    on.sky(s, 0.6)
    _peak(s, "far", rng.uniform(0.08, 0.2), rng.uniform(0.34, 0.42), 0.36, "sky")
    _peak(s, "far", rng.uniform(0.78, 0.92), rng.uniform(0.3, 0.4), 0.4, "sky")
    _peak(s, "main", rng.uniform(0.4, 0.6), rng.uniform(0.2, 0.27), rng.uniform(0.46, 0.54), "detail")
    low = rng.uniform(0.7, 0.75)
    s.add("near", ridge(rng, low + 0.06, 0.14, rng.randint(3, 5), curved=rng.random() < 0.5))
    kind = rng.choice(("pines", "lake", "meadow"))
    if kind == "lake":
        s.add("far", box(-0.1, 0.8, 1.1, 1.1))
        s.add(
            "light",
            *(
                ribbon([(x - h, y), (x, y), (x + h, y)], [0, 0.01, 0])
                for x, y, h in (
                    (rng.uniform(0.15, 0.85), rng.uniform(0.83, 0.93), rng.uniform(0.05, 0.13)) for _ in range(10)
                )
            ),
        )
        on.pines(s, 0.81, 9, 0.12, "dark")
    else:
        on.pines(s, 0.9, 8, 0.26 if kind == "pines" else 0.14, "dark")
        s.add("dark", ridge(rng, 0.95, 0.03, 3))


def _peak(s, role, x, y, half, veins):
    """A peak with a snow cap, and veins of rock (role `veins`) down its shaded side."""
    rng = s.rng
    foot = 0.86
    sides = [
        [(x + d * half * t, y + (foot - y) * (t + rng.uniform(-0.035, 0.035))) for t in (0.2, 0.4, 0.6, 0.8)]
        for d in (-1, 1)
    ]
    shape = poly((x - half, foot), *sides[0][::-1], (x, y), *sides[1], (x + half, foot))
    s.add(role, shape)
    drop = foot - y
    for k in range(5):
        top, dx = y + drop * (0.12 + 0.1 * k), half * (0.02 + 0.13 * k)
        s.add(
            veins,
            ribbon(
                [
                    (x + dx * 0.6, top),
                    (x + dx + half * 0.06, top + drop * 0.16),
                    (x + dx + half * 0.05, top + drop * 0.3),
                ],
                [0.0, 0.014, 0.0],
                curved=False,
            ),
            clip=[shape],
        )
    cap = [
        (-0.4, -0.1),
        (-0.3, 0.32),
        (-0.15, 0.2),
        (-0.06, 0.36),
        (0.06, 0.19),
        (0.15, 0.33),
        (0.28, 0.22),
        (0.4, -0.1),
    ]
    s.add("light", poly(*((x + half * cx, y + drop * cy) for cx, cy in cap)), clip=[shape])


def moon(s: Scene):
    rng = s.rng
    s.add(rng.choice(("near", "near", "far")), box(-0.1, -0.1, 1.1, 1.1))
    x, y, r = rng.uniform(0.4, 0.6), rng.uniform(0.34, 0.4), rng.uniform(0.2, 0.25)
    if rng.random() < 0.6:
        s.add("sky", *(band(x, y, r * k, r * k + 0.012) for k in (1.25, 1.5, 1.8)))
    on.stars(s, 0.62, 26)
    if rng.random() < 0.5:
        s.add("light", ellipse(x, y, r))
        s.add(
            "accent",
            *(
                ellipse(x + dx * r, y + dy * r, k * r)
                for dx, dy, k in (
                    (-0.4, -0.3, 0.2),
                    (0.3, -0.5, 0.12),
                    (0.35, 0.25, 0.26),
                    (-0.3, 0.4, 0.14),
                    (-0.65, 0.1, 0.1),
                    (0.05, -0.05, 0.08),
                )
            ),
            clip=[ellipse(x, y, r * 0.97)],
        )
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
    crowd = [(rng.uniform(0.44, 0.56), 0.42, rng.uniform(0.29, 0.33))]
    crowd += [
        (rng.choice((0.16, 0.84)), rng.uniform(0.25, 0.6), 0.1),
        (rng.choice((0.25, 0.76)), 0.7, 0.06),
    ][: rng.choice((0, 1, 2))]
    for x, y, size in crowd:
        with s.at(x, y, size):
            skin = smooth(
                (0, -1.0),
                (0.55, -0.84),
                (0.8, -0.35),
                (0.66, 0.12),
                (0.24, 0.58),
                (-0.24, 0.58),
                (-0.66, 0.12),
                (-0.8, -0.35),
                (-0.55, -0.84),
            )
            s.add(
                "dark",
                *(ribbon([(dx, 0.5), (dx * 0.6, 0.94)], 0.02, curved=False) for dx in (-0.22, -0.08, 0.08, 0.22)),
            )
            s.add("main", skin)
            kind = rng.choice(("gores", "bands", "zigzag"))
            if kind == "gores":
                for k, role in ((0.56, "light"), (0.3, "main"), (0.12, "accent")):
                    s.add(
                        role,
                        smooth(
                            (0, -1.02),
                            (k * 0.8, -0.8),
                            (k * 1.25, -0.32),
                            (k, 0.14),
                            (k * 0.4, 0.6),
                            (-k * 0.4, 0.6),
                            (-k, 0.14),
                            (-k * 1.25, -0.32),
                            (-k * 0.8, -0.8),
                        ),
                        clip=[skin],
                    )
            elif kind == "bands":
                s.add("light", box(-1, -0.6, 1, -0.46), box(-1, -0.02, 1, 0.1), clip=[skin])
                s.add("accent", box(-1, -0.46, 1, -0.02), clip=[skin])
                s.add("main", *(ellipse(dx, -0.24, 0.1) for dx in (-0.66, -0.33, 0, 0.33, 0.66)), clip=[skin])
            else:
                line = [(-1 + k * 0.2, -0.3 + 0.16 * (-1) ** k) for k in range(11)]
                s.add("accent", poly(*line, (1, 0.0), *[(px, py + 0.36) for px, py in line[::-1]]), clip=[skin])
                s.add(
                    "light",
                    ribbon(line, 0.06, curved=False),
                    ribbon([(px, py + 0.36) for px, py in line], 0.06, curved=False),
                    clip=[skin],
                )
            s.add("accent", box(-0.24, 0.54, 0.24, 0.62))
            s.add("dark", smooth((-0.2, 0.92), (0.2, 0.92), (0.17, 1.2), (-0.17, 1.2)))
            s.add("accent", box(-0.2, 0.92, 0.2, 0.98))
    on.birds(s, 1 - crowd[0][0] + rng.choice((-0.25, 0.25)), 0.45, 3)
