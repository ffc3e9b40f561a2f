"""The ways into the service, all with one interface, so that one test body runs through each.

- The official MCP client on the server object, in process: no HTTP at all.
- HTTP, as an ASGI request or as a literal gateway event handed to the function's adapter; MCP over
  it is written out by hand, for every revision of the protocol.
- The official MCP client over ASGI.
"""

import asyncio
import base64
import json
import uuid
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, cast
from urllib.parse import parse_qs

import httpx2
from anyio import to_thread
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp_types import Result
from starlette.types import ASGIApp

from handler.core.ports import Clock
from handler.core.work import Worker
from handler.events.gateway import adapt
from handler.tools.caller import Caller
from handler.tools.calls import Tools
from handler.tools.server import build_server
from handler.web.app import MCP_PATH, build_app
from handler.web.services import ApiServices
from tests.world import Opened, World

MODERN = "2026-07-28"
HANDSHAKE_REVISIONS = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
REVISIONS = (*HANDSHAKE_REVISIONS, MODERN)
LATEST_HANDSHAKE = HANDSHAKE_REVISIONS[-1]
CLIENT_INFO = {"name": "door", "version": "1"}
TASKS = "io.modelcontextprotocol/tasks"
DECLARING_TASKS: Mapping[str, Any] = {
    "io.modelcontextprotocol/clientCapabilities": {"extensions": {TASKS: {}}}
}
"""`_meta` of a request whose client can handle a task."""
EVENTS = Path(__file__).parent / "events"


# ------------------------------------------------------------------ HTTP
@dataclass(frozen=True)
class HttpAnswer:
    """An HTTP answer; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class HttpDoor(ABC):
    """Takes any HTTP request."""

    base_url: str
    """What callers write before the service's own paths."""

    @abstractmethod
    async def send(
        self,
        method: str,
        path: str = MCP_PATH,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        query: str = "",
    ) -> HttpAnswer:
        """Send exactly this, plus what any gateway or web server adds."""

    async def post(
        self,
        message: Any,
        secret: str | None = None,
        headers: Mapping[str, str] | None = None,
        path: str = MCP_PATH,
    ) -> HttpAnswer:
        """Send an MCP message the usual way; bytes are sent as they are."""
        usual = {
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
        }
        if secret is not None:
            usual["Authorization"] = f"Bearer {secret}"
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        return await self.send("POST", path, {**usual, **(headers or {})}, body)


class AsgiDoor(HttpDoor):
    """The ASGI application itself."""

    def __init__(self, app: ASGIApp, base_url: str = "http://127.0.0.1:8787") -> None:
        self.app = app
        self.base_url = base_url

    async def send(
        self,
        method: str,
        path: str = MCP_PATH,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        query: str = "",
    ) -> HttpAnswer:
        """See `HttpDoor`. Nothing is added but Host and Content-Length."""
        url = f"{self.base_url}{path}" + (f"?{query}" if query else "")
        raw = [(name.encode(), value.encode("latin-1")) for name, value in (headers or {}).items()]
        request = httpx2.Request(method, url, headers=raw, content=body)
        async with asgi_transport(self.app) as transport:
            answer = await transport.handle_async_request(request)
            await answer.aread()
        return HttpAnswer(
            answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, answer.content
        )


def asgi_transport(app: ASGIApp) -> httpx2.ASGITransport:
    return httpx2.ASGITransport(cast("Any", app))


@dataclass
class FunctionContext:
    """What Lambda hands a function besides the event."""

    remaining_ms: int = 60_000
    function_name: str = "tokenflux-images-api"
    function_version: str = "$LATEST"
    invoked_function_arn: str = (
        "arn:aws:lambda:us-east-1:123456789012:function:tokenflux-images-api"
    )
    memory_limit_in_mb: int = 512
    aws_request_id: str = "0b5c5a52-2f0d-4c36-9f5e-6d0b5a4f2a11"

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining_ms


@dataclass(frozen=True)
class Gateway:
    """How a gateway words an event."""

    template: str
    base64: bool = False
    prefix: str = ""
    """Before the service's paths in what the caller asks for, like `/prod`."""

    @property
    def name(self) -> str:
        variants = ["base64"] * self.base64 + [self.prefix.strip("/")] * bool(self.prefix)
        return "-".join([self.template, *variants])

    def event(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        query: str,
        received_ms: int,
    ) -> dict[str, Any]:
        """The template with this request in it."""
        text, is_base64 = _body_text(body, as_base64=self.base64)
        values = {
            "method": method,
            "service_path": path,
            "public_path": self.prefix + path,
            "proxy": path.lstrip("/"),
            "stage": self.prefix.strip("/") or "$default",
            "query": query,
            "query_lists": parse_qs(query) or None,
            "query_map": {name: found[-1] for name, found in parse_qs(query).items()} or None,
            "length": str(len(body)),
            "received_ms": received_ms,
            "body": text,
            "is_base64": is_base64,
        }
        event: dict[str, Any] = _filled(self.document(), values)
        if text is None and event.get("version") == "2.0":
            # Where a REST API says null, the others leave the body out.
            del event["body"]
        _add_headers(event, headers)
        return event

    def document(self) -> Any:
        return json.loads((EVENTS / f"{self.template}.json").read_text())

    @property
    def host(self) -> str:
        return str(self.document()["requestContext"]["domainName"])


def _body_text(body: bytes, *, as_base64: bool) -> tuple[str | None, bool]:
    if not body:
        return None, False
    try:
        text = body.decode()
    except UnicodeDecodeError:
        as_base64 = True
    return (base64.b64encode(body).decode(), True) if as_base64 else (text, False)


def _filled(node: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(node, dict):
        return {name: _filled(member, values) for name, member in node.items()}
    if isinstance(node, list):
        return [_filled(member, values) for member in node]
    if isinstance(node, str) and node.startswith("{{"):
        return values[node.strip("{}")]
    return node


def _add_headers(event: dict[str, Any], headers: Mapping[str, str]) -> None:
    # HTTP APIs and Function URLs send names in lower case, REST APIs as they came.
    is_rest = "multiValueHeaders" in event
    for name, value in headers.items():
        for group in ("headers", "multiValueHeaders"):
            if group not in event:
                continue
            for same in [known for known in event[group] if known.lower() == name.lower()]:
                del event[group][same]
            shown = name if is_rest else name.lower()
            event[group][shown] = [value] if group == "multiValueHeaders" else value


class EventDoor(HttpDoor):
    """The function's adapter; like a function's instance, it answers one event at a time."""

    def __init__(
        self,
        services: ApiServices,
        gateway: Gateway,
        trace_header: Callable[[], str | None] = lambda: None,
    ) -> None:
        self.gateway = gateway
        self.clock: Clock = services.clock
        self.context = FunctionContext()
        self.lag_ms = 0
        """How long ago the gateway took the request, when the function gets it."""
        self.base_url = f"https://{gateway.host}{gateway.prefix}"
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._adapter = self._thread.submit(adapt, services, None, trace_header).result()

    async def send(
        self,
        method: str,
        path: str = MCP_PATH,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        query: str = "",
    ) -> HttpAnswer:
        """See `HttpDoor`."""
        received_ms = self.clock.now_ms() - self.lag_ms
        event = self.gateway.event(method, path, headers or {}, body, query, received_ms)
        return await self.invoke(event)

    async def invoke(self, event: dict[str, Any]) -> HttpAnswer:
        """Hand over this event."""
        pending = self._thread.submit(self._adapter, event, cast("Any", self.context))
        return http_answer(await asyncio.wrap_future(pending))

    def close(self) -> None:
        self._thread.submit(lambda: asyncio.get_event_loop().close()).result()
        self._thread.shutdown()


def http_answer(answered: dict[str, Any]) -> HttpAnswer:
    """What a gateway makes of a function's answer."""
    headers = dict(answered.get("headers") or {})
    for name, values in (answered.get("multiValueHeaders") or {}).items():
        headers[name] = ", ".join(values)
    body = answered.get("body") or ""
    return HttpAnswer(
        status=answered["statusCode"],
        headers={name.lower(): value for name, value in headers.items()},
        body=base64.b64decode(body) if answered.get("isBase64Encoded") else body.encode(),
    )


# ------------------------------------------------------------------ MCP
class Door(ABC):
    """Calls tools for one account."""

    revision: str
    base_url: str

    @abstractmethod
    async def list_tools(self) -> dict[str, Any]:
        """The result of `tools/list`, as it is on the wire."""

    @abstractmethod
    async def call(
        self,
        tool: str,
        arguments: Any = None,
        *,
        meta: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> dict[str, Any]:
        """The result of `tools/call`, as it is on the wire.

        Raises:
            MCPError: The answer was a JSON-RPC error.

        """

    async def value(self, tool: str, arguments: Any = None, **more: Any) -> Any:
        """What the text block of a successful result says."""
        result = await self.call(tool, arguments, **more)
        assert not result.get("isError"), result
        assert [block["type"] for block in result["content"]] == ["text"]
        return json.loads(result["content"][0]["text"])

    async def error(self, tool: str, arguments: Any = None, **more: Any) -> list[str]:
        """The text blocks of a tool error."""
        result = await self.call(tool, arguments, **more)
        assert result.get("isError") is True, result
        assert "structuredContent" not in result
        assert {block["type"] for block in result["content"]} == {"text"}
        return [block["text"] for block in result["content"]]


def _on_the_wire(result: Result) -> dict[str, Any]:
    return result.model_dump(mode="json", by_alias=True, exclude_none=True)


@dataclass
class ClientDoor(Door):
    """The official client; `connect` makes what it connects to, knowing the idempotency key."""

    connect: Callable[[str | None], AbstractAsyncContextManager[Client]]
    revision: str
    base_url: str

    async def list_tools(self) -> dict[str, Any]:
        """See `Door`."""
        async with self.connect(None) as client:
            return _on_the_wire(await client.list_tools())

    async def call(
        self,
        tool: str,
        arguments: Any = None,
        *,
        meta: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> dict[str, Any]:
        """See `Door`."""
        refused: MCPError | None = None
        async with self.connect(idempotency_key) as client:
            try:
                return _on_the_wire(await client.call_tool(tool, arguments, meta=cast("Any", meta)))
            except MCPError as error:
                # Raised in here, it would come out wrapped in the groups of the client's tasks.
                refused = error
        raise refused


@dataclass
class WireDoor(Door):
    """MCP written out by hand over HTTP."""

    http: HttpDoor
    secret: str
    revision: str = LATEST_HANDSHAKE
    base_url: str = field(init=False)

    def __post_init__(self) -> None:
        self.base_url = self.http.base_url

    async def rpc(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """The result of a request.

        Raises:
            MCPError: The answer was a JSON-RPC error.

        """
        message, usual = request(method, params, self.revision)
        answer = await self.http.post(message, self.secret, {**usual, **(headers or {})})
        document = answer.json()
        if "error" in document:
            error = document["error"]
            raise MCPError(error["code"], error["message"], error.get("data"))
        assert answer.status == 200, answer
        assert document["id"] == message["id"]
        result: dict[str, Any] = document["result"]
        return result

    async def list_tools(self) -> dict[str, Any]:
        """See `Door`."""
        return await self.rpc("tools/list")

    async def call(
        self,
        tool: str,
        arguments: Any = None,
        *,
        meta: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> dict[str, Any]:
        """See `Door`."""
        params: dict[str, Any] = {"name": tool}
        if arguments is not None:
            params["arguments"] = arguments
        if meta is not None:
            params["_meta"] = meta
        headers = {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}
        return await self.rpc("tools/call", params, headers)


def request(
    method: str, params: Mapping[str, Any] | None = None, revision: str = LATEST_HANDSHAKE
) -> tuple[dict[str, Any], dict[str, str]]:
    """A JSON-RPC request in the words of `revision`, and the headers that go with it."""
    params = dict(params or {})
    headers = {"Mcp-Protocol-Version": revision}
    if revision == MODERN:
        params["_meta"] = {
            "io.modelcontextprotocol/protocolVersion": revision,
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": CLIENT_INFO,
            **params.get("_meta", {}),
        }
        headers["Mcp-Method"] = method
        for named in {"name", "uri", "taskId"} & set(params):
            headers["Mcp-Name"] = str(params[named])
    message = {"jsonrpc": "2.0", "id": str(uuid.uuid4()), "method": method, "params": params}
    return message, headers


def initialize(revision: str = LATEST_HANDSHAKE) -> dict[str, Any]:
    """The message that opens a handshake."""
    params = {"protocolVersion": revision, "capabilities": {}, "clientInfo": CLIENT_INFO}
    return request("initialize", params)[0]


# ------------------------------------------------------------------ which doors there are
class Opener(Protocol):
    """Opens a door to `services` for the account."""

    def __call__(
        self, services: ApiServices, opened: Opened
    ) -> AbstractAsyncContextManager[Door]: ...


@dataclass(frozen=True)
class DoorKind:
    """A door that can be opened."""

    name: str
    open: Opener

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class HttpKind:
    """A door for HTTP that can be opened: a gateway's events, or ASGI where there is none."""

    gateway: Gateway | None = None

    def __str__(self) -> str:
        return self.gateway.name if self.gateway else "asgi"

    @asynccontextmanager
    async def open(self, services: ApiServices) -> AsyncIterator[HttpDoor]:
        if self.gateway is None:
            yield AsgiDoor(build_app(services))
            return
        door = EventDoor(services, self.gateway)
        try:
            yield door
        finally:
            await to_thread.run_sync(door.close)


HTTP_API = Gateway("http_api")
REST_API = Gateway("rest_api", prefix="/prod")
FUNCTION_URL = Gateway("function_url")
GATEWAYS = (
    HTTP_API,
    replace(HTTP_API, base64=True),
    replace(HTTP_API, prefix="/prod"),
    REST_API,
    replace(REST_API, base64=True),
    replace(REST_API, prefix=""),
    FUNCTION_URL,
    replace(FUNCTION_URL, base64=True),
)
HTTP_KINDS = (HttpKind(), *(HttpKind(gateway) for gateway in GATEWAYS))


def in_process(mode: str) -> DoorKind:
    """The official client on the server object."""

    @asynccontextmanager
    async def open_it(services: ApiServices, opened: Opened) -> AsyncIterator[Door]:
        base_url = "https://images.example"

        def connect(idempotency_key: str | None) -> AbstractAsyncContextManager[Client]:
            answer_by = services.clock.now_ms() + int(services.wait_seconds * 1000)
            caller = Caller(opened.account_id, base_url, answer_by, idempotency_key)
            tools = Tools(services.admissions, services.lookup, services.clock, caller)
            return Client(
                build_server(tools, services.cancellation), mode=mode, raise_exceptions=True
            )

        yield ClientDoor(connect, _revision_of(mode), base_url)

    return DoorKind(f"in process {mode}", open_it)


def official_client(mode: str) -> DoorKind:
    """The official client over ASGI."""

    @asynccontextmanager
    async def open_it(services: ApiServices, opened: Opened) -> AsyncIterator[Door]:
        app, base_url = build_app(services), "http://127.0.0.1:8787"

        @asynccontextmanager
        async def connect(idempotency_key: str | None) -> AsyncIterator[Client]:
            headers = {"Authorization": f"Bearer {opened.secret}"}
            if idempotency_key is not None:
                headers["Idempotency-Key"] = idempotency_key
            async with httpx2.AsyncClient(transport=asgi_transport(app), headers=headers) as http:
                transport = streamable_http_client(base_url + MCP_PATH, http_client=http)
                async with Client(transport, mode=mode) as client:
                    yield client

        yield ClientDoor(connect, _revision_of(mode), base_url)

    return DoorKind(f"client {mode}", open_it)


def over_http(kind: HttpKind, revision: str) -> DoorKind:
    """MCP by hand over `kind`."""

    @asynccontextmanager
    async def open_it(services: ApiServices, opened: Opened) -> AsyncIterator[Door]:
        async with kind.open(services) as http:
            yield WireDoor(http, opened.secret, revision)

    return DoorKind(f"{kind} {revision}", open_it)


def _revision_of(mode: str) -> str:
    return LATEST_HANDSHAKE if mode == "legacy" else mode


DOORS = (
    in_process("legacy"),
    in_process(MODERN),
    official_client("legacy"),
    official_client(MODERN),
    *(over_http(HttpKind(), revision) for revision in REVISIONS),
    # Each way a gateway words a request once, the revisions spread over them.
    *(
        over_http(HttpKind(gateway), REVISIONS[-1 - number % len(REVISIONS)])
        for number, gateway in enumerate(GATEWAYS)
    ),
)

ONE_OF_EACH = (
    in_process(MODERN),
    official_client("legacy"),
    over_http(HttpKind(HTTP_API), "2025-06-18"),
)
"""For what differs between kinds of doors at most, not between variants of one."""


# ------------------------------------------------------------------ a worker that is always first
@dataclass(frozen=True)
class WorkedAtOnce:
    """A queue whose worker has done the job by the time that sending returns."""

    worker: Worker

    def send(self, generation_id: str, delay_seconds: int = 0, trace: str | None = None) -> None:
        if not delay_seconds:
            self.worker.run(generation_id, f"at once {uuid.uuid4()}")


def worked_at_once(world: World) -> ApiServices:
    """The world's services, where every generation has been worked on before it is waited for."""
    return replace(
        world.api, admissions=replace(world.admissions, queue=WorkedAtOnce(world.worker))
    )


def unworked(world: World) -> ApiServices:
    """The world's services, where nobody works and nobody waits."""
    return replace(world.api, wait_seconds=0)
