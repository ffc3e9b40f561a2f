"""Single trees near enough to be looked at: broad-leaved, pine, palm, cactus."""

from collections.abc import Callable
from typing import Final

import numpy as np

from handler.painter.canvas import Point, Sketch, Spot, shadow
from handler.painter.colour import Array, rgb
from handler.painter.plan import Plan
from handler.painter.trees import Look, crown, is_leafy, leaf_light

_BARK: Final = rgb("#5a4638")


def paint_tree(plan: Plan, canvas: Array, foot: Point, tall: float, kind: str = "") -> None:
    """Paint one tree and the shadow it throws."""
    rng = plan.rng(f"tree {foot[0]:.0f} {foot[1]:.0f}")
    x, y = foot
    away = -plan.lit_from * tall * 0.12
    shadow(canvas, (x + away, y), (tall * 0.26, tall * 0.035), 0.5)
    box = (x - tall * 0.75, y - tall * 1.2, x + tall * 0.75, y + tall * 0.08)
    sketch = Sketch(canvas, box, 2)
    kind = kind or ("leafy" if is_leafy(plan) else "pine")
    _KINDS[kind](plan, sketch, rng, Spot(foot, tall))
    sketch.apply()


def _look(plan: Plan, colour: Array) -> Look:
    sunny, shade = leaf_light(plan)
    return Look(colour * sunny, colour * shade, plan.lit_from)


def _leafy_tree(plan: Plan, sketch: Sketch, rng: np.random.Generator, spot: Spot) -> None:
    colours = plan.palette.leaves
    colour = colours[int(rng.integers(len(colours)))] * np.float32(rng.uniform(0.9, 1.08))
    if plan.scene.season == "winter" and not plan.scene.has("blossoms"):
        _boughs(sketch, rng, spot, _look(plan, _BARK).tone(0.45))
        return
    dabs = int(min(170, max(12, spot.size * 0.45)))
    detail = (9, 12) if spot.size < 130 * plan.unit else (17, dabs)
    crown(sketch, rng, spot, _look(plan, colour), detail)


def _boughs(sketch: Sketch, rng: np.random.Generator, spot: Spot, colour: Array) -> None:
    """Draw trunk and branches, forking a few times."""
    tall = spot.size
    stack = [(*spot.foot, -np.pi / 2, tall * 0.38, tall * 0.045, 0)]
    while stack:
        x, y, angle, length, wide, depth = stack.pop()
        end = (x + float(np.cos(angle)) * length, y + float(np.sin(angle)) * length)
        sketch.line([(x, y), end], colour, wide)
        if depth < 4:
            for turn in (-0.5, 0.45) if depth else (-0.45, 0.1, 0.5):
                bend = angle + turn + float(rng.normal(0, 0.14))
                stack.append((*end, bend, length * 0.64, max(0.6, wide * 0.58), depth + 1))


def _pine_tree(plan: Plan, sketch: Sketch, rng: np.random.Generator, spot: Spot) -> None:
    """Every tier is a fan of boughs, with snow on them in winter."""
    look = _look(plan, plan.palette.pine)
    snow = _look(plan, plan.palette.snow)
    snowy = plan.scene.has("snow")
    sketch.line([spot.at(0, 0), spot.at(0, 0.95)], _look(plan, _BARK).tone(0.2), spot.size * 0.024)
    tiers = 20
    for tier in range(tiers, 0, -1):
        share = tier / tiers
        level = 1 - 0.92 * share
        half = 0.2 * share**0.9
        leans = rng.uniform(-1, 1, 15)
        for lean in leans[np.argsort(-np.abs(leans))].tolist():
            reach = lean * half * float(rng.uniform(0.75, 1.12))
            drop = 0.03 * float(rng.uniform(0.3, 1.3))
            tone = 0.30 + 0.40 * lean * look.side + float(rng.normal(0, 0.13))
            white = snowy and rng.random() < 0.5
            ink = (snow if white else look).tone(max(0.0, tone + (0.25 if white else 0.0)))
            bough = [
                spot.at(reach * 0.1, level + 0.05),
                spot.at(reach, level - drop + 0.008),
                spot.at(reach * 0.98, level - drop),
                spot.at(reach * 0.45, level - drop * 0.9),
            ]
            sketch.polygon(bough, ink)
    sketch.polygon([spot.at(-0.012, 0.92), spot.at(0, 1), spot.at(0.012, 0.92)], look.tone(0.6))


def _palm(plan: Plan, sketch: Sketch, rng: np.random.Generator, spot: Spot) -> None:
    lean = (
        float(rng.uniform(0.1, 0.2)) * -plan.lit_from * (-1 if spot.foot[0] < plan.width / 2 else 1)
    )
    lean = abs(lean) * (1 if spot.foot[0] < plan.width / 2 else -1)
    bark = _look(plan, rgb("#8a6e52"))
    trunk = [spot.at(lean * t**1.7, 0.80 * t) for t in np.linspace(0, 1, 15).tolist()]
    for at in range(len(trunk) - 1):
        wide = spot.size * 0.034 * (1 - 0.5 * at / len(trunk))
        sketch.line(trunk[at : at + 2], bark.tone(0.45 if at % 2 else 0.3), wide)
    named = plan.scene.colours_of("trees")
    look = _look(plan, plan.palette.leaves[0] if named else rgb("#5a9440"))
    angles = np.linspace(-0.5, np.pi + 0.5, 13) + rng.normal(0, 0.08, 13)
    # The fronds at the back are drawn first: they are the dark ones.
    for index in rng.permutation(13).tolist():
        _frond(sketch, (lean, 0.80), spot, float(angles[index]), look)
    for dx in (-0.018, 0.016, 0.0):
        sketch.ellipse(spot.at(lean + dx, 0.785), (spot.size * 0.015,) * 2, bark.tone(0.15))


def _frond(sketch: Sketch, root: Point, spot: Spot, angle: float, look: Look) -> None:
    """Draw a leaf of leaflets hanging off a spine that bends under its weight."""
    reach = 0.4
    across, up = float(np.cos(angle)) * reach, float(np.sin(angle)) * reach * 0.6
    steps = np.linspace(0.04, 1, 24).tolist()
    spine = [
        (root[0] + across * t, root[1] + up * t - 0.17 * t**2.2 * (0.4 + abs(across) * 1.6))
        for t in steps
    ]
    tone = 0.45 + 0.4 * float(np.cos(angle)) * look.side
    for (x, y), t in zip(spine, steps, strict=True):
        long = 0.085 * float(np.sin(np.pi * min(1.0, 0.12 + 0.86 * t))) + 0.01
        for way in (-1.0, 1.0):
            tip = (x + across / reach * long * 0.55 + way * long * 0.3, y - long * 0.85)
            leaflet = [spot.at(x, y), spot.at(x + across * 0.035, y), spot.at(*tip)]
            sketch.polygon(leaflet, look.tone(tone + 0.14 * way * look.side))
    sketch.line([spot.at(*point) for point in spine], look.tone(tone + 0.25), spot.size * 0.004)


def _cactus(plan: Plan, sketch: Sketch, rng: np.random.Generator, spot: Spot) -> None:
    named = plan.scene.colours_of("trees")
    look = _look(plan, plan.palette.leaves[0] if named else rgb("#6f9a5c"))
    limbs: list[tuple[list[Point], float]] = [([(0.0, 0.0), (0.0, 1.0)], 0.125)]
    for way in (-1.0, 1.0):
        low = float(rng.uniform(0.34, 0.52))
        high = low + float(rng.uniform(0.2, 0.36))
        bow = [(0.0, low), (way * 0.12, low), (way * 0.19, low + 0.03), (way * 0.21, low + 0.1)]
        limbs.append(([*bow, (way * 0.21, high)], 0.085))
    for offset, share, tone in (
        (0.0, 1.0, 0.12),
        (0.16, 0.62, 0.5),
        (0.26, 0.26, 0.95),
        (-0.2, 0.07, 0.0),
    ):
        for line, wide in limbs:
            moved = [spot.at(dx + offset * wide * look.side, dy) for dx, dy in line]
            thick = wide * share * spot.size
            sketch.line(moved, look.tone(tone), thick)
            sketch.ellipse(moved[-1], (thick / 2, thick / 2), look.tone(tone))


_KINDS: Final[dict[str, Callable[[Plan, Sketch, np.random.Generator, Spot], None]]] = {
    "leafy": _leafy_tree,
    "pine": _pine_tree,
    "palm": _palm,
    "cactus": _cactus,
}
