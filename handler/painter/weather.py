"""What falls through or hangs in the air: rain, snow, fog, lightning."""

import numpy as np

from handler.painter.canvas import Sketch, blend, fade_rows, glow, resize, screen
from handler.painter.colour import Array, mix, rgb, smooth
from handler.painter.noise import fbm
from handler.painter.plan import Plan


def paint_lightning(plan: Plan, canvas: Array) -> None:
    """Paint forked bolts and light the clouds around them."""
    if not plan.scene.has("lightning"):
        return
    rng = plan.rng("lightning")
    for low, high, wide in ((0.12, 0.4, 3.4), (0.62, 0.88, 2.2)):
        x = float(plan.width * rng.uniform(low, high))
        glow(canvas, (x, plan.horizon * 0.3), 300 * plan.unit, rgb("#b8c4ff"), 0.10 * wide)
        _bolt(plan, canvas, rng, (x, wide))


def _bolt(plan: Plan, canvas: Array, rng: np.random.Generator, start: tuple[float, float]) -> None:
    unit = plan.unit
    stack = [(start[0], 0.1 * plan.horizon, 0.0, start[1], plan.horizon * 1.01)]
    sketch = Sketch(canvas, (0, 0, plan.width, plan.horizon + 4), 2)
    forks = 0
    while stack and forks < 14:
        x, y, lean, wide, end = stack.pop()
        path = [(x, y)]
        while y < end:
            y += float(rng.uniform(8, 22)) * unit
            x += (float(rng.normal(0, 11)) + lean) * unit
            path.append((x, y))
            if wide > 1.2 and rng.random() < 0.3:
                stop = min(plan.horizon, y + float(rng.uniform(60, 180)) * unit)
                turn = float(rng.choice((-1, 1)) * rng.uniform(6, 14))
                stack.append((x, y, turn, wide * 0.45, stop))
        for point in path[::2]:
            glow(canvas, point, 4 * unit * wide, rgb("#9aa8ff"), 0.22)
        sketch.line(path, rgb("#f6f4ff"), wide * unit)
        forks += 1
    sketch.apply()


def paint_mist(plan: Plan, canvas: Array, air: Array, where: tuple[float, float]) -> None:
    """Lay a drifting veil around one row of the picture: `where` is the row and its strength."""
    row, strength = where
    rng = plan.rng(f"mist {row:.0f}")
    reach = 0.16 * plan.height
    top, bottom = int(max(0, row - reach * 2)), int(min(plan.height, row + reach * 1.5))
    if bottom - top < 2:
        return
    shape = (max(4, (bottom - top) // 4), max(4, plan.width // 4))
    drift = fbm(rng, shape, (28 * plan.unit, 110 * plan.unit), 4)
    y = np.linspace(top, bottom, shape[0], dtype=np.float32)[:, None]
    share = np.exp(-(((y - row) / (reach * 0.8)) ** 2)) * (0.75 + 0.35 * drift) * strength
    full = resize(np.clip(share, 0, 0.96), (bottom - top, plan.width))
    blend(canvas[top:bottom], air[None], full)


def paint_fog(plan: Plan, canvas: Array, air: Array) -> None:
    """Veil the whole picture, thickest at the horizon."""
    y = np.arange(plan.height, dtype=np.float32)
    share = 0.10 + 0.30 * np.exp(-(((y - plan.horizon) / (0.30 * plan.height)) ** 2))
    fade_rows(canvas, air.mean(axis=0), share.astype(np.float32))


def paint_rain(plan: Plan, canvas: Array) -> None:
    """Paint slanting streaks in three depths under a wet veil."""
    rng = plan.rng("rain")
    unit = plan.unit
    light = np.clip(mix(plan.palette.sky[-1], rgb("#dfe8f2"), np.float32(0.5)), 0, 1)
    if plan.palette.dark:
        light = light * np.float32(0.6)
    fade_rows(
        canvas,
        light * 0.8,
        np.full(plan.height, 0.05 if plan.scene.has("storm") else 0.10, dtype=np.float32),
    )
    lean = float(rng.uniform(0.12, 0.28)) * plan.lit_from
    heavy = 1.5 if plan.scene.has("storm") else 1.0
    for length, wide, count, opacity in (
        (16, 0.5, 1500, 0.22),
        (34, 0.9, 700, 0.26),
        (70, 1.4, 190, 0.26),
    ):
        sketch = Sketch(canvas, (0, 0, plan.width, plan.height), 1)
        for _ in range(plan.many(int(count * heavy))):
            x, y = float(rng.uniform(-0.1, 1.1)) * plan.width, float(rng.random()) * plan.height
            run = length * unit * float(rng.uniform(0.6, 1.2))
            sketch.line([(x, y), (x + run * lean, y + run)], light, wide * unit)
        sketch.apply(opacity)


def paint_snowfall(plan: Plan, canvas: Array) -> None:
    """Paint flakes in the air: many small, a few near and soft."""
    rng = plan.rng("snowfall")
    unit = plan.unit
    white = np.clip(
        rgb("#ffffff") * (plan.palette.light * 0.4 + plan.palette.ambient * 0.4 + 0.35), 0, 1
    )
    wild = plan.scene.has("blizzard")
    sketch = Sketch(canvas, (0, 0, plan.width, plan.height), 2)
    for _ in range(plan.many(3200 if wild else 1800)):
        x, y = float(rng.random()) * plan.width, float(rng.random()) * plan.height
        size = (0.6 + 2.2 * float(rng.random()) ** 3) * unit
        stretch = 2.6 if wild else 1.0
        sketch.ellipse((x, y), (max(0.6, size * stretch), max(0.6, size)), white)
    sketch.apply(0.8)
    for _ in range(46):
        at = (float(rng.random()) * plan.width, float(rng.random()) * plan.height)
        glow(canvas, at, float(rng.uniform(3.5, 8)) * unit, white, 0.55)


def paint_light_shafts(plan: Plan, canvas: Array) -> None:
    """Let the sun reach through haze in soft beams."""
    rng = plan.rng("shafts")
    shape = (max(4, plan.height // 4), max(4, plan.width // 4))
    y = np.linspace(0, plan.height, shape[0], dtype=np.float32)[:, None] - plan.sun[1]
    x = np.linspace(0, plan.width, shape[1], dtype=np.float32)[None, :] - plan.sun[0]
    angle = np.arctan2(x, np.abs(y) + 1.0)
    beams = np.interp(angle, np.linspace(-1.6, 1.6, 60), rng.random(60)).astype(np.float32)
    far = np.hypot(x, y) / (620 * plan.unit)
    share = smooth(0.35, 1.0, beams) * np.exp(-(far**2)) * (y > 0) * 0.16
    screen(canvas, plan.palette.sun, resize(share.astype(np.float32), canvas.shape[:2]))
