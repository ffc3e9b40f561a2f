"""A refused upload ends in order: it is taken in before its answer goes out."""

from collections.abc import Callable

import pytest
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from handler.web.app import MCP_PATH, build_app
from handler.web.draining import MAX_DRAINED_BYTES, DrainingMiddleware
from tests.world import World

pytestmark = pytest.mark.anyio
SCOPE: Scope = {"type": "http", "method": "POST", "path": MCP_PATH, "headers": []}


class Connection:
    """A client that sends chunks and then waits; it remembers what happened in which order."""

    def __init__(self, *chunks: Message) -> None:
        self.chunks = list(chunks)
        self.events: list[str] = []
        self.sent: list[Message] = []

    async def receive(self) -> Message:
        assert self.chunks, "a client that has sent everything is not to be waited for"
        self.events.append("received")
        return self.chunks.pop(0)

    async def send(self, message: Message) -> None:
        self.events.append(message["type"])
        self.sent.append(message)


def _body(count: int, size: int = 10) -> list[Message]:
    return [
        {"type": "http.request", "body": b"x" * size, "more_body": number < count}
        for number in range(1, count + 1)
    ]


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    await Response("no", status_code=413)(scope, receive, send)


def _refuse_after(count: int) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for _ in range(count):
            await receive()
        await _refuse(scope, receive, send)

    return app


ANSWERED = ["http.response.start", "http.response.body"]


@pytest.mark.parametrize("read_by_the_application", [0, 1, 4])
async def test_the_whole_body_is_taken_in_before_the_answer_begins(
    read_by_the_application: int,
) -> None:
    client = Connection(*_body(4))
    app = DrainingMiddleware(_refuse_after(read_by_the_application))
    await app(SCOPE, client.receive, client.send)
    assert client.events == ["received"] * 4 + ANSWERED
    assert client.sent[0]["status"] == 413


async def test_a_client_that_hangs_up_is_not_waited_for() -> None:
    client = Connection(_body(3)[0], {"type": "http.disconnect"})
    await DrainingMiddleware(_refuse)(SCOPE, client.receive, client.send)
    assert client.events == ["received"] * 2 + ANSWERED


async def test_an_upload_without_end_is_cut_off() -> None:
    size = 4 * 1024 * 1024
    endless = _body(100, size)
    client = Connection(*endless)
    await DrainingMiddleware(_refuse)(SCOPE, client.receive, client.send)
    assert client.events[-2:] == ANSWERED
    taken = client.events.count("received") * size
    assert MAX_DRAINED_BYTES <= taken <= MAX_DRAINED_BYTES + size


async def test_what_is_not_http_passes_unchanged() -> None:
    seen: list[tuple[Scope, Receive, Send]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append((scope, receive, send))

    client = Connection()
    receive, send = client.receive, client.send
    await DrainingMiddleware(app)({"type": "lifespan"}, receive, send)
    assert seen == [({"type": "lifespan"}, receive, send)]


@pytest.mark.parametrize(
    ("headers", "status"),
    [(lambda _: [], 401), (lambda secret: [(b"x-api-key", secret.encode())], 413)],
    ids=["no key", "too large"],
)
async def test_a_refused_upload_gets_its_reason_after_the_upload(
    shared_world: World, headers: Callable[[str], list[tuple[bytes, bytes]]], status: int
) -> None:
    secret = shared_world.open_account(1_000_000).secret
    scope = {
        **SCOPE,
        "scheme": "https",
        "query_string": b"",
        "headers": [
            (b"host", b"h.example"),
            (b"content-type", b"application/json"),
            *headers(secret),
        ],
    }
    client = Connection(*_body(5, 1024 * 1024))
    await build_app(shared_world.api)(scope, client.receive, client.send)
    assert client.sent[0]["status"] == status
    assert client.events == ["received"] * 5 + ANSWERED
