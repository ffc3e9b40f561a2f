"""Serves a fake on a free port of the loopback interface, and what all fakes share."""

import asyncio
import base64
import contextlib
import hmac
import io
import re
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import uvicorn
from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from infra.local.emulator_process import free_port

TOKEN = "token-of-the-tests-7f3a"  # noqa: S105 - nobody's
START_SECONDS = 10.0
ACCOUNT_WORDS = (
    "You do not have enough credits. Top up the balance of account acme-prod at "
    "https://vendor.example/billing to go on."
)
"""What no caller may read, as some vendors and gateways say it of what looks like a wrong input."""

_SCENARIO = re.compile(r"\[([a-z0-9 -]+)\]")


def scenario_of(prompt: object) -> str:
    """The word in brackets, or `good`."""
    found = _SCENARIO.search(prompt) if isinstance(prompt, str) else None
    return found[1] if found else "good"


@dataclass(frozen=True)
class Received:
    """A request that arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Arrivals:
    """Everything that arrived, in order."""

    requests: list[Received] = field(default_factory=list)

    def of(self, method: str, ending: str = "") -> list[Received]:
        """Those of a method, to paths with this ending."""
        return [r for r in self.requests if r.method == method and r.path.endswith(ending)]


class Fake:
    """One vendor. A subclass gives its routes; `base_url` is set while it is served."""

    base_path = ""

    def __init__(self) -> None:
        self.base_url = ""
        self.arrivals = Arrivals()
        self.times: dict[str, int] = {}
        """How often something happened, by name."""

    def app(self) -> Starlette:
        """What is served."""
        raise NotImplementedError

    def count(self, what: str) -> int:
        """The how-manieth time it is, from 1."""
        self.times[what] = self.times.get(what, 0) + 1
        return self.times[what]

    def scenario(self, prompt: object) -> str:
        """What a request is answered by: the word in its prompt.

        With ` once` at its end it is meant for the first request with that prompt; further ones
        are good.
        """
        word = scenario_of(prompt)
        is_first = self.count(f"prompt {prompt}") == 1
        return word.removesuffix(" once") if is_first or not word.endswith(" once") else "good"

    def forget(self) -> None:
        """Begin anew."""
        self.arrivals.requests.clear()
        self.times.clear()

    def url(self, path: str) -> str:
        """The absolute address of a path on this server."""
        return self.base_url.removesuffix(self.base_path) + path


AFake = TypeVar("AFake", bound=Fake)


class _Recording:
    """Notes what arrives and hands it on."""

    def __init__(self, app: ASGIApp, arrivals: Arrivals) -> None:
        self.app = app
        self.arrivals = arrivals

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.arrivals.requests.append(Received(request.method, request.url.path, headers, body))
        messages: list[Any] = [{"type": "http.request", "body": body, "more_body": False}]

        async def again() -> Any:
            return messages.pop() if messages else await receive()

        await self.app(scope, again, send)


@contextlib.contextmanager
def served(fake: AFake, port: int = 0) -> Iterator[AFake]:
    """The fake, answering at its `base_url` as long as the context lasts."""
    with listening(_Recording(fake.app(), fake.arrivals), port) as origin:
        fake.base_url = origin + fake.base_path
        yield fake


@contextlib.contextmanager
def listening(app: ASGIApp, port: int = 0) -> Iterator[str]:
    """The origin at which an application answers as long as the context lasts."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        config = uvicorn.Config(
            app,
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            _wait_for(server, thread)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def _wait_for(server: uvicorn.Server, thread: threading.Thread) -> None:
    ends = time.monotonic() + START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > ends:
            raise RuntimeError("the fake did not start")
        time.sleep(0.005)


def standard_webhook_headers(secret: str, body: bytes, at_seconds: int) -> dict[str, str]:
    """The headers of standardwebhooks.com, made independently of what verifies them."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = b".".join([b"msg_1", str(at_seconds).encode(), body])
    signature = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    return {
        "content-type": "application/json",
        "webhook-id": "msg_1",
        "webhook-timestamp": str(at_seconds),
        "webhook-signature": f"v1,{signature}",
    }


def closed_port() -> str:
    """An address on this machine at which nobody answers."""
    return f"http://127.0.0.1:{free_port()}"


class Broken(Response):
    """An answer that breaks off in the middle."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", b"4000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"id": "', "more_body": False})


async def silence(seconds: float = 20) -> Response:
    """No answer until nobody waits for it any more."""
    await asyncio.sleep(seconds)
    return Response(status_code=500)


def picture(number: int = 1, file_format: str = "PNG", size: tuple[int, int] = (64, 48)) -> bytes:
    """A small image; each number's differs."""
    image = Image.new("RGB", size)
    shade = 37 * number % 200
    image.putdata(
        [(x * 3 % 256, y * 5 % 256, shade) for y in range(size[1]) for x in range(size[0])]
    )
    return _encoded(image, file_format)


def black(file_format: str = "PNG") -> bytes:
    """What safety checkers put in place of an image."""
    return _encoded(Image.new("RGB", (64, 48)), file_format)


def _encoded(image: Image.Image, file_format: str) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format)
    return buffer.getvalue()
