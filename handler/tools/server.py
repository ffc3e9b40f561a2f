"""The MCP server object: identity, what it offers, and how a call finds its function.

One is built for each request, bound to its caller; that is cheap, and nothing of one caller can
reach another.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from anyio import to_thread
from mcp.server.caching import CacheableMethod, CacheHint
from mcp.server.context import CallNext, HandlerResult, ServerMiddleware
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    SERVER_INFO_META_KEY,
    CallToolRequestParams,
    ListToolsResult,
)

from handler.core.cancellation import Cancellation
from handler.core.errors import Denied, InvalidArgument, Refused, Unavailable
from handler.core.text import clipped
from handler.telemetry.requests import RequestRecord
from handler.tools import icons, present, tasks
from handler.tools.calls import Arguments, Tools
from handler.tools.definitions import (
    INSTRUCTIONS,
    SERVER_NAME,
    SERVER_VERSION,
    example_id,
    input_schema_of,
    tools_naming,
)
from handler.tools.misplaced import misplaced
from handler.tools.model_resources import ModelResources
from handler.tools.protocol_errors import OnUnavailable
from handler.tools.resources import Resources
from handler.tools.tasks import Context
from handler.tools.tasks_of_generations import GenerationTasks
from handler.tools.viewer import EXTENSION_ID, ViewerResource

log = logging.getLogger(__name__)

IDEMPOTENCY_META_KEY = "tokenflux/idempotencyKey"
# They are the same for every caller and change with a deployment only, but for what is read of a
# model, which says itself how long it holds, and an id in the examples of the tools.
_CACHE = CacheHint(ttl_ms=300_000, scope="public")
_CACHED: tuple[CacheableMethod, ...] = (
    "tools/list",
    "resources/list",
    "resources/templates/list",
    "resources/read",
    "server/discover",
)

_ICONS = [icon.model_dump(mode="json", by_alias=True, exclude_none=True) for icon in icons.PICTURE]

_Tool = Callable[[Arguments, str | None], Awaitable[HandlerResult]]


def build_server(
    tools: Tools, cancellation: Cancellation, on_unavailable: OnUnavailable = lambda _: None
) -> Server[dict[str, Any]]:
    """The server that offers `tools` to their caller.

    A call that could not be served now is a tool error, and `on_unavailable` hears of it: over HTTP
    there is a better answer.
    """
    record = tools.caller.record
    generation_tasks = GenerationTasks(tools, cancellation, on_unavailable)
    calls = _Calls(tools, generation_tasks, on_unavailable)
    models = ModelResources(tools.admissions, record, on_unavailable)
    resources = Resources(ViewerResource(tools.caller.base_url, tools.lookup.images_origin), models)
    server: Server[dict[str, Any]] = Server(
        SERVER_NAME,
        version=SERVER_VERSION,
        title="TokenFlux Images",
        instructions=INSTRUCTIONS,
        cache_hints=dict.fromkeys(_CACHED, _CACHE),
        get_tool_input_schema=input_schema_of,
        on_list_tools=calls.list,
        on_list_resources=resources.list,
        on_list_resource_templates=resources.list_templates,
        on_read_resource=resources.read,
        on_completion=models.complete,
    )
    # `on_call_tool` would not have it that a call becomes a task.
    server.add_request_handler("tools/call", CallToolRequestParams, calls.call)
    server.extensions[EXTENSION_ID] = {}
    tasks.offer(server, generation_tasks)
    server.middleware += [_NotingMethod(record), _ShowingIcon()]
    return server


@dataclass(frozen=True)
class _Calls:
    """Lists the tools, and finds the one that is called."""

    tools: Tools
    generation_tasks: GenerationTasks
    on_unavailable: OnUnavailable

    async def list(self, *_: object) -> ListToolsResult:
        """The result of `tools/list`."""
        return ListToolsResult(tools=list(tools_naming(await self._example())))

    async def _example(self) -> str:
        try:
            return example_id(await to_thread.run_sync(self.tools.admissions.models))
        except Unavailable:
            # A list of tools must not depend on what they would find.
            return example_id({})

    async def call(self, context: Context, params: CallToolRequestParams) -> HandlerResult:
        """The result of `tools/call`.

        Raises:
            MCPError: There is no such tool, or it is broken.
        """
        function = self._function(params.name, context)
        record = self.tools.caller.record
        record.tool = params.name
        try:
            with record.noting_failure():
                return await function(params.arguments or {}, _idempotency_key(context.meta))
        except InvalidArgument as error:
            return present.refusal(error, misplaced(params.name, params.arguments or {}))
        except Refused as error:
            return present.refusal(error)
        except Unavailable as error:
            self.on_unavailable(error)
            return present.as_error(str(error))
        except Denied as error:
            return present.as_error(str(error))
        except Exception:  # the SDK would show its text to callers of the handshake revisions
            log.exception("tool %s failed", params.name)
            raise MCPError(INTERNAL_ERROR, "Something went wrong on our side.") from None

    def _function(self, name: str, context: Context) -> _Tool:
        generating = self.generation_tasks if tasks.is_declared(context) else self.tools
        functions: Mapping[str, _Tool] = {
            "list_models": self.tools.list_models,
            "get_model": self.tools.get_model,
            "generate_image": generating.generate_image,
            "get_generation": self.tools.get_generation,
        }
        if name not in functions:
            known = ", ".join(functions)
            raise MCPError(INVALID_PARAMS, f"unknown tool {clipped(name)!r}; the tools are {known}")
        return functions[name]


@dataclass(frozen=True)
class _NotingMethod(ServerMiddleware[dict[str, Any]]):
    record: RequestRecord

    async def __call__(self, ctx: Context, call_next: CallNext) -> HandlerResult:
        self.record.mcp_method = ctx.method
        return await call_next(ctx)


class _ShowingIcon(ServerMiddleware[dict[str, Any]]):
    """Adds the service's icon where a client asks who it is.

    As the server's own it would come with every single answer of the stateless revision.
    """

    async def __call__(self, ctx: Context, call_next: CallNext) -> HandlerResult:
        result = await call_next(ctx)
        if isinstance(result, dict):
            if ctx.method == "server/discover":
                result["_meta"][SERVER_INFO_META_KEY]["icons"] = _ICONS
            elif ctx.method == "initialize":
                result["serverInfo"]["icons"] = _ICONS
        return result


ServerBuilder = Callable[[Tools, Cancellation, OnUnavailable], Server[dict[str, Any]]]
"""What makes the server object of one call, as `build_server` does."""


def _idempotency_key(meta: Mapping[str, Any] | None) -> str | None:
    value = (meta or {}).get(IDEMPOTENCY_META_KEY)
    return value if value is None or isinstance(value, str) else ""
