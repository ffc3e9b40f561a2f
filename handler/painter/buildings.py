"""Houses and castles, their windows lit when the hour or the weather asks for it."""

from typing import Final

import numpy as np

from handler.painter.canvas import Point, Sketch, Spot, glow, shadow
from handler.painter.colour import Array, mix, rgb
from handler.painter.plan import Plan
from handler.painter.trees import Look, leaf_light

_LAMP: Final = rgb("#ffd27a")
_LAMP_GLOW: Final = rgb("#ffb65a")


def look_of(plan: Plan, colour: Array) -> Look:
    """Return a colour in the light of the scene."""
    sunny, shade = leaf_light(plan)
    return Look(colour * sunny, colour * shade, plan.lit_from)


def is_evening(plan: Plan) -> bool:
    """Whether people have their lamps on."""
    return plan.palette.dark or plan.scene.time in {"dusk", "sunset", "dawn"}


def paint_house(plan: Plan, canvas: Array, foot: Point, wide: float) -> None:
    """Paint a cabin with a smoking chimney."""
    spot = Spot(foot, wide)
    wall = look_of(plan, plan.named("house", "#a5734c"))
    shadow(canvas, spot.at(-plan.lit_from * 0.15, 0), (wide * 0.62, wide * 0.07), 0.6)
    _chimney_smoke(plan, canvas, spot)
    sketch = Sketch(canvas, spot.around(0.8, 1.2), 3)
    sketch.polygon(spot.box(-0.25, 0.6, 0.1, 0.4), look_of(plan, rgb("#7a6058")).tone(0.4))
    sketch.polygon(spot.box(0, 0, 1, 0.46), wall.tone(0.6))
    sketch.polygon(spot.box(-0.25 * wall.side, 0, 0.5, 0.46), wall.tone(0.25))
    for board in (0.09, 0.17, 0.25, 0.33, 0.41):
        sketch.line(spot.outline((-0.5, board), (0.5, board)), wall.tone(0.12), wide * 0.006)
    _roof(plan, sketch, spot)
    sketch.polygon(spot.box(0.01, 0, 0.16, 0.31), look_of(plan, rgb("#5a3a2a")).tone(0.3))
    windows = [spot.at(dx, 0.14) for dx in (-0.28, 0.29)]
    _windows(plan, sketch, windows, wide)
    sketch.apply()
    if is_evening(plan):
        for x, y in windows:
            glow(canvas, (x, y - 0.08 * wide), wide * 0.22, _LAMP_GLOW, 0.5)


def _roof(plan: Plan, sketch: Sketch, spot: Spot) -> None:
    snowy = plan.scene.has("snow")
    tiles = mix(plan.named("house", "#a5734c") * 0.7, rgb("#6a4038"), 0.5)
    roof = look_of(plan, plan.palette.snow if snowy else tiles)
    slope = ((-0.58, 0.44), (-0.4, 0.86), (0.4, 0.86), (0.58, 0.44))
    sketch.polygon(spot.outline(*slope), roof.tone(0.62))
    edge = ((-0.58, 0.44), (0.58, 0.44), (0.57, 0.41), (-0.57, 0.41))
    sketch.polygon(spot.outline(*edge), roof.tone(0.1))


def _windows(plan: Plan, sketch: Sketch, feet: list[Point], wide: float) -> None:
    lit = is_evening(plan) or plan.scene.has("rain", "storm", "fog", "snow", "forest")
    glass = _LAMP if lit else mix(plan.palette.sky[1], rgb("#33404e"), 0.45)
    frame = look_of(plan, rgb("#f3e6cf")).tone(0.5)
    for foot in feet:
        pane = Spot(foot, wide)
        sketch.polygon(pane.box(0, -0.01, 0.18, 0.19), frame)
        sketch.polygon(pane.box(0, 0.005, 0.15, 0.16), glass)
        sketch.line(pane.outline((0, 0), (0, 0.165)), frame, wide * 0.012)
        sketch.line(pane.outline((-0.075, 0.085), (0.075, 0.085)), frame, wide * 0.012)


def _chimney_smoke(plan: Plan, canvas: Array, spot: Spot) -> None:
    rng = plan.rng("chimney smoke")
    colour = mix(plan.palette.sky[-1], plan.palette.cloud_light, 0.4)
    for step in range(26):
        t = step / 26
        drift = -plan.lit_from * 0.9 * t**1.5 + float(rng.normal(0, 0.05)) * t
        drift += 0.07 * float(np.sin(9 * t))
        at = spot.at(-0.25 + drift, 1.0 + 1.1 * t)
        glow(canvas, at, spot.size * (0.05 + 0.2 * t), colour, 0.10 * (1 - t))


# Offset, height and breadth of each tower and wall, those behind first.
_CASTLE: Final = (
    (-0.1, 0.86, 0.15), (0.22, 0.66, 0.13), (-0.4, 0.5, 0.15),
    (0.0, 0.36, 0.8), (0.42, 0.48, 0.15), (0.08, 0.54, 0.19),
)  # fmt: skip


def paint_castle(plan: Plan, canvas: Array, foot: Point, wide: float) -> None:
    """Paint a castle of towers under pointed roofs."""
    spot = Spot(foot, wide)
    wall = look_of(plan, plan.named("castle", "#b0a89c"))
    roof = look_of(plan, rgb("#4a5878"))
    shadow(canvas, foot, (wide * 0.6, wide * 0.06), 0.6)
    sketch = Sketch(canvas, spot.around(0.7, 1.3), 3)
    lights: list[Point] = []
    for dx, tall, broad in _CASTLE:
        sketch.polygon(spot.box(dx, 0, broad, tall), wall.tone(0.3))
        sketch.polygon(
            spot.box(dx + wall.side * broad * 0.25, 0, broad * 0.5, tall), wall.tone(0.85)
        )
        if broad > 0.5:
            for step in np.linspace(-0.38, 0.38, 14).tolist():
                sketch.polygon(spot.box(dx + step, tall, 0.03, 0.03), wall.tone(0.5))
            continue
        half = broad * 0.6
        top = (dx, tall + broad * 1.6)
        sketch.polygon(spot.outline((dx - half, tall), top, (dx + half, tall)), roof.tone(0.3))
        sketch.polygon(spot.outline((dx, tall), top, (dx + half * wall.side, tall)), roof.tone(0.9))
        lights.append(spot.at(dx, tall * 0.82))
    pane = _LAMP if is_evening(plan) else rgb("#39404e")
    for light in lights:
        sketch.polygon(Spot(light, wide).box(0, 0, 0.03, 0.06), pane)
    sketch.polygon(spot.box(0.0, 0, 0.12, 0.17), rgb("#3a2c24"))
    sketch.apply()
    if is_evening(plan):
        for x, y in lights:
            glow(canvas, (x, y - wide * 0.03), wide * 0.055, _LAMP_GLOW, 0.5)
