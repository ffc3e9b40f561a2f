"""What flies: birds and hot-air balloons."""

from typing import Final

import numpy as np

from handler.painter.buildings import look_of
from handler.painter.canvas import Point, Sketch, Spot
from handler.painter.colour import Array, mix, rgb
from handler.painter.plan import Plan
from handler.painter.vocabulary import COLOURS

_SILKS: Final = rgb("#d8432f", "#f0b63a", "#3a7ab8", "#f2ead6", "#7a4a9a")


def paint_birds(plan: Plan, canvas: Array) -> None:
    """Paint a loose flock."""
    rng = plan.rng("birds")
    ink = mix(plan.palette.sky[0] * 0.35, rgb("#14161c"), 0.5)
    middle = (plan.width * rng.uniform(0.3, 0.7), plan.horizon * rng.uniform(0.25, 0.45))
    for _ in range(int(rng.integers(7, 13))):
        x = float(middle[0] + rng.normal(0, 90) * plan.unit)
        y = float(middle[1] + rng.normal(0, 40) * plan.unit)
        spot = Spot((x, y), float(rng.uniform(7, 16)) * plan.unit)
        lift = float(rng.uniform(0.15, 0.6))
        sketch = Sketch(canvas, (*spot.at(-2, 2), *spot.at(2, -2)), 4)
        for side in (-1.0, 1.0):
            wing = ((0, 0), (side * 0.45, lift), (side, lift * 0.45), (side * 0.45, lift - 0.14))
            sketch.polygon(spot.outline(*wing, (0, -0.16)), ink)
        sketch.apply(0.9)


def paint_balloons(plan: Plan, canvas: Array) -> None:
    """Paint hot-air balloons, the nearest one large."""
    rng = plan.rng("balloons")
    named = [COLOURS[each] for each in plan.scene.colours_of("balloon")]
    for radius, at_x, at_y in ((62, 0.3, 0.42), (34, 0.66, 0.28), (20, 0.5, 0.6)):
        x = (at_x + float(rng.uniform(-0.1, 0.1))) * plan.width
        y = (at_y + float(rng.uniform(-0.06, 0.06))) * plan.horizon
        pair = _SILKS[rng.permutation(len(_SILKS))]
        if named:
            pair = rgb(*named, *named).reshape(-1, 3) * np.array([[1.0], [0.82]] * len(named))
        _balloon(plan, canvas, Spot((x, y), radius * plan.unit), pair)


def _balloon(plan: Plan, canvas: Array, spot: Spot, silk: Array) -> None:
    sketch = Sketch(canvas, (*spot.at(-1.1, 1.1), *spot.at(1.1, -2)), 3)
    for stripe in range(7):
        left, right = (float(np.cos(np.pi * (stripe + each) / 7)) for each in (0, 1))
        steps = np.linspace(0, 1, 14).tolist()
        seams = [_seam(left, t) for t in steps] + [_seam(right, t) for t in reversed(steps)]
        tone = 0.55 + 0.45 * plan.lit_from * (left + right) / 2
        sketch.polygon(spot.outline(*seams), look_of(plan, silk[stripe % 2]).tone(tone))
    for side in (-0.16, 0.16):
        rope = spot.outline((side, -1.15), (side * 0.7, -1.55))
        sketch.line(rope, rgb("#4a3a2c") * plan.palette.ambient, spot.size * 0.02)
    sketch.polygon(spot.box(0, -1.72, 0.26, 0.2), look_of(plan, rgb("#6a4a30")).tone(0.5))
    sketch.apply()


def _seam(edge: float, t: float) -> Point:
    """Return a point of a balloon's seam: round above, drawn in to the basket below."""
    if t < 0.5:
        return (edge * float(np.sin(np.pi * t)), float(np.cos(np.pi * t)))
    return (edge * float(np.cos((t - 0.5) * 2.72)) ** 0.9, -(t - 0.5) * 2.4)
