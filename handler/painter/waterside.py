"""Composes what lies below the horizon of a sea or lake: far shore, water, near shore."""

import numpy as np

from handler.painter import (
    afloat,
    buildings,
    camp,
    city,
    land,
    shore,
    towers,
    trees,
    water,
    weather,
)
from handler.painter.colour import Array
from handler.painter.plan import Plan
from handler.painter.specimens import paint_tree


def paint_waterside(plan: Plan, canvas: Array, air: Array) -> None:
    """Paint the far shore, the water that mirrors it, then what is nearer than the water."""
    scene = plan.scene
    if scene.has("lake"):
        _lake_bank(plan, canvas, air)
    if scene.has("island") and not scene.has("volcano"):
        _island(plan, canvas, air)
    if scene.has("city"):
        city.paint_city(plan, canvas, air, plan.horizon)
        city.paint_quay(plan, canvas)
    _ashore(plan, canvas)
    water.paint_water(plan, canvas)
    _afloat(plan, canvas)
    if scene.has("fog"):
        weather.paint_mist(plan, canvas, air, (plan.horizon + 0.02 * plan.height, 0.6))
    _near_shore(plan, canvas)


def _ashore(plan: Plan, canvas: Array) -> None:
    """What people built along the far shore."""
    scene = plan.scene
    if scene.has("house"):
        x = plan.width * (0.5 + 0.2 * plan.lit_from)
        _on_sea_needs_land(plan, canvas, x)
        foot = (x, plan.horizon - 0.028 * plan.height)
        buildings.paint_house(plan, canvas, foot, 0.13 * plan.side)
        for offset in (-0.12, 0.11, 0.2) if scene.has("village") else ():
            near = (x + offset * plan.width * plan.lit_from, foot[1])
            buildings.paint_house(plan, canvas, near, 0.085 * plan.side)
    if scene.has("castle"):
        x = plan.width * (0.5 - 0.05 * plan.lit_from)
        _on_sea_needs_land(plan, canvas, x)
        buildings.paint_castle(
            plan, canvas, (x, plan.horizon - 0.028 * plan.height), 0.2 * plan.side
        )
    if scene.has("lighthouse"):
        x = plan.width * (0.5 - 0.27 * plan.lit_from)
        shore.paint_headland(plan, canvas, x)
        foot = (x, plan.horizon - 0.035 * plan.height)
        towers.paint_lighthouse(plan, canvas, foot, 0.26 * plan.side)
    if scene.has("bridge"):
        towers.paint_bridge(plan, canvas, plan.horizon - 0.05 * plan.height)


def _on_sea_needs_land(plan: Plan, canvas: Array, x: float) -> None:
    if plan.water == "sea" and not plan.scene.has("city"):
        shore.paint_headland(plan, canvas, x)


def _lake_bank(plan: Plan, canvas: Array, air: Array) -> None:
    """The far side of a lake: low land, and trees where there are any."""
    scene = plan.scene
    if scene.has("city") and not scene.has("forest", "hills"):
        return
    if scene.has("hills", "meadow", "trees", "house", "snow", "forest", "desert"):
        shore.paint_far_bank(plan, canvas, air)
    wooded = scene.has("forest", "trees") or not scene.has("mountains", "desert", "city")
    if not wooded or scene.absent & {"trees", "forest"}:
        return
    feet = np.full(plan.width, plan.horizon + 1, dtype=np.float32)
    tall = (0.075 if scene.has("forest", "trees") else 0.045) * plan.height
    trees.paint_row(
        plan,
        canvas,
        feet - 0.018 * plan.height,
        tall,
        (air, 0.5 if scene.has("fog", "snowfall", "rain") else 0.32),
    )
    trees.paint_row(plan, canvas, feet, tall * 1.05, (air, 0.16))


def _island(plan: Plan, canvas: Array, air: Array) -> None:
    middle, half, tall = land.paint_island(plan, canvas, air)
    if plan.scene.has("palms"):
        for offset in (-0.55, -0.2, 0.3, 0.6):
            foot = (middle + offset * half, plan.horizon - tall * 0.25 * (1 - abs(offset)))
            paint_tree(plan, canvas, foot, 0.10 * plan.side, "palm")


def _afloat(plan: Plan, canvas: Array) -> None:
    span = plan.height - plan.horizon
    if plan.scene.has("sailboat"):
        spot = (plan.width * (0.5 + 0.22 * plan.lit_from), plan.horizon + 0.22 * span)
        afloat.paint_sailboat(plan, canvas, spot, 0.17 * plan.side)
    if plan.scene.has("boat"):
        spot = (plan.width * (0.5 - 0.16 * plan.lit_from), plan.horizon + 0.48 * span)
        afloat.paint_boat(plan, canvas, spot, 0.16 * plan.side)


def _near_shore(plan: Plan, canvas: Array) -> None:
    scene = plan.scene
    if scene.has("beach"):
        shore.paint_beach(plan, canvas, plan.palette.sky[-2])
    elif scene.has("lake") and not scene.has("city"):
        shore.paint_near_bank(plan, canvas)
        _lakeside_trees(plan, canvas)
    elif scene.has("rocks", "lighthouse", "cliff", "storm") and not scene.has("city"):
        shore.paint_rocks(plan, canvas, 9, (0.93 * plan.height, 1.02 * plan.height))
    away = -plan.lit_from
    if scene.has("beach") and scene.has("palms"):
        for offset, y, tall in ((0.36, 0.97, 0.56), (0.24, 0.99, 0.42)):
            foot = (plan.width * (0.5 + offset * away), plan.height * y)
            paint_tree(plan, canvas, foot, tall * plan.side, "palm")
    if scene.has("campfire"):
        foot = (plan.width * (0.5 - 0.2 * away), plan.height * 0.95)
        camp.paint_campfire(plan, canvas, foot, 0.07 * plan.side)


def _lakeside_trees(plan: Plan, canvas: Array) -> None:
    """A tree or two to look past."""
    scene = plan.scene
    palms = scene.has("palms")
    if scene.absent & {"trees", "forest"} or (scene.has("desert") and not palms):
        return
    for offset, tall in ((0.45, 0.52), (0.35, 0.36)):
        foot = (plan.width * (0.5 - offset * plan.lit_from), plan.height * 0.99)
        paint_tree(plan, canvas, foot, tall * plan.side, "palm" if palms else "")
