"""Trees seen from afar: the outlines of conifers and broad crowns, and rows of them.

A tree near enough to be looked at is `specimens`' business.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from handler.painter.canvas import Point, Sketch, Spot, ink
from handler.painter.colour import Array, mix, rgb
from handler.painter.plan import Plan

_BARK: Final = rgb("#6a5444")


@dataclass(frozen=True, slots=True)
class Look:
    """The colours of a tree's sunny and shaded side, and which side (-1, 1) is sunny."""

    sunny: Array
    shade: Array
    side: float

    def tone(self, share: float) -> Array:
        """Return the colour between shade (0) and sun (1)."""
        return np.clip(mix(self.shade, self.sunny, np.float32(share)), 0, 1)


def leaf_light(plan: Plan) -> tuple[Array, Array]:
    """Return what the light makes of the sunny and the shaded side of things."""
    palette = plan.palette
    return palette.light * 0.72 + palette.ambient * 0.4, palette.ambient * 0.62


def is_leafy(plan: Plan) -> bool:
    """Whether the scene's trees bear leaves rather than needles."""
    scene = plan.scene
    if scene.has("pines"):
        return False
    return scene.has("leafy", "blossoms", "trees") or scene.season in {"autumn", "spring"}


def paint_row(
    plan: Plan, canvas: Array, feet: Array, tall: float, air: tuple[Array, float]
) -> None:
    """Paint a closed row of trees along a line of feet: `air` is the veil's colour and share."""
    rng = plan.rng(f"row {feet[0]:.1f} {tall:.1f}")
    top, bottom = float(feet.min()) - tall * 1.4, float(feet.max()) + tall * 0.2
    sketch = Sketch(canvas, (0, top, plan.width, bottom), 2 if tall < 190 * plan.unit else 1)
    leafy = is_leafy(plan)
    gap = max(tall * (0.24 if leafy else 0.19), plan.width / 400)
    for index in range(int(plan.width / gap) + 3):
        x = float((index + rng.uniform(-0.7, 0.7)) * gap)
        at = min(plan.width - 1, max(0, int(x)))
        size = tall * float(rng.uniform(0.55, 1.15))
        broad = leafy and rng.random() < 0.88
        look = _row_look(plan, rng, (air[0][at], air[1]), broad)
        foot = (x, float(feet[at]) + tall * float(rng.uniform(0.0, 0.08)))
        if broad:
            crown(
                sketch,
                rng,
                Spot(foot, size * 0.75),
                look,
                (7, 20) if size > 80 * plan.unit else (5, 6),
            )
        else:
            pine(sketch, rng, foot, size, look)
    sketch.apply()


def _row_look(plan: Plan, rng: np.random.Generator, air: tuple[Array, float], broad: bool) -> Look:
    sunny, shade = leaf_light(plan)
    colour = plan.palette.pine
    if broad:
        colour = plan.palette.leaves[int(rng.integers(len(plan.palette.leaves)))]
    elif plan.scene.has("snow"):
        colour = mix(colour, plan.palette.snow, np.float32(rng.uniform(0.25, 0.6)))
    colour = colour * np.float32(rng.uniform(0.82, 1.1))
    return Look(
        mix(colour * sunny, air[0], air[1]), mix(colour * shade, air[0], air[1]), plan.lit_from
    )


def pine(sketch: Sketch, rng: np.random.Generator, foot: Point, tall: float, look: Look) -> None:
    """Draw one conifer: drooping tiers, the half toward the light in its own colour."""
    x, y = foot
    half = tall * float(rng.uniform(0.14, 0.2))
    tiers = int(min(13, max(4, tall / 9)))
    trunk = [(x - half * 0.12, y), (x, y - tall * 0.9), (x + half * 0.12, y)]
    sketch.polygon(trunk, look.tone(0.0))
    tip = (x, y - tall)
    for side in (-1.0, 1.0):
        edge = _tier_edge(rng, foot, (half * side, tall), tiers)
        sketch.polygon([tip, *edge, (x, y - tall * 0.06)], look.tone(0.0))
    lit = _tier_edge(rng, foot, (half * 0.8 * look.side, tall), tiers)
    inner = (x + look.side * half * 0.12, y - tall * 0.08)
    sketch.polygon([tip, *lit, inner], look.tone(0.75))


def _tier_edge(
    rng: np.random.Generator, foot: Point, size: tuple[float, float], tiers: int
) -> list[Point]:
    """Return one side of a conifer from the tip down."""
    half, tall = size
    points: list[Point] = []
    for tier in range(1, tiers + 1):
        share = tier / tiers
        reach = half * share**0.85 * float(rng.uniform(0.8, 1.12))
        y = foot[1] - tall * (1 - 0.93 * share)
        points.append((foot[0] + reach, y + tall * 0.018))
        points.append((foot[0] + reach * 0.52, y - tall * 0.012))
    return points


def crown(
    sketch: Sketch, rng: np.random.Generator, spot: Spot, look: Look, detail: tuple[int, int]
) -> None:
    """Draw a broad tree of some lobes, each of some dabs of leaves."""
    lobes, dabs = detail
    middle = 0.66 if lobes > 8 else 0.55
    _trunk(sketch, spot, look)
    angle = np.arange(lobes) * 2.399 + rng.uniform(0, 6.28)
    out = np.sqrt((np.arange(lobes) + 0.3) / lobes)
    lobe_x = np.cos(angle) * out * 0.27 + rng.normal(0, 0.025, lobes)
    lobe_y = np.sin(angle) * out * 0.23 + rng.normal(0, 0.025, lobes)
    reach = rng.uniform(0.13, 0.19, lobes) * (1.15 if lobes < 8 else 1.0)
    for dx, dy, wide in sorted(zip(lobe_x.tolist(), lobe_y.tolist(), reach.tolist(), strict=True)):
        full = wide * spot.size * 0.84
        sketch.ellipse(spot.at(dx, middle + dy), (full, full * 0.86), look.tone(0.26 + dy))
    turn = rng.uniform(0, 2 * np.pi, (lobes, dabs))
    far = np.sqrt(rng.random((lobes, dabs))) * 1.06
    dab_x = lobe_x[:, None] + np.cos(turn) * far * reach[:, None]
    dab_y = lobe_y[:, None] + np.sin(turn) * far * reach[:, None] * 0.85
    # Light falls on each lobe and on the crown as a whole.
    lit = 0.42 + 1.2 * (dab_x * look.side * 0.7 + dab_y)
    lit += 0.30 * far * (np.cos(turn) * look.side * 0.7 + np.sin(turn))
    lit = np.clip(lit + rng.normal(0, 0.10, lit.shape), 0, 1.05)
    _dabs(sketch, spot, look, np.stack([lit + far * 0.15, dab_x, dab_y + middle, lit]))


def _trunk(sketch: Sketch, spot: Spot, look: Look) -> None:
    # How bright the wood is, the leaves tell; how brown, they do not.
    light = [_BARK * np.float32(0.35 + 1.1 * each.mean()) for each in (look.sunny, look.shade)]
    bark = Look(light[0], light[1], look.side)
    for side in (-1.0, 1.0):
        half = ((side * 0.036, 0.0), (side * 0.02, 0.1), (side * 0.016, 0.6), (0, 0.6), (0, 0.0))
        sketch.polygon(spot.outline(*half), bark.tone(0.7 if side == look.side else 0.0))


def _dabs(sketch: Sketch, spot: Spot, look: Look, dabs: Array) -> None:
    """Draw dabs given as (order, x, y, tone), the dark ones first."""
    order, *rest = dabs.reshape(4, -1)
    size = spot.size * 0.74 / float(np.sqrt(order.size))
    ramp = [ink(look.tone(step / 15)) for step in range(17)]
    picked = np.argsort(order)
    dx, dy, tone = (each[picked].tolist() for each in rest)
    # Any fixed uneven sizes will do: the places are random already.
    sizes = (size * (0.5 + 0.75 * ((np.arange(order.size) * 0.618) % 1.0))).tolist()
    for at, wide in enumerate(sizes):
        sketch.ellipse(spot.at(dx[at], dy[at]), (wide, wide * 0.7), ramp[int(tone[at] * 15)])
