"""Steep rock: cliffs, waterfalls over them, mesas."""

import numpy as np

from handler.painter.canvas import blend, resize
from handler.painter.colour import Array, mix, rgb, smooth
from handler.painter.noise import curve, fbm
from handler.painter.plan import Plan


def paint_cliff(plan: Plan, canvas: Array, air: Array) -> None:
    """Paint a rock wall standing on the horizon, and the river that falls over it."""
    edge = _wall(plan, canvas, air)
    if plan.scene.has("waterfall"):
        _waterfall(plan, canvas, edge)


def _wall(plan: Plan, canvas: Array, air: Array) -> Array:
    """Paint the wall and return its edge per column."""
    rng = plan.rng("cliff")
    tall = min(0.42 * plan.height, 0.6 * plan.width)
    x = np.linspace(-1, 1, plan.width, dtype=np.float32)
    shoulder = 1 - 0.35 * smooth(0.35, 1.0, np.abs(x - plan.lit_from * 0.15))
    crest = curve(rng, plan.width, 0.16 * plan.width, 6) * 0.045 + shoulder
    edge = plan.horizon - tall * np.clip(crest, 0.2, 1.2)
    top, bottom = int(max(0, edge.min())), int(min(plan.height, plan.horizon + 2))
    shape = (bottom - top, plan.width)
    if shape[0] < 2:
        return edge.astype(np.float32)
    unit = plan.unit
    cracks = fbm(rng, shape, (110 * unit, 26 * unit), 5)
    strata = fbm(rng, shape, (20 * unit, 90 * unit), 5)
    bulk = fbm(rng, shape, (90 * unit, 70 * unit), 4)
    relief = cracks * 0.6 + bulk * 0.6
    lit = np.clip(0.42 + plan.lit_from * -np.gradient(relief, axis=1) * 2.6 * unit, 0, 1)
    palette = plan.palette
    stone = palette.rock * (1 + 0.13 * strata + 0.06 * cracks)[:, :, None]
    moss = smooth(0.35, 1.2, bulk + strata * 0.5)
    growth = palette.snow if plan.scene.has("snow") else palette.grass * 0.75
    stone = mix(stone, growth, (moss * 0.7)[:, :, None])
    colour = stone * (lit[:, :, None] * palette.light * 0.85 + palette.ambient * 0.6)
    y = np.arange(top, bottom, dtype=np.float32)[:, None]
    foot = smooth(plan.horizon - tall * 0.5, plan.horizon, y) * 0.25
    colour = mix(colour, air[None], (0.10 + foot)[:, :, None])
    cover = np.clip(y - edge[None, :] + 0.5, 0, 1)
    blend(canvas[top:bottom], np.clip(colour, 0, 1), cover.astype(np.float32))
    return edge.astype(np.float32)


def _waterfall(plan: Plan, canvas: Array, edge: Array) -> None:
    """Let a river fall from the cliff's edge into a cloud of spray."""
    rng = plan.rng("waterfall")
    middle = float(rng.uniform(0.42, 0.58)) * plan.width
    unit = plan.unit
    at = int(min(plan.width - 1, max(0, middle)))
    top, bottom = int(edge[at] - 4 * unit), int(min(plan.height, plan.horizon + 2))
    top = max(0, top)
    if bottom - top < 4:
        return
    rows = bottom - top
    t = np.linspace(0, 1, rows, dtype=np.float32)[:, None]
    x = np.arange(plan.width, dtype=np.float32)[None, :]
    sway = fbm(rng, (rows, plan.width), (140 * unit, 50 * unit), 3) * 7 * unit
    half = (42 + 26 * t) * unit
    body = smooth(1.0, 0.55, np.abs(x - middle + sway) / half)
    streaks = fbm(rng, (rows, plan.width), (190 * unit, 7 * unit), 5, 0.62)
    light = np.clip(plan.palette.light * 0.62 + plan.palette.ambient * 0.5, 0, 1)
    white = mix(
        plan.palette.water * 0.7 + light * 0.3,
        light,
        np.clip(0.62 + 0.3 * streaks, 0, 1)[:, :, None],
    )
    share = np.clip(body * (0.86 + 0.2 * streaks), 0, 1) * smooth(0, 0.02, t)
    blend(canvas[top:bottom], np.clip(white, 0, 1), share.astype(np.float32))
    _spray(plan, canvas, (middle, float(bottom)), rgb("#ffffff") * light)


def _spray(plan: Plan, canvas: Array, foot: tuple[float, float], colour: Array) -> None:
    rng = plan.rng("spray")
    unit = plan.unit
    top, bottom = int(max(0, foot[1] - 120 * unit)), int(min(plan.height, foot[1] + 40 * unit))
    shape = (max(4, (bottom - top) // 3), max(4, plan.width // 3))
    y = (np.linspace(top, bottom, shape[0], dtype=np.float32)[:, None] - foot[1]) / (46 * unit)
    x = (np.linspace(0, plan.width, shape[1], dtype=np.float32)[None, :] - foot[0]) / (110 * unit)
    puffs = fbm(rng, shape, (12 * unit, 18 * unit), 4)
    share = np.exp(-(x**2) - y**2) * np.clip(0.75 + 0.3 * puffs, 0, 1)
    blend(canvas[top:bottom], colour, resize(share, (bottom - top, plan.width)))


def paint_mesas(plan: Plan, canvas: Array, air: Array) -> None:
    """Paint flat-topped rocks in bands of colour along the horizon."""
    rng = plan.rng("mesas")
    unit = plan.unit
    reach = min(0.40 * plan.height, 0.5 * plan.width)
    x = np.arange(plan.width, dtype=np.float32)
    for veil, share in ((0.5, 0.62), (0.2, 1.0)):
        edge = np.full(plan.width, plan.horizon + 0.06 * plan.height, dtype=np.float32)
        for _ in range(4):
            middle, half = float(rng.uniform(0, 1)) * plan.width, float(rng.uniform(45, 120)) * unit
            far = np.abs(x - middle) + curve(rng, plan.width, 46 * unit, 5) * 11 * unit
            tall = reach * share * float(rng.uniform(0.5, 1.0))
            wall = smooth(half + 22 * unit, half, far) * 0.62
            talus = np.clip(1 - (far - half) / (tall * 1.1), 0, 1) * 0.38
            edge = np.minimum(edge, plan.horizon + 0.06 * plan.height - tall * (wall + talus))
        _strata(
            plan, canvas, (rng, edge), mix(plan.palette.rock, plan.palette.sand, 0.15), (air, veil)
        )


def _strata(
    plan: Plan,
    canvas: Array,
    form: tuple[np.random.Generator, Array],
    rock: Array,
    veil: tuple[Array, float],
) -> None:
    rng, edge = form
    unit = plan.unit
    edge = edge + curve(rng, plan.width, 40 * unit, 4) * 2.5 * unit
    top, bottom = int(max(0, edge.min())), int(min(plan.height, plan.horizon + 0.1 * plan.height))
    shape = (bottom - top, plan.width)
    if shape[0] < 2:
        return
    bands = fbm(rng, shape, (22 * unit, 700 * unit), 5, 0.7)
    cracks = fbm(rng, shape, (70 * unit, 22 * unit), 5)
    # Which way the wall turns, not every crack of its edge.
    width = max(3, int(26 * unit))
    turn = np.convolve(np.pad(np.gradient(edge), width, "edge"), np.ones(width) / width, "same")
    lit = np.clip(0.5 + plan.lit_from * (turn[None, width:-width] * 0.3 + 0.13 * cracks), 0, 1)
    light = lit[:, :, None] * plan.palette.light * 0.85 + plan.palette.ambient * 0.55
    colour = rock * (1 + 0.15 * bands + 0.05 * cracks)[:, :, None] * light
    colour = mix(colour, veil[0][None], np.float32(veil[1]))
    y = np.arange(top, bottom, dtype=np.float32)[:, None]
    cover = np.clip(y - edge[None, :] + 0.5, 0, 1)
    blend(canvas[top:bottom], np.clip(colour, 0, 1), cover.astype(np.float32))
