"""Families of abstract prints: stripes, arcs, grid, shapes, pebbles, circles, terrazzo, contours."""

import math

import numpy as np

from scripts.printshop.shapes import Scene, band, blob, box, ellipse, leaf, poly, ribbon, rotate, smooth

INKS = ("main", "accent", "near", "far", "dark")


def _base(s, *roles):
    s.add(s.rng.choice(roles or ("sky", "paper", "light")), box(-0.1, -0.1, 1.1, 1.1))


def stripes(s: Scene):
    rng = s.rng
    _base(s, "paper", "sky")
    turn = rng.choice((0, 90, 45, -30))
    wavy = rng.choice((0.0, 0.0, 0.03, 0.055))
    phase, y, last = rng.uniform(0, 6), -0.35, None
    while y < 1.35:
        width = rng.choice((0.03, 0.05, 0.08, 0.12))
        role = rng.choice([r for r in (*INKS, "light", "main", "accent") if r != last])
        line = [(x / 6 - 0.5, y + wavy * math.sin(phase + x * 1.1)) for x in range(13)]
        with s.at(0.5, 0.5, 1.0, flip=False, turn=turn):
            s.add(role, ribbon(line, width) - (0.5, 0.5))
        y += width * rng.choice((1.0, 1.0, 1.35))
        last = role
    if rng.random() < 0.5:
        x, y, r = rng.uniform(0.35, 0.65), rng.uniform(0.35, 0.65), rng.uniform(0.14, 0.24)
        s.add(rng.choice(("light", "accent", "paper")), ellipse(x, y, r))
        s.add(rng.choice(("main", "dark")), ellipse(x, y, r * 0.82, turn=turn, end=180))


def arcs(s: Scene):
    rng = s.rng
    _base(s, "sky", "paper")
    roles = rng.sample(INKS, 4)
    kind = rng.choice(("sunrise", "scales", "scales", "pair", "valley"))
    if kind == "scales":  # overlapping rows, each scale an opaque fan of arcs
        n = rng.choice((3, 4, 5))
        r = 0.5 / n
        for row in range(math.ceil(1.3 / (0.62 * r))):
            y = -0.1 + row * r * 0.62
            for column in range(-1, n + 2):
                x = (column + 0.5 * (row % 2)) * 2 * r
                s.add("light", ellipse(x, y, r))
                for k, role in enumerate(roles[:3]):
                    s.add(role, band(x, y, max(r * (0.7 - 0.3 * k), 0.0), r * (0.94 - 0.3 * k)))
        return
    spots = {
        "sunrise": [(rng.uniform(0.4, 0.6), 0.95, 0.52, 180)],
        "pair": [(0.34, 0.6, 0.32, 180), (0.66, 0.94, 0.34, 180), (0.7, 0.06, 0.26, 0)],
        "valley": [(0.08, 0.5, 0.34, 270), (0.92, 0.5, 0.34, 90), (0.5, 0.94, 0.3, 180), (0.5, 0.06, 0.24, 0)],
    }[kind]
    if kind == "sunrise":
        s.add("accent", ellipse(rng.uniform(0.3, 0.7), 0.24, rng.uniform(0.07, 0.1)))
    for n, (x, y, r, start) in enumerate(spots):
        rings = max(3, round(r * 12))
        width = r / (rings + 0.3)
        for k in range(rings):
            inner = max(r - (k + 0.78) * width, 0.0)
            s.add(roles[(k + n) % 4], band(x, y, inner, r - k * width, start, start + 180))


def grid(s: Scene):
    rng = s.rng
    _base(s)
    n = rng.choice((3, 4, 4, 5))
    kinds = rng.sample(("quarter", "disc", "half", "leaf", "diamond", "block", "bars"), rng.choice((2, 3)))
    left, cell = 0.14, 0.72 / n
    pair = (*rng.sample(INKS, rng.choice((2, 3, 4))), rng.choice(("light", "paper", "sky")))
    for row in range(n):
        for column in range(n):
            x, y = left + (column + 0.5) * cell, left + (row + 0.5) * cell
            tile = box(x - cell / 2, y - cell / 2, x + cell / 2, y + cell / 2)
            under, over = rng.sample(pair, 2)
            s.add(under, tile)
            with s.at(x, y, cell / 2, flip=False, turn=rng.choice((0, 90, 180, 270))):
                s.add(over, *_tile(rng.choice(kinds)), clip=[box(-1, -1, 1, 1)])


def _tile(kind):
    return {
        "quarter": lambda: [ellipse(-1, -1, 1.98)],
        "disc": lambda: [ellipse(0, 0, 0.68)],
        "half": lambda: [ellipse(0, -1, 1.0)],
        "leaf": lambda: [rotate(poly(*leaf(-1.35, 0, 2.7, 1.5, 0)), 45)],
        "diamond": lambda: [poly((0, -0.9), (0.9, 0), (0, 0.9), (-0.9, 0))],
        "block": lambda: [poly((-1, -1), (1, -1), (-1, 1))],
        "bars": lambda: [box(-1, y, 1, y + 0.28) for y in (-0.86, -0.3, 0.26, 0.82)],
    }[kind]()


def shapes(s: Scene):
    rng = s.rng
    _base(s, "paper", "sky", "light")
    kind = rng.choice(("tower", "orbit", "balance"))
    if kind == "tower":  # stacked on one axis
        y, width = 0.93, rng.uniform(0.42, 0.52)
        for role in rng.sample(("main", "accent", "near", "far", "dark"), 5):
            h = width * rng.uniform(0.32, 0.5)
            form = rng.choice(("half", "bowl", "block", "wedge", "disc"))
            x0, x1 = 0.5 - width / 2, 0.5 + width / 2
            s.add(
                role,
                {
                    "half": ellipse(0.5, y, width / 2, h, 0, 180, 360),
                    "bowl": ellipse(0.5, y - h, width / 2, h, 0, 0, 180),
                    "block": box(x0, y - h, x1, y),
                    "wedge": poly((x0, y), (x1, y), (rng.choice((x0, 0.5, x1)), y - h)),
                    "disc": ellipse(0.5, y - h / 2, h / 2),
                }[form],
            )
            y, width = y - h, width * rng.uniform(0.78, 0.95)
        s.add("dark", box(0.12, 0.93, 0.88, 0.94))
        s.add("accent", ellipse(rng.choice((0.2, 0.8)), 0.22, 0.06))
    elif kind == "orbit":  # a great disc, crossed
        x, y, r = rng.uniform(0.42, 0.58), rng.uniform(0.42, 0.55), rng.uniform(0.25, 0.3)
        s.add("far", box(0.5, -0.1, 1.1, 1.1) if rng.random() < 0.5 else box(-0.1, y, 1.1, 1.1))
        s.add("main", ellipse(x, y, r))
        s.add("near", ellipse(x, y, r, turn=rng.choice((0, 45, 90, 135)), end=180))
        s.add("light", ellipse(x, y, r * 0.36))
        s.add("dark", band(x, y, r * 1.22, r * 1.22 + 0.009))
        for _ in range(3):
            a = rng.uniform(0, math.tau)
            s.add(
                rng.choice(("accent", "dark")),
                ellipse(x + r * 1.24 * math.cos(a), y + r * 1.24 * math.sin(a), rng.choice((0.025, 0.04, 0.055))),
            )
        _bars(s)
    else:  # a triangle that carries the rest, any way up
        block, wedge, disc, half = rng.sample(("main", "accent", "near", "far"), 4)
        with s.at(0.5, 0.5, 1.0, turn=rng.choice((0, 0, 90, 180, 270))):
            s.add(block, box(-0.36, -0.34, rng.uniform(-0.15, 0.05), rng.uniform(0.1, 0.34)))
            s.add(wedge, poly((-0.26, 0.34), (0.34, 0.34), (rng.uniform(-0.2, 0.25), -0.08)))
            s.add(disc, ellipse(rng.uniform(-0.12, 0.18), -0.18, rng.uniform(0.13, 0.2)))
            s.add(half, ellipse(0.18, 0.12, 0.17, turn=rng.choice((0, 90, 180, 270)), end=180))
            x, y, n = rng.choice((-0.3, 0.14)), rng.choice((-0.34, 0.18)), rng.choice((3, 4))
            cells = [(c, r) for r in range(n) for c in range(4) if (r + c) % 2]
            s.add(
                "dark", *(box(x + 0.045 * c, y + 0.045 * r, x + 0.045 * (c + 1), y + 0.045 * (r + 1)) for c, r in cells)
            )
        _bars(s)


def _bars(s):
    with s.at(0.5, 0.5, 0.5, turn=s.rng.choice((0, 45, -45, 30, -60, 90))):
        offset = s.rng.uniform(-0.4, 0.4)
        s.add(
            "dark",
            *(
                ribbon([(-0.8, offset + k * 0.08), (0.8, offset + k * 0.08)], 0.02, curved=False)
                for k in range(s.rng.choice((1, 3, 4)))
            ),
        )


def pebbles(s: Scene):
    rng = s.rng
    _base(s)
    cells = [(0.3, 0.28), (0.7, 0.26), (0.26, 0.55), (0.56, 0.52), (0.78, 0.6), (0.36, 0.8), (0.68, 0.84)]
    if rng.random() < 0.6:
        for n, (x, y) in enumerate(rng.sample(cells, 3)):
            s.add(
                ("far", "sky", "near")[n],
                box(x - rng.uniform(0.16, 0.26), y - rng.uniform(0.16, 0.22), x + rng.uniform(0.16, 0.26), y + 0.2),
            )
    roles = rng.sample(INKS, 5)
    for n, (x, y) in enumerate(rng.sample(cells, rng.randint(5, 7))):
        with s.at(x, y, rng.uniform(0.13, 0.18), turn=rng.uniform(0, 360)):
            kind = rng.choice(("weed", "weed", "stone", "bean", "petal"))
            if kind == "weed":
                lobes = [
                    smooth((0, 0.1), (d * 0.35, -0.05), (d * 0.75, -0.35), (d * 0.85, -0.1), (d * 0.5, 0.15), (0, 0.3))
                    + np.array((0, k * 0.4 - 0.5))
                    for d in (-1, 1)
                    for k in range(4)
                ]
                s.add(
                    roles[n % 5],
                    ribbon([(0, -1.0), (0.06, 0), (0, 1.1)], [0.12, 0.26, 0.14]),
                    *lobes,
                    ellipse(0, -0.95, 0.17, 0.3),
                )
            elif kind == "stone":
                s.add(roles[n % 5], blob(rng, 0, 0, 0.85, 0.2, 6))
                s.add("light", blob(rng, 0.1, -0.05, 0.35, 0.25, 6))
            elif kind == "bean":
                s.add(
                    roles[n % 5],
                    ribbon([(-0.75, -0.35), (-0.2, 0.35), (0.45, 0.25), (0.75, -0.45)], [0.45, 0.7, 0.7, 0.45]),
                    ellipse(-0.76, -0.38, 0.22),
                    ellipse(0.76, -0.48, 0.22),
                )
            else:
                s.add(roles[n % 5], *(leaf(0, 0, 0.95, 0.5, a) for a in range(0, 360, 60)))
                s.add("light", ellipse(0, 0, 0.17))
    s.add(
        "dark",
        *(ellipse(rng.uniform(0.15, 0.85), rng.uniform(0.15, 0.85), rng.uniform(0.008, 0.016)) for _ in range(8)),
    )


def circles(s: Scene):
    rng = s.rng
    _base(s)
    placed = []
    spots = [(0.32, 0.34), (0.66, 0.3), (0.5, 0.56), (0.28, 0.68), (0.72, 0.68), (0.5, 0.82), (0.8, 0.48), (0.18, 0.5)]
    for n, (x, y) in enumerate(rng.sample(spots, rng.randint(5, 8))):
        role, r = ("near", "main", "accent", "far")[n % 4], rng.choice((0.1, 0.14, 0.18, 0.23))
        x, y = x + rng.uniform(-0.05, 0.05), y + rng.uniform(-0.05, 0.05)
        disc = ellipse(x, y, r)
        s.add(role, disc)
        for other, below in placed:
            if below != role:
                s.add("light" if {role, below} & {"main"} else "dark", disc, clip=[other])
        placed.append((disc, role))
        if rng.random() < 0.4:
            s.add("light" if role == "main" else "dark", *(band(x, y, r * k, r * k + 0.009) for k in (0.35, 0.6, 0.85)))
    s.add("dark", band(rng.uniform(0.35, 0.65), rng.uniform(0.35, 0.65), 0.34, 0.35))


def terrazzo(s: Scene):
    rng = s.rng
    _base(s, "sky", "sky", "paper", "light", "near")
    groups = {role: [] for role in (*INKS, "light")}
    n = rng.randint(7, 11)
    for cell in range((n + 1) ** 2):  # one chip to a cell of a jittered grid
        x = (cell % (n + 1) + rng.uniform(-0.22, 0.22) + (0.5 if cell // (n + 1) % 2 else 0.0)) / n
        y = (cell // (n + 1) + rng.uniform(-0.22, 0.22)) / n
        r, stretch = rng.choice((0.2, 0.35, 0.45, 0.55, 0.6)) / n, rng.uniform(0.65, 1.0)
        sides, turn = rng.randint(4, 6), rng.uniform(0, 6)
        angles = [turn + (k + rng.uniform(-0.3, 0.3)) * math.tau / sides for k in range(sides)]
        chip = poly(*((x + r * math.cos(a), y + r * stretch * math.sin(a)) for a in angles))
        groups[rng.choice(tuple(groups))].append(chip)
    for role, group in groups.items():
        s.add(role, *group)


def contours(s: Scene):
    rng = s.rng
    roles = rng.choice(
        (
            ("sky", "far", "near", "main", "dark"),
            ("light", "sky", "accent", "main", "near"),
            ("paper", "accent", "far", "near", "main"),
            ("near", "far", "sky", "light", "accent"),
        )
    )
    s.add(roles[0], box(-0.1, -0.1, 1.1, 1.1))
    filled = rng.random() < 0.6
    for x, y, big in (
        (rng.uniform(0.3, 0.45), rng.uniform(0.3, 0.45), 0.52),
        (rng.uniform(0.65, 0.8), rng.uniform(0.65, 0.8), 0.4),
    ):
        turn, wobble = rng.uniform(0, 6), [rng.uniform(0.05, 0.14) for _ in range(3)]
        levels = rng.randint(6, 8)
        for k in range(levels):
            r = big * (1 - k / levels) * rng.uniform(0.95, 1.03)
            drift = 0.025 * k
            ring = smooth(
                *(
                    (
                        x
                        + drift
                        + r
                        * (1 + sum(w * math.sin((m + 2) * a + turn + m + k * 0.12) for m, w in enumerate(wobble)))
                        * math.cos(a),
                        y
                        - drift
                        + r
                        * (1 + sum(w * math.sin((m + 2) * a + turn + m + k * 0.12) for m, w in enumerate(wobble)))
                        * math.sin(a),
                    )
                    for a in (n * math.tau / 18 for n in range(18))
                )
            )
            if filled:
                s.add(roles[1 + k * 4 // levels], ring)
                s.add("light" if roles[0] != "light" else "dark", ribbon([*ring, ring[0]], 0.006, curved=False))
            else:
                s.add(roles[0], ring)  # hides the lines of the hill behind
                s.add(roles[1 + k * 4 // levels], ribbon([*ring, ring[0]], 0.015, curved=False))
