"""Families of abstract prints: stripes, arcs, grid, shapes, pebbles, circles, terrazzo, contours."""

import math

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
        s.add(rng.choice(("main", "dark")), *(ellipse(x, y, r * 0.8)[:20] + (0, 0.0), box(x - r * 0.8, y - 0.05, x + r * 0.8, y - 0.03)))


def arcs(s: Scene):
    rng = s.rng
    _base(s)
    layouts = (
        [(0.5, 0.82, 0.42)],
        [(0.32, 0.5, 0.24), (0.68, 0.88, 0.24)],
        [(0.27, 0.46, 0.2), (0.73, 0.46, 0.2), (0.27, 0.84, 0.2), (0.73, 0.84, 0.2)],
        [(0.36, 0.52, 0.3), (0.66, 0.86, 0.28)],
    )
    for n, (x, y, r) in enumerate(rng.choice(layouts)):
        start = rng.choice((180, 180, 180, 0)) if n else 180
        rings = rng.randint(3, 5)
        roles = rng.sample(INKS, k=min(rings, 5))
        step = r / (rings + 0.4)
        lift = -r * 0.55 if start == 0 else 0
        for k, role in enumerate(roles):
            outer = r - k * step
            s.add(role, band(x, y + lift, max(outer - step * rng.uniform(0.72, 0.86), 0.0), outer, start, start + 180))
    if rng.random() < 0.65:
        s.add("accent", ellipse(rng.choice((0.24, 0.76)), rng.uniform(0.2, 0.28), rng.uniform(0.06, 0.1)))


def grid(s: Scene):
    rng = s.rng
    _base(s)
    n = rng.choice((3, 4, 4, 5))
    kinds = rng.sample(("quarter", "disc", "half", "leaf", "diamond", "block", "bars"), rng.choice((2, 3)))
    left, cell = 0.14, 0.72 / n
    for row in range(n):
        for column in range(n):
            x, y = left + (column + 0.5) * cell, left + (row + 0.5) * cell
            tile = box(x - cell / 2, y - cell / 2, x + cell / 2, y + cell / 2)
            under, over = rng.sample((*INKS, "light", "paper"), 2)
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
    x, y = rng.choice((0.36, 0.5, 0.62)), rng.uniform(0.36, 0.46)
    s.add(rng.choice(("far", "near", "accent")), box(rng.uniform(0.12, 0.3), rng.uniform(0.3, 0.5), rng.uniform(0.55, 0.7), rng.uniform(0.75, 0.88)))
    s.add("main", ellipse(x, y, rng.uniform(0.2, 0.26)))
    s.add(rng.choice(("dark", "near")), *(ellipse(1 - x, 0.68, 0.19, turn=rng.choice((0, 90, 180, -45)))[:20],))
    size = rng.uniform(0.14, 0.2)
    with s.at(rng.uniform(0.3, 0.7), rng.uniform(0.6, 0.75), size, turn=rng.uniform(-20, 40)):
        s.add("accent", poly((-1, 0.8), (1, 0.8), (rng.uniform(-1, 1), -0.9)))
    s.add("light", ellipse(x + rng.uniform(-0.08, 0.08), y, 0.07), band(1 - x, 0.3, 0.075, 0.095))
    with s.at(0.5, 0.5, 0.5, turn=rng.choice((0, 45, -45, 30, -60))):
        offset = rng.uniform(-0.4, 0.4)
        s.add("dark", *(ribbon([(-0.8, offset + k * 0.09), (0.8, offset + k * 0.09)], 0.022, curved=False) for k in range(rng.choice((1, 3, 4)))))
    bx, by = rng.choice((0.16, 0.7)), rng.choice((0.14, 0.78))
    s.add("dark", *(box(bx + 0.045 * c, by + 0.045 * r, bx + 0.045 * (c + 1), by + 0.045 * (r + 1)) for r in range(3) for c in range(4) if (r + c) % 2 == 0))
    s.add("accent", ellipse(0.85 - bx * 0.5, 0.9 - by * 0.6, 0.035))


def pebbles(s: Scene):
    rng = s.rng
    _base(s)
    cells = [(0.3, 0.28), (0.7, 0.26), (0.26, 0.55), (0.56, 0.52), (0.78, 0.6), (0.36, 0.8), (0.68, 0.84)]
    if rng.random() < 0.6:
        for n, (x, y) in enumerate(rng.sample(cells, 3)):
            s.add(("far", "sky", "near")[n], box(x - rng.uniform(0.16, 0.26), y - rng.uniform(0.16, 0.22), x + rng.uniform(0.16, 0.26), y + 0.2))
    roles = rng.sample(INKS, 5)
    for n, (x, y) in enumerate(rng.sample(cells, rng.randint(5, 7))):
        with s.at(x, y, rng.uniform(0.13, 0.18), turn=rng.uniform(0, 360)):
            kind = rng.choice(("weed", "weed", "stone", "bean", "petal"))
            if kind == "weed":
                lobes = [smooth((0, 0.1), (d * 0.35, -0.05), (d * 0.75, -0.35), (d * 0.85, -0.1), (d * 0.5, 0.15), (0, 0.3)) + (0, k * 0.4 - 0.5) for d in (-1, 1) for k in range(4)]
                s.add(roles[n % 5], ribbon([(0, -1.0), (0.06, 0), (0, 1.1)], [0.12, 0.26, 0.14]), *lobes, ellipse(0, -0.95, 0.17, 0.3))
            elif kind == "stone":
                s.add(roles[n % 5], blob(rng, 0, 0, 0.85, 0.2, 6))
                s.add("light", blob(rng, 0.1, -0.05, 0.35, 0.25, 6))
            elif kind == "bean":
                s.add(roles[n % 5], ribbon([(-0.75, -0.35), (-0.2, 0.35), (0.45, 0.25), (0.75, -0.45)], [0.45, 0.7, 0.7, 0.45]), ellipse(-0.76, -0.38, 0.22), ellipse(0.76, -0.48, 0.22))
            else:
                s.add(roles[n % 5], *(leaf(0, 0, 0.95, 0.5, a) for a in range(0, 360, 60)))
                s.add("light", ellipse(0, 0, 0.17))
    s.add("dark", *(ellipse(rng.uniform(0.15, 0.85), rng.uniform(0.15, 0.85), rng.uniform(0.008, 0.016)) for _ in range(8)))


def circles(s: Scene):
    rng = s.rng
    _base(s)
    placed = []
    for role in ("far", "near", "main", "accent", "main", "near")[: rng.randint(4, 6)]:
        r = rng.uniform(0.11, 0.25)
        x, y = rng.uniform(0.18 + r * 0.4, 0.82 - r * 0.4), rng.uniform(0.18 + r * 0.4, 0.82 - r * 0.4)
        disc = ellipse(x, y, r)
        s.add(role, disc)
        for other, role_below in placed:
            if role_below != role:
                s.add("light" if role in ("main", "near") else "dark", disc, clip=[other])
        placed.append((disc, role))
        if rng.random() < 0.5:
            s.add("light" if rng.random() < 0.6 else "dark", *(band(x, y, r * k, r * k + 0.01) for k in (0.3, 0.5, 0.7)[: rng.randint(1, 3)]))
    s.add("dark", *(band(rng.uniform(0.25, 0.75), rng.uniform(0.25, 0.75), r, r + 0.012) for r in (rng.uniform(0.1, 0.3) for _ in range(2))))


def terrazzo(s: Scene):
    rng = s.rng
    _base(s)
    big = rng.uniform(0.035, 0.07)
    chips, tries = [], 0
    while len(chips) < 70 and tries < 900:
        tries += 1
        r = big * rng.choice((0.35, 0.5, 0.8, 1.0, 1.25))
        x, y = rng.uniform(0.02, 0.98), rng.uniform(0.02, 0.98)
        if all((x - a) ** 2 + (y - b) ** 2 > (r + c + 0.008) ** 2 for a, b, c in chips):
            chips.append((x, y, r))
    groups = {role: [] for role in (*INKS, "light")}
    for x, y, r in chips:
        sides, turn = rng.randint(4, 6), rng.uniform(0, 6)
        angles = sorted(turn + (k + rng.uniform(-0.3, 0.3)) * math.tau / sides for k in range(sides))
        stretch = rng.uniform(0.65, 1.0)
        groups[rng.choice(tuple(groups))].append(poly(*((x + r * math.cos(a), y + r * stretch * math.sin(a)) for a in angles)))
    for role, group in groups.items():
        if group:
            s.add(role, *group)


def contours(s: Scene):
    rng = s.rng
    roles = rng.choice((("sky", "far", "near", "main", "dark"), ("light", "sky", "accent", "main", "near"), ("paper", "accent", "far", "near", "main"), ("main", "near", "far", "sky", "light")))
    s.add(roles[0], box(-0.1, -0.1, 1.1, 1.1))
    filled = rng.random() < 0.6
    for x, y, big in ((rng.uniform(0.3, 0.45), rng.uniform(0.3, 0.45), 0.52), (rng.uniform(0.65, 0.8), rng.uniform(0.65, 0.8), 0.4)):
        turn, wobble = rng.uniform(0, 6), [rng.uniform(0.05, 0.14) for _ in range(3)]
        levels = rng.randint(6, 8)
        for k in range(levels):
            r = big * (1 - k / levels) * rng.uniform(0.95, 1.03)
            drift = 0.025 * k
            ring = smooth(*(
                (x + drift + r * (1 + sum(w * math.sin((m + 2) * a + turn + m + k * 0.12) for m, w in enumerate(wobble))) * math.cos(a),
                 y - drift + r * (1 + sum(w * math.sin((m + 2) * a + turn + m + k * 0.12) for m, w in enumerate(wobble))) * math.sin(a))
                for a in (n * math.tau / 18 for n in range(18))
            ))  # fmt: skip
            if filled:
                s.add(roles[1 + k * 4 // levels], ring)
                s.add("light" if roles[0] != "light" else "dark", ribbon([*ring, ring[0]], 0.006, curved=False))
            else:
                s.add(roles[1 + k * 4 // levels], ribbon([*ring, ring[0]], 0.016, curved=False))
