"""The MCP server object: identity, what it offers, and how a call finds its function.

One is built for each request, bound to its caller; that is cheap, and nothing of one caller can
reach another.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mcp.server.caching import CacheableMethod, CacheHint
from mcp.server.context import CallNext, HandlerResult, ServerMiddleware, ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    CallToolRequestParams,
    ListToolsResult,
    PaginatedRequestParams,
)

from handler.core.cancellation import Cancellation
from handler.core.errors import Denied, Refused, Unavailable
from handler.core.text import clipped
from handler.telemetry.requests import RequestRecord
from handler.tools import present, tasks
from handler.tools.calls import Arguments, Tools
from handler.tools.definitions import (
    INSTRUCTIONS,
    SERVER_NAME,
    SERVER_VERSION,
    TOOLS,
    input_schema_of,
)
from handler.tools.tasks_of_generations import GenerationTasks
from handler.tools.viewer import EXTENSION_ID, ViewerResources

log = logging.getLogger(__name__)

IDEMPOTENCY_META_KEY = "tokenflux/idempotencyKey"
# They change with a deployment only and are the same for every caller.
_CACHE = CacheHint(ttl_ms=300_000, scope="public")
_CACHED: tuple[CacheableMethod, ...] = (
    "tools/list",
    "resources/list",
    "resources/templates/list",
    "resources/read",
    "server/discover",
)

OnUnavailable = Callable[[Unavailable], None]
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
    functions: Mapping[str, _Tool] = {
        "list_models": tools.list_models,
        "get_model": tools.get_model,
        "generate_image": tools.generate_image,
        "get_generation": tools.get_generation,
    }
    as_tasks: Mapping[str, _Tool] = {
        **functions,
        "generate_image": generation_tasks.generate_image,
    }

    async def list_tools(
        _: ServerRequestContext[dict[str, Any]], __: PaginatedRequestParams | None
    ) -> ListToolsResult:
        return ListToolsResult(tools=list(TOOLS))

    async def call_tool(
        context: ServerRequestContext[dict[str, Any]], params: CallToolRequestParams
    ) -> HandlerResult:
        function = (as_tasks if tasks.is_declared(context) else functions).get(params.name)
        if function is None:
            known = ", ".join(functions)
            raise MCPError(
                INVALID_PARAMS, f"unknown tool {clipped(params.name)!r}; the tools are {known}"
            )
        record.tool = params.name
        try:
            with record.noting_failure():
                return await function(params.arguments or {}, _idempotency_key(context.meta))
        except Refused as error:
            return present.refusal(error)
        except Unavailable as error:
            on_unavailable(error)
            return present.as_error(str(error))
        except Denied as error:
            return present.as_error(str(error))
        except Exception:  # the SDK would show its text to callers of the handshake revisions
            log.exception("tool %s failed", params.name)
            raise MCPError(INTERNAL_ERROR, "Something went wrong on our side.") from None

    viewer = ViewerResources(tools.caller.base_url, tools.lookup.images_origin)
    server: Server[dict[str, Any]] = Server(
        SERVER_NAME,
        version=SERVER_VERSION,
        title="TokenFlux Images",
        instructions=INSTRUCTIONS,
        cache_hints=dict.fromkeys(_CACHED, _CACHE),
        get_tool_input_schema=input_schema_of,
        on_list_tools=list_tools,
        on_list_resources=viewer.list,
        on_list_resource_templates=viewer.list_templates,
        on_read_resource=viewer.read,
    )
    # `on_call_tool` would not have it that a call becomes a task.
    server.add_request_handler("tools/call", CallToolRequestParams, call_tool)
    server.extensions[EXTENSION_ID] = {}
    tasks.offer(server, generation_tasks)
    server.middleware.append(_NotingMethod(record))
    return server


@dataclass(frozen=True)
class _NotingMethod(ServerMiddleware[dict[str, Any]]):
    record: RequestRecord

    async def __call__(
        self, ctx: ServerRequestContext[dict[str, Any], Any], call_next: CallNext
    ) -> HandlerResult:
        self.record.mcp_method = ctx.method
        return await call_next(ctx)


ServerBuilder = Callable[[Tools, Cancellation, OnUnavailable], Server[dict[str, Any]]]
"""What makes the server object of one call, as `build_server` does."""


def _idempotency_key(meta: Mapping[str, Any] | None) -> str | None:
    value = (meta or {}).get(IDEMPOTENCY_META_KEY)
    return value if value is None or isinstance(value, str) else ""
