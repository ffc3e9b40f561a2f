"""Composes what lies below the horizon on land: folds of ground and what stands on them."""

from collections.abc import Callable
from typing import Final

from handler.painter import buildings, camp, city, land, shore, towers, trees, water, weather
from handler.painter.canvas import Point
from handler.painter.colour import Array
from handler.painter.plan import Plan
from handler.painter.specimens import paint_tree

_Painter = Callable[[Plan, Array, Point, float], None]
# Feature, offset toward the light, painter, size.
_LANDMARKS: Final[tuple[tuple[str, float, _Painter, float], ...]] = (
    ("castle", 0.18, buildings.paint_castle, 0.3),
    ("windmill", -0.2, towers.paint_windmill, 0.2),
    ("house", 0.2, buildings.paint_house, 0.15),
    ("lighthouse", -0.26, towers.paint_lighthouse, 0.3),
    ("village", 0.02, buildings.paint_house, 0.09),
    ("village", -0.12, buildings.paint_house, 0.08),
    ("village", 0.36, buildings.paint_house, 0.085),
)


def paint_foreland(plan: Plan, canvas: Array, air: Array) -> None:
    """Paint folds of land, far to near, with what grows or stands on each."""
    scene = plan.scene
    spring = plan.horizon
    for index in range(land.FOLDS):
        fold = land.paint_fold(plan, canvas, air, index)
        land.paint_blades(plan, canvas, fold)
        _grow(plan, canvas, air, fold)
        if index == 1 and scene.has("fog"):
            weather.paint_mist(plan, canvas, air, (fold.base, 0.55))
        if index == 2:
            spring = float(fold.skyline.max())
    spring += (0.075 if scene.has("forest") else -0.4) * (plan.height - plan.horizon)
    spring = max(spring, plan.horizon + 4 * plan.unit)
    if scene.has("path"):
        water.paint_path(plan, canvas, spring)
    if scene.has("river"):
        water.paint_river(plan, canvas, spring)
    _foreground(plan, canvas)


def _grow(plan: Plan, canvas: Array, air: Array, fold: land.Fold) -> None:
    scene = plan.scene
    if scene.has("city") and fold.index == 0:
        base = float(fold.skyline.max()) + 6 * plan.unit
        city.paint_city(plan, canvas, air, base)
    if fold.index < land.FOLDS - 1 and not scene.absent & {"trees", "forest"}:
        if scene.has("forest"):
            _woods(plan, canvas, air, fold)
        elif not scene.has("desert"):
            _scattered(plan, canvas, fold)
    if fold.index == 2:
        _landmarks(plan, canvas, fold)
    if scene.has("flowers") and fold.index > 0:
        land.paint_flowers(plan, canvas, fold)


def _woods(plan: Plan, canvas: Array, air: Array, fold: land.Fold) -> None:
    veil = 0.55 * (1 - fold.near) ** 1.4
    size = min(plan.height, 1.3 * plan.width) * (0.085 + 0.20 * fold.near)
    trees.paint_row(plan, canvas, fold.skyline + 0.01 * plan.height, size, (air, veil))
    lower = fold.skyline + plan.height * (0.03 + 0.03 * fold.near)
    trees.paint_row(plan, canvas, lower, size * 1.1, (air, veil * 0.75))


def _scattered(plan: Plan, canvas: Array, fold: land.Fold) -> None:
    """A few trees, as fields have them."""
    rng = plan.rng(f"scattered {fold.index}")
    tall = plan.height * (0.055 + 0.10 * fold.near)
    more = 3 if plan.scene.has("trees", "blossoms") else 0
    for _ in range(int(rng.integers(2, 5)) + more):
        x = float(rng.uniform(0, plan.width - 1))
        y = float(fold.skyline[int(x)]) + float(rng.uniform(0.01, 0.03)) * plan.height
        kind = "pine" if plan.scene.has("pines") else "leafy"
        paint_tree(plan, canvas, (x, y), tall * float(rng.uniform(0.7, 1.1)), kind)


def _landmarks(plan: Plan, canvas: Array, fold: land.Fold) -> None:
    for thing, offset, painter, size in _LANDMARKS:
        if plan.scene.has(thing):
            x = plan.width * (0.5 + offset * plan.lit_from)
            # In a forest, clear of the trees of its row.
            lower = 0.075 if plan.scene.has("forest") else 0.02
            y = float(fold.skyline[int(x)]) + lower * plan.height
            painter(plan, canvas, (x, y), size * plan.side)


def _foreground(plan: Plan, canvas: Array) -> None:
    scene = plan.scene
    if scene.has("desert"):
        _desert_plants(plan, canvas)
    elif scene.has("forest", "blossoms", "trees") and not scene.absent & {"trees", "forest"}:
        _stand(plan, canvas, ((0.43, 1.0, 0.66), (0.3, 1.0, 0.4), (-0.46, 1.0, 0.5)), "")
    if scene.has("palms"):
        _stand(plan, canvas, ((0.33, 0.98, 0.55), (0.24, 0.99, 0.4)), "palm")
    if scene.has("rocks"):
        shore.paint_rocks(plan, canvas, 10, (0.85 * plan.height, float(plan.height)))
    if scene.has("campfire"):
        foot = (plan.width * 0.5, plan.height * 0.93)
        camp.paint_campfire(plan, canvas, foot, 0.07 * plan.side)


def _desert_plants(plan: Plan, canvas: Array) -> None:
    if plan.scene.has("cactus", "mesa") and not plan.scene.absent & {"cactus"}:
        _stand(plan, canvas, ((0.3, 0.95, 0.3), (-0.26, 0.86, 0.15), (0.08, 0.82, 0.1)), "cactus")


def _stand(
    plan: Plan, canvas: Array, places: tuple[tuple[float, float, float], ...], kind: str
) -> None:
    """Put trees where the light does not come from, to look past them into it."""
    for offset, y, tall in places:
        foot = (plan.width * (0.5 - offset * plan.lit_from), plan.height * y)
        paint_tree(plan, canvas, foot, tall * plan.side, kind)
