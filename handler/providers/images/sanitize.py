"""From a vendor's bytes to an image that may be stored and served.

What an image is, its bytes say. PNG, JPEG and WebP keep their pixels bit for bit and lose what is
no picture: texts, places, times, thumbnails, whatever hangs behind the end. Other formats, and
animations, become a PNG of the first frame. SVG is refused: it is a program.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image, ImageOps

from handler.providers.images import jpeg, png, webp
from handler.providers.images.blank import looks_blank
from handler.providers.images.container import (
    MAX_BYTES,
    Contained,
    Damaged,
    ImageRefused,
    require_size,
)


@dataclass(frozen=True)
class Picture:
    """An image that is safe to keep."""

    data: bytes
    """PNG, JPEG or WebP."""
    is_blank: bool
    """All its pixels look alike."""


def sanitized(data: bytes) -> Picture:
    """The picture in `data`, and nothing else.

    Raises:
        ImageRefused: There is none, it is damaged, or it is too large.
    """
    _require_length(data)
    name, read = _format(data)
    contained = read(data)
    image = _decoded(contained.data, name)
    kept = contained.data if contained.is_still else _as_png(image)
    _require_length(kept)
    return Picture(kept, is_blank=looks_blank(image))


def _require_length(data: bytes) -> None:
    if len(data) > MAX_BYTES:
        raise ImageRefused(f"the provider returned an image of more than {MAX_BYTES:,} bytes")


def _format(data: bytes) -> tuple[str, Callable[[bytes], Contained]]:
    """Pillow's name of the format, and its reader."""
    if data.startswith(png.SIGNATURE):
        return "PNG", png.contained
    if data.startswith(jpeg.START):
        return "JPEG", jpeg.contained
    if webp.is_webp(data):
        return "WEBP", webp.contained
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "GIF", _painted_anew
    # No AVIF: its decoder makes all of a picture that may be larger than what the file says.
    raise ImageRefused("the provider returned no PNG, WebP, JPEG or GIF image")


def _painted_anew(data: bytes) -> Contained:
    return Contained(data, is_still=False)


def _decoded(data: bytes, name: str) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(data), formats=[name])
        require_size(*image.size)
        image.load()
    except ImageRefused:
        raise
    except Exception:  # noqa: BLE001 - a decoder raises almost anything
        raise Damaged from None
    return image


def _as_png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    try:
        # Level 3 is within a tenth of the default's size, in a third of the time.
        ImageOps.exif_transpose(image).save(buffer, "PNG", compress_level=3)
    except Exception:  # noqa: BLE001 - what it transposes is hostile, too
        raise Damaged from None
    return png.contained(buffer.getvalue()).data
