"""Clouds: how much of the sky they cover and how the hour lights them."""

import numpy as np

from handler.painter.canvas import blend, resize
from handler.painter.colour import Array, mix, smooth
from handler.painter.noise import fbm
from handler.painter.plan import Plan


def paint_clouds(plan: Plan, canvas: Array) -> None:
    """Cover the sky as far as the weather asks."""
    scene = plan.scene
    if scene.has("storm"):
        _layer(plan, canvas, -0.75, 1.0)
    elif scene.has("overcast", "rain", "blizzard", "snowfall"):
        _layer(plan, canvas, -0.45, 0.8)
    elif scene.has("clouds"):
        low = scene.time in {"sunset", "dusk", "dawn"} and scene.has("mountains", "city")
        _layer(plan, canvas, 0.45 if low else 0.22, 0.95)


def _layer(plan: Plan, canvas: Array, threshold: float, opacity: float) -> None:
    rows, columns = max(8, int(plan.horizon * 1.02) // 2), max(8, plan.width // 2)
    density = _density(plan, (rows, columns))
    body = density - threshold
    # The sun shows through thin edges and on the side turned to it.
    step = max(1, int(7 * plan.unit))
    lean = int(np.sign(plan.sun[0] - plan.width / 2) or 1) * step
    up = np.roll(density, step, axis=0)
    up[:step] = density[:step]
    toward = np.roll(density, -lean, axis=1)
    edge = slice(-step, None) if lean > 0 else slice(0, step)
    toward[:, edge] = density[:, edge]
    low = plan.scene.time in {"sunset", "dusk", "dawn"}
    relief = (density - up) * (-0.55 if low else 0.75) + (density - toward) * 0.35
    lit = np.clip(0.62 - 0.30 * np.clip(body, 0, 2.2) + 0.55 * relief, 0, 1)
    x = np.linspace(0, plan.width, columns, dtype=np.float32)[None, :] - plan.sun[0]
    y = np.linspace(0, plan.horizon, rows, dtype=np.float32)[:, None] - plan.sun[1]
    near = np.exp(-np.hypot(x, y * 1.4) / (420 * plan.unit))
    if low:
        lit += 0.3 * np.linspace(0, 1, rows, dtype=np.float32)[:, None]
    if not plan.palette.dark:
        lit = np.clip(lit + 0.45 * near * (1.1 - 0.5 * np.clip(body, 0, 2)), 0, 1)
    share = smooth(0.0, 0.85, body) * opacity
    share *= smooth(1.0, 0.9, np.linspace(0, 1, rows, dtype=np.float32))[:, None]
    _apply(plan, canvas, share, lit)


def _density(plan: Plan, shape: tuple[int, int]) -> Array:
    """Return noise that flattens toward the horizon, as a cloud deck seen from below does."""
    rng = plan.rng("clouds")
    rows, columns = shape
    unit = plan.unit * 500
    deep = int(rows * 1.4) + 2
    long = 0.95 if plan.scene.time in {"sunset", "dusk", "dawn"} else 0.62
    big = fbm(rng, (deep, columns), (unit * 0.30, unit * long), 7, 0.54)
    t = np.linspace(0, 1, rows)
    source = -np.log(1.0 - 0.86 * t) / -np.log(1.0 - 0.86) * (deep - 1)
    flat: Array = big[source.astype(np.int32)]
    return flat


def _apply(plan: Plan, canvas: Array, share: Array, lit: Array) -> None:
    rows = min(plan.height, share.shape[0] * 2)
    shape = (rows, plan.width)
    cover, light = resize(share, shape), resize(lit, shape)
    palette = plan.palette
    for top in range(0, rows, 128):
        band = slice(top, min(rows, top + 128))
        colour = mix(palette.cloud_dark, palette.cloud_light, light[band, :, None])
        blend(canvas[band], colour, cover[band])
