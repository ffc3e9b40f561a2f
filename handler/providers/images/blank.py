"""Telling a picture of nothing: what some vendors answer with instead of a refusal."""

from typing import cast

from PIL import Image

TOLERANCE = 4
"""Of 255: how far two pixels of one colour may be apart after lossy compression.

Even a night sky or a sheet of paper is livelier; a single star makes a picture.
"""


def looks_blank(image: Image.Image) -> bool:
    """Whether all pixels look alike: all black, say, or all transparent."""
    tolerance = TOLERANCE * 257 if image.mode.startswith("I;16") else TOLERANCE
    bands = _shown(image).split()
    return all(high - low <= tolerance for low, high in map(_range, bands))


def _range(band: Image.Image) -> tuple[float, float]:
    return cast("tuple[float, float]", band.getextrema())


def _shown(image: Image.Image) -> Image.Image:
    """The picture with colours only where they show."""
    if image.has_transparency_data:
        # Multiplied by alpha, what is transparent has one colour.
        return image.convert("RGBA").convert("RGBa")
    return image.convert("RGB") if image.mode == "P" else image
