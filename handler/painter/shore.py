"""The edges of water: banks, beach, headland, boulders."""

import numpy as np

from handler.painter.canvas import Sketch, blend
from handler.painter.colour import Array, mix, smooth
from handler.painter.land import lean_of
from handler.painter.noise import curve, fbm
from handler.painter.plan import Plan
from handler.painter.terrain import Placement, project, sunlight
from handler.painter.trees import leaf_light


def paint_far_bank(plan: Plan, canvas: Array, air: Array) -> None:
    """Paint low land along the far side of a lake."""
    rng = plan.rng("far bank")
    shape = (70, plan.width)
    rise = 0.10 if plan.scene.has("hills", "meadow", "desert") else 0.045
    swell = fbm(rng, shape, (60, 0.35 * plan.width), 4) * 0.4 + 0.6
    deep = np.sqrt(np.linspace(0, 1, shape[0], dtype=np.float32))[:, None]
    height = (np.clip(swell, 0.15, None) * deep * rise * plan.height).astype(np.float32)
    grain = fbm(rng, shape, (5, 14 * plan.unit), 4)
    base = plan.palette.grass
    for feature, own in (("desert", plan.palette.sand), ("snow", plan.palette.snow)):
        base = own if plan.scene.has(feature) else base
    albedo = base * (1 + 0.10 * grain)[:, :, None]
    lit = sunlight(height, 0.2 * plan.height, lean_of(plan), 0.7)
    colour = albedo * (lit[:, :, None] * plan.palette.light * 0.7 + plan.palette.ambient * 0.55)
    colour = np.clip(mix(colour, air[None], np.float32(0.3)), 0, 1)
    place = Placement(plan.horizon + 1, 0.01 * plan.height, plan.horizon + 1)
    project(canvas, height, colour.astype(np.float32), place)


def paint_near_bank(plan: Plan, canvas: Array) -> None:
    """Paint the grassy or snowy bank at the viewer's feet."""
    rng = plan.rng("near bank")
    unit = plan.unit
    x = np.linspace(-0.5, 0.5, plan.width, dtype=np.float32)
    edge = plan.height * (0.955 + 0.09 * plan.lit_from * x)
    edge = edge + curve(rng, plan.width, 160 * unit, 4) * 9 * unit
    top = int(max(plan.horizon, edge.min() - 2))
    rows = plan.height - top
    if rows < 2:
        return
    y = np.arange(top, plan.height, dtype=np.float32)[:, None]
    grain = fbm(rng, (rows, plan.width), (14 * unit, 20 * unit), 4)
    palette = plan.palette
    sunny, shade = leaf_light(plan)
    base = (
        palette.snow
        if plan.scene.has("snow")
        else palette.sand
        if plan.scene.has("desert")
        else palette.grass
    )
    down = np.clip((y - edge[None, :]) / (60 * unit), 0, 1)
    bright, rough = (0.8, 0.05) if plan.scene.has("snow") else (0.42, 0.12)
    tone = np.clip(bright + rough * grain - 0.25 * down, 0, 1)[:, :, None]
    colour = mix(base * shade * 0.8, base * sunny, tone)
    blend(canvas[top:], np.clip(colour, 0, 1), np.clip(y - edge[None, :] + 0.5, 0, 1))
    if not plan.scene.has("snow", "desert"):
        _reeds(plan, canvas, edge)


def _reeds(plan: Plan, canvas: Array, edge: Array) -> None:
    rng = plan.rng("reeds")
    sunny, shade = leaf_light(plan)
    unit = plan.unit
    sketch = Sketch(canvas, (0, float(edge.min()) - 70 * unit, plan.width, plan.height), 2)
    thick = curve(rng, plan.width, 0.12 * plan.width, 3)
    for _ in range(plan.many(900)):
        at = int(rng.integers(plan.width))
        if rng.random() > 0.5 + 0.4 * thick[at]:
            continue
        foot = float(edge[at]) + float(rng.uniform(0, 40)) * unit
        tall = float(rng.uniform(10, 40)) * unit
        lean = float(rng.normal(0, 0.22)) * tall
        tone = np.float32(rng.uniform(0.05, 0.75))
        ink = mix(plan.palette.grass * shade * 0.6, plan.palette.grass * sunny, tone)
        tip = (at + lean, foot - tall)
        wide = 1.3 * unit
        sketch.polygon([(at - wide, foot), tip, (at + wide, foot)], np.clip(ink, 0, 1))
    sketch.apply()


def paint_headland(plan: Plan, canvas: Array, middle: float) -> None:
    """Paint a rocky point on the horizon for a tower to stand on."""
    rng = plan.rng("headland")
    half = 0.2 * plan.width
    x = (np.arange(plan.width, dtype=np.float32) - middle) / half
    # It runs out of the picture on the side away from the light.
    x = np.where(x * -plan.lit_from > 0, x * 0.6, x)
    tall = 0.05 * plan.height
    body = np.clip(1.0 - x**2, 0, 1) ** 0.7
    edge = plan.horizon - tall * body * (1 + 0.16 * curve(rng, plan.width, 60 * plan.unit, 5))
    top, bottom = int(max(0, edge.min())), int(min(plan.height, plan.horizon + 2))
    if bottom - top < 2:
        return
    shape = (bottom - top, plan.width)
    rough = fbm(rng, shape, (14 * plan.unit, 24 * plan.unit), 5)
    sunny, shade = leaf_light(plan)
    tone = np.clip(0.45 + 0.3 * rough, 0, 1)[:, :, None]
    colour = mix(plan.palette.rock * shade, plan.palette.rock * sunny, tone)
    y = np.arange(top, bottom, dtype=np.float32)[:, None]
    grass = plan.palette.snow if plan.scene.has("snow") else plan.palette.grass
    turf = np.clip(1 - (y - edge[None, :]) / (tall * 0.4) + 0.25 * rough, 0, 1)
    colour = mix(colour, grass * (sunny * 0.8 + shade * 0.2), (turf * 0.85)[:, :, None])
    cover = np.clip(y - edge[None, :] + 0.5, 0, 1) * (body > 0)
    blend(canvas[top:bottom], np.clip(colour, 0, 1), cover.astype(np.float32))


def paint_beach(plan: Plan, canvas: Array, sky: Array) -> None:
    """Paint the sand at the viewer's feet, wet where the last wave ran out."""
    rng = plan.rng("beach")
    palette = plan.palette
    unit = plan.unit
    top = int(max(plan.horizon + 4, plan.shore - 0.10 * plan.height))
    rows = plan.height - top
    if rows < 2:
        return
    x = np.linspace(-0.5, 0.5, plan.width, dtype=np.float32)
    edge = plan.shore + plan.lit_from * -0.14 * plan.height * x
    edge += curve(rng, plan.width, 240 * unit, 3) * 8 * unit
    y = np.arange(top, plan.height, dtype=np.float32)[:, None]
    inland = (y - edge[None, :]) / unit
    grain = fbm(rng, (rows, plan.width), (10 * unit, 46 * unit), 4)
    specks = rng.standard_normal(grain.shape, dtype=np.float32)
    dry = palette.sand * (1 + 0.03 * grain + 0.03 * specks)[:, :, None]
    dry = dry * (palette.light * 0.72 + palette.ambient * 0.42)
    wet = mix(dry * 0.62, sky[None], np.float32(0.38))
    colour = mix(wet, dry, smooth(18, 78, inland + 5 * grain)[:, :, None])
    blend(canvas[top:], np.clip(colour, 0, 1), smooth(-3, 6, inland))
    foam = smooth(9, 1, np.abs(inland + 5 * grain - 4)) * 0.85
    foam += smooth(6, 0, np.abs(inland + 26 + 8 * grain)) * 0.45
    white = np.clip(palette.light * 0.7 + palette.ambient * 0.5, 0, 1)
    blend(canvas[top:], white, np.clip(foam, 0, 1))


def paint_rocks(plan: Plan, canvas: Array, count: int, rows: tuple[float, float]) -> None:
    """Scatter boulders between two rows."""
    rng = plan.rng("rocks")
    palette = plan.palette
    glow, dim = palette.light * 0.5 + palette.ambient * 0.6, palette.ambient * 0.62
    for _ in range(count):
        x, y = float(rng.uniform(0, 1)) * plan.width, float(rng.uniform(*rows))
        size = float(rng.uniform(9, 34)) * plan.unit
        sketch = Sketch(canvas, (x - 2 * size, y - 2 * size, x + 2 * size, y + size), 2)
        angles = np.linspace(np.pi, 2 * np.pi, 9)
        radii = rng.uniform(0.75, 1.1, 9) * size
        outline = [
            (x + 1.5 * float(np.cos(a) * r), y + 0.9 * float(np.sin(a) * r))
            for a, r in zip(angles, radii, strict=True)
        ]
        sketch.polygon(outline, palette.rock * dim)
        crown = [
            (px * 0.6 + (x + plan.lit_from * size * 0.6) * 0.4, py) for px, py in outline[1:-1]
        ]
        sketch.polygon([*crown, (x, y - size * 0.25)], palette.rock * glow)
        sketch.apply()
