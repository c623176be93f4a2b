"""Motifs of wood and garden: fox, owl, deer, mushroom, tree, fern, poppy, bee, cactus, cat."""

import math

from scripts.printshop import scenery as on
from scripts.printshop.shapes import Scene, blob, box, ellipse, leaf, poly, ribbon, smooth


def _wood(s: Scene, low=0.82):
    """A place for an animal: among trunks, before pines and hills, or in front of a plain shape."""
    kind = s.rng.choice(("trunks", "pines", "halo"))
    if kind == "halo":
        on.halo(s, s.rng.choice(("paper", "far", "accent")))
        s.add("near", ellipse(0.5, 0.96, 0.5, 0.14))
        for side in (-1, 1):
            for n in range(2):
                on.sprig(s, 0.5 + side * (0.26 + n * 0.1), 0.92, s.rng.uniform(0.26, 0.4), -90 + side * (14 + 16 * n), "near")
        return
    on.sky(s, 0.66, sun=kind == "pines")
    if kind == "trunks":
        if s.mood in ("bright", "nostalgic", "dreamy"):
            s.add("paper", ellipse(0.5, 0.4, 0.28))
        on.trunks(s)
    else:
        on.hills(s, 0.62, ("far",), 0.12)
        on.pines(s, 0.78, 7, 0.26, "near")
    on.ground(s, low - 0.04)


def fox(s: Scene):
    rng = s.rng
    _wood(s)
    with s.at(0.5, 0.54, rng.uniform(0.33, 0.37)):
        s.add("main", ribbon([(0.2, 0.86), (0.75, 0.92), (1.02, 0.55), (0.86, 0.1), (0.95, -0.15)], [0.14, 0.3, 0.4, 0.32, 0.02]))
        s.add("light", smooth((0.72, 0.1), (0.85, 0.2), (1.02, 0.12), (0.98, -0.18), (0.92, -0.25), (0.8, -0.08)))
        s.add("main", smooth((-0.46, 1.0), (-0.42, 0.4), (-0.3, -0.05), (0.25, -0.05), (0.46, 0.4), (0.6, 0.78), (0.5, 1.0)))
        s.add("light", smooth((-0.3, 0.0), (0, 0.06), (0.26, 0.0), (0.16, 0.42), (-0.02, 0.66), (-0.2, 0.42)))
        s.add("detail", ribbon([(-0.16, 0.72), (-0.15, 0.98)], 0.022, curved=False), ribbon([(0.12, 0.72), (0.12, 0.98)], 0.022, curved=False))
        s.add("main", poly((-0.6, -1.12), (-0.62, -0.4), (-0.12, -0.64)), poly((0.6, -1.12), (0.62, -0.4), (0.12, -0.64)))
        s.add("light", poly((-0.53, -0.93), (-0.52, -0.58), (-0.28, -0.68)), poly((0.53, -0.93), (0.52, -0.58), (0.28, -0.68)))
        head = smooth((-0.72, -0.26), (-0.5, -0.58), (0, -0.68), (0.5, -0.58), (0.72, -0.26), (0.3, 0.02), (0, 0.24), (-0.3, 0.02))
        s.add("main", head)
        s.add("light", smooth((-0.8, -0.26), (-0.42, -0.32), (-0.14, -0.06), (-0.02, 0.26), (-0.3, 0.16), (-0.6, 0.0)), smooth((0.8, -0.26), (0.42, -0.32), (0.14, -0.06), (0.02, 0.26), (0.3, 0.16), (0.6, 0.0)), clip=[head])
        s.add("dark", ellipse(0, 0.17, 0.09, 0.075), ellipse(-0.28, -0.24, 0.065, 0.05, 20), ellipse(0.28, -0.24, 0.065, 0.05, -20))
        s.add("detail", ribbon([(-0.4, -0.31), (-0.28, -0.33), (-0.18, -0.24)], 0.02), ribbon([(0.4, -0.31), (0.28, -0.33), (0.18, -0.24)], 0.02))
    on.grass(s, 0.93, "dark", 16, 0.06)


def owl(s: Scene):
    rng = s.rng
    kind = rng.random()
    on.sky(s, 0.75)
    if kind < 0.5:
        on.trunks(s, 1.1)
    else:
        on.hills(s, 0.74, ("far", "near"), 0.1)
    s.add("dark", ribbon([(-0.1, 0.8), (0.3, 0.77), (0.7, 0.79), (1.1, 0.72)], [0.05, 0.045, 0.04, 0.025]), ribbon([(0.74, 0.78), (0.86, 0.66), (0.9, 0.58)], [0.025, 0.012, 0.004]))
    s.add("near" if kind < 0.5 else "dark", *(leaf(x, y, 0.1, 0.045, t) for x, y, t in ((0.89, 0.6, -60), (0.87, 0.64, 0), (0.84, 0.67, -140), (0.1, 0.8, 120), (0.15, 0.8, 60), (0.94, 0.74, 50))))
    with s.at(0.5, 0.48, rng.uniform(0.32, 0.35)):
        s.add("main", poly((-0.6, -0.98), (-0.62, -0.5), (-0.1, -0.72)), poly((0.6, -0.98), (0.62, -0.5), (0.1, -0.72)))
        body = smooth((-0.64, -0.4), (-0.4, -0.78), (0, -0.82), (0.4, -0.78), (0.64, -0.4), (0.66, 0.2), (0.45, 0.7), (0.16, 1.0), (0, 1.14), (-0.16, 1.0), (-0.45, 0.7), (-0.66, 0.2))
        s.add("main", body)
        chest = smooth((-0.36, 0.0), (0, 0.1), (0.36, 0.0), (0.4, 0.4), (0.2, 0.78), (0, 0.86), (-0.2, 0.78), (-0.4, 0.4))
        s.add("light", chest)
        s.add("main", *(ribbon([(x - 0.08, y), (x, y + 0.08), (x + 0.08, y)], [0.01, 0.04, 0.01]) for y, xs in ((0.14, (-0.2, 0, 0.2)), (0.3, (-0.28, -0.1, 0.1, 0.28)), (0.46, (-0.2, 0, 0.2)), (0.6, (-0.1, 0.1))) for x in xs))
        s.add("near", smooth((-0.66, -0.1), (-0.46, 0.1), (-0.42, 0.55), (-0.55, 0.8), (-0.74, 0.35)), smooth((0.66, -0.1), (0.46, 0.1), (0.42, 0.55), (0.55, 0.8), (0.74, 0.35)))
        s.add("detail", *(ribbon([(side * 0.6, y), (side * 0.55, y + 0.1), (side * 0.49, y + 0.02)], 0.02) for side in (-1, 1) for y in (0.12, 0.3, 0.48)))
        s.add("light", ellipse(-0.29, -0.36, 0.31), ellipse(0.29, -0.36, 0.31))
        s.add("accent", ellipse(-0.27, -0.36, 0.19), ellipse(0.27, -0.36, 0.19))
        s.add("dark", ellipse(-0.26, -0.36, 0.105), ellipse(0.26, -0.36, 0.105), poly((-0.1, -0.26), (0.1, -0.26), (0, -0.0)))
        s.add("light", ellipse(-0.22, -0.4, 0.03), ellipse(0.3, -0.4, 0.03))
        s.add("accent", *(ellipse(x, 0.9, 0.05, 0.08) for x in (-0.26, -0.16, 0.16, 0.26)))


def deer(s: Scene):
    rng = s.rng
    _wood(s, 0.92)
    with s.at(0.5, 0.6, rng.uniform(0.36, 0.4)):
        for side in (-1, 1):
            beam = [(side * 0.16, -0.5), (side * 0.34, -0.82), (side * 0.62, -1.0), (side * 0.62, -1.36)]
            tines = [[(side * 0.25, -0.7), (side * 0.18, -0.95), (side * 0.24, -1.14)], [(side * 0.5, -0.95), (side * 0.4, -1.12), (side * 0.44, -1.36)], [(side * 0.6, -1.02), (side * 0.78, -1.08), (side * 0.86, -1.26)]]
            s.add("dark", ribbon(beam, [0.1, 0.085, 0.07, 0.015]), *(ribbon(t, [0.06, 0.05, 0.01]) for t in tines))
        s.add("main", smooth((-0.34, 1.2), (-0.34, 0.55), (-0.22, 0.05), (0.22, 0.05), (0.34, 0.55), (0.42, 1.2)))
        s.add("main", leaf(-0.2, -0.42, 0.56, 0.26, 196), leaf(0.2, -0.42, 0.56, 0.26, -16))
        s.add("light", leaf(-0.28, -0.4, 0.4, 0.12, 196), leaf(0.28, -0.4, 0.4, 0.12, -16))
        s.add("light", smooth((-0.2, 0.32), (0, 0.42), (0.2, 0.32), (0.24, 0.7), (0, 1.1), (-0.24, 0.7)))
        s.add("main", smooth((-0.26, -0.4), (0, -0.58), (0.26, -0.4), (0.24, -0.1), (0.16, 0.22), (0, 0.34), (-0.16, 0.22), (-0.24, -0.1)))
        s.add("light", smooth((-0.12, 0.1), (0, 0.04), (0.12, 0.1), (0.11, 0.24), (0, 0.31), (-0.11, 0.24)))
        s.add("dark", ellipse(0, 0.16, 0.075, 0.05))
        s.add("light", ellipse(-0.18, -0.2, 0.065, 0.075), ellipse(0.18, -0.2, 0.065, 0.075))
        s.add("dark", ellipse(-0.18, -0.19, 0.042, 0.055), ellipse(0.18, -0.19, 0.042, 0.055))
        s.add("detail", *(ellipse(x, y, 0.022, 0.03) for x, y in ((0, -0.44), (-0.06, -0.36), (0.06, -0.36), (0, -0.29))))
    on.grass(s, 0.95, "near", 14, 0.09)


def mushroom(s: Scene):
    rng = s.rng
    _wood(s)
    layout = rng.choice((((0.5, 0.52, 0.34), (0.24, 0.7, 0.18), (0.76, 0.72, 0.16)), ((0.38, 0.54, 0.3), (0.68, 0.62, 0.24)), ((0.6, 0.5, 0.32), (0.32, 0.66, 0.21), (0.84, 0.74, 0.13))))
    for n, (x, y, size) in enumerate(layout):
        with s.at(x, y, size, turn=rng.uniform(-5, 5)):
            s.add("light", smooth((-0.2, 0.0), (0.2, 0.0), (0.2, 0.6), (0.3, 1.12), (0, 1.2), (-0.3, 1.12), (-0.2, 0.6)))
            s.add("far", smooth((-0.36, 0.2), (0, 0.1), (0.36, 0.2), (0.26, 0.34), (0.12, 0.28), (0, 0.36), (-0.12, 0.28), (-0.26, 0.34)))
            tall = rng.uniform(-0.95, -0.7)
            cap = smooth((-0.95, 0.06), (-0.8, tall * 0.55), (-0.35, tall * 0.95), (0, tall), (0.35, tall * 0.95), (0.8, tall * 0.55), (0.95, 0.06), (0.5, 0.2), (0, 0.24), (-0.5, 0.2))
            s.add("near", cap)
            s.add("accent" if n == 1 and rng.random() < 0.6 else "main", cap, holes=[smooth((-1.1, 0.06), (-0.5, 0.0), (0, -0.02), (0.5, 0.0), (1.1, 0.06), (0.6, 0.5), (-0.6, 0.5))])
            s.add("light", *(ellipse(px, py * -tall, r, r * 0.8) for px, py, r in ((-0.5, -0.36, 0.12), (0.05, -0.62, 0.15), (0.5, -0.34, 0.1), (-0.2, -0.3, 0.08), (0.2, -0.2, 0.07), (-0.28, -0.74, 0.06), (0.72, -0.12, 0.06))), clip=[cap])
    on.grass(s, 0.94, "dark", 24, 0.08)


def tree(s: Scene):
    rng = s.rng
    on.sky(s, 0.7)
    on.hills(s, 0.66, ("far", "near"), 0.1, 0.12)
    with s.at(rng.uniform(0.44, 0.56), 0.52, rng.uniform(0.36, 0.4)):
        role = rng.choice(("main", "main", "accent"))
        kind = rng.choice(("round", "clusters", "bare"))
        trunk = [ribbon([(0.02, 0.95), (0.0, 0.5), (0.03, 0.05), (0, -0.5)], [0.3, 0.17, 0.14, 0.05]), poly((-0.28, 0.98), (0, 0.7), (0.3, 0.98))]
        limbs = [ribbon([(0, 0.3 - k * 0.3), (d * 0.25, 0.05 - k * 0.3), (d * 0.55, -0.25 - k * 0.22)], [0.1, 0.07, 0.02]) for d in (-1, 1) for k in (0, 1, 2)]
        if kind == "round":
            s.add(role, blob(rng, 0, -0.32, 0.78, 0.07, 10))
            s.add("dark", *trunk, *limbs)
            s.add("light" if role == "main" else "main", *(leaf(r * math.cos(a), -0.32 + r * math.sin(a), 0.13, 0.07, math.degrees(a) + rng.uniform(-40, 40)) for r, a in ((0.66 * math.sqrt(rng.random()), rng.uniform(0, math.tau)) for _ in range(34))))
        elif kind == "clusters":
            s.add("dark", *trunk, *limbs)
            spots = [(-0.55, -0.3, 0.3), (0.55, -0.3, 0.3), (-0.28, -0.62, 0.34), (0.3, -0.64, 0.34), (0, -0.9, 0.28), (0, -0.36, 0.3), (-0.72, -0.02, 0.2), (0.72, -0.02, 0.2)]
            for n, (x, y, r) in enumerate(spots):
                s.add((role, "near", role)[n % 3], blob(rng, x, y, r, 0.12))
                s.add("light", *(ellipse(x + rng.uniform(-0.6, 0.6) * r, y + rng.uniform(-0.6, 0.6) * r, 0.02) for _ in range(3)))
        else:
            s.add("dark", *trunk, *limbs)
            twigs = [(x + rng.uniform(-0.1, 0.1), y) for x, y in ((-0.55, -0.27), (0.55, -0.27), (-0.5, -0.55), (0.5, -0.55), (-0.42, -0.82), (0.42, -0.82), (0, -0.55), (0.0, -0.2), (-0.3, -0.1), (0.3, -0.1))]
            s.add(role, *(leaf(x, y, rng.uniform(0.2, 0.3), 0.12, a + rng.uniform(-20, 20)) for x, y in twigs for a in range(-170, 20, 32)))
    if rng.random() < 0.5:
        on.birds(s, 0.75, 0.28, 3)
    on.grass(s, 0.96, "dark", 12, 0.05)


def fern(s: Scene):
    rng = s.rng
    on.halo(s, rng.choice(("paper", "far", "accent", "light")))
    fronds = rng.choice(((0,), (-16, 16), (-26, 0, 26), (-34, -12, 12, 34)))
    for n, lean in enumerate(sorted(fronds, key=abs, reverse=True)):
        role = ("near", "main")[n >= len(fronds) // 2] if len(fronds) > 1 else "main"
        _frond(s, 0.5 + lean * 0.0018, 0.9, 0.76 - abs(lean) * 0.006, lean, role, rng)
    if rng.random() < 0.5:
        s.add("near", ellipse(0.5, 1.0, 0.5, 0.12))


def _frond(s, x, y, length, lean, role, rng):
    curl = lean * 1.3 + rng.uniform(-8, 8)
    points, shapes = [(x, y)], []
    steps = 15
    for n in range(steps):
        a = math.radians(-90 + lean * 0.6 + curl * n / steps)
        px, py = points[-1]
        points.append((px + math.cos(a) * length / steps, py + math.sin(a) * length / steps))
        if n > 1:
            size = length * 0.3 * math.sin(math.pi * (0.12 + 0.88 * (1 - n / steps)) ** 0.75) + 0.015
            for side in (-62, 62):
                shapes.append(leaf(*points[-1], size, size * 0.3 + 0.008, math.degrees(a) + side))
    s.add(role, *shapes, leaf(*points[-1], 0.05, 0.02, math.degrees(a)), ribbon(points, 0.013, 0.004))
    s.add("detail" if role == "main" else "light", ribbon(points[2:-2], 0.005, 0.003))


def poppy(s: Scene):
    rng = s.rng
    if rng.random() < 0.5:
        on.halo(s, rng.choice(("paper", "light", "far")), y=0.42)
    else:
        on.sky(s, 0.72)
        on.hills(s, 0.72, ("far", "near"), 0.1)
    spots = rng.choice((((0.5, 0.32, 0.17), (0.27, 0.5, 0.13), (0.73, 0.48, 0.14)), ((0.36, 0.34, 0.18), (0.67, 0.48, 0.16)), ((0.3, 0.36, 0.13), (0.55, 0.26, 0.13), (0.74, 0.44, 0.13), (0.46, 0.54, 0.12))))
    for x, y, r in spots:
        foot = 0.5 + (x - 0.5) * 0.35
        s.add("dark", ribbon([(x, y), (x + (foot - x) * 0.2, (y + 1) / 2), (foot, 1.02)], 0.012, 0.018))
    for side in (-1, 1):
        on.sprig(s, 0.5 + side * 0.1, 0.98, rng.uniform(0.24, 0.32), -90 + side * rng.uniform(24, 38), "near" if rng.random() < 0.5 else "dark", 4, 0.045)
    s.add("dark", ribbon([(0.55, 1), (0.6, 0.75), (0.62, 0.64), (0.66, 0.66)], 0.01), ellipse(0.665, 0.69, 0.022, 0.035, 15))
    for n, (x, y, r) in enumerate(spots):
        with s.at(x, y, r, turn=rng.uniform(-25, 25)):
            role = "main" if n % 3 != 1 else "accent"
            back = [blob(rng, -0.4, -0.32, 0.6, 0.12), blob(rng, 0.42, -0.32, 0.6, 0.12)]
            front = [blob(rng, 0, 0.32, 0.66, 0.12)]
            s.add(role, *back)
            s.add("light", *(ribbon([(0, 0), (0.3 * d, -0.35), (0.62 * d, -0.6)], [0.0, 0.035, 0.0]) for d in (-1, -0.4, 0.4, 1)))
            s.add(role, *front)
            s.add("light", *(ribbon([(0, 0.1), (0.25 * d, 0.4), (0.45 * d, 0.72)], [0.0, 0.035, 0.0]) for d in (-1, 0, 1)))
            s.add("light", ellipse(0, 0, 0.3))
            s.add("dark", ellipse(0, 0, 0.17), *(ellipse(0.25 * math.cos(a), 0.25 * math.sin(a), 0.035) for a in (k * math.tau / 10 for k in range(10))))


def bee(s: Scene):
    rng = s.rng
    if rng.random() < 0.5:
        on.halo(s, rng.choice(("paper", "far")), y=0.46)
    else:
        s.add("sky", box(-0.1, -0.1, 1.1, 1.1))
        cells = [(c * 0.156 + (0.078 if r % 2 else 0), r * 0.135) for r in range(9) for c in range(8)]
        for role, keep in (("far", 0.4), ("paper", 0.5)):
            s.add(role, *(ellipse(x, y, 0.082, turn=30)[[0, 7, 13, 20, 26, 33]] for x, y in cells if rng.random() < keep))
    for x in (0.12, 0.3, 0.7, 0.88):
        y = rng.uniform(0.72, 0.84)
        s.add("near", ribbon([(x, 1.05), (x + 0.02, 0.9), (x, y)], 0.014), leaf(x, 0.97, 0.1, 0.04, -40), leaf(x, 0.95, 0.1, 0.04, -140))
        s.add(rng.choice(("light", "accent")), *(ellipse(x + 0.045 * math.cos(a), y + 0.045 * math.sin(a), 0.035) for a in (k * math.tau / 6 for k in range(6))))
        s.add("dark", ellipse(x, y, 0.026))
    with s.at(0.5, 0.44, rng.uniform(0.36, 0.4), turn=rng.uniform(-20, 20)):
        for side in (-1, 1):
            wings = [smooth((side * 0.1, -0.2), (side * 0.55, -0.62), (side * 0.98, -0.52), (side * 0.9, -0.2), (side * 0.45, -0.04)), smooth((side * 0.12, -0.08), (side * 0.5, 0.0), (side * 0.72, 0.22), (side * 0.55, 0.36), (side * 0.25, 0.2))]
            s.add("light", *wings)
            s.add("far", *(ribbon([(side * 0.15, -0.2), (side * 0.5, -0.36 + d), (side * 0.85, -0.42 + 1.6 * d)], [0.03, 0.02, 0.01]) for d in (-0.06, 0.06)))
            s.add("dark", ribbon([(side * 0.06, -0.62), (side * 0.16, -0.84), (side * 0.3, -0.92)], 0.03), *(ribbon([(side * 0.2, y), (side * 0.38, y + 0.08), (side * 0.42, y + 0.26)], 0.03) for y in (-0.3, -0.1)))
        body = smooth((0, -0.1), (0.3, 0.05), (0.34, 0.35), (0.2, 0.72), (0, 0.94), (-0.2, 0.72), (-0.34, 0.35), (-0.3, 0.05))
        s.add("accent", body)
        s.add("dark", *(band_box(y) for y in (0.12, 0.36, 0.6)), poly((-0.2, 0.8), (0.2, 0.8), (0, 1.05)), clip=[body])
        s.add("main", ellipse(0, -0.2, 0.28, 0.26))
        s.add("dark", ellipse(0, -0.52, 0.2, 0.17))
        s.add("light", ellipse(-0.11, -0.56, 0.05, 0.07), ellipse(0.11, -0.56, 0.05, 0.07), *(ribbon([(x, -0.3), (x * 1.2, -0.18)], [0.03, 0.0], curved=False) for x in (-0.14, -0.05, 0.05, 0.14)))


def band_box(y):
    return smooth((-0.5, y), (0, y + 0.05), (0.5, y), (0.5, y + 0.12), (0, y + 0.17), (-0.5, y + 0.12))


def cactus(s: Scene):
    rng = s.rng
    on.sky(s, 0.72)
    on.hills(s, 0.7, ("far", "near"), 0.12, 0.1)
    with s.at(rng.uniform(0.44, 0.56), 0.52, rng.uniform(0.37, 0.41)):
        stem = ribbon([(0, 1.05), (0, 0.1), (0, -0.76)], [0.36, 0.4, 0.36])
        arms = [ribbon([(0.05, 0.34), (0.5, 0.36), (0.58, 0.05), (0.57, -0.3)], 0.25), ribbon([(-0.05, 0.12), (-0.46, 0.14), (-0.55, -0.15), (-0.53, -0.55)], 0.24)][: rng.choice((1, 2, 2))]
        caps = [ellipse(0, -0.76, 0.18, 0.2), ellipse(0.57, -0.3, 0.125, 0.15), ellipse(-0.53, -0.55, 0.12, 0.15)][: 1 + len(arms)]
        s.add("main", stem, *arms, *caps)
        ribs = [ribbon([(x, 0.98), (x * 1.1, 0.1), (x * 0.9, -0.78)], 0.022) for x in (-0.1, 0, 0.1)]
        ribs += [ribbon([(0.12, 0.35 + d), (0.5 + d, 0.37 + d), (0.58 + d, 0.05), (0.57 + d, -0.3)], 0.018) for d in (-0.035, 0.035)][: 2 * (len(arms) > 0)]
        ribs += [ribbon([(-0.12, 0.13 + d), (-0.46 - d, 0.15 + d), (-0.55 - d, -0.15), (-0.53 - d, -0.55)], 0.018) for d in (-0.035, 0.035)][: 2 * (len(arms) > 1)]
        s.add("detail", *ribs)
        s.add("accent", *(leaf(0, -0.9, 0.2, 0.12, a) for a in (-130, -90, -50)))
    for x in rng.sample((0.16, 0.26, 0.76, 0.86), 3):
        with s.at(x, rng.uniform(0.84, 0.88), rng.uniform(0.06, 0.09)):
            s.add("dark", blob(rng, 0, 0, 1, 0.05))
            s.add("light", *(ribbon([(d, 0.8), (d * 1.3, 0), (d * 0.8, -0.8)], 0.06) for d in (-0.5, 0, 0.5)))
            s.add("accent", ellipse(0, -1.0, 0.3, 0.22))
    s.add("dark", *(ellipse(rng.uniform(0.05, 0.95), rng.uniform(0.86, 0.95), 0.012, 0.006) for _ in range(9)))


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
        s.add("main", ribbon([(0.3, 0.88), (0.75, 0.9), (0.9, 0.5), (0.7, 0.2), (0.82, -0.05)], [0.16, 0.17, 0.16, 0.14, 0.1]), ellipse(0.82, -0.06, 0.055))
        s.add("main", smooth((-0.44, 0.98), (-0.46, 0.5), (-0.3, -0.05), (0.28, -0.05), (0.5, 0.45), (0.54, 0.85), (0.4, 1.0)))
        s.add("light", smooth((-0.2, 0.08), (0, 0.14), (0.2, 0.08), (0.2, 0.4), (0, 0.62), (-0.2, 0.4)))
        s.add("light", ellipse(-0.2, 0.95, 0.15, 0.08), ellipse(0.16, 0.95, 0.15, 0.08))
        s.add("detail", ribbon([(-0.02, 0.68), (-0.02, 0.96)], 0.02, curved=False), *(ribbon([(0.48, y), (0.36, y + 0.03), (0.26, y)], [0.0, 0.045, 0.0]) for y in (0.3, 0.45, 0.6)))
        s.add("main", poly((-0.5, -0.98), (-0.55, -0.36), (-0.08, -0.6)), poly((0.5, -0.98), (0.55, -0.36), (0.08, -0.6)))
        s.add("accent", poly((-0.44, -0.82), (-0.46, -0.54), (-0.24, -0.64)), poly((0.44, -0.82), (0.46, -0.54), (0.24, -0.64)))
        s.add("main", smooth((-0.56, -0.3), (-0.4, -0.58), (0, -0.66), (0.4, -0.58), (0.56, -0.3), (0.4, 0.0), (0, 0.12), (-0.4, 0.0)))
        s.add("light", ellipse(-0.1, -0.06, 0.13, 0.1), ellipse(0.1, -0.06, 0.13, 0.1), ellipse(-0.25, -0.3, 0.11, 0.085, 12), ellipse(0.25, -0.3, 0.11, 0.085, -12))
        s.add("dark", ellipse(-0.25, -0.3, 0.035, 0.08), ellipse(0.25, -0.3, 0.035, 0.08), poly((-0.06, -0.14), (0.06, -0.14), (0, -0.07)))
        s.add("detail", *(ribbon([(side * 0.2, y), (side * 0.62, y2)], [0.014, 0.006], curved=False) for side in (-1, 1) for y, y2 in ((-0.1, -0.16), (-0.05, -0.03), (0.0, 0.09))), *(ribbon([(x, -0.6), (x * 0.8, -0.46)], [0.05, 0.0], curved=False) for x in (-0.14, 0, 0.14)))
        s.add("accent", ribbon([(-0.32, 0.02), (0, 0.13), (0.32, 0.02)], 0.07), ellipse(0, 0.18, 0.06))
