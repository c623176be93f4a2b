"""Backgrounds that motifs share: skies by mood, hills, seas, tables, woods, foreground plants."""

import math

from scripts.printshop.shapes import Scene, band, blob, box, ellipse, leaf, poly, ribbon, ridge, smooth, star


def sky(s: Scene, horizon=0.7, sun=True):
    """A sky whose light and weather tell the mood."""
    rng = s.rng
    s.add("sky", box(-0.1, -0.1, 1.1, 1.1))
    if not sun:
        return
    side = rng.choice((rng.uniform(0.24, 0.36), rng.uniform(0.64, 0.76)))
    if s.mood == "bright":
        y, r = horizon * rng.uniform(0.35, 0.5), rng.uniform(0.1, 0.15)
        rays = [
            poly(
                *(
                    (side + d * math.cos(a), y + d * math.sin(a))
                    for d, a in ((r * 1.25, t - 0.06), (r * 9, t - 0.09), (r * 9, t + 0.09), (r * 1.25, t + 0.06))
                )
            )
            for t in (n * math.tau / 16 for n in range(16))
        ]
        if rng.random() < 0.6:
            s.add("paper", *rays)
        s.add("accent", ellipse(side, y, r))
    elif s.mood == "calm":
        s.add("paper", ellipse(0.5, horizon, rng.uniform(0.3, 0.38)))
        s.add("accent", ellipse(side, horizon - rng.uniform(0.02, 0.12), rng.uniform(0.12, 0.17)))
    elif s.mood == "dreamy":
        stars(s, horizon * 0.85, 16)
        y, r = horizon * rng.uniform(0.3, 0.42), rng.uniform(0.09, 0.13)
        s.add("light", ellipse(side, y, r), holes=[ellipse(side + r * 0.45, y - r * 0.2, r * 0.85)])
    elif s.mood == "windswept":
        s.add("accent", ellipse(side, horizon * 0.4, 0.1))
        for _ in range(rng.randint(4, 6)):
            streak(s, rng.uniform(0.05, 0.95), rng.uniform(0.12, horizon * 0.85), rng.uniform(0.25, 0.5))
    elif s.mood == "playful":
        s.add("accent", ellipse(side, horizon * 0.38, rng.uniform(0.09, 0.12)))
        for _ in range(3):
            cloud(s, rng.uniform(0.1, 0.9), rng.uniform(0.14, horizon * 0.6), rng.uniform(0.08, 0.12))
        birds(s, 1 - side, horizon * 0.4, rng.randint(3, 5))
    else:  # nostalgic: a large, low sun in bands
        r = rng.uniform(0.24, 0.3)
        s.add("paper", band(0.5, horizon - 0.1, r * 1.12, r * 1.3))
        s.add(
            "accent",
            ellipse(0.5, horizon - 0.1, r),
            holes=[
                box(0, y, 1, y + 0.008 + 0.022 * n) for n, y in enumerate(horizon - 0.17 + 0.05 * k for k in range(6))
            ],
        )


def stars(s, bottom, count):
    rng = s.rng
    shapes = []
    for _ in range(count):
        x, y = rng.uniform(0.08, 0.92), rng.uniform(0.07, bottom)
        big = rng.random() < 0.3
        shapes.append(star(x, y, 0.02, 0.007, 4) if big else ellipse(x, y, 0.0055))
    s.add("light", *shapes)


def cloud(s, x, y, r, role="light"):
    s.add(
        role,
        ellipse(x, y, r * 1.5, r * 0.42),
        ellipse(x - r * 0.4, y - r * 0.25, r * 0.6),
        ellipse(x + r * 0.35, y - r * 0.2, r * 0.5),
    )


def streak(s, x, y, length, role="light"):
    half = length / 2
    s.add(
        role,
        ribbon(
            [(x - half, y), (x - half / 3, y - 0.012), (x + half / 3, y + 0.01), (x + half, y)], [0.0, 0.02, 0.014, 0.0]
        ),
    )


def birds(s, x, y, count, role="dark"):
    rng = s.rng
    shapes = []
    for _ in range(count):
        bx, by, r = x + rng.uniform(-0.14, 0.14), y + rng.uniform(-0.09, 0.09), rng.uniform(0.018, 0.03)
        line = [
            (bx - r, by - r * 0.5),
            (bx - r * 0.4, by - r * 0.6),
            (bx, by),
            (bx + r * 0.4, by - r * 0.6),
            (bx + r, by - r * 0.5),
        ]
        shapes.append(ribbon(line, [0.002, 0.009, 0.009, 0.009, 0.002]))
    s.add(role, *shapes)


def hills(s, horizon=0.7, roles=("far", "near"), height=0.14, step=0.1):
    """Rolling hills, one role behind the other; returns the height of the nearest."""
    for n, role in enumerate(roles):
        s.add(role, ridge(s.rng, horizon + n * step + height * 0.5, height, s.rng.randint(2, 4)))
    return horizon + (len(roles) - 1) * step


def sea(s, horizon=0.6, role="far", crests="light", deep="near"):
    """Water to the bottom edge: a deeper foreground and rows of small crests."""
    rng = s.rng
    s.add(role, box(-0.1, horizon, 1.1, 1.1))
    line = [(x / 6, horizon + 0.2 + 0.018 * (-1) ** x) for x in range(-1, 8)]
    s.add(deep, poly(*smooth(*line, closed=False), (1.3, 1.2), (-0.3, 1.2)))
    shapes = []
    for row in range(5):
        y = horizon + 0.05 + row**2 * 0.014 + row * 0.035
        for _ in range(4):
            x, half = rng.uniform(0.05, 0.95), rng.uniform(0.03, 0.05) * (1 + row * 0.35)
            shapes.append(
                ribbon(
                    [(x - half, y), (x - half / 2, y - 0.008), (x, y), (x + half / 2, y - 0.008), (x + half, y)],
                    [0, 0.008, 0.01, 0.008, 0],
                )
            )
    s.add(crests, *shapes)


def table(s, edge=0.7):
    """A wall, sometimes with an arch or a disc of light, and a table top."""
    rng = s.rng
    s.add("sky", box(-0.1, -0.1, 1.1, 1.1))
    kind = rng.choice(("disc", "arch", "stripes", "window"))
    if kind == "disc":
        s.add(
            "paper" if rng.random() < 0.5 else "accent",
            ellipse(rng.uniform(0.4, 0.6), edge - rng.uniform(0.2, 0.3), rng.uniform(0.27, 0.32)),
        )
    elif kind == "arch":
        x = rng.uniform(0.4, 0.6)
        s.add("far", box(x - 0.26, 0.4, x + 0.26, edge), ellipse(x, 0.4, 0.26))
        s.add("paper", box(x - 0.19, 0.42, x + 0.19, edge), ellipse(x, 0.42, 0.19))
    elif kind == "stripes":
        s.add("paper", *(box(x / 10, -0.1, x / 10 + 0.045, edge) for x in range(11)))
    else:
        x = rng.choice((0.27, 0.73))
        s.add("light", box(x - 0.17, 0.14, x + 0.17, 0.5))
        s.add("accent", ellipse(x + 0.05, 0.27, 0.06))
        s.add("far", ridge(rng, 0.47, 0.1, 3), clip=[box(x - 0.17, 0.14, x + 0.17, 0.5)])
        s.add(
            "near",
            box(x - 0.185, 0.13, x + 0.185, 0.15),
            box(x - 0.185, 0.49, x + 0.185, 0.515),
            box(x - 0.008, 0.14, x + 0.008, 0.5),
            box(x - 0.185, 0.13, x - 0.165, 0.5),
            box(x + 0.165, 0.13, x + 0.185, 0.5),
        )
    s.add("near", box(-0.1, edge, 1.1, 1.1))
    s.add("far", box(-0.1, edge, 1.1, edge + 0.018))


def trunks(s, bottom=0.85):
    """Bare trunks of a wood, two roles deep."""
    rng = s.rng
    for role, count, width in (("far", 7, 0.035), ("near", 4, 0.06)):
        s.add(
            role,
            *(
                ribbon(
                    [(x, -0.1), (x + rng.uniform(-0.02, 0.02), 0.5), (x, bottom)],
                    [width * 0.8, width * 0.85, width * 1.3],
                )
                for x in ((n + rng.uniform(0.1, 0.9)) / count for n in range(count))
            ),
        )


def pines(s, y, count, size, role="near"):
    rng = s.rng
    shapes = []
    for n in range(count):
        x, h = (n + rng.uniform(0.2, 0.8)) / count, size * rng.uniform(0.7, 1.2)
        for k in range(3):
            top, half = y - h + k * h * 0.22, h * (0.13 + 0.075 * k)
            shapes.append(poly((x, top), (x + half, top + h * 0.4), (x - half, top + h * 0.4)))
        shapes.append(box(x - h * 0.03, y - h * 0.2, x + h * 0.03, y + 0.03))
    s.add(role, *shapes)


def grass(s, y, role="dark", count=26, height=0.1):
    """Blades along the lower edge."""
    rng = s.rng
    s.add(
        role,
        *(
            ribbon(
                [
                    (x, 1.0),
                    (x + lean * 0.4, y + rng.uniform(-0.3, 0.3) * height),
                    (x + lean, y - height * rng.uniform(0.3, 1)),
                ],
                [0.016, 0.012, 0.001],
            )
            for x, lean in ((rng.uniform(-0.02, 1.02), rng.uniform(-0.07, 0.07)) for _ in range(count))
        ),
    )


def sprig(s, x, y, length, turn, role="near", leaves=5, width=0.05):
    """A stem with paired leaves."""
    angle = math.radians(turn)
    tip = (x + length * math.cos(angle), y + length * math.sin(angle))
    shapes = [ribbon([(x, y), tip], 0.01, 0.003, curved=False)]
    for n in range(leaves):
        t = (n + 1) / (leaves + 0.6)
        px, py = x + (tip[0] - x) * t, y + (tip[1] - y) * t
        size = length * 0.36 * (1.1 - 0.6 * t)
        shapes += [
            leaf(px, py, size, width * (1.1 - 0.5 * t), turn + 42),
            leaf(px, py, size, width * (1.1 - 0.5 * t), turn - 42),
        ]
    s.add(role, *shapes, leaf(*tip, length * 0.2, width * 0.6, turn))


def ground(s, y=0.8, role="near"):
    s.add(role, ridge(s.rng, y + 0.03, 0.05, 3))


def halo(s, role="paper", x=0.5, y=0.45, r=0.34):
    """A plain wall with a large soft shape behind the motif."""
    s.add("sky", box(-0.1, -0.1, 1.1, 1.1))
    kind = s.rng.choice(("disc", "blob", "arch"))
    if kind == "disc":
        s.add(role, ellipse(x, y, r))
    elif kind == "blob":
        s.add(role, blob(s.rng, x, y, r, 0.16))
    else:
        s.add(role, ellipse(x, y - r * 0.1, r * 0.95), box(x - r * 0.95, y - r * 0.1, x + r * 0.95, 1.1))
