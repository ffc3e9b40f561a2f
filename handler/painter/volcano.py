"""A volcano: its cone, its smoke and, when it erupts, its fire."""

import numpy as np

from handler.painter.canvas import blend, glow, resize
from handler.painter.colour import Array, mix, rgb, smooth
from handler.painter.mountains import Range, steps_of, surface
from handler.painter.noise import fbm, field, ridged
from handler.painter.plan import Plan
from handler.painter.terrain import Placement, project


def paint_volcano(plan: Plan, canvas: Array, air: Array) -> None:
    """Paint a cone with a crater, its smoke and, when it erupts, its fire."""
    rng = plan.rng("volcano")
    steps = steps_of(plan)
    reach = min(0.42 * plan.height, 0.5 * plan.width)
    middle = float(rng.uniform(0.38, 0.62)) * plan.width
    x = (np.arange(plan.width, dtype=np.float32)[None, :] - middle) / reach
    deep = (np.linspace(0, 1, steps, dtype=np.float32)[:, None] - 0.62) * 1.6
    far = np.hypot(x, deep)
    ridge = ridged(rng, far.shape, (steps * 0.3, reach * 0.3), 6)
    cone = np.clip(1.12 - far * 0.78, 0, 2) ** 2.1 / 1.12**2.1
    crater = 0.12
    cone = np.minimum(cone, 0.86) - 0.10 * smooth(crater, crater * 0.3, far)
    cone += (ridge - 0.4) * 0.10 * np.clip(cone * 2, 0, 1) * smooth(0.02, 0.25, far)
    height = (np.clip(cone, 0, None) * reach).astype(np.float32)
    snow = 0.56 if plan.scene.has("snowcaps", "snow") else 2.0
    each = Range("volcano", plan.horizon, reach, 0.2, snow)
    mouth = (middle, plan.horizon - reach * 0.86 - 0.03 * plan.height)
    erupts = plan.scene.has("lava")
    # A snowy summit sleeps.
    if erupts or not plan.scene.has("snowcaps", "snow"):
        _smoke(plan, canvas, mouth, erupts)
    colour = surface(plan, each, height, air)
    if erupts:
        _lava(plan, colour, (x, deep), height)
    project(canvas, height, colour, Placement(plan.horizon, 0.05 * plan.height, plan.horizon + 6))
    if erupts:
        _fire(plan, canvas, mouth)


def _smoke(plan: Plan, canvas: Array, mouth: tuple[float, float], erupts: bool) -> None:
    rng = plan.rng("smoke")
    rows = int(min(plan.horizon, mouth[1] + 30 * plan.unit))
    if rows < 8:
        return
    shape = (max(4, rows // 2), max(4, plan.width // 2))
    y = np.linspace(0, rows, shape[0], dtype=np.float32)[:, None]
    x = np.linspace(0, plan.width, shape[1], dtype=np.float32)[None, :]
    rise = np.clip((mouth[1] - y) / max(mouth[1], 1), 0, 1)
    drift = mouth[0] + plan.lit_from * -180 * plan.unit * rise**1.4
    wide = (24 + (200 if erupts else 110) * rise) * plan.unit
    puffs = fbm(rng, shape, (44 * plan.unit, 40 * plan.unit), 6)
    body = 1.1 - ((x - drift) / wide) ** 2 + 0.6 * puffs
    share = smooth(0.1, 1.0, body) * smooth(0, 0.04, rise + 0.03) * (0.9 if erupts else 0.6)
    share *= smooth(1.0, 0.4, rise) if not erupts else 1.0
    dark = rgb("#4a4246") if erupts else mix(plan.palette.cloud_dark, plan.palette.cloud_light, 0.5)
    dark = dark * (0.45 if plan.palette.dark else 0.95)
    lit = mix(dark, rgb("#ff7a3a") if erupts else plan.palette.cloud_light, 0.6)
    edge = np.clip(0.4 + 0.35 * puffs - (rise if erupts else 0.0), 0, 1)
    full = (rows, plan.width)
    colour = mix(dark, lit, resize(edge, full)[:, :, None])
    blend(canvas[:rows], colour, resize(share, full))


def _lava(plan: Plan, colour: Array, where: tuple[Array, Array], height: Array) -> None:
    rng = plan.rng("lava")
    x, deep = where
    angle = np.arctan2(x, -deep)
    far = np.hypot(x, deep)
    wander = field(rng, height.shape, (40, 70 * plan.unit)) * 0.18
    heat = np.zeros(height.shape, dtype=np.float32)
    for at, length in ((-0.45, 0.9), (0.1, 1.2), (0.62, 0.75)):
        stream = np.exp(-(((angle + wander * (0.4 + far) - at) * (0.4 + far) / 0.045) ** 2))
        heat = np.maximum(heat, stream * smooth(length, length * 0.4, far))
    heat = np.maximum(heat, smooth(0.16, 0.05, far)) * (deep < 0.15)
    fire = mix(rgb("#e0301a"), rgb("#ffd66a"), np.clip(heat * 1.1 - 0.2, 0, 1)[:, :, None])
    blend(colour, fire, np.clip(heat * 1.3, 0, 1).astype(np.float32))


def _fire(plan: Plan, canvas: Array, mouth: tuple[float, float]) -> None:
    rng = plan.rng("fire")
    unit = plan.unit
    glow(canvas, mouth, 150 * unit, rgb("#ff5a26"), 0.55)
    glow(canvas, mouth, 46 * unit, rgb("#ffc46a"), 0.8)
    for _ in range(70):
        reach, lean = float(rng.uniform(10, 150)), float(rng.normal(0, 0.45))
        at = (mouth[0] + lean * reach * unit, mouth[1] - reach * unit * (1 - 0.3 * abs(lean)))
        glow(canvas, at, float(rng.uniform(0.9, 2.6)) * unit + 0.4, rgb("#ffb050"), 0.9)
