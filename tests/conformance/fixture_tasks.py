"""The task tools of the suite's reference server: jobs in this process's memory.

The Tasks extension itself is `handler.tools.tasks`, the code under test; what a task is, is made up
here. A job does nothing: what has become of it follows from the time.
"""

import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import anyio
from mcp.server.context import HandlerResult
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ElicitRequest,
    ElicitRequestFormParams,
    InputRequiredResult,
    TextContent,
)

from handler.tools.tasks import Context, Task, created, is_declared, undeclared

TTL_MS = 60_000
POLL_MS = 100


def said(text: str, *, is_error: bool = False) -> CallToolResult:
    """A tool's result."""
    return CallToolResult(content=[TextContent(text=text)], is_error=is_error)


def now_ms() -> int:
    return int(time.time() * 1000)


@dataclass
class Job:
    """What a task stands for, ending as `ending` says once it is time and nothing is asked."""

    ending: CallToolResult | MCPError
    ends_ms: int
    asked: dict[str, Any] = field(default_factory=dict)
    """Requests to the client that it has not answered."""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    began_ms: int = field(default_factory=now_ms)
    is_canceled: bool = False

    def as_task(self) -> Task:
        """How it stands."""
        if self.is_canceled:
            return self._task("cancelled", {})
        if self.asked:
            return self._task("input_required", {"inputRequests": self.asked})
        if now_ms() < self.ends_ms:
            return self._task("working", {})
        if isinstance(self.ending, MCPError):
            error = {"code": self.ending.code, "message": self.ending.message}
            return self._task("failed", {"error": error})
        result = self.ending.model_dump(mode="json", by_alias=True, exclude_none=True)
        return self._task("completed", {"result": result})

    def _task(self, status: Any, payload: Mapping[str, Any]) -> Task:
        began_ms = self.began_ms
        return Task(self.id, status, began_ms, began_ms, TTL_MS, POLL_MS, status, payload)


class FixtureTasks:
    """A `TaskStore`, and the tools that begin its tasks."""

    def __init__(self) -> None:
        self.jobs: dict[str, Job] = {}

    async def get(self, task_id: str) -> Task:
        """See `TaskStore`."""
        return self._job(task_id).as_task()

    async def update(self, task_id: str, responses: Mapping[str, Any]) -> None:
        """See `TaskStore`."""
        job = self._job(task_id)
        job.asked = {key: job.asked[key] for key in job.asked if key not in responses}

    async def cancel(self, task_id: str) -> None:
        """See `TaskStore`."""
        job = self._job(task_id)
        if job.as_task().status in ("working", "input_required"):
            job.is_canceled = True

    def _job(self, task_id: str) -> Job:
        if task_id not in self.jobs:
            raise MCPError(INVALID_PARAMS, "task not found")
        return self.jobs[task_id]

    def begin(
        self, ending: CallToolResult | MCPError, seconds: float, *asking: str
    ) -> HandlerResult:
        """A task that ends in `seconds`, or when each name that it is `asking` for was given."""
        asked = {f"{name}-{uuid.uuid4()}": _wire(_question(name)) for name in asking}
        job = Job(ending, now_ms() + int(seconds * 1000), asked)
        self.jobs[job.id] = job
        return created(job.as_task())

    # -------------------------------------------------------------- the tools
    @property
    def tools(self) -> Mapping[str, Callable[..., Awaitable[HandlerResult]]]:
        """By their names in the suite."""
        return {
            "greet": self._greet,
            "slow_compute": self._slow_compute,
            "failing_job": self._failing_job,
            "protocol_error_job": self._protocol_error_job,
            "confirm_delete": self._confirm_delete,
            "multi_input": self._multi_input,
            "test_tool_with_task": self._with_input_first,
        }

    async def _greet(self, _: Context, params: CallToolRequestParams) -> HandlerResult:
        return said(f"Hello, {(params.arguments or {}).get('name')}!")

    async def _slow_compute(self, context: Context, params: CallToolRequestParams) -> HandlerResult:
        seconds = float((params.arguments or {}).get("seconds", 0))
        if is_declared(context):
            return self.begin(said("computed"), seconds)
        await anyio.sleep(seconds)
        return said("computed")

    async def _failing_job(self, context: Context, _: CallToolRequestParams) -> HandlerResult:
        return self._only_as_task(context, said("it failed", is_error=True), 1)

    async def _protocol_error_job(self, context: Context, _: Any) -> HandlerResult:
        return self._only_as_task(context, MCPError(INTERNAL_ERROR, "it broke"), 0)

    async def _confirm_delete(self, context: Context, _: Any) -> HandlerResult:
        return self._only_as_task(context, said("deleted"), 0, "confirm")

    async def _multi_input(self, context: Context, _: Any) -> HandlerResult:
        return self._only_as_task(context, said("both given"), 0, "first", "second")

    async def _with_input_first(
        self, context: Context, params: CallToolRequestParams
    ) -> HandlerResult:
        answers = params.input_responses
        if not answers:
            return InputRequiredResult(input_requests={"user_name": _question("name")})
        (answer,) = (_wire(each) for each in answers.values())
        return self._only_as_task(context, said(f"Hello, {answer['content']['name']}!"), 0)

    def _only_as_task(
        self, context: Context, ending: CallToolResult | MCPError, seconds: float, *asking: str
    ) -> HandlerResult:
        if not is_declared(context):
            raise undeclared()
        return self.begin(ending, seconds, *asking)


def _question(name: str) -> ElicitRequest:
    schema = {"type": "object", "properties": {name: {"type": "string"}}, "required": [name]}
    form = ElicitRequestFormParams(message=f"What is the {name}?", requested_schema=schema)
    return ElicitRequest(params=form)


def _wire(model: Any) -> Any:
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)
