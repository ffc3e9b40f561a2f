"""Mountain ranges and the snow on them."""

from dataclasses import dataclass

import numpy as np

from handler.painter.colour import Array, mix, smooth
from handler.painter.noise import curve, fbm, ridged
from handler.painter.plan import Plan
from handler.painter.terrain import Placement, project, slopes, sunlight


def steps_of(plan: Plan) -> int:
    """Return how many steps of depth a range needs for its slopes to look smooth."""
    return int(min(260, max(48, 0.4 * plan.height)))


@dataclass(frozen=True, slots=True)
class Range:
    """One range: `reach` is its height in pixels, `haze` how far the air veils it."""

    name: str
    base: float
    reach: float
    haze: float
    snow: float


def paint_mountains(plan: Plan, canvas: Array, air: Array) -> None:
    """Paint the ranges from the farthest to the nearest."""
    reach = min(0.40 * plan.height, 0.50 * plan.width, plan.horizon * 0.62)
    fog = 0.28 if plan.scene.has("fog", "snowfall", "rain") else 0.0
    snow = 0.42 if plan.scene.has("snowcaps") else 2.0
    if plan.scene.has("snow"):
        snow = 0.12
    rise = plan.height * 0.012
    for each in (
        Range("far", plan.horizon - rise, reach * 0.80, 0.62 + fog * 0.8, snow),
        Range("main", plan.horizon, reach, 0.26 + fog, snow),
        Range("near", plan.horizon + rise, reach * 0.42, 0.14 + fog, snow + 0.5),
    ):
        height = _peaks(plan, each)
        place = Placement(each.base, 0.05 * plan.height, plan.horizon + 3 * rise)
        project(canvas, height, surface(plan, each, height, air), place)


def _peaks(plan: Plan, each: Range) -> Array:
    """Build peaks with spurs: cones that noise has eaten into."""
    rng = plan.rng(f"peaks {each.name}")
    steps = steps_of(plan)
    shape = (steps, plan.width)
    wide = max(plan.width, plan.height) if plan.width < plan.height else plan.width
    cell = 0.42 * min(wide, 2.0 * plan.height)
    deep = np.linspace(0, 1, steps, dtype=np.float32)[:, None]
    x = np.linspace(0, 1, plan.width, dtype=np.float32)[None, :] * plan.width / cell
    mass = _cones(rng, x, cell, steps)
    crests = ridged(rng, shape, (steps * 0.5, cell * 0.5), 7)
    rough = fbm(rng, shape, (steps * 0.1, cell * 0.09), 4)
    height = mass * (0.72 + 0.42 * crests) + 0.10 * crests * np.clip(mass * 4, 0, 1)
    height += 0.014 * rough * np.clip(mass * 3, 0, 1)
    # The front edge lies flat, or it would stand as a wall on the shore.
    height *= np.clip(deep * 6, 0, 1)
    height += 0.06 * np.clip(deep * 2, 0, 1) * (1 + curve(rng, plan.width, cell, 4))[None, :]
    peak = float(height.max()) or 1.0
    # The main range keeps clear of looking like a wall: it falls off to one side.
    fall = 1 - 0.35 * smooth(0.15, 1.0, np.abs(x * cell / plan.width - rng.uniform(0.3, 0.7)))
    if plan.scene.has("sea") and not plan.scene.has("lake"):
        side = plan.lit_from * (x * cell / plan.width - 0.5)
        fall = fall * smooth(0.22, -0.4, side)
    lifted: Array = (height / peak * fall * each.reach).astype(np.float32)
    return lifted


def _cones(rng: np.random.Generator, x: Array, cell: float, steps: int) -> Array:
    """Return the highest of some bent cones; `x` is measured in `cell` pixels."""
    columns = x.shape[1]
    deep = np.linspace(0, 1, steps, dtype=np.float32)[:, None]
    warp = fbm(rng, (steps, columns), (steps * 0.4, cell * 0.5), 3) * 0.12
    mass = np.zeros((steps, columns), dtype=np.float32)
    count = max(2, round(columns / cell * 1.5))
    for index in range(count):
        at = float(index + 0.5 + rng.uniform(-0.4, 0.4)) * columns / count
        back, size = rng.uniform(0.45, 0.8), rng.uniform(0.55, 1.0)
        spread = float(rng.uniform(0.75, 1.1) * (0.55 + 0.75 * size))
        # The warp moves a cone's foot by half a cell at the very most.
        reach = (spread + 0.5) * cell
        cut = slice(max(0, int(at - reach)), max(0, int(at + reach)))
        near = warp[:, cut]
        far = np.hypot(x[:, cut] + near - at / cell, (deep - back + near) * 1.25)
        cone = np.float32(size) * np.clip(1 - far / spread, 0, 1)
        np.maximum(mass[:, cut], cone, out=mass[:, cut], casting="same_kind")
    return mass


def surface(plan: Plan, each: Range, height: Array, air: Array) -> Array:
    """Return the colours of a height field of rock, woods and snow seen through the air."""
    palette = plan.palette
    rng = plan.rng(f"rock {each.name}")
    depth_pixels = each.reach * 1.1
    x = np.arange(plan.width, dtype=np.float32)
    lean = np.clip((plan.sun[0] - x) / (0.30 * plan.width), -1, 1) * 0.45 + 0.5 * plan.lit_from
    lit = sunlight(height, depth_pixels, lean, 0.55)
    across, into = slopes(height, depth_pixels)
    steep = np.sqrt(across**2 + into**2)
    rel = height / max(each.reach, 1.0)
    grain = fbm(rng, height.shape, (10, 22 * plan.unit), 4)
    rock = palette.rock * (1 + 0.13 * grain)[:, :, None]
    if not plan.scene.has("desert", "mesa") and not plan.scene.colours_of("mountains"):
        wooded = smooth(0.42, 0.12, rel + 0.06 * grain) * (0.3 if each.snow < 0.2 else 0.75)
        rock = mix(rock, mix(palette.pine, palette.grass, 0.35), wooded[:, :, None])
    line = rel + 0.055 * grain + 0.08 * lit - 0.03 * np.clip(steep, 0, 3)
    snow = smooth(each.snow, each.snow + 0.07, line)
    white = palette.snow
    albedo = mix(rock, white, snow[:, :, None])
    low = plan.scene.time in {"sunset", "golden", "dawn", "dusk"}
    fill = (0.58 if low else 0.78) + 0.25 * (1 - lit)
    light = (lit * 0.98)[:, :, None] * palette.light + fill[:, :, None] * palette.ambient
    shaded = albedo * light
    # Air thickens toward the foot, which parts one range from the next.
    foot = np.clip(1 - rel * 1.5, 0, 1) ** 1.6 * 0.34
    veil = np.clip(each.haze + foot * (1 - each.haze), 0, 0.93)
    seen: Array = np.clip(mix(shaded, air[None, :, :], veil[:, :, None]), 0, 1).astype(np.float32)
    return seen
