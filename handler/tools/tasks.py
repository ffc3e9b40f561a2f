"""The Tasks extension (`io.modelcontextprotocol/tasks`, SEP-2663), whatever a task is.

Its words on the wire, whom a task may be given to, and its three methods over a `TaskStore`. It
belongs to the stateless revisions alone: on the older ones nothing of it is offered or answered,
and what a client declares there counts for nothing. What our tasks are is
`handler.tools.tasks_of_generations`' business.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

from mcp.server.context import HandlerResult, ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp.shared.inbound import MCP_NAME_HEADER, decode_header_value
from mcp_types import (
    HEADER_MISMATCH,
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    RequestParams,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

TASKS_EXTENSION_ID = "io.modelcontextprotocol/tasks"

Context = ServerRequestContext[dict[str, Any], Any]


@dataclass(frozen=True)
class Task:
    """A task as it stands. Times are epoch milliseconds."""

    id: str
    status: Literal["working", "input_required", "completed", "failed", "cancelled"]
    created_at_ms: int
    updated_at_ms: int
    ttl_ms: int
    """How long after its creation it can be asked for, at least."""
    poll_interval_ms: int
    message: str
    """For whoever looks at the client."""
    payload: Mapping[str, Any] = field(default_factory=dict)
    """What its status brings along: `result`, `error` or `inputRequests`."""


class TaskStore(Protocol):
    """The tasks of one caller; an id that is none of them is an `MCPError` of invalid params."""

    async def get(self, task_id: str) -> Task:
        """The task as it stands."""

    async def update(self, task_id: str, responses: Mapping[str, Any]) -> None:
        """Take in answers to what the task asked for; others are ignored."""

    async def cancel(self, task_id: str) -> None:
        """Cancel the task; one that has ended stays as it is."""


def is_declared(context: Context) -> bool:
    """Whether this very request says that its client can handle a task."""
    capabilities = context.session.client_capabilities
    return (
        context.protocol_version in MODERN_PROTOCOL_VERSIONS
        and capabilities is not None
        and TASKS_EXTENSION_ID in (capabilities.extensions or {})
    )


def undeclared() -> MCPError:
    """The error for a client that would have to declare the extension."""
    required: dict[str, Any] = {"requiredCapabilities": {"extensions": {TASKS_EXTENSION_ID: {}}}}
    message = "Missing required client capability"
    return MCPError(MISSING_REQUIRED_CLIENT_CAPABILITY, message, required)


def created(task: Task) -> dict[str, Any]:
    """The result of a request that has become a task."""
    return {"resultType": "task", **_described(task)}


def detailed(task: Task) -> dict[str, Any]:
    """The result of `tasks/get`."""
    return {"resultType": "complete", **_described(task), **task.payload}


def _described(task: Task) -> dict[str, Any]:
    return {
        "taskId": task.id,
        "status": task.status,
        "statusMessage": task.message,
        "createdAt": _iso_8601(task.created_at_ms),
        "lastUpdatedAt": _iso_8601(task.updated_at_ms),
        "ttlMs": task.ttl_ms,
        "pollIntervalMs": task.poll_interval_ms,
    }


def _iso_8601(at_ms: int) -> str:
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def offer(server: Server[dict[str, Any]], tasks: TaskStore) -> None:
    """Let `server` offer the extension and answer its methods from `tasks`."""

    async def get(_: Context, task_id: str) -> dict[str, Any]:
        return detailed(await tasks.get(task_id))

    async def update(context: Context, task_id: str) -> dict[str, Any]:
        responses = (context.params or {}).get("inputResponses")
        if not isinstance(responses, Mapping):
            raise MCPError(INVALID_PARAMS, "inputResponses is required and must be an object")
        await tasks.update(task_id, responses)
        return {}

    async def cancel(_: Context, task_id: str) -> dict[str, Any]:
        await tasks.cancel(task_id)
        return {}

    for method, answer in (("get", get), ("update", update), ("cancel", cancel)):
        server.add_request_handler(f"tasks/{method}", RequestParams, _admitting(answer))
    # A handshake's capabilities have no place for it.
    server.extensions[TASKS_EXTENSION_ID] = {}


def _admitting(
    answer: Callable[[Context, str], Awaitable[dict[str, Any]]],
) -> Callable[[Context, RequestParams], Awaitable[HandlerResult]]:
    async def checked(context: Context, _: RequestParams) -> HandlerResult:
        return await answer(context, _task_id(context))

    return checked


def _task_id(context: Context) -> str:
    """The id that a request names, of a client that may ask for it.

    Raises:
        MCPError: It may not, or the request contradicts itself.
    """
    if context.protocol_version not in MODERN_PROTOCOL_VERSIONS:
        raise MCPError(METHOD_NOT_FOUND, "Method not found", context.method)
    task_id = (context.params or {}).get("taskId")
    # The SDK does this for the methods that it knows to have a name. In process there is no header.
    if isinstance(task_id, str) and context.request is not None:
        named = decode_header_value(context.request.headers.get(MCP_NAME_HEADER))
        if named != task_id:
            message = f"{MCP_NAME_HEADER} header does not match the request body's 'taskId'"
            raise MCPError(HEADER_MISMATCH, message)
    if not is_declared(context):
        raise undeclared()
    if not isinstance(task_id, str) or not task_id:
        raise MCPError(INVALID_PARAMS, "taskId is required and must be a string")
    return task_id
