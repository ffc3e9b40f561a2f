"""What the readers of the image formats share.

A reader takes a file apart as its format's specification says, leaves out what is no picture, and
puts the rest together again byte for byte. It never looks at pixels, and everything it does takes
time and memory in proportion to the file's length. Only what a reader has put together is decoded.
"""

from dataclasses import dataclass

from handler.core import errors

MAX_BYTES = 40 * 1024 * 1024
MAX_PIXELS = 40_000_000
"""Above what any vendor sells (4096 by 4096 and 8K); decoded, it takes 160 MB."""
MAX_SIDE = 16_384
MAX_PARTS = 50_000
"""Chunks or segments in one file; 40 MB of PNG in libpng's chunks of 8 KB have a tenth."""
MAX_PROFILE_BYTES = 4 * 1024 * 1024
MAX_MANIFEST_BYTES = 1024 * 1024

_TELLTALES = (b"prompt", b"gps", b"latitude", b"location", b"exif", b"<x:xmpmeta")


class ImageRefused(errors.ProviderFailure):
    """The bytes are no image that we keep."""


class Damaged(ImageRefused):
    """The bytes break their format's rules."""

    def __init__(self) -> None:
        super().__init__("the provider returned a damaged image")


@dataclass(frozen=True)
class Contained:
    """A file without what is no picture."""

    data: bytes
    is_still: bool = True
    """False where only its first frame may be kept."""


def require_size(width: int, height: int) -> None:
    """Admit a picture that can be decoded within our memory.

    Raises:
        ImageRefused: It is too large.
        Damaged: It has no pixels.
    """
    if min(width, height) < 1:
        raise Damaged
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise ImageRefused(
            f"the provider returned an image of {width} by {height} pixels, more than is accepted"
        )


def is_profile(data: bytes) -> bool:
    """Whether this is an ICC colour profile of a reasonable size (ICC.1:2022, 7.2)."""
    return (
        128 <= int.from_bytes(data[:4], "big") <= len(data) <= MAX_PROFILE_BYTES
        and data[36:40] == b"acsp"
    )


def is_provenance(data: bytes) -> bool:
    """Whether this is a C2PA manifest that says who made the image, but not of what or where.

    The mark that an image was made by a machine is not ours to remove. A manifest may also hold
    the prompt or a place; such a one is left out.
    """
    if len(data) > MAX_MANIFEST_BYTES:
        return False
    lowered = data.lower()
    return (
        b"jumb" in lowered[:64]
        and b"c2pa" in lowered
        and not any(telltale in lowered for telltale in _TELLTALES)
    )
