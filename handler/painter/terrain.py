"""Shows a height field in oblique view: what hides what, lit from the side.

A field has a row per step of depth, nearest first, and a column per picture column.
What the ground is made of is `land`'s business.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from handler.painter.colour import Array

_STRIP: Final = 192


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a field stands: the row its front meets and how many rows its depth climbs."""

    base: float
    climb: float
    bottom: float


def project(canvas: Array, height: Array, colour: Array, place: Placement) -> Array:
    """Paint the field and return the row of its skyline in every column."""
    depth, columns = height.shape
    step = np.arange(depth, dtype=np.float32)[:, None] * np.float32(place.climb / max(1, depth - 1))
    seen = np.minimum.accumulate(place.base - step - height, axis=0)
    top = int(max(0, np.floor(seen[-1].min()) - 1))
    bottom = int(min(canvas.shape[0], np.ceil(place.bottom)))
    skyline: Array = seen[-1]
    if top >= bottom:
        return skyline
    for left in range(0, columns, _STRIP):
        strip = slice(left, min(columns, left + _STRIP))
        _paint_strip(canvas[top:bottom, strip], seen[:, strip] - top, colour[:, strip])
    return skyline


def _paint_strip(target: Array, seen: Array, colour: Array) -> None:
    """For every pixel find the nearest depth that reaches up to it."""
    rows, columns = target.shape[:2]
    depth = seen.shape[0]
    first = np.clip(np.ceil(seen), 0, rows).astype(np.int32)
    flat = first * columns + np.arange(columns, dtype=np.int32)[None, :]
    counts = np.bincount(flat.ravel(), minlength=(rows + 1) * columns)
    reached = np.cumsum(counts.reshape(rows + 1, columns)[:rows], axis=0, dtype=np.int32)
    back = np.clip(depth - reached, 0, depth - 1)
    front = np.maximum(back - 1, 0)
    across = np.arange(columns, dtype=np.int32)[None, :]
    y = np.arange(rows, dtype=np.float32)[:, None]
    near_row, far_row = seen[front, across], seen[back, across]
    share = np.clip((near_row - y) / np.maximum(near_row - far_row, 1e-3), 0, 1)
    cover = np.clip(y + 1.0 - seen[-1][None, :], 0, 1)
    paint = colour[front, across]
    paint += (colour[back, across] - paint) * share[:, :, None]
    target += (paint - target) * cover[:, :, None]


def slopes(height: Array, depth_pixels: float) -> tuple[Array, Array]:
    """Return the rise per pixel across and per pixel into depth."""
    across = np.gradient(height, axis=1).astype(np.float32)
    into = np.gradient(height, axis=0).astype(np.float32)
    into *= np.float32(height.shape[0] / max(depth_pixels, 1.0))
    return across, into


def sunlight(height: Array, depth_pixels: float, lean: Array, rise: float) -> Array:
    """Return how squarely light falls on the field, 0..1, cast shadows included.

    `lean` says per column how far the light comes from the right (negative: the left).
    """
    across, into = slopes(height, depth_pixels)
    facing = -across * lean[None, :] - into * -0.25 + rise
    facing /= np.sqrt(1 + across**2 + into**2) * np.sqrt(0.85 + rise * rise)
    shade = _cast(height, rise * 0.55, float(lean.mean()))
    lit: Array = np.clip(facing * 1.15, 0, 1) * shade
    return lit


def _cast(height: Array, fall: float, lean: float) -> Array:
    """Return 1 in the light, 0 in a shadow that falls sideways from higher ground."""
    run = np.arange(height.shape[1], dtype=np.float32) * np.float32(fall)
    field = height if lean < 0 else height[:, ::-1]
    ray = np.maximum.accumulate(field + run, axis=1) - run
    shadow = np.clip((ray - field) / 10.0, 0, 1)
    back: Array = 1.0 - 0.75 * (shadow if lean < 0 else shadow[:, ::-1])
    return back
