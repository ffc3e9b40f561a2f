"""Calls of a vendor's API over real HTTP: what is sent twice, and who sees the token."""

import gzip
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from handler.core.vendors import Secret
from handler.providers.calls import (
    MAX_BODY_BYTES,
    MAX_VALUES,
    AnswerLost,
    AnswerTooLarge,
    AskLater,
    Calls,
    NotBegun,
    Reply,
    new_client,
)
from handler.providers.failing import refused
from tests.fakes import ManualClock
from tests.vendors.server import TOKEN, Broken, Fake, closed_port, served, silence


class Scripted(Fake):
    """Answers by a script."""

    base_path = "/v1"

    def __init__(self) -> None:
        super().__init__()
        self.script: list[Response] = []

    def app(self) -> Starlette:
        methods = ["GET", "POST", "PUT"]
        return Starlette(routes=[Route("/{path:path}", self.answer, methods=methods)])

    async def answer(self, request: Request) -> Response:
        if request.url.path.endswith("silent"):
            return await silence(1.5)
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]


@pytest.fixture(scope="module")
def vendor() -> Iterator[Scripted]:
    with served(Scripted()) as fake:
        yield fake


@pytest.fixture
def scripted(vendor: Scripted) -> Scripted:
    vendor.forget()
    return vendor


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def calls(scripted: Scripted, clock: ManualClock) -> Iterator[Calls]:
    with new_client() as client:
        credentials = {"authorization": Secret(f"Bearer {TOKEN}")}
        yield Calls(scripted.base_url, credentials, client, clock, answer_seconds=1)


def status(code: int, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return JSONResponse({"status": code}, code, headers=named)


class TestMaking:
    def test_path_body_and_token_arrive(self, calls: Calls, scripted: Scripted) -> None:
        scripted.script = [status(201)]
        assert calls.make("/things", {"prompt": "ä"}, {"x-more": "1"}).status == 201
        (arrived,) = scripted.arrivals.requests
        assert (arrived.method, arrived.path) == ("POST", "/v1/things")
        assert json.loads(arrived.body) == {"prompt": "ä"}
        assert arrived.headers["authorization"] == f"Bearer {TOKEN}"
        assert arrived.headers["content-type"] == "application/json"
        assert arrived.headers["accept-encoding"] == "identity"
        assert arrived.headers["x-more"] == "1"

    @pytest.mark.parametrize("code", [429, 503])
    def test_what_was_not_begun_is_asked_for_again(
        self, calls: Calls, scripted: Scripted, clock: ManualClock, code: int
    ) -> None:
        scripted.script = [status(code), status(code), status(200)]
        assert calls.make("/things", {}).status == 200
        assert clock.slept_seconds == [1.0, 3.0]

    def test_three_times_is_the_end(self, calls: Calls, scripted: Scripted) -> None:
        scripted.script = [status(429)]
        assert calls.make("/things", {}).status == 429
        assert len(scripted.arrivals.requests) == 3

    def test_the_vendors_pause_is_kept(
        self, calls: Calls, scripted: Scripted, clock: ManualClock
    ) -> None:
        scripted.script = [status(429, retry_after="7"), status(200)]
        calls.make("/things", {})
        assert clock.slept_seconds == [7]

    def test_nobody_sits_and_waits_for_long(
        self, calls: Calls, scripted: Scripted, clock: ManualClock
    ) -> None:
        scripted.script = [status(429, retry_after="11")]
        assert calls.make("/things", {}).retry_after_seconds == 11
        assert clock.slept_seconds == []
        assert len(scripted.arrivals.requests) == 1

    @pytest.mark.parametrize("code", [200, 202, 301, 307, 400, 401, 404, 408, 409, 500, 502, 504])
    def test_everything_else_may_have_begun_and_is_asked_for_once(
        self, calls: Calls, scripted: Scripted, code: int
    ) -> None:
        scripted.script = [status(code, location="/elsewhere", retry_after="1")]
        assert calls.make("/things", {}).status == code
        assert len(scripted.arrivals.requests) == 1

    def test_a_vendor_may_say_which_answers_mean_not_begun(
        self, calls: Calls, scripted: Scripted
    ) -> None:
        scripted.script = [status(503)]
        replace(calls, not_begun=lambda reply: reply.status == 429).make("/things", {})
        assert len(scripted.arrivals.requests) == 1

    @pytest.mark.parametrize("path", ["/silent", "/broken"])
    def test_an_answer_that_does_not_come_is_lost_and_not_asked_for_again(
        self, calls: Calls, scripted: Scripted, path: str
    ) -> None:
        scripted.script = [Broken()]
        with pytest.raises(AnswerLost):
            calls.make(path, {})
        assert len(scripted.arrivals.requests) == 1

    def test_where_nobody_answers_nothing_was_begun(self, calls: Calls, clock: ManualClock) -> None:
        with pytest.raises(NotBegun):
            replace(calls, base_url=closed_port()).make("/things", {})
        assert clock.slept_seconds == [1.0, 3.0]

    def test_no_answer_is_larger_than_memory(self, calls: Calls, scripted: Scripted) -> None:
        async def flood() -> AsyncIterator[bytes]:
            for _ in range(MAX_BODY_BYTES // 2**20 + 1):
                yield bytes(2**20)

        scripted.script = [StreamingResponse(flood())]
        with pytest.raises(AnswerTooLarge):
            replace(calls, answer_seconds=30).make("/things", {})

    @pytest.mark.parametrize("encoding", ["gzip, gzip", "gzip,deflate, gzip"])
    def test_what_is_packed_twice_is_not_unpacked(
        self, calls: Calls, scripted: Scripted, encoding: str
    ) -> None:
        """A megabyte of it may be a terabyte."""
        packed = gzip.compress(gzip.compress(b"{}"), mtime=0)
        scripted.script = [Response(packed, headers={"content-encoding": encoding})]
        with pytest.raises(AnswerTooLarge):
            calls.make("/things", {})

    @pytest.mark.parametrize(
        ("packed", "is_read"), [(gzip.compress(b'{"a": 1}', mtime=0), True), (b"", False)]
    )
    def test_a_gateway_that_packs_all_the_same_is_read(
        self, calls: Calls, scripted: Scripted, packed: bytes, is_read: bool
    ) -> None:
        scripted.script = [Response(packed, headers={"content-encoding": "gzip"})]
        assert calls.make("/things", {}).document() == ({"a": 1} if is_read else {})

    def test_what_is_not_packed_as_it_says_is_lost(self, calls: Calls, scripted: Scripted) -> None:
        scripted.script = [Response(b"{}", headers={"content-encoding": "gzip"})]
        with pytest.raises(AnswerLost):
            calls.make("/things", {})

    def test_an_answer_that_comes_in_drops_is_not_waited_for_to_the_end(
        self, calls: Calls, scripted: Scripted, clock: ManualClock
    ) -> None:
        async def drip() -> AsyncIterator[bytes]:
            for _ in range(10):
                clock.advance(0.4)
                yield b" "

        scripted.script = [StreamingResponse(drip())]
        with pytest.raises(AnswerLost, match="in time"):
            calls.make("/things", {})

    @pytest.mark.parametrize(
        ("said", "times"),
        [
            ("Service Unavailable", 3),
            ("upstream connect error or disconnect/reset before headers", 1),
            ("upstream: connection termination", 1),
        ],
    )
    def test_a_gateway_that_was_hung_up_on_does_not_know_what_was_begun(
        self, calls: Calls, scripted: Scripted, said: str, times: int
    ) -> None:
        scripted.script = [Response(said, 503)]
        reply = calls.make("/jobs", {})
        assert len(scripted.arrivals.requests) == times
        assert refused(reply).retryable is (times > 1)

    def test_a_host_name_that_is_none_is_one_that_cannot_be_reached(self, calls: Calls) -> None:
        with pytest.raises(NotBegun):
            replace(calls, base_url="https://a..b").make("/jobs", {})

    def test_no_cookie_is_kept(self, calls: Calls, scripted: Scripted) -> None:
        scripted.script = [Response("{}", headers={"set-cookie": "a=b; Path=/"})]
        calls.make("/jobs", {})
        calls.make("/jobs", {})
        assert all("cookie" not in each.headers for each in scripted.arrivals.requests)


class TestAsking:
    @pytest.mark.parametrize("code", [408, 429, 500, 502, 503, 504])
    def test_what_passes_is_asked_again(self, calls: Calls, scripted: Scripted, code: int) -> None:
        scripted.script = [status(code), status(200)]
        assert calls.ask("/things/1").status == 200

    def test_what_does_not_pass_is_for_later(self, calls: Calls, scripted: Scripted) -> None:
        scripted.script = [status(503)]
        with pytest.raises(AskLater):
            calls.ask("/things/1")
        assert len(scripted.arrivals.requests) == 3

    def test_a_long_pause_is_for_later_too(
        self, calls: Calls, scripted: Scripted, clock: ManualClock
    ) -> None:
        scripted.script = [status(429, retry_after="40")]
        with pytest.raises(AskLater) as caught:
            calls.ask("/things/1")
        assert caught.value.retry_after_seconds == 40
        assert clock.slept_seconds == []

    def test_broken_answers_are_asked_for_again(self, calls: Calls, scripted: Scripted) -> None:
        scripted.script = [Broken(), status(200)]
        assert calls.ask("/things/1").status == 200

    @pytest.mark.parametrize("code", [301, 302, 400, 401, 404, 410, 422])
    def test_a_clear_answer_is_one(self, calls: Calls, scripted: Scripted, code: int) -> None:
        scripted.script = [status(code, location="https://elsewhere.example/")]
        assert calls.ask("/things/1").status == code
        assert len(scripted.arrivals.requests) == 1


class TestToken:
    def test_no_redirect_carries_it_away(self, calls: Calls, scripted: Scripted) -> None:
        with served(Scripted()) as other:
            scripted.script = [RedirectResponse(other.base_url + "/catch", 307)]
            assert calls.ask("/things/1").status == 307
            assert calls.make("/things", {}).status == 307
            assert other.arrivals.requests == []

    @pytest.mark.parametrize(
        ("url", "is_own"),
        [
            ("{base}/things/1", True),
            ("{origin}/other", True),
            ("https://127.0.0.1/v1/things/1", False),
            ("{origin}1/v1/things", False),
            ("http://evil.example/{base}", False),
            ("//evil.example/", False),
            ("http://[", False),
            ("http://\ud800.example/", False),
            ("{origin}/\ud800", False),
            ("{origin}/\x00", False),
            ("{origin}/\n", False),
            ("{origin}/" + "a" * 5000, False),
            ("http://127.0.0.1:99999999999/", False),
            ("http://127.0.0.1:x/", False),
            ("http://xn--\u00e4/", False),
            ("", False),
        ],
    )
    def test_only_the_origin_of_the_base_url_is_the_vendors_own(
        self, calls: Calls, url: str, is_own: bool
    ) -> None:
        origin = calls.base_url.removesuffix("/v1")
        url = url.format(base=calls.base_url, origin=origin)
        assert calls.is_own(url) is is_own

    def test_a_foreign_url_is_never_called(self, calls: Calls) -> None:
        with pytest.raises(AssertionError):
            calls.ask("https://elsewhere.example/things/1")

    @pytest.mark.parametrize("question", [True, False])
    @pytest.mark.parametrize("code", [200, 400, 401, 500])
    def test_no_answer_that_repeats_it_is_read_as_it_is(
        self, calls: Calls, scripted: Scripted, code: int, question: bool
    ) -> None:
        said = f"bad header: Bearer {TOKEN}; bad key: {TOKEN}, {TOKEN[:-1]}"
        headers = {"x-echo": f"Bearer {TOKEN}", "x-bare": TOKEN, "x-plain": "plain"}
        scripted.script = [JSONResponse({"error": said}, code, headers)]
        reply = calls.ask("/things/1", passing=()) if question else calls.make("/things", {})
        assert TOKEN not in f"{reply.body!r} {reply.headers}"
        assert reply.document() == {
            "error": f"bad header: (the token); bad key: (the token), {TOKEN[:-1]}"
        }
        assert (reply.headers["x-echo"], reply.headers["x-plain"]) == ("(the token)", "plain")
        assert reply.headers["x-bare"] == "(the token)"

    @pytest.mark.parametrize("spelled", ["sk-ab\\/cd+ef", "sk-ab/cd+ef"])
    def test_nor_one_that_spells_it_otherwise(
        self, calls: Calls, scripted: Scripted, spelled: str
    ) -> None:
        scripted.script = [Response(f'{{"error": "bad key {spelled}."}}', 400)]
        slashed = replace(calls, credentials={"authorization": Secret("Bearer sk-ab/cd+ef")})
        assert slashed.make("/things", {}).document() == {"error": "bad key (the token)."}

    def test_what_is_no_secret_is_left_in_an_image(self, calls: Calls, scripted: Scripted) -> None:
        """A few letters, which a server of one's own takes for a key, are in every picture."""
        scripted.script = [JSONResponse({"b64_json": "AkeyA"})]
        short = replace(calls, credentials={"authorization": Secret("Bearer key")})
        assert short.make("/things", {}).document() == {"b64_json": "AkeyA"}

    def test_nothing_that_is_raised_or_shown_holds_it(
        self, calls: Calls, scripted: Scripted
    ) -> None:
        scripted.script = [Broken()]
        with pytest.raises(AnswerLost) as caught:
            calls.make("/things", {"prompt": "private"})
        shown = f"{caught.value!r} {caught.value} {caught.value.__cause__!r} {calls!r}"
        assert TOKEN not in shown
        assert "private" not in shown


class TestRetryAfter:
    @pytest.mark.parametrize(
        ("headers", "body", "seconds"),
        [
            ({}, b"", None),
            ({"retry-after": "3"}, b"", 3),
            ({"retry-after": "0.5"}, b"", 0.5),
            ({"retry-after": "-3"}, b"", 0),
            ({"retry-after-ms": "1500", "retry-after": "9"}, b"", 1.5),
            ({"retry-after": "Fri, 15 Jan 2027 08:00:30 GMT"}, b"", 30),
            ({"retry-after": "Fri, 15 Jan 2027 07:00:00 GMT"}, b"", 0),
            ({"retry-after": "soon"}, b"", None),
            ({"retry-after": "nan"}, b"", None),
            ({"retry-after": "1e99"}, b"", None),
            ({}, b'{"retry_after": 7}', 7),
            ({}, b'{"retry_after": null}', None),
            ({}, b'{"retry_after": [7]}', None),
            ({"retry-after": "2"}, b'{"retry_after": 7}', 2),
            # What no float, no date and no time zone holds.
            ({}, b'{"retry_after": 1' + b"0" * 400 + b"}", None),
            ({}, b'{"retry_after": -Infinity}', 0),
            ({"retry-after-ms": "9" * 400}, b"", None),
            ({"retry-after": "Fri, 15 Jan 0001 07:00:00 -0000"}, b"", 0),
            ({"retry-after": "Fri, 15 Jan 2027 08:00:30 +9999999999"}, b"", None),
            ({"retry-after": "Fri, 15 Jan 99999999999 08:00:30 GMT"}, b"", None),
            ({"retry-after": "Fri, 15 Jan 2027 99:99:99 GMT"}, b"", None),
        ],
    )
    def test_it_is_read_from_wherever_it_is(
        self, headers: dict[str, str], body: bytes, seconds: float | None
    ) -> None:
        reply = Reply(429, body, headers, at_ms=ManualClock().now)
        assert reply.retry_after_seconds == seconds


EMPTY_OBJECTS = b'{"data":[{}' + b",{}" * (MAX_VALUES // 2) + b"]}"


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"nonsense", b"\xff", b"[" * 100_000, b'"text"', EMPTY_OBJECTS],
    ids=["nothing", "list", "words", "bytes", "deep", "text", "many"],
)
def test_what_is_no_object_is_an_empty_one(body: bytes) -> None:
    assert Reply(200, body).document() == {}


def test_a_document_as_large_as_vendors_make_them_is_read() -> None:
    words = ", ".join(["a boat {on} [a lake]"] * 10_000)
    image = {"b64_json": "A" * 1_000_000, "revised_prompt": words}
    document = {"data": [image] * 4}
    assert Reply(200, json.dumps(document).encode()).document() == document


def test_a_document_is_read_once() -> None:
    reply = Reply(200, b'{"data": [{}]}')
    assert reply.document() is reply.document()
