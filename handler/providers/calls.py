"""Calls of a vendor's HTTP API: one place where it is decided what may be sent twice.

A request that makes something is repeated only where the vendor certainly did not begin with it:
there was no connection, or it said so. Everything else counts as begun. Nothing raised or logged
here holds a header, a body or a URL.
"""

import contextlib
import json
import logging
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from functools import cached_property
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpcore2
import httpx2

from handler.core.ports import Clock
from handler.core.vendors import Secret
from handler.providers.fetch.urls import MAX_LENGTH
from handler.providers.transport import TimedTransport

log = logging.getLogger(__name__)

PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers to a question that are worth asking again after."""
MAX_BODY_BYTES = 100 * 1024 * 1024
"""Ten images in base64, as large as vendors make them."""
MAX_VALUES = 200_000
"""In a body: an empty object takes thirty times the memory of its two characters."""
_HUNG_UP = re.compile(r"disconnect|connection termination|reset before headers", re.IGNORECASE)
"""Envoy's words, which many gateways are made of."""
SHORTEST_SECRET = 6
"""Less is no secret, and by chance in every large picture's base64."""
_IN_ITS_PLACE = "(the token)"
PAUSES_SECONDS = (1.0, 3.0)
LONGEST_PAUSE_SECONDS = 10.0
"""For longer than this nobody sits and waits; the job is put aside instead."""
CONNECT_SECONDS = 5.0
_BROKEN = (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError)
QUESTION_SECONDS = 20.0
"""How long an answer may take that needs no work."""


class CallFailed(Exception):
    """A call without a usable answer."""


class NotBegun(CallFailed):
    """The request was not sent."""


class AnswerLost(CallFailed):
    """The request was sent, and no answer came."""


class AnswerTooLarge(CallFailed):
    """The answer is larger than anything that a vendor should send."""


class AskLater(CallFailed):
    """A question could not be answered now."""

    def __init__(self, message: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


@dataclass(frozen=True)
class Reply:
    """A vendor's answer."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    """By lower-case name."""
    at_ms: int = 0
    """When it came."""

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    def document(self) -> dict[str, Any]:
        """The JSON object in the body; empty where there is none, or one too large to look at."""
        return self._document

    @cached_property
    def _document(self) -> dict[str, Any]:
        if sum(map(self.body.count, (b"{", b"[", b","))) > MAX_VALUES:
            return {}
        try:
            document = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return document if isinstance(document, dict) else {}

    def text(self) -> str:
        """The beginning of the body, for a log."""
        return self.body[:400].decode("utf-8", "replace")

    @property
    def retry_after_seconds(self) -> float | None:
        """How long the vendor asks to wait.

        In a header, `retry-after-ms` or `retry-after` in either form, or in the body.
        """
        with contextlib.suppress(ValueError, TypeError, KeyError, OverflowError):
            if "retry-after-ms" in self.headers:
                return _positive(float(self.headers["retry-after-ms"]) / 1000)
            if "retry-after" in self.headers:
                return _positive(float(self.headers["retry-after"]))
            return _positive(float(self.document()["retry_after"]))
        with contextlib.suppress(ValueError, KeyError, OverflowError):
            then = parsedate_to_datetime(self.headers["retry-after"])
            return _positive(then.timestamp() - self.at_ms / 1000)
        return None


def _positive(seconds: float) -> float:
    if not seconds < 86_400:
        raise ValueError("no time that anybody means")
    return max(0.0, seconds)


def not_begun(reply: Reply) -> bool:
    """Whether the answer to a request that makes something says that nothing was begun.

    A gateway's 503 may say as well that the vendor hung up on it, whatever it had begun with.
    """
    return reply.status == 429 or (reply.status == 503 and not _HUNG_UP.search(reply.text()))


@dataclass(frozen=True)
class Calls:
    """One vendor's API. URLs are absolute, or paths below the base URL."""

    base_url: str
    credentials: Mapping[str, Secret]
    """Headers that go to the origin of the base URL, and nowhere else."""
    client: httpx2.Client
    clock: Clock
    answer_seconds: float
    """How long the answer may take to a request that makes something."""
    question_seconds: float = QUESTION_SECONDS
    not_begun: Callable[[Reply], bool] = not_begun

    def make(
        self, path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> Reply:
        """POST a request that makes something.

        Raises:
            NotBegun: It could not be sent.
            AnswerLost: It was, and the answer did not come.
            AnswerTooLarge: It came, and is no answer.
        """
        content = json.dumps(body, allow_nan=False).encode()
        more = {"content-type": "application/json", **(headers or {})}
        ends_ms = self.clock.now_ms() + int(self.answer_seconds * 1000)
        for pause in (*PAUSES_SECONDS, None):
            try:
                reply = self._once("POST", path, self._left(ends_ms), content, more)
            except NotBegun:
                if pause is None:
                    raise
            else:
                if not self.not_begun(reply) or pause is None:
                    return reply
                pause = max(pause, reply.retry_after_seconds or 0)  # noqa: PLW2901
                if pause > LONGEST_PAUSE_SECONDS:
                    return reply
            self.clock.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def ask(self, url: str, passing: Collection[int] = PASSING) -> Reply:
        """GET what changes nothing; repeated for a while if it fails in passing.

        Raises:
            AskLater: It still does.
            AnswerTooLarge: What came is no answer.
        """
        for pause in (*PAUSES_SECONDS, None):
            retry_after: float | None = None
            try:
                reply = self._once("GET", url, self.question_seconds)
                if reply.status not in passing:
                    return reply
                problem, retry_after = f"HTTP {reply.status}", reply.retry_after_seconds
            except (NotBegun, AnswerLost) as error:
                problem = str(error)
            longest = max(pause or 0, retry_after or 0)
            if pause is None or longest > LONGEST_PAUSE_SECONDS:
                raise AskLater(problem, retry_after)
            self.clock.sleep(longest)
        raise AssertionError("the last attempt returns or raises")

    def tell(self, method: str, url: str) -> Reply:
        """Send once what may fail: a cancel.

        Raises:
            CallFailed: It did.
        """
        return self._once(method, url, self.question_seconds)

    def is_own(self, url: str) -> bool:
        """Whether a URL that the vendor gave is at its API, and may see our token.

        None that is too long for the record that keeps it.
        """
        if len(url) > MAX_LENGTH:
            return False
        try:
            return _origin(httpx2.URL(url)) == _origin(httpx2.URL(self.base_url))
        except (httpx2.InvalidURL, UnicodeError):
            return False

    def _left(self, ends_ms: int) -> float:
        return max(1.0, (ends_ms - self.clock.now_ms()) / 1000)

    def _once(
        self,
        method: str,
        url: str,
        seconds: float,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        if url.startswith("/"):
            url = self.base_url.rstrip("/") + url
        elif not self.is_own(url):
            raise AssertionError("only what `is_own` allows is called")
        own = {name: secret.reveal() for name, secret in self.credentials.items()}
        request = self.client.build_request(
            method,
            url,
            content=content,
            headers={**(headers or {}), **own},
            timeout=time_limit(seconds),
        )
        return without(own.values(), exchange(self.client, self.clock, request))


def time_limit(seconds: float) -> httpx2.Timeout:
    """How a request is told how long all of it may take."""
    return httpx2.Timeout(seconds, connect=CONNECT_SECONDS)


def exchange(client: httpx2.Client, clock: Clock, request: httpx2.Request) -> Reply:
    """Send a request once and read the answer, both within the request's `time_limit`.

    Raises:
        NotBegun: It could not be sent.
        AnswerLost: It was, and the answer did not come, or not to its end.
        AnswerTooLarge: It came, and is no answer.
    """
    # A compressed answer could unpack to any size.
    request.headers["accept-encoding"] = "identity"
    ends_ms = clock.now_ms() + int(request.extensions["timeout"]["read"] * 1000)
    with _translated(), contextlib.closing(client.send(request, stream=True)) as response:
        if "," in response.headers.get("content-encoding", ""):
            raise AnswerTooLarge("packed more than once")
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                raise AnswerTooLarge(f"more than {MAX_BODY_BYTES:,} bytes")
            if clock.now_ms() > ends_ms:
                raise AnswerLost("the answer did not end in time")
    received = {name.lower(): value for name, value in response.headers.items()}
    return Reply(response.status_code, bytes(body), received, clock.now_ms())


def without(credentials: Iterable[str], reply: Reply) -> Reply:
    """The reply, where the vendor, or a gateway in front of it, repeats what it was sent."""
    for secret in [part for each in credentials for part in (each, each.partition(" ")[2])]:
        if len(secret) >= SHORTEST_SECRET:
            headers = {
                name: value.replace(secret, _IN_ITS_PLACE) for name, value in reply.headers.items()
            }
            body = reply.body
            for spelled in _spellings(secret):
                body = body.replace(spelled.encode(), _IN_ITS_PLACE.encode())
            reply = replace(reply, body=body, headers=headers)
    return reply


def _spellings(secret: str) -> set[str]:
    """As it is, and as JSON may have it."""
    return {secret, json.dumps(secret)[1:-1], secret.replace("/", "\\/")}


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    # Nothing of what these say is passed on: it may hold a URL, and their request holds the token.
    try:
        yield
    except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
        raise NotBegun(f"no connection ({type(error).__name__})") from None
    except (*_BROKEN, httpx2.DecodingError) as error:
        raise AnswerLost(f"no answer ({type(error).__name__})") from None


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    default = {"https": 443, "http": 80}.get(url.scheme)
    return url.scheme, url.host, url.port or default


def new_client() -> httpx2.Client:
    """What connections are made with.

    No redirect, no proxy, no netrc, no cookie. No connection is kept either: one that the vendor
    closes while we reuse it cannot be told from a request that it took.
    """
    return httpx2.Client(
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        follow_redirects=False,
        trust_env=False,
        transport=TimedTransport(httpx2.create_ssl_context(trust_env=False)),
    )
