"""Images that are sent inside a URL: `data:` with base64."""

import base64
import binascii
import re
from dataclasses import dataclass

from handler.providers.fetch.urls import UrlRefused

_DATA_URL = re.compile(
    r"data:(?P<type>[a-z]+/[a-z0-9.+-]+)?(?:;[a-z0-9-]+=[A-Za-z0-9._-]+)*;base64,", re.IGNORECASE
)
_HEAD_LENGTH = 200
"""No head of such a URL is longer."""


@dataclass(frozen=True)
class Inline:
    """What such a URL holds."""

    media_type: str
    """What the sender says, in lower case; empty where nothing is said."""
    data: bytes


def is_inline(url: str) -> bool:
    """Whether the URL is one of these."""
    return url[:5].lower() == "data:"


def decoded(url: str, max_bytes: int) -> Inline:
    """The bytes of a `data:` URL.

    Raises:
        UrlRefused: It holds more than `max_bytes`, or is none of base64.
    """
    head = _DATA_URL.match(url[:_HEAD_LENGTH])
    if head is None:
        raise UrlRefused("is not a data URL in base64")
    if (len(url) - head.end()) // 4 * 3 > max_bytes + 2:
        raise UrlRefused(f"holds more than {max_bytes:,} bytes")
    try:
        data = base64.b64decode(url[head.end() :], validate=True)
    except (binascii.Error, ValueError):
        raise UrlRefused("is not a data URL in base64") from None
    if not 0 < len(data) <= max_bytes:
        raise UrlRefused(f"holds more than {max_bytes:,} bytes" if data else "holds nothing")
    return Inline((head["type"] or "").lower(), data)
