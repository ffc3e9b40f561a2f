"""Boats, each with its broken mirror image under it."""

import numpy as np

from handler.painter.buildings import look_of
from handler.painter.canvas import Point, Sketch, Spot
from handler.painter.colour import Array, rgb
from handler.painter.plan import Plan


def paint_sailboat(plan: Plan, canvas: Array, at: Point, tall: float) -> None:
    """Paint a sailing boat."""
    sail, hull = look_of(plan, plan.named("boat", "#fbf6ea")), look_of(plan, rgb("#6a3f2c"))
    mast = look_of(plan, rgb("#4a3a30")).tone(0.4)
    side = plan.lit_from
    spot = Spot(at, tall)
    for flip, opacity in ((-0.8, 0.35), (1.0, 1.0)):

        def shape(*points: Point, flip: float = flip) -> list[Point]:
            return spot.outline(*((dx * side, dy * flip) for dx, dy in points))

        sketch = Sketch(canvas, (at[0] - tall, at[1] - tall * 1.1, at[0] + tall, at[1] + tall), 3)
        sketch.line(shape((0, 0.08), (0, 1.0)), mast, tall * 0.02)
        main = ((0.03, 0.17), (0.05, 0.96), (0.2, 0.62), (0.33, 0.34), (0.4, 0.19))
        sketch.polygon(shape(*main), sail.tone(1.0))
        jib = ((-0.03, 0.2), (-0.01, 0.88), (-0.19, 0.48), (-0.3, 0.2))
        sketch.polygon(shape(*jib), sail.tone(0.5))
        sketch.polygon(
            shape((-0.36, 0.12), (0.44, 0.14), (0.3, -0.02), (-0.26, -0.02)), hull.tone(0.45)
        )
        sketch.line(shape((-0.36, 0.12), (0.44, 0.14)), sail.tone(0.8), tall * 0.016)
        sketch.apply(opacity)


def paint_boat(plan: Plan, canvas: Array, at: Point, wide: float) -> None:
    """Paint a rowing boat at rest."""
    hull = look_of(plan, plan.named("boat", "#8a4a30"))
    oar = look_of(plan, rgb("#b08a60")).tone(0.7)
    spot = Spot(at, wide)
    for flip, opacity in ((-0.7, 0.4), (1.0, 1.0)):
        sketch = Sketch(canvas, (at[0] - wide, at[1] - wide / 2, at[0] + wide, at[1] + wide / 2), 3)
        rim = [(0.5 * t, flip * (0.13 + 0.07 * t * t)) for t in np.linspace(-1, 1, 13).tolist()]
        sketch.polygon(
            spot.outline(*rim, (0.36, -0.02 * flip), (-0.36, -0.02 * flip)), hull.tone(0.4)
        )
        inner = [(dx, dy - 0.02 * flip) for dx, dy in rim[1:-1]]
        sketch.line(spot.outline(*inner), hull.tone(0.95), wide * 0.025)
        sketch.line(spot.outline((-0.12, 0.1 * flip), (0.3, 0.2 * flip)), oar, wide * 0.016)
        sketch.apply(opacity)
