"""Small pictures of the finished ones, for models and hosts that look at what was made.

JPEG, which every host and every model that takes images takes; the originals stay what they are.
"""

import io
import logging

from PIL import Image, ImageOps

log = logging.getLogger(__name__)

LONGEST_SIDE = 512
MAX_BYTES = 100_000
_QUALITIES = (82, 70, 55, 35, 15)
_PAPER = (255, 255, 255)
"""What shows through where a picture is transparent, as in most hosts."""


def make_preview(data: bytes) -> bytes | None:
    """A JPEG of the picture, at most 512 pixels long and 100,000 bytes large.

    None if that cannot be had: a preview is never worth a generation.
    """
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as picture:
            # A JPEG is decoded at a fraction of its size already.
            picture.draft("RGB", (LONGEST_SIDE * 2, LONGEST_SIDE * 2))
            return _encoded(_flattened(ImageOps.exif_transpose(picture)))
    except Exception:  # whatever is odd about a provider's file, its generation has succeeded
        log.warning("no preview could be made", exc_info=True)
        return None


def _flattened(picture: Image.Image) -> Image.Image:
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    picture = picture.convert("RGBA")
    paper = Image.new("RGB", picture.size, _PAPER)
    paper.paste(picture, mask=picture.getchannel("A"))
    return paper


def _encoded(picture: Image.Image) -> bytes | None:
    for quality in _QUALITIES:
        buffer = io.BytesIO()
        picture.save(buffer, format="JPEG", quality=quality, optimize=True)
        if buffer.tell() <= MAX_BYTES:
            return buffer.getvalue()
    return None
