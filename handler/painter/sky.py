"""The sky and its lights: gradient, sun, stars, aurora, rainbow.

Moon and planets are `orbs`', clouds and lightning are `clouds`' and `weather`'s business.
"""

from typing import Final

import numpy as np

from handler.painter.canvas import Sketch, blend, glow, resize, screen
from handler.painter.colour import Array, mix, rgb, smooth
from handler.painter.noise import curve, fbm, field
from handler.painter.plan import Plan
from handler.painter.vocabulary import COLOURS

_LUT: Final = 1024
_ROWS: Final = 128


def paint_sky(plan: Plan, canvas: Array) -> None:
    """Fill the whole canvas with the hour's sky."""
    stops = plan.palette.sky
    at = np.linspace(0, 1, _LUT)
    lut = np.stack(
        [np.interp(at, np.linspace(0, 1, len(stops)), stops[:, c]) for c in range(3)], axis=1
    )
    # Straight pieces would show as bands where they meet.
    kernel = np.hanning(_LUT // len(stops))
    kernel /= kernel.sum()
    edge = len(kernel)
    lut = np.stack(
        [
            np.convolve(np.pad(lut[:, c], edge, "edge"), kernel, "same")[edge:-edge]
            for c in range(3)
        ],
        axis=1,
    ).astype(np.float32)
    across = (np.arange(plan.width, dtype=np.float32) - plan.sun[0]) / plan.width
    warp = resize(field(plan.rng("sky"), (48, 48), (30, 30)), (plan.height, plan.width)) * 0.02
    # Away from the sun the dark of the zenith comes lower.
    sag = 0.0 if plan.palette.dark else 0.18
    # Behind a ridge the colours of the horizon must stand above the ridge to be seen.
    low = plan.horizon * (0.8 if plan.scene.has("mountains", "city", "forest", "volcano") else 1.0)
    for top in range(0, plan.height, _ROWS):
        rows = np.arange(top, min(top + _ROWS, plan.height), dtype=np.float32)
        t = np.clip(rows / low, 0, 1.0)[:, None] - sag * np.abs(across)[None, :] ** 1.3
        t += warp[top : top + _ROWS]
        index = np.clip(t * (_LUT - 1), 0, _LUT - 1).astype(np.int32)
        canvas[top : top + _ROWS] = lut[index]


def paint_night_lights(plan: Plan, canvas: Array) -> None:
    """Paint what shines from beyond the air: galaxy, stars, meteors, aurora."""
    scene = plan.scene
    covered = scene.has("overcast", "storm") and not scene.has("stars")
    if scene.has("milkyway"):
        _milky_way(plan, canvas)
    if scene.has("stars", "milkyway", "meteor") and not covered:
        _stars(plan, canvas)
    if scene.has("meteor"):
        _meteors(plan, canvas)
    if scene.has("aurora"):
        _aurora(plan, canvas)


def _stars(plan: Plan, canvas: Array) -> None:
    rng = plan.rng("stars")
    dark = plan.palette.dark
    count = plan.many(2200 if dark else 480) * (2 if plan.scene.has("milkyway") else 1)
    x = rng.random(count) * plan.width
    y = rng.random(count) ** (1.1 if dark else 1.7) * plan.horizon
    bright = np.clip(rng.pareto(1.9, count) * 0.2 + 0.16, 0, 1.0)
    warmth = rng.normal(0, 0.12, count)
    fade = np.clip((1.05 - y / plan.horizon) * 2.2, 0, 1) * bright
    shade = np.stack([0.95 + warmth, np.full(count, 0.95), 0.98 - warmth], axis=1)
    rows, columns = y.astype(int), x.astype(int)
    limit = (plan.height - 1, plan.width - 1)
    light = (shade * fade[:, None] * 0.85).astype(np.float32)
    np.add.at(canvas, (np.minimum(rows, limit[0]), np.minimum(columns, limit[1])), light)
    for index in np.argsort(bright)[-max(10, count // 50) :]:
        centre = (float(columns[index]), float(rows[index]))
        hue = shade[index].astype(np.float32)
        size = plan.unit * (0.7 + 0.9 * float(rng.random()))
        glow(canvas, centre, max(0.7, size), hue, float(fade[index]) * 0.85)
    np.clip(canvas, 0, 1, out=canvas)


def _milky_way(plan: Plan, canvas: Array) -> None:
    rng = plan.rng("milkyway")
    rows, columns = max(8, plan.height // 2), max(8, plan.width // 2)
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    side = -1.0 if rng.random() < 0.5 else 1.0
    unit = float(np.sqrt(rows * columns))
    slope = side * float(rng.uniform(0.55, 0.85))
    middle = (columns / 2 + side * 0.12 * unit, rows * 0.32)
    cross = ((x - middle[0]) * slope + (y - middle[1]) * 0.75) / unit
    cloud = fbm(rng, (rows, columns), (unit / 5, unit / 5), 6)
    dust = fbm(rng, (rows, columns), (unit / 6, unit / 4), 6)
    band = np.exp(-((cross + cloud * 0.025) ** 2) / 0.016) * np.clip(0.75 + cloud * 0.3, 0, 2)
    core = np.exp(-((cross + dust * 0.03) ** 2) / 0.0025)
    lanes = smooth(0.1, 1.3, dust + core * 0.9 - 0.2)
    light = np.clip(band * (1 - 0.7 * lanes * core), 0, 1.2)
    screen(canvas, rgb("#8ea4e0"), resize(light, canvas.shape[:2]) * 0.34)
    screen(canvas, rgb("#f0c8d8"), resize(light * core * (1 - lanes), canvas.shape[:2]) * 0.4)


def _meteors(plan: Plan, canvas: Array) -> None:
    rng = plan.rng("meteors")
    for _ in range(3):
        x, y = rng.uniform(0.15, 0.85) * plan.width, rng.uniform(0.08, 0.4) * plan.horizon
        length = rng.uniform(110, 220) * plan.unit
        for step in np.linspace(0, 1, 60):
            at = (float(x + length * step), float(y + length * 0.45 * step))
            size = float(plan.unit * (0.6 + 2.0 * step) + 0.2)
            glow(canvas, at, size, rgb("#eef4ff"), float(step**2) * 0.6)


def _aurora(plan: Plan, canvas: Array) -> None:
    rng = plan.rng("aurora")
    rows, columns = max(8, int(plan.horizon) // 2), max(8, plan.width // 2)
    y = (np.arange(rows, dtype=np.float32) / rows)[:, None]
    named = plan.scene.colours_of("aurora")
    low = rgb(COLOURS[named[0]]) if named else rgb("#35f0a0")
    high = rgb(COLOURS[named[-1]]) if len(named) > 1 else rgb("#9a58e8")
    sky = canvas[: int(plan.horizon)]
    lift = 0.24 if plan.scene.has("mountains", "city", "forest") else 0.0
    for strength, drop in ((0.8, 0.50), (1.15, 0.72), (0.8, 0.92)):
        sway = curve(rng, columns, columns / 1.7, 3)
        foot = (drop - lift + 0.10 * sway)[None, :]
        rays = 0.72 + 0.24 * curve(rng, columns, columns / 18, 4)
        veil = np.clip(0.7 + 0.5 * curve(rng, columns, columns / 2.5, 2), 0.08, 1.25)
        tall = np.clip(0.19 + 0.06 * curve(rng, columns, columns / 9, 3), 0.06, 0.45)[None, :]
        above = foot - y
        light = np.where(above > 0, np.exp(-np.maximum(above, 0) / tall), 0)
        light *= 1 - np.exp(-np.maximum(above, 0) / 0.02)
        light *= np.clip(rays * veil, 0, 1.3)[None, :] * np.float32(strength)
        shape = (sky.shape[0], plan.width)
        screen(sky, low, np.clip(resize(light, shape), 0, 0.95))
        upper = light * smooth(0.10, 0.45, above)
        screen(sky, high, np.clip(resize(upper, shape) * 0.8, 0, 0.9))


def paint_sun(plan: Plan, canvas: Array) -> None:
    """Paint the glow around the sun and, in a clear sky, its disc."""
    scene = plan.scene
    if plan.palette.dark and scene.style != "neon":
        return
    hidden = scene.has("storm", "rain", "overcast", "snowfall", "blizzard")
    colour = plan.palette.sun
    x, y = plan.sun
    unit = plan.unit
    low = scene.time in {"dawn", "golden", "sunset", "dusk"}
    warm = mix(colour, plan.palette.sky[-2], 0.55 if low else 0.2)
    glow(canvas, (x, y), 420 * unit, warm, 0.2 if hidden else 0.34 if low else 0.26)
    glow(canvas, (x, y), 170 * unit, mix(colour, warm, 0.4), 0.12 if hidden else 0.5)
    if hidden or y > plan.horizon + 40 * unit:
        return
    radius = (130 if scene.style == "neon" else 32 if low else 21) * unit
    glow(canvas, (x, y), radius * 1.9, colour, 0.75)
    sketch = Sketch(canvas, (x - radius, y - radius, x + radius, y + radius), 3)
    sketch.ellipse((x, y), (radius, radius), mix(colour, rgb("#ffffff"), 0.35))
    sketch.apply(0.9)


def paint_rainbow(plan: Plan, canvas: Array) -> None:
    """Paint a rainbow opposite the sun."""
    if not plan.scene.has("rainbow"):
        return
    radius = 0.62 * min(plan.width, plan.horizon * 1.5)
    x = plan.width / 2 + plan.lit_from * -0.12 * plan.width
    rows = int(plan.horizon)
    dy = np.arange(rows, dtype=np.float32)[:, None] - plan.horizon * 1.05
    dx = np.arange(plan.width, dtype=np.float32)[None, :] - x
    across = (np.hypot(dx, dy) - radius) / (34 * plan.unit)
    hues = rgb("#8a4be0", "#3f62e8", "#2ab0d8", "#3fc463", "#f2dc40", "#f59030", "#ee4038")
    at = np.clip((across + 1) / 2 * 6, 0, 6)
    for index, hue in enumerate(hues):
        share = np.clip(1 - np.abs(at - index), 0, 1) * np.clip(1.3 - np.abs(across), 0, 1)
        blend(canvas[:rows], hue, share.astype(np.float32) * 0.42)
