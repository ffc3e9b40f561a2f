"""Composition: what is painted, in which order, back to front."""

import numpy as np
from PIL import Image

from handler.painter import aloft, clouds, falls, land, mountains, orbs, sky, volcano, weather
from handler.painter.colour import Array
from handler.painter.finish import develop
from handler.painter.foreland import paint_foreland
from handler.painter.plan import Plan, make_plan
from handler.painter.scene import read_scene
from handler.painter.waterside import paint_waterside


def paint(prompt: str, *, seed: int, size: tuple[int, int]) -> Image.Image:
    """Return the picture of a prompt: the same bytes for the same arguments."""
    plan = make_plan(read_scene(prompt), prompt, seed, size)
    canvas = np.empty((plan.height, plan.width, 3), dtype=np.float32)
    _paint_above(plan, canvas)
    air = land.air_light(plan, canvas)
    _paint_distance(plan, canvas, air)
    if plan.water:
        paint_waterside(plan, canvas, air)
    else:
        paint_foreland(plan, canvas, air)
    _paint_weather(plan, canvas, air)
    return develop(plan, canvas)


def _paint_above(plan: Plan, canvas: Array) -> None:
    sky.paint_sky(plan, canvas)
    sky.paint_night_lights(plan, canvas)
    sky.paint_sun(plan, canvas)
    orbs.paint_planet(plan, canvas)
    orbs.paint_moon(plan, canvas)
    clouds.paint_clouds(plan, canvas)
    sky.paint_rainbow(plan, canvas)
    weather.paint_lightning(plan, canvas)


def _paint_distance(plan: Plan, canvas: Array, air: Array) -> None:
    scene = plan.scene
    if scene.has("mountains"):
        mountains.paint_mountains(plan, canvas, air)
    if scene.has("volcano"):
        volcano.paint_volcano(plan, canvas, air)
    if scene.has("birds"):
        aloft.paint_birds(plan, canvas)
    if scene.has("balloon"):
        aloft.paint_balloons(plan, canvas)
    misty = 0.75 if scene.has("fog") else 0.22 if scene.time in {"dawn", "morning"} else 0.0
    if misty:
        weather.paint_mist(plan, canvas, air, (plan.horizon - 0.03 * plan.height, misty))
    if scene.has("mesa"):
        falls.paint_mesas(plan, canvas, air)
    if scene.has("cliff"):
        falls.paint_cliff(plan, canvas, air)


def _paint_weather(plan: Plan, canvas: Array, air: Array) -> None:
    scene = plan.scene
    if scene.has("fog"):
        weather.paint_fog(plan, canvas, air)
        if scene.has("forest") and not plan.palette.dark and not scene.has("rain", "storm"):
            weather.paint_light_shafts(plan, canvas)
    if scene.has("rain", "storm"):
        weather.paint_rain(plan, canvas)
    if scene.has("snowfall"):
        weather.paint_snowfall(plan, canvas)
