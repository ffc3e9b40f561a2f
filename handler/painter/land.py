"""The ground: hills, meadows, fields, dunes, mesas, snow, beach, cliffs and islands.

Mountains, trees and water have modules of their own.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from handler.painter.canvas import Sketch
from handler.painter.colour import Array, mix, rgb, smooth
from handler.painter.noise import curve, fbm, field, ridged
from handler.painter.plan import Plan
from handler.painter.terrain import Placement, project, sunlight

FOLDS: Final = 4
_DRY: Final = np.array([1.14, 1.0, 0.68], dtype=np.float32)
# The ground lies nearly edge-on to a low sun.
_LOW_LIGHT: Final = {"sunset": 0.66, "dusk": 0.8, "dawn": 0.85, "golden": 0.9}


@dataclass(frozen=True, slots=True)
class Fold:
    """One fold of ground; `near` runs from 0 at the horizon to 1 at the viewer's feet."""

    index: int
    near: float
    base: float
    skyline: Array


def air_light(plan: Plan, canvas: Array) -> Array:
    """Return the colour of the distance per column: the sky just above the horizon."""
    row = int(min(plan.height, max(1, plan.horizon)))
    strip = canvas[max(0, row - max(2, plan.height // 40)) : row].mean(axis=0)
    width = max(3, plan.width // 6)
    kernel = np.hanning(width + 2)[1:-1]
    kernel /= kernel.sum()
    smoothed = [
        np.convolve(np.pad(strip[:, c], width, "edge"), kernel, "same")[width:-width]
        for c in range(3)
    ]
    return np.stack(smoothed, axis=1).astype(np.float32)


def lean_of(plan: Plan) -> Array:
    """Return per column how far the light comes from the right."""
    x = np.arange(plan.width, dtype=np.float32)
    lean: Array = np.clip((plan.sun[0] - x) / (0.35 * plan.width), -1, 1) * 0.5
    return lean + np.float32(0.4 * plan.lit_from)


def fold_at(plan: Plan, index: int) -> tuple[float, float]:
    """Return how near a fold is and the row of its foot."""
    near = index / (FOLDS - 1)
    top, bottom = plan.horizon, plan.height * 1.02
    return near, float(top + (bottom - top) * (0.10 + 0.90 * near**1.25))


def paint_fold(plan: Plan, canvas: Array, air: Array, index: int) -> Fold:
    """Paint one fold of ground, far ones first, and say where its skyline lies."""
    near, base = fold_at(plan, index)
    dunes = plan.scene.has("desert") and not plan.scene.has("mesa")
    span = plan.height - plan.horizon
    rows = 220 if dunes else 150
    height = _dunes(plan, index, rows) if dunes else _hills(plan, index, rows)
    climb = span * (0.20 + 0.18 * near)
    lit = sunlight(height, climb * 2.2, lean_of(plan), 0.42 if dunes else 0.8)
    if dunes:
        # A lee face seen edge-on would break into dashes along the crest.
        lit[2:-2] = (lit[:-4] + lit[1:-3] + lit[2:-2] + lit[3:-1] + lit[4:]) / 5
    colour = _ground(plan, (index, near), height, lit)
    veil = (0.58 if plan.scene.has("fog", "snowfall") else 0.42) * (1 - near) ** 1.5
    colour = mix(colour, air[None], np.float32(veil)).astype(np.float32)
    place = Placement(base, climb, plan.height)
    skyline = project(canvas, height, np.clip(colour, 0, 1), place)
    return Fold(index, near, base, skyline)


def _hills(plan: Plan, index: int, rows: int) -> Array:
    rng = plan.rng(f"hills {index}")
    span = plan.height - plan.horizon
    near = index / (FOLDS - 1)
    big = 0.55 * max(plan.width, 0.6 * plan.height)
    swell = fbm(rng, (rows, plan.width), (rows * 0.9, big), 3, 0.4)
    rolling = 0.34 if plan.scene.has("hills") else 0.16
    deep = np.linspace(0, 1, rows, dtype=np.float32)[:, None]
    lifted = (swell * 0.5 + 0.5) * rolling * span * (0.75 - 0.3 * near) * np.sqrt(deep)
    bumps = fbm(rng, (rows, plan.width), (rows * 0.12, 60 * plan.unit), 3) * 1.6 * plan.unit
    grown: Array = (np.clip(lifted, 0, None) + bumps).astype(np.float32)
    return grown


def _dunes(plan: Plan, index: int, rows: int) -> Array:
    """Dunes: a long windward slope, a sharp crest, a steep lee side."""
    rng = plan.rng(f"dunes {index}")
    span = plan.height - plan.horizon
    shape = (rows, plan.width)
    near = index / (FOLDS - 1)
    cell = (0.30 + 0.30 * near) * max(plan.width, 0.6 * plan.height)
    x = np.arange(plan.width, dtype=np.float32)[None, :] / cell
    deep = np.linspace(0, 1, rows, dtype=np.float32)[:, None]
    bend = fbm(rng, shape, (rows * 0.8, cell * 1.1), 2)
    slant = float(rng.uniform(0.8, 1.5)) * -plan.lit_from
    phase = (x + bend * 0.38 + deep * slant + float(rng.random())) % 1.0
    long_side = 0.74
    wave = np.where(phase < long_side, phase / long_side, (1 - phase) / (1 - long_side))
    if plan.lit_from > 0:
        wave = np.where(phase > 1 - long_side, (1 - phase) / long_side, phase / (1 - long_side))
    swell = np.clip(0.7 + 0.4 * field(rng, shape, (rows * 0.7, cell)), 0.25, 1.4)
    crest = wave**1.25 * swell * np.sqrt(deep)
    # Rounded by the wind, and so that no crest is sharper than a pixel.
    crest[:, 1:-1] = (crest[:, :-2] + crest[:, 1:-1] + crest[:, 2:]) / 3
    crest[2:-2] = (crest[:-4] + crest[1:-3] + crest[2:-2] + crest[3:-1] + crest[4:]) / 5
    raised: Array = (crest * span * (0.26 + 0.06 * near)).astype(np.float32)
    return raised


def _ground(plan: Plan, where: tuple[int, float], height: Array, lit: Array) -> Array:
    index, near = where
    palette, scene = plan.palette, plan.scene
    rng = plan.rng(f"ground {index}")
    unit = plan.unit
    patches = fbm(rng, height.shape, (26, 130 * unit), 4)
    blades = fbm(rng, height.shape, (2 + 3 * near, (2.5 + 2 * near) * unit), 2)
    if scene.has("desert"):
        ripple = np.sin((height * 1.1 + patches * 5 + np.arange(len(height))[:, None] * 0.9) * 0.9)
        albedo = palette.sand * (1 + 0.03 * patches + 0.025 * near * ripple)[:, :, None]
    elif scene.has("snow"):
        albedo = palette.snow * (1 + 0.02 * patches + 0.012 * blades)[:, :, None]
    else:
        tone = 1 + 0.08 * patches + (0.05 + 0.03 * near) * blades
        shift = np.clip(0.3 + 0.35 * patches, 0, 1)[:, :, None]
        albedo = mix(palette.grass, palette.grass * _DRY, shift)
        albedo = albedo * tone[:, :, None]
        if scene.has("forest"):
            albedo = mix(albedo * 0.72, palette.pine, np.float32(0.3))
        if scene.has("lavender") or (scene.has("meadow") and near < 0.8):
            albedo = _crops(plan, index, albedo)
    dim = _LOW_LIGHT.get(scene.time, 1.0)
    shade = (lit * dim * (0.80 - 0.12 * near))[:, :, None] * palette.light
    lighted: Array = np.clip(albedo * (shade + palette.ambient * (0.62 - 0.12 * near)), 0, 1)
    return lighted


def _crops(plan: Plan, index: int, albedo: Array) -> Array:
    """Tint strips of a farmed fold differently."""
    rng = plan.rng(f"crops {index}")
    rows, columns = albedo.shape[:2]
    hue = field(rng, (rows, columns), (rows * 0.7, 0.2 * columns))
    hue = np.round(hue * 1.6) / 1.6
    if plan.scene.has("lavender"):
        return mix(albedo, plan.palette.flowers[0] * 0.9, np.float32(0.55))
    warm = albedo * _DRY
    return mix(albedo, warm, np.clip(hue, 0, 1)[:, :, None])


def paint_blades(plan: Plan, canvas: Array, fold: Fold) -> None:
    """Draw grass that is near enough to be seen as blades."""
    scene = plan.scene
    if fold.index < 2 or scene.has("snow", "desert"):
        return
    rng = plan.rng(f"blades {fold.index}")
    palette, unit = plan.palette, plan.unit
    top = float(fold.skyline.min()) - 30 * unit
    sketch = Sketch(canvas, (0, top, plan.width, plan.height), 2)
    sunny = palette.light * (0.62 * _LOW_LIGHT.get(scene.time, 1.0)) + palette.ambient * 0.45
    tufts = curve(rng, plan.width, 90 * unit, 4)
    count = plan.many(2600 if fold.index == 3 else 900)
    x = rng.uniform(0, plan.width - 1, count)
    tuft = np.clip(tufts[x.astype(np.int32)], -1.5, 2)
    edge = fold.skyline[x.astype(np.int32)]
    # From back to front, so that near blades cover far ones.
    foot = edge + (plan.height + 14 * unit - edge) * np.sort(rng.random(count))
    close = np.clip((foot - plan.horizon) / (plan.height - plan.horizon), 0, None)
    tall = (2 + 24 * close**2.2 * (rng.uniform(0.5, 1.2, count) + 0.2 * tuft)) * unit
    tip = x + rng.normal(0.05, 0.24, count) * tall
    wide = (0.5 + 1.1 * close**2) * unit
    tone = np.clip(rng.normal(0.86, 0.2, count) + 0.1 * tuft, 0.4, 1.3)
    warm = 1 + np.outer(rng.random(count), [0.18, 0.0, 0.0]) - [0.0, 0.0, 0.22]
    hues = np.clip(palette.grass * warm * sunny * tone[:, None], 0, 1)
    blades = np.stack([x - wide, foot, tip, foot - tall, x + wide, foot], axis=1)
    for blade, hue in zip(blades.tolist(), hues, strict=True):
        sketch.polygon([(blade[0], blade[1]), (blade[2], blade[3]), (blade[4], blade[5])], hue)
    sketch.apply(0.8)


def paint_flowers(plan: Plan, canvas: Array, fold: Fold) -> None:
    """Scatter flowers over a fold, larger toward the viewer."""
    rng = plan.rng(f"flowers {fold.index}")
    palette = plan.palette
    top = float(fold.skyline.min())
    if top >= plan.height:
        return
    sketch = Sketch(canvas, (0, top, plan.width, plan.height), 2)
    span = plan.height - plan.horizon
    clumps = curve(rng, plan.width, 0.2 * plan.width, 3)
    many = 2.6 if plan.scene.has("lavender", "poppies", "sunflowers") else 1.0
    for _ in range(plan.many(int((420 + 500 * fold.near) * many))):
        x = float(rng.uniform(0, plan.width - 1))
        edge = float(fold.skyline[int(x)]) + 2
        y = edge + (plan.height - edge) * float(rng.random()) ** 1.4
        if rng.random() > 0.62 + 0.3 * clumps[int(x)] or y > plan.height:
            continue
        close = max(0.0, (y - plan.horizon) / span)
        size = plan.unit * (0.7 + 5.2 * close**2)
        hue = palette.flowers[int(rng.integers(len(palette.flowers)))]
        glow = palette.light * 0.72 + palette.ambient * 0.42
        ink = np.clip(mix(hue, hue * glow, 0.75) * rng.uniform(0.85, 1.15), 0, 1)
        if close > 0.5:
            sketch.line([(x, y), (x + size * 0.2, y + size * 3)], palette.grass * glow * 0.6, 0.9)
        sketch.ellipse((x, y), (size, size * 0.78), ink)
        if close > 0.45:
            sketch.ellipse((x, y), (size * 0.32, size * 0.26), rgb("#f8d860") * glow)
    sketch.apply(0.95)


def paint_island(plan: Plan, canvas: Array, air: Array) -> tuple[float, float, float]:
    """Paint an island on the horizon; return its middle, half width and height."""
    rng = plan.rng("island")
    middle = float(rng.uniform(0.3, 0.7)) * plan.width
    half = float(rng.uniform(0.16, 0.24)) * plan.width
    tall = min(0.16 * plan.height, half * 0.75)
    rows = 120
    x = (np.arange(plan.width, dtype=np.float32)[None, :] - middle) / half
    deep = np.linspace(-1, 1, rows, dtype=np.float32)[:, None]
    body = np.clip(1 - x**2 - (deep * 0.9) ** 2, 0, 1)
    crags = ridged(rng, body.shape, (40, half * 0.5), 6)
    height = (body**0.8 * (0.45 + 0.75 * crags) * tall).astype(np.float32)
    lit = sunlight(height, half, lean_of(plan), 0.6)
    palette = plan.palette
    grain = fbm(rng, height.shape, (5, 8 * plan.unit), 3)
    green = palette.snow if plan.scene.has("snow") else mix(palette.grass, palette.pine, 0.35)
    albedo = mix(green, palette.rock, smooth(0.75, 0.95, height / tall)[:, :, None])
    albedo = mix(palette.sand, albedo, smooth(0.04, 0.16, height / tall + 0.02 * grain)[:, :, None])
    albedo = albedo * (1 + 0.12 * grain)[:, :, None]
    colour = albedo * (lit[:, :, None] * palette.light * 0.9 + palette.ambient * 0.75)
    colour = mix(colour, air[None], np.float32(0.16 if not plan.scene.has("fog") else 0.5))
    left, right = int(max(0, middle - half)), int(min(plan.width, middle + half))
    if right - left > 2:
        cut = (slice(None), slice(left, right))
        place = Placement(plan.horizon + 1, 2.0 * plan.unit, plan.horizon + 1)
        project(canvas[:, left:right], height[cut], np.clip(colour, 0, 1)[cut], place)
    return middle, half, tall
