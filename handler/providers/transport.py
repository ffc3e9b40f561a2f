"""What carries the calls of vendors' APIs: a connection each, gone when the call's time is over.

An HTTP client's own limits are for each piece of an answer, so one that comes in drops would never
meet them. What may be called, and what an answer means, is decided in `handler.providers.calls`.
"""

import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import cast

import httpcore2
import httpx2

from handler.providers.fetch.addresses import system_addresses
from handler.providers.fetch.wire import Deadline, PinnedNetwork


@dataclass(frozen=True)
class TimedTransport(httpx2.BaseTransport):
    """Takes a request's `read` limit for all that comes of it; raises httpcore2's exceptions."""

    tls: ssl.SSLContext
    monotonic: Callable[[], float] = time.monotonic

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """See `BaseTransport`."""
        seconds = request.extensions["timeout"]["read"]
        deadline = Deadline(self.monotonic() + seconds, self.monotonic)
        # The operator chose the host, so it may be anywhere.
        network = PinnedNetwork(httpcore2.SyncBackend(), system_addresses, lambda _: True, deadline)
        pool = httpcore2.ConnectionPool(self.tls, network_backend=network)
        try:
            answer = pool.handle_request(_request(request))
        except BaseException:
            pool.close()
            raise
        body = _Body(cast("Iterable[bytes]", answer.stream), pool)
        return httpx2.Response(answer.status, headers=answer.headers, stream=body)


def _request(request: httpx2.Request) -> httpcore2.Request:
    url = request.url
    return httpcore2.Request(
        method=request.method,
        url=httpcore2.URL(
            scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
        ),
        headers=request.headers.raw,
        content=cast("Iterable[bytes]", request.stream),
        extensions=request.extensions,
    )


@dataclass(frozen=True)
class _Body(httpx2.SyncByteStream):
    """An answer's body; its connection goes with it."""

    stream: Iterable[bytes]
    pool: httpcore2.ConnectionPool

    def __iter__(self) -> Iterator[bytes]:
        yield from self.stream

    def close(self) -> None:
        self.pool.close()
