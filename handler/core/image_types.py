"""The image formats we store, told from the bytes themselves.

A sender's word for the type is never taken.
"""

import hashlib
from collections.abc import Sequence

from handler.core import errors
from handler.core.failures import FailureKind
from handler.core.generation import Image

EXTENSIONS = {"image/png": "png", "image/webp": "webp", "image/jpeg": "jpg"}
"""File extension by media type."""


def examine_all(outputs: Sequence[bytes]) -> list[Image]:
    """Describe a provider's outputs by their bytes.

    Raises:
        ProviderFailure: There is none, or one is empty or of no format we store.
    """
    if not outputs:
        raise errors.ProviderFailure("the provider returned no image", kind=FailureKind.NO_OUTPUT)
    return [_examine(data) for data in outputs]


def _examine(data: bytes) -> Image:
    media_type = _media_type(data)
    if media_type is None:
        raise errors.ProviderFailure("the provider returned no PNG, WebP or JPEG image")
    sha256 = hashlib.sha256(data).hexdigest()
    return Image(media_type=media_type, sha256=sha256, size_bytes=len(data))


def _media_type(data: bytes) -> str | None:
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return None
