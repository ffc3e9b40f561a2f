"""Lighthouses, windmills and a suspension bridge."""

import numpy as np

from handler.painter.buildings import is_evening, look_of
from handler.painter.canvas import Point, Sketch, Spot, glow, shadow
from handler.painter.colour import Array, mix, rgb
from handler.painter.plan import Plan


def paint_lighthouse(plan: Plan, canvas: Array, foot: Point, tall: float) -> None:
    """Paint a banded tower with its lamp, which shines in bad light."""
    spot = Spot(foot, tall)
    shining = is_evening(plan) or plan.scene.has("storm", "fog", "rain")
    lamp = spot.at(0, 0.92)
    if shining:
        _beam(plan, canvas, lamp, tall)
    band, white = look_of(plan, plan.named("lighthouse", "#c8362e")), look_of(plan, rgb("#f6f2ea"))
    sketch = Sketch(canvas, spot.around(0.3, 1.15), 3)
    for index in range(5):
        low, high = index * 0.164, (index + 1) * 0.164
        look = band if index % 2 else white
        for side in (-1.0, 1.0):
            foot_half, top_half = (0.095 - 0.035 * t / 0.82 for t in (low, high))
            half = ((0, low), (side * foot_half, low), (side * top_half, high), (0, high))
            sketch.polygon(spot.outline(*half), look.tone(0.95 if side == look.side else 0.4))
    sketch.polygon(spot.box(0, 0.82, 0.19, 0.035), look_of(plan, rgb("#3a3438")).tone(0.5))
    glass = rgb("#ffe9a8") if shining else look_of(plan, rgb("#b8d0dc")).tone(1.0)
    sketch.polygon(spot.box(0, 0.855, 0.1, 0.12), glass)
    sketch.polygon(spot.outline((-0.075, 0.97), (0, 1.07), (0.075, 0.97)), band.tone(0.7))
    for level in (0.25, 0.55):
        sketch.polygon(spot.box(0, level, 0.022, 0.045), rgb("#2c2a30"))
    sketch.apply()
    if shining:
        glow(canvas, lamp, tall * 0.16, rgb("#fff0b8"), 0.85)


def _beam(plan: Plan, canvas: Array, lamp: Point, tall: float) -> None:
    side = -1.0 if lamp[0] > plan.width / 2 else 1.0
    reach = plan.width * 0.8
    for spread in np.linspace(0.1, 0.012, 9).tolist():
        sketch = Sketch(canvas, (0, lamp[1] - tall, plan.width, lamp[1] + tall), 1)
        ends = [(lamp[0] + side * reach, lamp[1] - reach * (0.1 + way * spread)) for way in (-1, 1)]
        sketch.polygon([lamp, *ends], rgb("#fff2c4"))
        sketch.apply(0.05)


def paint_windmill(plan: Plan, canvas: Array, foot: Point, tall: float) -> None:
    """Paint a windmill with four sails."""
    spot = Spot(foot, tall)
    shadow(canvas, foot, (tall * 0.34, tall * 0.05), 0.6)
    sketch = Sketch(canvas, spot.around(0.8, 1.5), 3)
    body = look_of(plan, rgb("#d8c8b0"))
    for side in (-1.0, 1.0):
        half = ((0, 0), (side * 0.2, 0), (side * 0.12, 0.8), (0, 0.8))
        sketch.polygon(spot.outline(*half), body.tone(0.9 if side == body.side else 0.3))
    cap = ((-0.15, 0.8), (-0.1, 0.93), (0, 1.0), (0.1, 0.93), (0.15, 0.8))
    sketch.polygon(spot.outline(*cap), look_of(plan, rgb("#7a4030")).tone(0.6))
    sketch.polygon(spot.box(0, 0, 0.09, 0.17), rgb("#4a3428"))
    start = float(plan.rng("windmill").uniform(0.2, np.pi / 2 - 0.2))
    cloth, beam = look_of(plan, rgb("#f0e6d2")).tone(0.75), look_of(plan, rgb("#5a4030")).tone(0.4)
    for index in range(4):
        way = start + index * np.pi / 2
        dx, dy = float(np.cos(way)), float(np.sin(way))
        root, tip = (dx * 0.12, 0.84 + dy * 0.12), (dx * 0.62, 0.84 + dy * 0.62)
        wide = (-dy * 0.11, dx * 0.11)
        edge = [(x + wide[0], y + wide[1]) for x, y in (tip, root)]
        sketch.polygon(spot.outline(root, tip, *edge), cloth)
        sketch.line(spot.outline((0, 0.84), tip), beam, tall * 0.02)
    sketch.apply()


def paint_bridge(plan: Plan, canvas: Array, deck: float) -> None:
    """Paint a suspension bridge across the picture."""
    colour = look_of(plan, plan.named("bridge", "#b8462f")).tone(0.75)
    colour = mix(colour, plan.palette.sky[-1], 0.18)
    tall = min(0.26 * plan.height, 0.3 * plan.width)
    unit, wide = plan.unit, float(plan.width)
    towers = (0.24 * wide, 0.76 * wide)
    sketch = Sketch(canvas, (0, deck - tall * 1.1, wide, deck + tall * 0.4), 2)
    cable = [(x, deck - tall * _cable_height(x / wide)) for x in np.linspace(0, wide, 81).tolist()]
    sketch.line(cable, colour, 3 * unit)
    for x, y in cable[1:-1]:
        sketch.line([(x, y), (x, deck)], colour * 0.9, 0.8 * unit)
    low = deck + 9 * unit
    sketch.polygon([(0, deck), (wide, deck), (wide, low), (0, low)], colour)
    for tower in towers:
        spot = Spot((tower, deck), 1.0)
        for off in (-9, 9):
            sketch.polygon(
                spot.box(off * unit, -46 * unit, 7 * unit, tall + 46 * unit), colour * 0.92
            )
        for level in (0.95, 0.68, 0.38):
            sketch.polygon(spot.box(0, tall * level, 18 * unit, 7 * unit), colour * 0.92)
    sketch.apply()
    if plan.palette.dark:
        for point in cable[::2]:
            glow(canvas, point, 3.4 * unit, rgb("#ffd890"), 0.8)


def _cable_height(x: float) -> float:
    """Return the height of the cable over the deck, in towers, at a share of the width."""
    inside = 0.24 <= x <= 0.76
    low = 0.5 if inside else (0.0 if x < 0.5 else 1.0)
    span = 0.26 if inside else 0.24
    return 0.06 + 0.9 * min(1.0, abs(x - low) / span) ** 2
