"""The MCP endpoint's transport: method, key, balance, then the SDK.

The SDK's session manager can be run once only, and a function's event loop stands still between
calls: so one is made for each request, which costs a fraction of a millisecond. It serves both
protocol families, told apart by the version header.
"""

from dataclasses import dataclass, replace
from functools import partial

from anyio import to_thread
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import RequestBodyLimitMiddleware, TransportSecuritySettings
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from handler.core.accounts import Principal
from handler.core.errors import InsufficientBalance, RequestTooLarge, ServiceError
from handler.telemetry.requests import record_of
from handler.telemetry.trace import traced
from handler.tools.caller import Caller
from handler.tools.calls import Tools
from handler.tools.server import ServerBuilder
from handler.web.deadline import answer_by_ms
from handler.web.gate import may_proceed, presented_key, wants_previews
from handler.web.location import base_url
from handler.web.responses import method_not_allowed, refused_message
from handler.web.services import ApiServices

MAX_BODY_BYTES = 4 * 1024 * 1024
ALLOWED_METHODS = "POST, OPTIONS"
# We answer in JSON whatever was asked for; the SDK would refuse a client that does not say it takes
# that.
_ACCEPT = (b"accept", b"application/json, text/event-stream")


@dataclass(frozen=True)
class McpEndpoint:
    """The ASGI application at the endpoint's address."""

    services: ApiServices
    security: TransportSecuritySettings
    build_server: ServerBuilder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        record = record_of(scope)
        record.route = "mcp"
        if scope["method"] == "OPTIONS":
            await Response(status_code=204, headers={"Allow": ALLOWED_METHODS})(
                scope, receive, send
            )
            return
        if scope["method"] != "POST":
            # The SDK would hold a GET open as a stream until the function times out.
            await method_not_allowed(ALLOWED_METHODS)(scope, receive, send)
            return
        now_ms = self.services.clock.now_ms()
        answer_by = answer_by_ms(scope, now_ms, self.services.wait_seconds)
        try:
            with record.noting_failure(), record.watch.phase("authentication"):
                principal = await to_thread.run_sync(
                    self.services.authentication.principal, presented_key(Headers(scope=scope))
                )
        except ServiceError as error:
            await refused_message(error)(scope, receive, send)
            return
        record.principal = principal
        serve = partial(self._serve, principal, answer_by)
        explaining = _explaining(scope, receive, send)
        await RequestBodyLimitMiddleware(serve, MAX_BODY_BYTES)(scope, receive, explaining)

    async def _serve(
        self, principal: Principal, answer_by: int, scope: Scope, receive: Receive, send: Send
    ) -> None:
        record = record_of(scope)
        body = await Request(scope, receive).body()
        if not may_proceed(principal, body):
            refusal = InsufficientBalance()
            record.failed(refusal)
            await refused_message(refusal)(scope, receive, send)
            return
        caller = Caller(
            account_id=principal.account.id,
            base_url=base_url(scope),
            answer_by_ms=answer_by,
            idempotency_key=Headers(scope=scope).get("idempotency-key"),
            record=record,
            previews=self.services.previews and wants_previews(scope["query_string"]),
        )
        services = self.services
        admissions = replace(
            services.admissions, queue=traced(services.admissions.queue, record.trace)
        )
        cancellation = replace(
            services.cancellation, queue=traced(services.cancellation.queue, record.trace)
        )
        tools = Tools(admissions, services.lookup, services.clock, caller)
        answer = HeldAnswer(send)
        manager = StreamableHTTPSessionManager(
            self.build_server(tools, cancellation, answer.replace),
            json_response=True,
            stateless=True,
            security_settings=self.security,
            max_request_body_size=MAX_BODY_BYTES,
        )
        async with manager.run():
            await manager.handle_request(
                _accepting_json(scope), _replay(body, receive), answer.hold
            )
        await answer.release(scope, receive)


class HeldAnswer:
    """Keeps an answer back until its call has ended, so that a better one can take its place."""

    def __init__(self, send: Send) -> None:
        self.send = send
        self._messages: list[Message] = []
        self._error: ServiceError | None = None

    async def hold(self, message: Message) -> None:
        """Take a message of the answer."""
        self._messages.append(message)

    def replace(self, error: ServiceError) -> None:
        """Answer with `error` instead."""
        self._error = error

    async def release(self, scope: Scope, receive: Receive) -> None:
        """Send the answer."""
        if self._error is not None:
            await refused_message(self._error)(scope, receive, self.send)
            return
        for message in self._messages:
            await self.send(message)


def _explaining(scope: Scope, receive: Receive, send: Send) -> Send:
    """`send`, with a refusal of too large a message that clients show and people understand."""
    is_replaced = False

    async def explaining(message: Message) -> None:
        nonlocal is_replaced
        if message["type"] == "http.response.start" and message["status"] == 413:
            is_replaced = True
            error = RequestTooLarge(MAX_BODY_BYTES)
            record_of(scope).failed(error)
            await refused_message(error)(scope, receive, send)
        if not is_replaced:
            await send(message)

    return explaining


def _accepting_json(scope: Scope) -> Scope:
    headers = [(name, value) for name, value in scope["headers"] if name != b"accept"]
    return {**scope, "headers": [*headers, _ACCEPT]}


def _replay(body: bytes, receive: Receive) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay
