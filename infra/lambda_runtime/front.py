"""The gateway: an ASGI application that hands requests to functions and their answers back.

It keeps API Gateway's limits: 10 MB of request, 6 MB of event, and the integration's time-out from
the moment the request came in. What happens inside a function is `pool`'s and `sandbox`'s.
"""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from infra.lambda_runtime.http_answer import (
    INTERNAL_ERROR,
    NOT_FOUND,
    TOO_LARGE,
    UNAVAILABLE,
    HttpAnswer,
    MalformedResult,
    gateway_answer,
)
from infra.lambda_runtime.http_api import HttpApi, Match
from infra.lambda_runtime.http_event import Request, gateway_event, new_request_id
from infra.lambda_runtime.outcome import FunctionFailed, Throttled

MAX_REQUEST_BYTES = 10 * 1024 * 1024
MAX_EVENT_BYTES = 6 * 1024 * 1024
"""What Lambda takes of a synchronous call."""

Invoke = Callable[[bytes], bytes]
"""Runs one function with an event; blocks, and raises `FunctionFailed` or `Throttled`."""


class Front:
    """Answers every HTTP request the way the API's stage does."""

    def __init__(self, api: HttpApi, functions: Mapping[str, Invoke], threads: Executor) -> None:
        """`functions` by logical id; each call of one keeps one of `threads` until it ends."""
        self.api = api
        self.functions = functions
        self.threads = threads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        received_ms, request_id = time.time_ns() // 1_000_000, new_request_id()
        body = await _body(receive)
        if body is None:
            answer = TOO_LARGE
        else:
            answer = await self._answer(_request(scope, body, received_ms, request_id))
        for message in _messages(answer, request_id, is_head=scope["method"] == "HEAD"):
            await send(message)

    async def _answer(self, request: Request) -> HttpAnswer:
        match = self.api.match(request.method, request.path)
        if match is None:
            return NOT_FOUND
        event = json.dumps(gateway_event(request, match)).encode()
        if len(event) > MAX_EVENT_BYTES:
            return TOO_LARGE
        return await self._ask(match, event, request.received_ms)

    async def _ask(self, match: Match, event: bytes, received_ms: int) -> HttpAnswer:
        invoke = self.functions[match.route.function]
        running = asyncio.get_running_loop().run_in_executor(self.threads, invoke, event)
        spent_seconds = time.time() - received_ms / 1000
        # The function goes on when the gateway gives up, and when the caller hangs up.
        done, _ = await asyncio.wait({running}, timeout=match.route.timeout_seconds - spent_seconds)
        if not done:
            running.add_done_callback(_forget)
            return UNAVAILABLE
        try:
            return gateway_answer(running.result())
        except Throttled:
            return UNAVAILABLE
        except (FunctionFailed, MalformedResult):
            return INTERNAL_ERROR


def _forget(ended: "asyncio.Future[bytes]") -> None:
    """Look at a late failure, which would be reported as overlooked otherwise."""
    if not ended.cancelled():
        ended.exception()


async def _body(receive: Receive) -> bytes | None:
    """The whole body, or None if it is too large or its sender has gone."""
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part = message.get("body", b"")
        size += len(part)
        if size > MAX_REQUEST_BYTES:
            return None
        parts.append(part)
        more = message.get("more_body", False)
    return b"".join(parts)


def _request(scope: Scope, body: bytes, received_ms: int, request_id: str) -> Request:
    client, server = scope.get("client") or ("", 0), scope.get("server") or ("", 0)
    return Request(
        method=scope["method"],
        path=scope["raw_path"].decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers=[(k.decode("latin-1"), v.decode("latin-1")) for k, v in scope["headers"]],
        body=body,
        scheme=scope["scheme"],
        protocol=f"HTTP/{scope['http_version']}",
        source_ip=client[0],
        port=server[1],
        received_ms=received_ms,
        id=request_id,
    )


def _messages(answer: HttpAnswer, request_id: str, *, is_head: bool) -> list[Message]:
    headers = [*answer.headers, ("apigw-requestid", request_id)]
    if not is_head:
        # Counted here; the answer to HEAD tells of a body that is not there.
        headers = [pair for pair in headers if pair[0] != "content-length"]
        headers.append(("content-length", str(len(answer.body))))
    start: dict[str, Any] = {
        "type": "http.response.start",
        "status": answer.status,
        "headers": [(k.encode("latin-1"), v.encode("latin-1")) for k, v in headers],
    }
    return [start, {"type": "http.response.body", "body": b"" if is_head else answer.body}]
