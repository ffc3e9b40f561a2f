"""A fire in the open and the tent beside it."""

from handler.painter.buildings import look_of
from handler.painter.canvas import Point, Sketch, Spot, glow, shadow
from handler.painter.colour import Array, rgb
from handler.painter.plan import Plan

_FLAMES = ((0.42, 1.25, "#f0622a"), (0.28, 0.9, "#ffa63a"), (0.15, 0.55, "#fff0a8"))


def paint_campfire(plan: Plan, canvas: Array, foot: Point, tall: float) -> None:
    """Paint a fire and a tent lit from within."""
    spot = Spot(foot, tall)
    tent = Spot(spot.at(-2.2 * plan.lit_from, 0.1), tall)
    shadow(canvas, tent.foot, (tall * 1.7, tall * 0.2), 0.6)
    sketch = Sketch(canvas, spot.around(5, 3), 3)
    silk = look_of(plan, rgb("#d88a3a")).tone(0.7) + rgb("#3a2010")
    sketch.polygon(tent.outline((-1.5, 0), (0, 1.7), (1.5, 0)), silk)
    sketch.polygon(tent.outline((-0.4, 0), (0, 1.5), (0.4, 0)), rgb("#ffca7a"))
    for lean in (-1, 1):
        log = spot.outline((-0.5 * lean, 0), (0.4 * lean, 0.2))
        sketch.line(log, rgb("#4a2c1c"), tall * 0.14)
    for wide, high, ink in _FLAMES:
        left = ((-wide, 0.12), (-wide * 0.5, high * 0.55), (0.04, high))
        sketch.polygon(spot.outline(*left, (wide * 0.55, high * 0.5), (wide, 0.12)), rgb(ink))
    sketch.apply()
    glow(canvas, spot.at(0, 0.5), tall * 2.6, rgb("#ff8a3a"), 0.4)
    glow(canvas, tent.foot, tall * 1.2, rgb("#ffae5a"), 0.25)
