"""From what a vendor names as its images to bytes that are fit to be stored."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from handler.core.errors import ProviderFailure
from handler.core.failures import FailureKind
from handler.providers.fetch.wire import Deadline
from handler.providers.images.sanitize import Picture

log = logging.getLogger(__name__)

FETCH_SECONDS = 60.0
"""For all images of a job together: what a worker's run has left after its vendor's answer."""
MAX_OUTPUTS = 50
"""How many are looked at: a vendor may name more than was asked for, and some may be of no use."""


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
    monotonic: Callable[[], float] = time.monotonic

    def collected(
        self, outputs: Sequence[bytes | str], wanted: int, *, comes_back: bool
    ) -> list[bytes]:
        """The first `wanted` that can be had; one that cannot does not spoil the others.

        Raises:
            ProviderFailure: None can; or one cannot for a moment only, and the caller
                `comes_back` for it.
        """
        images: list[bytes] = []
        failures: list[ProviderFailure] = []
        deadline = Deadline(self.monotonic() + FETCH_SECONDS, self.monotonic)
        for position, output in enumerate(outputs[:MAX_OUTPUTS]):
            missing = min(wanted - len(images), len(outputs) - position)
            if not missing:
                break
            try:
                images.append(self._one(output, deadline.left_seconds() / missing))
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
        if seconds <= 0:
            raise ProviderFailure(
                "the provider's images were not sent in time",
                retryable=True,
                kind=FailureKind.TIMEOUT,
            )
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
