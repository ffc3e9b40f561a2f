"""Putting colour on the picture: blending, glows, anti-aliased drawing.

Nothing here knows what is being painted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from handler.painter.colour import Array

_BAND: Final = 128

Point = tuple[float, float]
Ink = tuple[int, int, int, int]


def blend(target: Array, colour: Array, share: Array) -> None:
    """Blend a colour (or picture) into `target` in place by a share per pixel."""
    for top in range(0, target.shape[0], _BAND):
        rows = slice(top, top + _BAND)
        paint = colour[rows] if colour.ndim == 3 and colour.shape[0] > 1 else colour
        target[rows] += (paint - target[rows]) * share[rows, :, None]


def screen(target: Array, colour: Array, share: Array) -> None:
    """Add light in place without ever burning past white."""
    for top in range(0, target.shape[0], _BAND):
        rows = slice(top, top + _BAND)
        target[rows] += (1.0 - target[rows]) * (share[rows, :, None] * colour)


def fade_rows(target: Array, colour: Array, share: Array) -> None:
    """Blend a colour (per picture or per column) by a share per row."""
    for top in range(0, target.shape[0], _BAND):
        rows = slice(top, top + _BAND)
        target[rows] += (colour - target[rows]) * share[rows, None, None]


def resize(field: Array, shape: tuple[int, int]) -> Array:
    """Return a float field scaled to (rows, columns)."""
    scaled = Image.fromarray(np.ascontiguousarray(field, dtype=np.float32)).resize(
        (shape[1], shape[0]), Image.Resampling.BILINEAR
    )
    return np.array(scaled, dtype=np.float32)


def glow(target: Array, centre: Point, radius: float, colour: Array, strength: float) -> None:
    """Add a soft round light, cut off where it no longer shows."""
    reach = radius * 3.2
    rows, columns = target.shape[:2]
    x0, x1 = max(0, int(centre[0] - reach)), min(columns, int(centre[0] + reach) + 1)
    y0, y1 = max(0, int(centre[1] - reach)), min(rows, int(centre[1] + reach) + 1)
    if x0 >= x1 or y0 >= y1:
        return
    dx = ((np.arange(x0, x1, dtype=np.float32) - centre[0]) / radius) ** 2
    dy = ((np.arange(y0, y1, dtype=np.float32) - centre[1]) / radius) ** 2
    share = np.exp(-dx)[None, :] * np.exp(-dy)[:, None] * np.float32(strength)
    screen(target[y0:y1, x0:x1], colour, share)


def shadow(target: Array, centre: Point, radii: Point, strength: float) -> None:
    """Darken a soft flat patch, as under a thing that stands on the ground."""
    rows, columns = target.shape[:2]
    x0, x1 = max(0, int(centre[0] - radii[0] * 2)), min(columns, int(centre[0] + radii[0] * 2) + 1)
    y0, y1 = max(0, int(centre[1] - radii[1] * 2)), min(rows, int(centre[1] + radii[1] * 2) + 1)
    if x0 >= x1 or y0 >= y1:
        return
    dx = ((np.arange(x0, x1, dtype=np.float32) - centre[0]) / max(radii[0], 0.5)) ** 2
    dy = ((np.arange(y0, y1, dtype=np.float32) - centre[1]) / max(radii[1], 0.5)) ** 2
    share = np.exp(-(dx[None, :] + dy[:, None])) * np.float32(strength)
    target[y0:y1, x0:x1] *= 1.0 - share[:, :, None]


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a thing stands and how large it is: its own lengths are shares of its size."""

    foot: Point
    size: float

    def at(self, dx: float, dy: float) -> Point:
        """Return the point `dx` to the right and `dy` up."""
        return (self.foot[0] + dx * self.size, self.foot[1] - dy * self.size)

    def box(self, dx: float, dy: float, wide: float, tall: float) -> list[Point]:
        """Return an upright rectangle standing on the middle of its lower edge."""
        half = wide / 2
        corners = ((dx - half, dy), (dx - half, dy + tall), (dx + half, dy + tall), (dx + half, dy))
        return [self.at(*corner) for corner in corners]

    def outline(self, *points: Point) -> list[Point]:
        """Return several points."""
        return [self.at(*point) for point in points]

    def around(self, wide: float, tall: float) -> tuple[float, float, float, float]:
        """Return the box a drawing of the thing needs."""
        return (*self.at(-wide, tall), *self.at(wide, -0.1))


class Sketch:
    """A supersampled drawing over one region of the picture."""

    def __init__(self, target: Array, box: tuple[float, float, float, float], scale: int = 2):
        rows, columns = target.shape[:2]
        self._x0, self._x1 = max(0, int(box[0])), min(columns, int(box[2]) + 1)
        self._y0, self._y1 = max(0, int(box[1])), min(rows, int(box[3]) + 1)
        self._target = target
        self._scale = scale
        size = (
            max(1, self._x1 - self._x0) * scale,
            max(1, self._y1 - self._y0) * scale,
        )
        # Four plain bytes a pixel, red, green, blue and cover: a mode with alpha would be
        # weighted by it when reduced, and here undrawn pixels are black already.
        self._image = Image.new("CMYK", size, (0, 0, 0, 0))
        self._pen = ImageDraw.Draw(self._image)

    def _at(self, points: Sequence[Point]) -> list[Point]:
        scale = self._scale
        return [((x - self._x0) * scale, (y - self._y0) * scale) for x, y in points]

    def polygon(self, points: Sequence[Point], colour: Array | Ink) -> None:
        """Fill a polygon."""
        self._pen.polygon(self._at(points), fill=ink(colour))

    def ellipse(self, centre: Point, radii: Point, colour: Array | Ink) -> None:
        """Fill an ellipse."""
        scale = self._scale
        x, y = (centre[0] - self._x0) * scale, (centre[1] - self._y0) * scale
        wide, tall = radii[0] * scale, radii[1] * scale
        self._pen.ellipse((x - wide, y - tall, x + wide, y + tall), fill=ink(colour))

    def line(self, points: Sequence[Point], colour: Array, width: float) -> None:
        """Draw a line; thinner than a subpixel it still shows."""
        thick = max(1, round(width * self._scale))
        self._pen.line(self._at(points), fill=ink(colour), width=thick, joint="curve")

    def apply(self, opacity: float = 1.0) -> None:
        """Put the drawing on the picture."""
        if self._x0 >= self._x1 or self._y0 >= self._y1:
            return
        region = self._target[self._y0 : self._y1, self._x0 : self._x1]
        factor = np.float32(opacity / 255.0)
        for top in range(0, region.shape[0], _BAND):
            rows = region[top : top + _BAND]
            cut = (0, top * self._scale, self._image.width, (top + rows.shape[0]) * self._scale)
            drawn = np.asarray(self._image.crop(cut).reduce(self._scale), dtype=np.float32) * factor
            rows *= 1.0 - drawn[:, :, 3:]
            rows += drawn[:, :, :3]


def ink(colour: Array | Ink) -> Ink:
    """Return a colour as what a sketch draws with; what is ink already stays as it is."""
    if isinstance(colour, tuple):
        return colour
    red, green, blue = (min(255, max(0, int(each * 255 + 0.5))) for each in colour.tolist())
    return red, green, blue, 255
