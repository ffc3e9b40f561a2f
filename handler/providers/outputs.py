"""From what a vendor names as its images to bytes that are fit to be stored."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from handler.core.errors import ProviderFailure
from handler.core.failures import FailureKind
from handler.providers.images.sanitize import Picture

log = logging.getLogger(__name__)

FETCH_SECONDS = 60.0
"""For all images of a job together: what a worker's run has left after its vendor's answer."""


class Fetch(Protocol):
    """Downloads what is at a URL; `handler.providers.fetch` does it."""

    def __call__(self, url: str, allowed_hosts: Sequence[str], timeout_seconds: float) -> bytes:
        """The bytes.

        Raises:
            ProviderFailure: They cannot be had, or not now.
        """


@dataclass(frozen=True)
class Outputs:
    """Fetches and cleans one vendor's images."""

    fetch: Fetch
    sanitize: Callable[[bytes], Picture]
    hosts: Sequence[str]
    """Where this vendor keeps them."""

    def collected(self, outputs: Sequence[bytes | str], *, comes_back: bool) -> list[bytes]:
        """Those that can be had; one that cannot does not spoil the others.

        Raises:
            ProviderFailure: None can; or one cannot for a moment only, and the caller
                `comes_back` for it.
        """
        images: list[bytes] = []
        failures: list[ProviderFailure] = []
        for output in outputs:
            try:
                images.append(self._one(output, FETCH_SECONDS / len(outputs)))
            except ProviderFailure as failure:
                if failure.retryable and comes_back:
                    raise
                log.warning("an image is left out: %s", failure)
                failures.append(failure)
        if not images:
            if failures:
                raise failures[0]
            raise ProviderFailure("the provider returned no image", kind=FailureKind.NO_OUTPUT)
        return images

    def _one(self, output: bytes | str, seconds: float) -> bytes:
        if isinstance(output, str):
            output = self.fetch(output, self.hosts, seconds)
        picture = self.sanitize(output)
        if picture.is_blank:
            # What several vendors and models answer with instead of a refusal.
            raise ProviderFailure(
                "the provider returned an empty picture, as its content filter does; "
                "change the prompt and try again",
                kind=FailureKind.CONTENT_FILTER,
            )
        return picture.data
