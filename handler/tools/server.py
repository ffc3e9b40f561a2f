"""The MCP server object: identity, the four tools and the viewer, how a call finds its function.

One is built for each request, bound to its caller; that is cheap, and nothing of one caller can
reach another.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import anyio
from anyio import to_thread
from mcp.server.caching import CacheableMethod, CacheHint
from mcp.server.context import CallNext, HandlerResult, ServerMiddleware, ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
)

from handler.core.admission import Admissions
from handler.core.errors import Denied, Refused, Unavailable
from handler.core.generation import Generation
from handler.core.lookup import Lookup
from handler.core.ports import Clock
from handler.core.text import clipped
from handler.telemetry.requests import RequestRecord
from handler.tools import present
from handler.tools.caller import Caller
from handler.tools.definitions import (
    INSTRUCTIONS,
    SERVER_NAME,
    SERVER_VERSION,
    TOOLS,
    input_schema_of,
)
from handler.tools.viewer import EXTENSION_ID, ViewerResources
from handler.tools.waiting import until_final

log = logging.getLogger(__name__)

IDEMPOTENCY_META_KEY = "tokenflux/idempotencyKey"
GET_GENERATION_WAIT_MS = 10_000
PREVIEWS_WAIT_SECONDS = 0.8
"""Within the margin that a deadline leaves for the answer."""
# They change with a deployment only and are the same for every caller.
_CACHE = CacheHint(ttl_ms=300_000, scope="public")
_CACHED: tuple[CacheableMethod, ...] = (
    "tools/list",
    "resources/list",
    "resources/templates/list",
    "resources/read",
    "server/discover",
)

Arguments = Mapping[str, Any]
OnUnavailable = Callable[[Unavailable], None]


@dataclass(frozen=True)
class Tools:
    """The four tools for one caller."""

    admissions: Admissions
    lookup: Lookup
    clock: Clock
    caller: Caller

    async def list_models(self, _: Arguments, __: str | None) -> CallToolResult:
        """Every model that can be used."""
        listed = await to_thread.run_sync(self.admissions.listed_models)
        models = [present.model_object(model) for model in listed]
        return present.as_result(models, structured={"models": models})

    async def get_model(self, arguments: Arguments, _: str | None) -> CallToolResult:
        """One model with the schema of its input."""
        model = await to_thread.run_sync(self.admissions.model, arguments.get("model_id"))
        self.caller.record.model_id = model.id
        shown = present.model_with_schema(model)
        return present.as_result(shown, structured=shown)

    async def generate_image(self, arguments: Arguments, meta_key: str | None) -> CallToolResult:
        """Admit a generation, and wait for it as long as the caller can."""
        record = self.caller.record
        with record.watch.phase("admission"):
            admitted = await to_thread.run_sync(self._admitted, arguments, meta_key)
        read = partial(self.lookup.generation, self.caller.account_id, admitted.id)
        generation = await self._awaited(admitted, read, self.caller.answer_by_ms)
        shown = present.generation_object(generation, self.caller.base_url)
        return present.as_result(shown, previews=await self._previews(generation))

    def _admitted(self, arguments: Arguments, meta_key: str | None) -> Generation:
        model_id = arguments.get("model_id")
        if self.admissions.is_listed(model_id):
            # Whatever else a caller sends as an id does not get into the log.
            self.caller.record.model_id = model_id
        return self.admissions.admit(
            self.caller.account_id,
            model_id,
            arguments.get("input"),
            self.caller.idempotency_key if meta_key is None else meta_key,
        )

    async def get_generation(self, arguments: Arguments, _: str | None) -> CallToolResult:
        """A generation as it stands, after a short wait for its end."""
        read = partial(self.lookup.generation, self.caller.account_id, arguments.get("id"))
        answer_by_ms = min(self.caller.answer_by_ms, self.clock.now_ms() + GET_GENERATION_WAIT_MS)
        found = await to_thread.run_sync(read)
        generation = await self._awaited(found, read, answer_by_ms)
        shown = present.generation_details(generation, self.caller.base_url)
        return present.as_result(shown, previews=await self._previews(generation))

    async def _previews(self, generation: Generation) -> list[bytes]:
        if not self.caller.previews:
            return []
        found: dict[int, bytes | None] = {}

        async def read(number: int) -> None:
            # A slow bucket must not make the answer late; the thread ends by itself.
            found[number] = await to_thread.run_sync(
                self.lookup.preview, generation, number, abandon_on_cancel=True
            )

        with anyio.move_on_after(PREVIEWS_WAIT_SECONDS):
            async with anyio.create_task_group() as group:
                for number in range(1, len(generation.images) + 1):
                    group.start_soon(read, number)
        return [data for _, data in sorted(found.items()) if data]

    async def _awaited(
        self, generation: Generation, read: Callable[[], Generation], answer_by_ms: int
    ) -> Generation:
        record = self.caller.record
        # What is known now, in case that the wait ends with an error.
        record.generation = generation
        with record.watch.phase("waiting"):
            record.generation = await until_final(generation, read, answer_by_ms, self.clock)
        return record.generation


def build_server(
    tools: Tools, on_unavailable: OnUnavailable = lambda _: None
) -> Server[dict[str, Any]]:
    """The server that offers `tools` to their caller.

    A call that could not be served now is a tool error, and `on_unavailable` hears of it: over HTTP
    there is a better answer.
    """
    record = tools.caller.record
    functions = {
        "list_models": tools.list_models,
        "get_model": tools.get_model,
        "generate_image": tools.generate_image,
        "get_generation": tools.get_generation,
    }

    async def list_tools(
        _: ServerRequestContext[dict[str, Any]], __: PaginatedRequestParams | None
    ) -> ListToolsResult:
        return ListToolsResult(tools=list(TOOLS))

    async def call_tool(
        context: ServerRequestContext[dict[str, Any]], params: CallToolRequestParams
    ) -> CallToolResult:
        function = functions.get(params.name)
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
        on_call_tool=call_tool,
        on_list_resources=viewer.list,
        on_list_resource_templates=viewer.list_templates,
        on_read_resource=viewer.read,
    )
    server.extensions[EXTENSION_ID] = {}
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


ServerBuilder = Callable[[Tools, OnUnavailable], Server[dict[str, Any]]]
"""What makes the server object of one call, as `build_server` does."""


def _idempotency_key(meta: Mapping[str, Any] | None) -> str | None:
    value = (meta or {}).get(IDEMPOTENCY_META_KEY)
    return value if value is None or isinstance(value, str) else ""
