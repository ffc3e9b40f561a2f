"""A skyline: rows of buildings, their windows by day and by night."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from handler.painter.canvas import Sketch, Spot, glow, screen
from handler.painter.colour import Array, mix, rgb
from handler.painter.plan import Plan
from handler.painter.vocabulary import COLOURS

_WALLS: Final = rgb("#8d95a3", "#a39a92", "#76808f", "#b0a498", "#8a7a74", "#6c7684", "#c0b6a8")
_WARM: Final = rgb("#ffd98a", "#ffc46a", "#ffe9b8", "#ffb45a", "#fff2d6", "#cfe4ff")
_NEON: Final = rgb("#ff4fa8", "#35e6ff", "#ffd24a", "#b06aff", "#ff7a5a", "#5affc0")
_BEACON: Final = rgb("#ff4a3a")


@dataclass(frozen=True, slots=True)
class _Block:
    """One building: its box, wall colour, how far the air veils it."""

    x0: int
    x1: int
    top: int
    base: int
    wall: Array
    haze: float
    near: float


def paint_city(plan: Plan, canvas: Array, air: Array, base: float) -> None:
    """Paint three rows of buildings standing on one line."""
    night = plan.palette.dark or plan.scene.time == "dusk"
    if night:
        _sky_glow(plan, canvas, base)
    reach = min(0.46 * plan.height, 0.62 * plan.width, base * 0.78)
    if plan.scene.has("mountains"):
        reach *= 0.55
    for row, (share, haze, near) in enumerate(
        ((0.78, 0.62, 0.2), (1.0, 0.34, 0.6), (0.55, 0.1, 1.0))
    ):
        rng = plan.rng(f"city {row}")
        for block in _blocks(plan, rng, (base, reach * share), (haze, near)):
            _paint_block(plan, canvas, rng, block, air)


def _sky_glow(plan: Plan, canvas: Array, base: float) -> None:
    y = np.arange(plan.height, dtype=np.float32)
    share = np.exp(-np.abs(y - base) / (0.2 * plan.height)) * 0.62
    colour = rgb("#ff4fb0") if plan.scene.style == "neon" else rgb("#d8905c")
    rows = int(min(plan.height, base))
    screen(canvas[:rows], colour, np.repeat(share[:rows, None], plan.width, axis=1))


def _blocks(
    plan: Plan,
    rng: np.random.Generator,
    size: tuple[float, float],
    depth: tuple[float, float],
) -> list[_Block]:
    base, reach = size
    haze, near = depth
    unit = plan.unit
    named = plan.scene.colours_of("city")
    walls = rgb(*(COLOURS[each] for each in named)).reshape(-1, 3) if named else _WALLS
    downtown = plan.width * (0.5 + 0.12 * float(rng.normal()))
    x = -20.0 * unit
    blocks = []
    while x < plan.width:
        wide = float(rng.uniform(26, 72)) * unit * (0.75 + 0.45 * near)
        middle = np.exp(-(((x + wide / 2 - downtown) / (0.34 * plan.width)) ** 2))
        tall = reach * float(np.clip(rng.beta(2.0, 2.6) * (0.32 + 0.95 * middle) + 0.1, 0.1, 1.05))
        wall = walls[int(rng.integers(len(walls)))] * np.float32(rng.uniform(0.8, 1.08))
        box = (round(x), round(x + wide), round(base - tall), round(base))
        blocks.append(_Block(*box, wall, haze, near))
        x += wide + float(rng.choice((0, 0, 3, 12))) * unit
    # Tall ones behind, or their shoulders would cut the low ones.
    return sorted(blocks, key=lambda block: block.top)


def _paint_block(
    plan: Plan, canvas: Array, rng: np.random.Generator, block: _Block, air: Array
) -> None:
    parts = [block]
    wide, tall = block.x1 - block.x0, block.base - block.top
    if tall > 2.2 * wide and rng.random() < 0.55:
        inset, cut = max(1, wide // 5), int(tall * rng.uniform(0.16, 0.4))
        upper = (block.x0 + inset, block.x1 - inset, block.top, block.base)
        lower = (block.x0, block.x1, block.top + cut, block.base)
        parts = [
            _Block(*upper, block.wall, block.haze, block.near),
            _Block(*lower, block.wall, block.haze, block.near),
        ]
    _roof(plan, canvas, rng, parts[0], air)
    for part in parts:
        _facade(plan, canvas, rng, part, air)


def _wall_colour(plan: Plan, block: _Block, air: Array, glow_share: float) -> Array:
    palette = plan.palette
    column = min(plan.width - 1, max(0, (block.x0 + block.x1) // 2))
    light = palette.light * np.float32(glow_share) + palette.ambient * np.float32(0.7)
    lit = block.wall * light * (0.55 if palette.dark else 1.0)
    fog = 0.3 if plan.scene.has("fog", "snowfall", "rain") else 0.0
    return mix(
        np.clip(lit, 0, 1),
        air[column],
        np.float32(min(0.92, block.haze * (0.7 if palette.dark else 1.0) + fog)),
    )


def _facade(plan: Plan, canvas: Array, rng: np.random.Generator, block: _Block, air: Array) -> None:
    x0, x1 = max(0, block.x0), min(plan.width, block.x1)
    top, base = max(0, block.top), min(plan.height, block.base)
    if x0 >= x1 or top >= base:
        return
    sunny = _wall_colour(plan, block, air, 0.62)
    shade = _wall_colour(plan, block, air, 0.12)
    # A corner building shows a lit face and a shaded one.
    corner = block.x0 + (block.x1 - block.x0) * (0.7 if plan.lit_from < 0 else 0.3)
    right = np.arange(x0, x1) >= corner
    lit = right == (plan.lit_from > 0)
    wall = np.where(lit[:, None], sunny, shade)
    down = np.linspace(0, 1, base - top, dtype=np.float32)[:, None, None]
    face = wall[None] * (1.04 - 0.16 * down)
    face = mix(face, air[x0:x1][None], (0.22 * down**2).astype(np.float32))
    canvas[top:base, x0:x1] = _with_windows(plan, rng, block, face, lit)


def _with_windows(
    plan: Plan, rng: np.random.Generator, block: _Block, face: Array, lit: Array
) -> Array:
    rows, columns = face.shape[:2]
    pitch_y = max(3, round((5 + 5 * block.near) * plan.unit))
    pitch_x = max(3, round((4 + 5 * block.near) * plan.unit))
    high, wide = max(1, round(pitch_y * 0.58)), max(1, round(pitch_x * 0.58))
    if rng.random() < 0.22:
        wide = pitch_x
    y, x = np.arange(rows), np.arange(columns)
    inside = ((y % pitch_y) < high)[:, None] & ((x % pitch_x) < wide)[None, :]
    inside &= ((y > pitch_y * 0.7) & (y < rows - pitch_y * 0.3))[:, None]
    inside &= ((x > 0) & (x < columns - 1))[None, :]
    cells = (y[:, None] // pitch_y, x[None, :] // pitch_x)
    draw = rng.random((rows // pitch_y + 1, columns // pitch_x + 1), dtype=np.float32)
    hue = rng.integers(0, len(_WARM), draw.shape)
    share, glass = _lights(plan, block)
    share *= float(rng.uniform(0.25, 1.5))
    sky = mix(
        face, plan.palette.sky[1] * (0.75 if not plan.palette.dark else 0.6), np.float32(0.45)
    )
    sky = np.where(lit[None, :, None], sky * 1.06, sky * 0.82)
    out = np.where(inside[:, :, None], mix(face, sky, np.float32(glass)), face)
    on = inside & (draw < share)[cells]
    lamps = _NEON if plan.scene.style == "neon" and rng.random() < 0.5 else _WARM
    warm = lamps[hue][cells] * (0.62 + 0.38 * draw / max(share, 1e-3))[cells][:, :, None]
    warm = mix(warm, face, np.float32(0.08 + block.haze * 0.7))
    return np.clip(np.where(on[:, :, None], warm, out), 0, 1).astype(np.float32)


def _lights(plan: Plan, block: _Block) -> tuple[float, float]:
    """Return the share of windows that are lit and how glassy the others look."""
    time = plan.scene.time
    share = {"night": 0.42, "dusk": 0.34, "sunset": 0.12, "dawn": 0.08}.get(time, 0.0)
    if plan.scene.style == "neon":
        share = 0.5
    if plan.scene.has("storm", "rain") and share < 0.18:
        share = 0.18
    return share, 0.4 + 0.45 * block.near


def _roof(plan: Plan, canvas: Array, rng: np.random.Generator, block: _Block, air: Array) -> None:
    wide = float(block.x1 - block.x0)
    spot = Spot(((block.x0 + block.x1) / 2, float(block.top)), wide)
    kind = rng.random()
    colour = _wall_colour(plan, block, air, 0.3)
    tall = float(rng.uniform(0.4, 1.0))
    sketch = Sketch(canvas, (*spot.at(-0.5, 2.2 * tall), *spot.at(0.5, -0.1)), 2)
    tip = tall
    if kind < 0.22:
        tip = tall * 1.5
        sketch.polygon(spot.outline((-0.22, 0), (0, tall), (0.22, 0)), colour)
        sketch.line(spot.outline((0, tall), (0, tip)), colour, 1.2)
    elif kind < 0.45:
        sketch.line(spot.outline((0, 0), (0, tip)), colour, 1.6 * plan.unit)
    elif kind < 0.75:
        sketch.polygon(spot.box(-0.1, 0, 0.3, 0.22), colour)
    sketch.apply()
    if kind < 0.45 and plan.palette.dark and block.near > 0.5:
        glow(canvas, spot.at(0, tip), 2.2 * plan.unit, _BEACON, 0.9)


def paint_quay(plan: Plan, canvas: Array) -> None:
    """Paint the water's edge of the town: a wall, trees along it, lamps at night."""
    rng = plan.rng("quay")
    unit = plan.unit
    base = plan.horizon + 1
    palette = plan.palette
    dim = palette.ambient * 0.5
    sketch = Sketch(canvas, (0, base - 24 * unit, plan.width, base + 1), 2)
    for _ in range(int(plan.width / (7 * unit))):
        at = float(rng.uniform(0, plan.width))
        if rng.random() < 0.5 + 0.4 * np.sin(at / (90 * unit)):
            size = float(rng.uniform(3, 8)) * unit
            ink = palette.pine * (dim + palette.light * float(rng.uniform(0.3, 0.8)))
            sketch.ellipse((at, base - 3 * unit - size * 0.7), (size, size * 0.9), ink)
    wall = [(0, base - 4 * unit), (plan.width, base - 4 * unit), (plan.width, base), (0, base)]
    sketch.polygon(wall, rgb("#6a6668") * (dim + palette.light * 0.25))
    sketch.apply()
    if palette.dark or plan.scene.time == "dusk":
        for at in np.arange(12 * unit, plan.width, 34 * unit).tolist():
            glow(canvas, (at, base - 7 * unit), 5 * unit, rgb("#ffcf8a"), 0.75)
