"""Downloads an image that somebody else named, in bounded time and memory.

What may be fetched is decided in `urls`, `addresses` and `policy`; whether the bytes are an image,
in `handler.providers.images`. Nothing here reads the environment: there is no proxy, no cookie and
no netrc.
"""

import contextlib
import functools
import logging
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import httpcore2

from handler.core import errors
from handler.core.failures import FailureKind
from handler.providers.fetch import inline
from handler.providers.fetch.addresses import Resolver, system_addresses
from handler.providers.fetch.policy import Policy
from handler.providers.fetch.urls import Url, UrlRefused, joined, matches, parsed
from handler.providers.fetch.wire import Deadline, PinnedNetwork

log = logging.getLogger(__name__)

_REDIRECTS = {301, 302, 303, 307, 308}
_GONE = {403, 404, 410}
"""A signed URL whose time is over is forbidden rather than not found."""
_TRANSIENT = {408, 425, 429}


@dataclass(frozen=True)
class Limits:
    """How much one download may take; its whole duration is given to each."""

    max_bytes: int = 40 * 1024 * 1024
    max_redirects: int = 3
    connect_seconds: float = 5
    read_seconds: float = 15
    """The longest silence."""
    pauses_seconds: tuple[float, ...] = (0.5, 1.5)
    """Before each repetition of a download that failed for a moment."""


@dataclass(frozen=True)
class Credential:
    """A header that some of a vendor's hosts want to see."""

    header: str
    value: str = field(repr=False)
    hosts: Sequence[str]
    """As in an allow-list."""


@functools.cache
def _system_tls() -> ssl.SSLContext:
    return httpcore2.default_ssl_context()


@dataclass(frozen=True)
class Fetcher:
    """Downloads images; make one for each vendor, with what is trusted for that vendor.

    `network` is what connections are made with, once they are decided upon.
    """

    policy: Policy = field(default_factory=Policy)
    limits: Limits = field(default_factory=Limits)
    resolve: Resolver = system_addresses
    tls: Callable[[], ssl.SSLContext] = _system_tls
    network: httpcore2.NetworkBackend = field(default_factory=httpcore2.SyncBackend)
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def fetch(
        self,
        url: str,
        allowed_hosts: Sequence[str],
        timeout_seconds: float,
        credential: Credential | None = None,
        subject: str = "the provider's image",
    ) -> bytes:
        """The bytes behind an https or `data:` URL, at least one.

        What fails for a moment is repeated while there is time, since a GET changes nothing.
        `subject` is what the messages of failures are about.

        Raises:
            ProviderFailure: They cannot be had. It is retryable if this very download may succeed
                later; whether something else should be repeated is the caller's to decide.
        """
        deadline = Deadline(self.monotonic() + timeout_seconds, self.monotonic)
        download = _Download(self, allowed_hosts, credential, subject, deadline)
        for pause in self.limits.pauses_seconds:
            try:
                return download.once(url)
            except errors.ProviderFailure as failure:
                if not failure.retryable or deadline.left_seconds() <= pause:
                    raise
            self.sleep(pause)
        return download.once(url)


@dataclass(frozen=True)
class _Download:
    """One call of `fetch`."""

    fetcher: Fetcher
    allowed_hosts: Sequence[str]
    credential: Credential | None
    subject: str
    deadline: Deadline

    def once(self, text: str) -> bytes:
        try:
            if inline.is_inline(text):
                return inline.decoded(text, self.fetcher.limits.max_bytes).data
            return self._followed(self.fetcher.policy.admitted(parsed(text), self.allowed_hosts))
        except UrlRefused as refusal:
            raise self._failure(f"is not accepted: its URL {refusal}") from None

    def _followed(self, url: Url) -> bytes:
        first = url
        for _ in range(self.fetcher.limits.max_redirects + 1):
            with self._answered(url, self._headers(url, first)) as response:
                if response.status not in _REDIRECTS:
                    return self._body(response, url)
                location = _header(response, b"location")
            there = joined(url, location.decode("latin-1"))
            url = self.fetcher.policy.admitted(there, self.allowed_hosts)
        raise UrlRefused("is redirected too often")

    def _headers(self, url: Url, first: Url) -> list[tuple[bytes, bytes]]:
        headers = {
            "host": url.authority,
            "user-agent": "tokenflux-images",
            "accept": "image/*",
            # A compressed transfer could unpack to any size.
            "accept-encoding": "identity",
        }
        credential = self.credential
        if credential is not None and url.origin == first.origin and self._may_see(url, credential):
            headers[credential.header] = credential.value
        return [(name.encode(), value.encode()) for name, value in headers.items()]

    def _may_see(self, url: Url, credential: Credential) -> bool:
        origins = self.fetcher.policy.origins
        return url.origin in origins or matches(url.host, credential.hosts)

    @contextlib.contextmanager
    def _answered(
        self, url: Url, headers: list[tuple[bytes, bytes]]
    ) -> Iterator[httpcore2.Response]:
        fetcher = self.fetcher
        admits = functools.partial(fetcher.policy.admits_address, url)
        network = PinnedNetwork(fetcher.network, fetcher.resolve, admits, self.deadline)
        tls = fetcher.tls() if url.scheme == "https" else None
        where = httpcore2.URL(scheme=url.scheme, host=url.host, port=url.port, target=url.target)
        seconds = {
            "connect": fetcher.limits.connect_seconds,
            "read": fetcher.limits.read_seconds,
            "write": fetcher.limits.read_seconds,
        }
        try:
            with (
                httpcore2.ConnectionPool(tls, network_backend=network) as pool,
                pool.stream("GET", where, headers=headers, extensions={"timeout": seconds}) as got,
            ):
                yield got
        # Nothing of what these say is passed on: it may hold a header or a signed URL.
        except httpcore2.TimeoutException:
            raise self._failure(
                "was not sent in time", FailureKind.TIMEOUT, retryable=True
            ) from None
        except (httpcore2.NetworkError, httpcore2.ProtocolError) as error:
            lasting = isinstance(error.__context__, ssl.SSLCertVerificationError)
            log.info("download from %s broke: %s", url.host, type(error).__name__)
            raise self._unfetched(retryable=not lasting) from None

    def _body(self, response: httpcore2.Response, url: Url) -> bytes:
        if response.status != 200:
            raise self._refused(response.status, url)
        if _header(response, b"content-encoding").strip().lower() not in (b"", b"identity"):
            raise self._failure("was sent compressed, which is not accepted")
        length = _header(response, b"content-length")
        if length.isdigit() and int(length) > self.fetcher.limits.max_bytes:
            raise self._too_large()
        body = bytearray()
        for chunk in response.iter_stream():
            body += chunk
            if len(body) > self.fetcher.limits.max_bytes:
                raise self._too_large()
        if not body:
            raise self._failure("is empty")
        return bytes(body)

    def _refused(self, status: int, url: Url) -> errors.ProviderFailure:
        log.warning("download from %s was answered with HTTP %d", url.host, status)
        if status in _GONE:
            return self._failure("is no longer there", FailureKind.VANISHED_OUTPUT)
        return self._unfetched(retryable=status >= 500 or status in _TRANSIENT)

    def _too_large(self) -> errors.ProviderFailure:
        return self._failure(f"is larger than {self.fetcher.limits.max_bytes:,} bytes")

    def _unfetched(self, *, retryable: bool) -> errors.ProviderFailure:
        return self._failure(
            "could not be fetched", FailureKind.PROVIDER_ERROR, retryable=retryable
        )

    def _failure(
        self,
        what: str,
        kind: FailureKind = FailureKind.BAD_OUTPUT,
        *,
        retryable: bool = False,
    ) -> errors.ProviderFailure:
        return errors.ProviderFailure(f"{self.subject} {what}", retryable=retryable, kind=kind)


def _header(response: httpcore2.Response, name: bytes) -> bytes:
    """The last value of a header; empty where there is none."""
    return next((value for key, value in reversed(response.headers) if key.lower() == name), b"")
