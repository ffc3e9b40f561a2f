"""A loopback proxy before the service, for clients that are not ours.

It adds headers that a client cannot send, and keeps what came, as evidence of how a client really
connects. Everything else passes as it is, Host and Origin included: a server's guard against DNS
rebinding must see what a client wrote.
"""

import contextlib
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx2
import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

TIMEOUT_SECONDS = 60.0
_HOP_BY_HOP = frozenset({b"connection", b"keep-alive", b"transfer-encoding", b"content-length"})


@dataclass(frozen=True)
class Exchange:
    """One request with its answer; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    status: int

    @property
    def message(self) -> Mapping[str, Any]:
        """The JSON-RPC message, empty if it is none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True)
class Proxy:
    """The ASGI application that passes requests on to `upstream`, a scheme with host and port."""

    upstream: str
    added: Mapping[str, str] = field(default_factory=dict)
    exchanges: list[Exchange] = field(default_factory=list)
    transport: httpx2.AsyncHTTPTransport = field(default_factory=httpx2.AsyncHTTPTransport)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, and its answer back."""
        request = Request(scope, receive)
        body = await request.body()
        target = scope["raw_path"].decode("latin-1")
        if scope["query_string"]:
            target += "?" + scope["query_string"].decode("latin-1")
        headers = [(k, v) for k, v in request.headers.raw if k not in _HOP_BY_HOP]
        headers += [(k.encode(), v.encode()) for k, v in self.added.items()]
        passed_on = httpx2.Request(
            request.method,
            self.upstream + target,
            headers=headers,
            content=body,
            extensions={"timeout": httpx2.Timeout(TIMEOUT_SECONDS).as_dict()},
        )
        answer = await self.transport.handle_async_request(passed_on)
        content = await answer.aread()
        await answer.aclose()
        seen = {k.decode("latin-1"): v.decode("latin-1") for k, v in request.headers.raw}
        self.exchanges.append(Exchange(request.method, target, seen, body, answer.status_code))
        response = Response(content, answer.status_code)
        kept = [(k.lower(), v) for k, v in answer.headers.raw if k.lower() not in _HOP_BY_HOP]
        lengths = [(k, v) for k, v in answer.headers.raw if k.lower() == b"content-length"]
        response.raw_headers = [*kept, *lengths]
        await response(scope, receive, send)


@contextlib.contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """An application on a port of its own, as long as the context lasts: scheme, host and port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(
            app, lifespan="off", log_config=None, access_log=False, server_header=False
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@contextlib.contextmanager
def proxied(
    endpoint: str, added: Mapping[str, str] | None = None
) -> Iterator[tuple[str, list[Exchange]]]:
    """The same endpoint through a proxy of its own: its address, and what comes through."""
    parts = urlsplit(endpoint)
    proxy = Proxy(f"{parts.scheme}://{parts.netloc}", added or {})
    with served(proxy) as address:
        yield address + parts.path, proxy.exchanges
