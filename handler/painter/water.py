"""Water: it mirrors what is already painted above it, ripples, glitters."""

import numpy as np

from handler.painter.canvas import blend, screen
from handler.painter.colour import Array, mix, rgb, smooth
from handler.painter.noise import fbm, field
from handler.painter.plan import Plan

_BAND = 96


def paint_water(plan: Plan, canvas: Array) -> None:
    """Fill the picture below the horizon with the scene's open water."""
    top = int(plan.horizon)
    if top >= plan.height - 1:
        return
    sea = plan.water == "sea"
    waves = _waves(plan, plan.height - top, sea)
    _mirror(plan, canvas, top, waves)
    if sea:
        _crests(plan, canvas, top, waves)
    _glitter(plan, canvas, top, waves)
    _edge(plan, canvas, top)


def _waves(plan: Plan, rows: int, sea: bool) -> Array:
    """Return ripples that grow and part toward the viewer."""
    rng = plan.rng("waves")
    unit = plan.unit
    deep = int(rows * 1.6) + 4
    size = (9.0, 120 * unit) if sea else (6.0, 90 * unit)
    flat = fbm(rng, (deep, plan.width), size, 4, 0.62)
    t = np.linspace(0, 1, rows)
    # Rows of the flat pattern crowd together at the horizon.
    source = (1 - np.log(1 + 14 * (1 - t)) / np.log(15)) if sea else t**0.62
    picked = flat[np.clip(source * (deep - 1), 0, deep - 1).astype(np.int32)]
    near = field(rng, (rows, plan.width), (26 * unit, 260 * unit))
    waves: Array = picked * 0.8 + near * 0.35 * t[:, None].astype(np.float32)
    return waves.astype(np.float32)


def _mirror(plan: Plan, canvas: Array, top: int, waves: Array) -> None:
    rows = plan.height - top
    scene = plan.scene
    sea = plan.water == "sea"
    named = bool(scene.colours_of("water"))
    squash = min(1.0, top / max(1, rows)) * (0.92 if sea else 1.0)
    rough = (34 if sea else 8.0) * plan.unit * (1.6 if scene.has("storm", "rain") else 1.0)
    rough *= 0.5 if scene.has("calm") else 1.0
    columns = np.arange(plan.width, dtype=np.int32)[None, :]
    light = np.clip(plan.palette.light * 0.55 + plan.palette.ambient * 0.6, 0, 1)
    deep = plan.palette.water * (light if not plan.palette.dark else np.float32(0.8))
    far_share, near_share = (0.62, 0.22) if sea else (0.92, 0.62)
    if named:
        far_share, near_share = (0.4, 0.12) if sea else (0.55, 0.3)
    for start in range(0, rows, _BAND):
        d = np.arange(start, min(rows, start + _BAND), dtype=np.float32)[:, None]
        wave = waves[start : start + _BAND]
        t = d / rows
        shift = wave * rough * (0.12 + t)
        up = top - 1 - d * squash + shift - 0.4 * rough * (0.12 + t)
        row = np.clip(up, 0, top - 1).astype(np.int32)
        column = np.clip(columns + (wave * rough * 0.10).astype(np.int32), 0, plan.width - 1)
        seen = canvas[row, column]
        share = far_share + (near_share - far_share) * t**0.8
        share = np.clip(share - 0.10 * wave * t, 0.05, 0.96)
        canvas[top + start : top + start + len(d)] = mix(deep, seen * 0.96, share[:, :, None])


def _crests(plan: Plan, canvas: Array, top: int, waves: Array) -> None:
    """Brighten the wave tops and darken their lee, foam on a stormy sea."""
    palette = plan.palette
    t = np.linspace(0, 1, len(waves), dtype=np.float32)[:, None]
    lee = np.roll(waves, 2, axis=0) - waves
    blend(canvas[top:], palette.water * 0.35, np.clip(lee * 0.35 * (0.3 + t), 0, 0.5))
    bright = palette.sky[-2] * 0.6 + palette.light * 0.3
    blend(canvas[top:], np.clip(bright, 0, 1), np.clip((-lee) * 0.32 * (0.3 + t), 0, 0.45))
    rough = plan.scene.has("storm")
    fine = fbm(plan.rng("foam"), waves.shape, (5, 16 * plan.unit), 3)
    foam = smooth(1.5 if rough else 2.1, 2.5 if rough else 2.9, waves + 0.6 * fine + 0.4 * t)
    white = np.clip(palette.light * 0.6 + palette.ambient * 0.55, 0, 1)
    blend(canvas[top:], white, foam * (0.75 if rough else 0.5) * smooth(0.04, 0.3, t))


def _glitter(plan: Plan, canvas: Array, top: int, waves: Array) -> None:
    """Lay the sun's or moon's broken path on the water."""
    scene = plan.scene
    if scene.has("storm", "overcast", "rain", "snowfall", "blizzard"):
        return
    if plan.palette.dark and not scene.has("moon"):
        return
    rows = len(waves)
    t = np.linspace(0, 1, rows, dtype=np.float32)[:, None]
    x = np.arange(plan.width, dtype=np.float32)[None, :] - plan.sun[0]
    low = np.clip(plan.sun[1] / plan.horizon, 0, 1)
    sea = plan.water == "sea"
    wide = (22 + 60 * t + (1 - low) * 200) * plan.unit * (1.0 if sea else 0.75)
    path = np.exp(-((x / wide) ** 2))
    fine = field(plan.rng("sparkle"), waves.shape, (1.6 + 1.4 * plan.unit, 7 * plan.unit))
    sparkle = smooth(1.25, 1.85, waves * 0.5 + 0.95 * fine + 1.0 * path)
    strength = (0.9 if low > 0.5 else 0.45) * (1.0 if sea else 0.42)
    colour = mix(plan.palette.sun, rgb("#ffffff"), 0.15)
    screen(canvas[top:], colour, (sparkle * path**0.4 * strength).astype(np.float32))
    screen(canvas[top:], plan.palette.sky[-1], (path * 0.28 * strength).astype(np.float32))


def _edge(plan: Plan, canvas: Array, top: int) -> None:
    """Soften the waterline, which is never a ruled line."""
    rows = max(1, int(3 * plan.unit))
    light = np.clip(canvas[top : top + rows].mean(axis=(0, 1)) * 1.15, 0, 1)
    share = np.full((min(rows, plan.height - top), plan.width), 0.25, dtype=np.float32)
    blend(canvas[top : top + rows], light, share)


def paint_river(plan: Plan, canvas: Array, spring: float) -> None:
    """Wind a river from the row it comes into sight to the viewer's feet."""
    top = int(spring)
    rows = plan.height - top
    if rows < 4:
        return
    inside, t = winding(plan, "river", rows, 150.0)
    mask = smooth(-1.0, 1.5 + 3 * plan.unit, inside)
    wet = smooth(-14 * plan.unit, 0, inside / (0.3 + t)) * (1 - mask)
    blend(canvas[top:], plan.palette.rock * (plan.palette.ambient * 0.7), wet * 0.55)
    waves = fbm(plan.rng("river waves"), (rows, plan.width), (8, 60 * plan.unit), 4)
    seen_row = plan.horizon * (1 - 0.9 * t**0.8) + waves * 6 * plan.unit
    seen_row = np.clip(seen_row, 0, plan.horizon - 1).astype(np.int32)
    seen = canvas[seen_row, np.arange(plan.width)[None, :]]
    clarity = np.float32(0.45 if plan.scene.colours_of("water") else 0.8)
    blend(canvas[top:], mix(plan.palette.water * 0.7, seen, clarity), mask)


def paint_path(plan: Plan, canvas: Array, start: float) -> None:
    """Wind a trodden path from a row to the viewer's feet."""
    top = int(start)
    rows = plan.height - top
    if rows < 4:
        return
    inside, t = winding(plan, "path", rows, 70.0)
    palette = plan.palette
    grain = fbm(plan.rng("path grain"), (rows, plan.width), (5, 12 * plan.unit), 4)
    light = palette.light * 0.6 + palette.ambient * 0.45
    earth = mix(palette.sand, rgb("#a07c58"), 0.5) * (1 + 0.07 * grain)[:, :, None] * light
    mask = smooth(-3.0, 4.0 * plan.unit + 1, inside + grain * (0.5 + 5 * t) * plan.unit)
    blend(canvas[top:], np.clip(earth, 0, 1), mask * 0.9)


def winding(plan: Plan, name: str, rows: int, near_half: float) -> tuple[Array, Array]:
    """Return how far inside a winding strip each pixel lies, and the nearness of each row."""
    rng = plan.rng(name)
    t = np.linspace(0, 1, rows, dtype=np.float32)[:, None]
    phase = float(rng.uniform(0, 6.28))
    bend = np.sin(phase + 7.5 * t**0.55) * (0.05 + 0.16 * t) * min(plan.width, plan.height * 1.4)
    middle = plan.width * float(rng.uniform(0.42, 0.58)) + bend
    x = np.arange(plan.width, dtype=np.float32)[None, :]
    bank = field(rng, (rows, plan.width), (14, 50 * plan.unit)) * (1 + 9 * t) * plan.unit
    inside: Array = (2 + near_half * t**1.5) * plan.unit - np.abs(x - middle) + bank
    return inside.astype(np.float32), t
