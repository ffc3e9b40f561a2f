"""Round bodies in the sky that show a face: the moon and planets."""

from dataclasses import dataclass

import numpy as np

from handler.painter.canvas import Point, Sketch, Spot, blend, glow
from handler.painter.colour import Array, mix, rgb, smooth
from handler.painter.noise import fbm
from handler.painter.plan import Plan


@dataclass(frozen=True, slots=True)
class _Ball:
    """A disc on the sky and the pixels around it, measured in its radius."""

    centre: Point
    radius: float
    dx: Array
    dy: Array
    corner: tuple[int, int]

    @property
    def cover(self) -> Array:
        """How much of each pixel the disc covers."""
        edge: Array = np.clip((1 - np.hypot(self.dx, self.dy)) * self.radius + 0.5, 0, 1)
        return edge


def _ball(centre: Point, radius: float) -> _Ball:
    reach = int(radius + 2)
    x0, y0 = int(centre[0]) - reach, int(centre[1]) - reach
    ys, xs = np.mgrid[y0 : y0 + 2 * reach, x0 : x0 + 2 * reach].astype(np.float32)
    return _Ball(centre, radius, (xs - centre[0]) / radius, (ys - centre[1]) / radius, (x0, y0))


def _show(canvas: Array, ball: _Ball, face: Array, share: Array) -> None:
    """Blend a face in, cut to what lies inside the picture."""
    x0, y0 = ball.corner
    rows, columns = share.shape
    target = canvas[max(0, y0) : max(0, y0 + rows), max(0, x0) : max(0, x0 + columns)]
    top, left = max(0, -y0), max(0, -x0)
    cut = (slice(top, top + target.shape[0]), slice(left, left + target.shape[1]))
    blend(target, np.clip(face, 0, 1)[cut], share.astype(np.float32)[cut])


def paint_moon(plan: Plan, canvas: Array) -> None:
    """Paint the moon when the scene has one."""
    scene = plan.scene
    if not scene.has("moon"):
        return
    rng = plan.rng("moon")
    colour = plan.named("moon", "#f4efdc")
    centre = plan.sun if plan.palette.dark else (plan.width - plan.sun[0], 0.25 * plan.horizon)
    radius = float(rng.uniform(32, 46)) * plan.unit * (1.5 if scene.moon == "full" else 1.0)
    crescent = scene.moon == "crescent"
    glow(canvas, centre, radius * 6, mix(colour, plan.palette.sky[-1], 0.5), 0.25)
    glow(canvas, centre, radius * 1.9, colour, 0.2 if crescent else 0.4)
    ball = _ball(centre, radius)
    seas = fbm(rng, ball.dx.shape, (radius * 0.5, radius * 0.7), 4)
    share = ball.cover
    if crescent:
        # What a second, shifted disc leaves uncovered.
        shadow = np.hypot(ball.dx + plan.lit_from * 0.48, ball.dy + 0.13)
        share = share * smooth(0.9, 1.12, shadow)
    _show(canvas, ball, colour * (0.94 + 0.05 * np.clip(seas, -2, 2))[:, :, None], share)


def paint_planet(plan: Plan, canvas: Array) -> None:
    """Paint a ringed planet when the scene has one."""
    if not plan.scene.has("planet"):
        return
    rng = plan.rng("planet")
    colour = mix(plan.palette.sky[1], rgb("#f6d6b4"), 0.65)
    if plan.scene.colours_of("planet"):
        colour = plan.named("planet", "")
    radius = float(rng.uniform(70, 105)) * plan.unit
    centre = (plan.width - plan.sun[0], 0.34 * plan.horizon)
    spot = Spot(centre, radius)
    ring = np.clip(mix(colour, rgb("#fff4e0"), 0.4), 0, 1)
    _half_ring(canvas, spot, ring, 1.0)
    ball = _ball(centre, radius)
    bands = fbm(rng, ball.dx.shape, (radius * 0.22, radius * 3), 4)
    face = colour * (1 + 0.08 * np.clip(bands, -2, 2))[:, :, None]
    lit = np.clip(0.62 + 0.75 * (ball.dx * plan.lit_from * 0.85 - ball.dy * 0.35), 0.0, 1.0)
    _show(canvas, ball, face * (0.35 + 0.65 * lit)[:, :, None], ball.cover * np.sqrt(lit))
    _half_ring(canvas, spot, ring, -1.0)


def _half_ring(canvas: Array, spot: Spot, colour: Array, way: float) -> None:
    """Draw the half of the ring behind (1) or before (-1) the planet."""
    sketch = Sketch(canvas, (*spot.at(-2.2, 1.2), *spot.at(2.2, -1.2)), 2)
    turn = np.linspace(0, np.pi, 49)
    for reach, wide in ((1.5, 0.05), (1.68, 0.11), (1.86, 0.04)):
        arc = [
            (reach * float(np.cos(a)), way * 0.3 * float(np.sin(a)) + 0.16 * float(np.cos(a)))
            for a in turn
        ]
        sketch.line(spot.outline(*arc), colour, wide * spot.size * 0.5)
    sketch.apply(0.62)
