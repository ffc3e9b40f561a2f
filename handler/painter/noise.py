"""Smooth random fields. Every draw comes from the generator handed in."""

import hashlib
from typing import Final

import numpy as np
from PIL import Image

from handler.painter.colour import Array

# What keeps a sum of octaves near unit variance: bicubic interpolation evens out a grid.
_OCTAVE_SPREAD: Final = 0.68
_SMALLEST_CELL: Final = 1.5


def stream(key: str, name: str) -> np.random.Generator:
    """Return the generator of one named part of one picture.

    A stream per part keeps the rest of a picture in place when a part comes or goes.
    """
    digest = hashlib.blake2b(f"{key}/{name}".encode("utf-8", "replace"), digest_size=16).digest()
    return np.random.default_rng(int.from_bytes(digest, "big"))


def field(rng: np.random.Generator, shape: tuple[int, int], cell: tuple[float, float]) -> Array:
    """Return one octave: smooth bumps about `cell` (rows, columns) pixels apart."""
    rows, columns = shape
    span_y = rows / max(cell[0], _SMALLEST_CELL)
    span_x = columns / max(cell[1], _SMALLEST_CELL)
    grid = rng.standard_normal((int(span_y) + 5, int(span_x) + 5), dtype=np.float32)
    off_y, off_x = (float(each) + 1.5 for each in rng.random(2))
    box = (off_x, off_y, off_x + span_x, off_y + span_y)
    scaled = Image.fromarray(grid).resize((columns, rows), Image.Resampling.BICUBIC, box=box)
    return np.array(scaled, dtype=np.float32)


def fbm(
    rng: np.random.Generator,
    shape: tuple[int, int],
    cell: tuple[float, float],
    octaves: int = 5,
    gain: float = 0.5,
) -> Array:
    """Return fractal noise of about unit spread."""
    total = np.zeros(shape, dtype=np.float32)
    weight, power = 1.0, 0.0
    for octave in range(octaves):
        size = (cell[0] / 2**octave, cell[1] / 2**octave)
        total += field(rng, shape, size) * np.float32(weight)
        power += weight * weight
        weight *= gain
    total /= np.float32(_OCTAVE_SPREAD * power**0.5)
    return total


def ridged(
    rng: np.random.Generator, shape: tuple[int, int], cell: tuple[float, float], octaves: int = 6
) -> Array:
    """Return noise of sharp crests and wide hollows, in 0..1."""
    total = np.zeros(shape, dtype=np.float32)
    carry = np.ones(shape, dtype=np.float32)
    weight, power = 1.0, 0.0
    for octave in range(octaves):
        size = (cell[0] / 2**octave, cell[1] / 2**octave)
        crest = np.clip(1.0 - np.abs(field(rng, shape, size)) * 0.9, 0.0, 1.0)
        crest *= crest
        total += crest * carry * np.float32(weight)
        # Detail grows on crests, not in hollows, as erosion leaves it.
        carry = np.clip(crest * 1.6, 0.15, 1.0)
        power += weight
        weight *= 0.52
    total /= np.float32(power)
    return total


def curve(rng: np.random.Generator, length: int, cell: float, octaves: int = 4) -> Array:
    """Return a one-dimensional noise curve of about unit spread."""
    return fbm(rng, (1, length), (1.0e6, cell), octaves)[0] if length else np.zeros(0, np.float32)
