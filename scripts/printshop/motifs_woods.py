"""Motifs of the woods: fox, owl, deer, mushroom, tree."""

import math

from scripts.printshop import scenery as on
from scripts.printshop.shapes import Scene, blob, ellipse, leaf, poly, ribbon, smooth


def _wood(s: Scene, low=0.82):
    """A place for an animal: among trunks, before pines and hills, or in front of a plain shape."""
    kind = s.rng.choice(("trunks", "pines", "halo"))
    if kind == "halo":
        on.halo(s, s.rng.choice(("paper", "far", "accent")))
        s.add("near", ellipse(0.5, 0.96, 0.5, 0.14))
        for side in (-1, 1):
            for n in range(2):
                on.sprig(
                    s, 0.5 + side * (0.26 + n * 0.1), 0.92, s.rng.uniform(0.26, 0.4), -90 + side * (14 + 16 * n), "near"
                )
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
        s.add(
            "main",
            ribbon([(0.2, 0.86), (0.75, 0.92), (1.02, 0.55), (0.86, 0.1), (0.95, -0.15)], [0.14, 0.3, 0.4, 0.32, 0.02]),
        )
        s.add("light", smooth((0.72, 0.1), (0.85, 0.2), (1.02, 0.12), (0.98, -0.18), (0.92, -0.25), (0.8, -0.08)))
        s.add(
            "main",
            smooth((-0.46, 1.0), (-0.42, 0.4), (-0.3, -0.05), (0.25, -0.05), (0.46, 0.4), (0.6, 0.78), (0.5, 1.0)),
        )
        s.add("light", smooth((-0.3, 0.0), (0, 0.06), (0.26, 0.0), (0.16, 0.42), (-0.02, 0.66), (-0.2, 0.42)))
        s.add(
            "detail",
            ribbon([(-0.16, 0.72), (-0.15, 0.98)], 0.022, curved=False),
            ribbon([(0.12, 0.72), (0.12, 0.98)], 0.022, curved=False),
        )
        s.add(
            "main", poly((-0.6, -1.12), (-0.62, -0.4), (-0.12, -0.64)), poly((0.6, -1.12), (0.62, -0.4), (0.12, -0.64))
        )
        s.add(
            "light",
            poly((-0.53, -0.93), (-0.52, -0.58), (-0.28, -0.68)),
            poly((0.53, -0.93), (0.52, -0.58), (0.28, -0.68)),
        )
        head = smooth(
            (-0.72, -0.26), (-0.5, -0.58), (0, -0.68), (0.5, -0.58), (0.72, -0.26), (0.3, 0.02), (0, 0.24), (-0.3, 0.02)
        )
        s.add("main", head)
        s.add(
            "light",
            smooth((-0.8, -0.26), (-0.42, -0.32), (-0.14, -0.06), (-0.02, 0.26), (-0.3, 0.16), (-0.6, 0.0)),
            smooth((0.8, -0.26), (0.42, -0.32), (0.14, -0.06), (0.02, 0.26), (0.3, 0.16), (0.6, 0.0)),
            clip=[head],
        )
        s.add(
            "dark",
            ellipse(0, 0.17, 0.09, 0.075),
            ellipse(-0.28, -0.24, 0.065, 0.05, 20),
            ellipse(0.28, -0.24, 0.065, 0.05, -20),
        )
        s.add(
            "detail",
            ribbon([(-0.4, -0.31), (-0.28, -0.33), (-0.18, -0.24)], 0.02),
            ribbon([(0.4, -0.31), (0.28, -0.33), (0.18, -0.24)], 0.02),
        )
    on.grass(s, 0.93, "dark", 16, 0.06)


def owl(s: Scene):
    rng = s.rng
    kind = rng.random()
    on.sky(s, 0.75)
    if kind < 0.5:
        on.trunks(s, 1.1)
    else:
        on.hills(s, 0.74, ("far", "near"), 0.1)
    s.add(
        "dark",
        ribbon([(-0.1, 0.8), (0.3, 0.77), (0.7, 0.79), (1.1, 0.72)], [0.05, 0.045, 0.04, 0.025]),
        ribbon([(0.74, 0.78), (0.86, 0.66), (0.9, 0.58)], [0.025, 0.012, 0.004]),
    )
    s.add(
        "near" if kind < 0.5 else "dark",
        *(
            leaf(x, y, 0.1, 0.045, t)
            for x, y, t in (
                (0.89, 0.6, -60),
                (0.87, 0.64, 0),
                (0.84, 0.67, -140),
                (0.1, 0.8, 120),
                (0.15, 0.8, 60),
                (0.94, 0.74, 50),
            )
        ),
    )
    with s.at(0.5, 0.48, rng.uniform(0.32, 0.35)):
        s.add("main", poly((-0.6, -0.98), (-0.62, -0.5), (-0.1, -0.72)), poly((0.6, -0.98), (0.62, -0.5), (0.1, -0.72)))
        body = smooth(
            (-0.64, -0.4),
            (-0.4, -0.78),
            (0, -0.82),
            (0.4, -0.78),
            (0.64, -0.4),
            (0.66, 0.2),
            (0.45, 0.7),
            (0.16, 1.0),
            (0, 1.14),
            (-0.16, 1.0),
            (-0.45, 0.7),
            (-0.66, 0.2),
        )
        s.add("main", body)
        chest = smooth(
            (-0.36, 0.0), (0, 0.1), (0.36, 0.0), (0.4, 0.4), (0.2, 0.78), (0, 0.86), (-0.2, 0.78), (-0.4, 0.4)
        )
        s.add("light", chest)
        s.add(
            "main",
            *(
                ribbon([(x - 0.08, y), (x, y + 0.08), (x + 0.08, y)], [0.01, 0.04, 0.01])
                for y, xs in (
                    (0.14, (-0.2, 0, 0.2)),
                    (0.3, (-0.28, -0.1, 0.1, 0.28)),
                    (0.46, (-0.2, 0, 0.2)),
                    (0.6, (-0.1, 0.1)),
                )
                for x in xs
            ),
        )
        s.add(
            "near",
            smooth((-0.66, -0.1), (-0.46, 0.1), (-0.42, 0.55), (-0.55, 0.8), (-0.74, 0.35)),
            smooth((0.66, -0.1), (0.46, 0.1), (0.42, 0.55), (0.55, 0.8), (0.74, 0.35)),
        )
        s.add(
            "detail",
            *(
                ribbon([(side * 0.6, y), (side * 0.55, y + 0.1), (side * 0.49, y + 0.02)], 0.02)
                for side in (-1, 1)
                for y in (0.12, 0.3, 0.48)
            ),
        )
        s.add("light", ellipse(-0.29, -0.36, 0.31), ellipse(0.29, -0.36, 0.31))
        s.add("accent", ellipse(-0.27, -0.36, 0.19), ellipse(0.27, -0.36, 0.19))
        s.add(
            "dark",
            ellipse(-0.26, -0.36, 0.105),
            ellipse(0.26, -0.36, 0.105),
            poly((-0.1, -0.26), (0.1, -0.26), (0, -0.0)),
        )
        s.add("light", ellipse(-0.22, -0.4, 0.03), ellipse(0.3, -0.4, 0.03))
        s.add("accent", *(ellipse(x, 0.9, 0.05, 0.08) for x in (-0.26, -0.16, 0.16, 0.26)))


def deer(s: Scene):
    rng = s.rng
    _wood(s, 0.92)
    with s.at(0.5, 0.6, rng.uniform(0.36, 0.4)):
        for side in (-1, 1):
            beam = [(side * 0.16, -0.5), (side * 0.34, -0.82), (side * 0.62, -1.0), (side * 0.62, -1.36)]
            tines = [
                [(side * 0.25, -0.7), (side * 0.18, -0.95), (side * 0.24, -1.14)],
                [(side * 0.5, -0.95), (side * 0.4, -1.12), (side * 0.44, -1.36)],
                [(side * 0.6, -1.02), (side * 0.78, -1.08), (side * 0.86, -1.26)],
            ]
            s.add("dark", ribbon(beam, [0.1, 0.085, 0.07, 0.015]), *(ribbon(t, [0.06, 0.05, 0.01]) for t in tines))
        s.add("main", smooth((-0.34, 1.2), (-0.34, 0.55), (-0.22, 0.05), (0.22, 0.05), (0.34, 0.55), (0.42, 1.2)))
        s.add("main", leaf(-0.2, -0.42, 0.56, 0.26, 196), leaf(0.2, -0.42, 0.56, 0.26, -16))
        s.add("light", leaf(-0.28, -0.4, 0.4, 0.12, 196), leaf(0.28, -0.4, 0.4, 0.12, -16))
        s.add("light", smooth((-0.2, 0.32), (0, 0.42), (0.2, 0.32), (0.24, 0.7), (0, 1.1), (-0.24, 0.7)))
        s.add(
            "main",
            smooth(
                (-0.26, -0.4),
                (0, -0.58),
                (0.26, -0.4),
                (0.24, -0.1),
                (0.16, 0.22),
                (0, 0.34),
                (-0.16, 0.22),
                (-0.24, -0.1),
            ),
        )
        s.add("light", smooth((-0.17, 0.14), (0, 0.0), (0.17, 0.14), (0.13, 0.28), (0, 0.34), (-0.13, 0.28)))
        s.add("dark", smooth((-0.1, 0.11), (0, 0.08), (0.1, 0.11), (0.06, 0.2), (0, 0.23), (-0.06, 0.2)))
        s.add("dark", ribbon([(-0.07, 0.26), (0, 0.295), (0.07, 0.26)], 0.018))
        s.add("detail", leaf(-0.1, -0.2, 0.14, 0.085, 168), leaf(0.1, -0.2, 0.14, 0.085, 12))
        s.add(
            "detail", *(ellipse(x, y, 0.022, 0.03) for x, y in ((0, -0.44), (-0.06, -0.36), (0.06, -0.36), (0, -0.29)))
        )
    on.grass(s, 0.95, "near", 14, 0.09)


def mushroom(s: Scene):
    rng = s.rng
    _wood(s)
    layout = rng.choice(
        (
            ((0.5, 0.52, 0.34), (0.24, 0.7, 0.18), (0.76, 0.72, 0.16)),
            ((0.38, 0.54, 0.3), (0.68, 0.62, 0.24)),
            ((0.6, 0.5, 0.32), (0.32, 0.66, 0.21), (0.84, 0.74, 0.13)),
        )
    )
    for n, (x, y, size) in enumerate(layout):
        with s.at(x, y, size, turn=rng.uniform(-5, 5)):
            s.add(
                "light", smooth((-0.2, 0.0), (0.2, 0.0), (0.2, 0.6), (0.3, 1.12), (0, 1.2), (-0.3, 1.12), (-0.2, 0.6))
            )
            s.add(
                "far",
                smooth(
                    (-0.36, 0.2),
                    (0, 0.1),
                    (0.36, 0.2),
                    (0.26, 0.34),
                    (0.12, 0.28),
                    (0, 0.36),
                    (-0.12, 0.28),
                    (-0.26, 0.34),
                ),
            )
            tall = rng.uniform(-0.95, -0.7)
            cap = smooth(
                (-0.95, 0.06),
                (-0.8, tall * 0.55),
                (-0.35, tall * 0.95),
                (0, tall),
                (0.35, tall * 0.95),
                (0.8, tall * 0.55),
                (0.95, 0.06),
                (0.5, 0.2),
                (0, 0.24),
                (-0.5, 0.2),
            )
            s.add("near", cap)
            s.add(
                "accent" if n == 1 and rng.random() < 0.6 else "main",
                cap,
                holes=[smooth((-1.1, 0.06), (-0.5, 0.0), (0, -0.02), (0.5, 0.0), (1.1, 0.06), (0.6, 0.5), (-0.6, 0.5))],
            )
            s.add(
                "light",
                *(
                    ellipse(px, py * -tall, r, r * 0.8)
                    for px, py, r in (
                        (-0.5, -0.36, 0.12),
                        (0.05, -0.62, 0.15),
                        (0.5, -0.34, 0.1),
                        (-0.2, -0.3, 0.08),
                        (0.2, -0.2, 0.07),
                        (-0.28, -0.74, 0.06),
                        (0.72, -0.12, 0.06),
                    )
                ),
                clip=[cap],
            )
    on.grass(s, 0.94, "dark", 24, 0.08)


def tree(s: Scene):
    rng = s.rng
    on.sky(s, 0.7)
    on.hills(s, 0.66, ("far", "near"), 0.1, 0.12)
    with s.at(rng.uniform(0.44, 0.56), 0.52, rng.uniform(0.36, 0.4)):
        role = rng.choice(("main", "main", "accent"))
        kind = rng.choice(("round", "clusters", "bare"))
        trunk = [
            ribbon([(0.02, 0.95), (0.0, 0.5), (0.03, 0.05), (0, -0.5)], [0.3, 0.17, 0.14, 0.05]),
            poly((-0.28, 0.98), (0, 0.7), (0.3, 0.98)),
        ]
        limbs = [
            ribbon([(0, 0.3 - k * 0.3), (d * 0.25, 0.05 - k * 0.3), (d * 0.55, -0.25 - k * 0.22)], [0.1, 0.07, 0.02])
            for d in (-1, 1)
            for k in (0, 1, 2)
        ]
        if kind == "round":
            s.add(role, blob(rng, 0, -0.32, 0.78, 0.07, 10))
            s.add("dark", *trunk, *limbs)
            s.add(
                "light" if role == "main" else "main",
                *(
                    leaf(r * math.cos(a), -0.32 + r * math.sin(a), 0.13, 0.07, math.degrees(a) + rng.uniform(-40, 40))
                    for r, a in ((0.66 * math.sqrt(rng.random()), rng.uniform(0, math.tau)) for _ in range(34))
                ),
            )
        elif kind == "clusters":
            s.add("dark", *trunk, *limbs)
            spots = [
                (-0.55, -0.3, 0.3),
                (0.55, -0.3, 0.3),
                (-0.28, -0.62, 0.34),
                (0.3, -0.64, 0.34),
                (0, -0.9, 0.28),
                (0, -0.36, 0.3),
                (-0.72, -0.02, 0.2),
                (0.72, -0.02, 0.2),
            ]
            for n, (x, y, r) in enumerate(spots):
                s.add((role, "near", role)[n % 3], blob(rng, x, y, r, 0.12))
                s.add(
                    "light",
                    *(ellipse(x + rng.uniform(-0.6, 0.6) * r, y + rng.uniform(-0.6, 0.6) * r, 0.02) for _ in range(3)),
                )
        else:
            s.add("dark", *trunk, *limbs)
            twigs = [
                (x + rng.uniform(-0.1, 0.1), y)
                for x, y in (
                    (-0.55, -0.27),
                    (0.55, -0.27),
                    (-0.5, -0.55),
                    (0.5, -0.55),
                    (-0.42, -0.82),
                    (0.42, -0.82),
                    (0, -0.55),
                    (0.0, -0.2),
                    (-0.3, -0.1),
                    (0.3, -0.1),
                )
            ]
            s.add(
                role,
                *(
                    leaf(x, y, rng.uniform(0.2, 0.3), 0.12, a + rng.uniform(-20, 20))
                    for x, y in twigs
                    for a in range(-170, 20, 32)
                ),
            )
    if rng.random() < 0.5:
        on.birds(s, 0.75, 0.28, 3)
    on.grass(s, 0.96, "dark", 12, 0.05)
