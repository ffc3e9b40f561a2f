"""Reference images for vendors that take them only inside a request, and so have to be sent them.

They are fetched under the same guard as a vendor's images, and cleaned like them: the vendor gets
the picture, not the place where it was taken.
"""

import base64
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from handler.core.errors import ProviderFailure
from handler.core.failures import FailureKind
from handler.core.image_types import examine_all
from handler.providers.fetch.download import Fetcher, Limits
from handler.providers.fetch.urls import ANY_PUBLIC_HOST
from handler.providers.images.container import ImageRefused
from handler.providers.images.sanitize import sanitized
from handler.providers.outputs import Fetch

FETCH_SECONDS = 20.0
"""For all references of a job together."""
_SUBJECT = "a reference image"


@dataclass(frozen=True)
class Reference:
    """An image to go into a request."""

    media_type: str
    """As its bytes say: PNG, JPEG or WebP."""
    base64: str


@dataclass(frozen=True)
class References:
    """Fetches the images that a caller refers to; `max_bytes` is what the vendor takes of all."""

    fetch: Fetch
    max_bytes: int
    monotonic: Callable[[], float] = time.monotonic

    @classmethod
    def up_to(cls, max_bytes: int) -> "References":
        """References at any public host, and nowhere else, whatever the operator vouches for."""
        fetcher = Fetcher(limits=Limits(max_bytes=max_bytes, pauses_seconds=(0.5,)))
        return cls(partial(fetcher.fetch, subject=_SUBJECT), max_bytes)

    def collected(self, urls: Sequence[str]) -> list[Reference]:
        """The images behind https and `data:` URLs, in order.

        Raises:
            ProviderFailure: One cannot be had, or is no image; always of the kind `INVALID_INPUT`.
        """
        images: list[bytes] = []
        ends = self.monotonic() + FETCH_SECONDS
        for url in urls:
            left_seconds = ends - self.monotonic()
            if left_seconds <= 0:
                raise _refused("the reference images could not be fetched in time")
            images.append(self._one(url, left_seconds))
            if sum(map(len, images)) > self.max_bytes:
                raise _refused(
                    f"the reference images hold more than {self.max_bytes:,} bytes together"
                )
        described = examine_all(images) if images else []
        return [
            Reference(image.media_type, base64.b64encode(data).decode())
            for image, data in zip(described, images, strict=True)
        ]

    def _one(self, url: str, seconds: float) -> bytes:
        try:
            return sanitized(self.fetch(url, ANY_PUBLIC_HOST, seconds)).data
        except ImageRefused:
            raise _refused(f"{_SUBJECT} is no whole PNG, WebP, JPEG or GIF image") from None
        except ProviderFailure as failure:
            raise _refused(str(failure)) from None


def _refused(why: str) -> ProviderFailure:
    return ProviderFailure(why, kind=FailureKind.INVALID_INPUT)
