"""Connections to addresses that were checked, within a deadline, whatever they are for.

A name is resolved once for a connection, and what was checked is what is connected to: there is no
second look-up that could answer differently. TLS still asks for, and verifies, the name.
"""

import contextlib
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import httpcore2

from handler.providers.fetch.addresses import Resolver
from handler.providers.fetch.urls import UrlRefused

MAX_ADDRESSES = 4
"""How many addresses of a host are tried."""
_PIECE_BYTES = 16 * 1024


@dataclass(frozen=True)
class Deadline:
    """The end of a download or a call, as `monotonic` counts."""

    ends_at: float
    monotonic: Callable[[], float]

    def left_seconds(self) -> float:
        """What is left; not positive once it has passed."""
        return self.ends_at - self.monotonic()

    def within(self, timeout_seconds: float | None) -> float:
        """A time-out of one operation, cut to what is left.

        Raises:
            ReadTimeout: Nothing is left.
        """
        left = self.left_seconds()
        if left <= 0:
            raise httpcore2.ReadTimeout("the deadline has passed")
        return left if timeout_seconds is None else min(left, timeout_seconds)


@dataclass(frozen=True)
class PinnedNetwork(httpcore2.NetworkBackend):
    """Connects to those of a name's addresses that `admits`.

    The others are passed over rather than taken as a reason to refuse: behind NAT64 every host has
    one that is not public. A host with none is refused.
    """

    network: httpcore2.NetworkBackend
    resolve: Resolver
    admits: Callable[[str], bool]
    deadline: Deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """See `NetworkBackend`.

        Raises:
            UrlRefused: None of the host's addresses is admitted.
        """
        try:
            found = self.resolve(host, port)
        except (OSError, UnicodeError) as error:  # the latter of names that are none
            raise httpcore2.ConnectError("the host name could not be resolved") from error
        admitted = [address for address in found if self.admits(address)]
        if not admitted:
            raise UrlRefused("is at a host without a public address")
        failure: Exception | None = None
        for address in admitted[:MAX_ADDRESSES]:
            if failure is not None and self.deadline.left_seconds() <= 0:
                # Still a failure to connect: nothing was sent.
                break
            try:
                stream = self.network.connect_tcp(
                    address, port, self.deadline.within(timeout), local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(stream, self.deadline)
        assert failure is not None  # noqa: S101 - at least one address was tried
        raise failure


@dataclass(frozen=True)
class _Stream(httpcore2.NetworkStream):
    """A connection on which no operation outlasts the deadline."""

    stream: httpcore2.NetworkStream
    deadline: Deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(max_bytes, self.deadline.within(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # Each piece may be taken in as many parts as the other side likes, and each part in all of
        # the time: small pieces leave little to it.
        for start in range(0, len(buffer), _PIECE_BYTES):
            piece = buffer[start : start + _PIECE_BYTES]
            self.stream.write(piece, self.deadline.within(timeout))

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        within = self.deadline.within(timeout)
        return _Stream(self.stream.start_tls(ssl_context, server_hostname, within), self.deadline)

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)
