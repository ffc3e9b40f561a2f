"""Colour arithmetic: hex, OKLab, tinting. It decides no colours."""

from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]

_TO_LMS: Final = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB: Final = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_FROM_LAB: Final = np.linalg.inv(_TO_LAB)
_FROM_LMS: Final = np.linalg.inv(_TO_LMS)
_GREY_CHROMA: Final = 0.035


def rgb(*codes: str) -> Array:
    """Return hex codes as float RGB: one code a vector, several a matrix."""
    rows = [[int(code[at : at + 2], 16) / 255 for at in (1, 3, 5)] for code in codes]
    return np.array(rows[0] if len(rows) == 1 else rows, dtype=np.float32)


def mix(first: Array, second: Array, share: Any) -> Array:
    """Blend `share` of the second into the first."""
    blended: Array = first + (second - first) * share
    return blended


def luminance(colour: Array) -> Array:
    """Return the perceived brightness of the last axis."""
    weights = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)
    bright: Array = colour @ weights
    return bright


def smooth(low: float, high: float, value: Array) -> Array:
    """Return the smooth step from 0 at `low` to 1 at `high` (either may be larger)."""
    t = np.clip((value - low) / (high - low), 0.0, 1.0)
    stepped: Array = t * t * (3.0 - 2.0 * t)
    return stepped


def _to_oklab(colours: Array) -> Array:
    linear = np.power(np.clip(colours, 0, 1).astype(np.float64), 2.2)
    lab: Array = np.cbrt(linear @ _TO_LMS.T) @ _TO_LAB.T
    return lab


def _from_oklab(lab: Array) -> Array:
    linear = np.power(lab @ _FROM_LAB.T, 3) @ _FROM_LMS.T
    back: Array = np.power(np.clip(linear, 0, 1), 1 / 2.2).astype(np.float32)
    return back


def tint(colours: Array, towards: Array, strength: float, lift: float = 0.2) -> Array:
    """Turn colours to another hue but keep their light and shade.

    `lift` is how far the lightness follows as well. A grey, white or black `towards`
    takes the colour out instead of turning it.
    """
    lab = _to_oklab(colours)
    goal = _to_oklab(towards)
    own = np.hypot(lab[..., 1], lab[..., 2])
    goal_chroma = float(np.hypot(goal[1], goal[2]))
    if goal_chroma < _GREY_CHROMA:
        lab[..., 1:] *= 1 - strength
        lab[..., 0] += (goal[0] - lab[..., 0]) * strength * max(lift, 0.35)
        return _from_oklab(lab)
    # Chroma fades toward white and black, or pale skies would turn to candy.
    room = np.clip(np.minimum(lab[..., 0], 1.08 - lab[..., 0]) * 3.2, 0.15, 1.0)
    chroma = np.maximum(own * 0.9, goal_chroma * room * 0.85)
    wanted = goal[1:] / goal_chroma * chroma[..., None]
    lab[..., 1:] += (wanted - lab[..., 1:]) * strength
    lab[..., 0] += (goal[0] - lab[..., 0]) * strength * lift
    return _from_oklab(lab)


def saturate(colours: Array, amount: float) -> Array:
    """Scale the distance of colours from their own grey."""
    grey = luminance(colours)[..., None]
    scaled: Array = grey + (colours - grey) * amount
    return scaled
