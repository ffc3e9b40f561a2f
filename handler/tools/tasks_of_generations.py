"""Our tasks: a generation that was admitted is a task of the same id.

So it can be had either way, by `tasks/get` or by `get_generation`, and costs the same. A generation
that failed is a completed task: the call itself was served, and its result says what went wrong.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from anyio import to_thread
from mcp_types import CallToolResult

from handler.core.cancellation import Cancellation
from handler.core.generation import Generation, Status
from handler.tools.calls import Arguments, Tools
from handler.tools.protocol_errors import OnUnavailable, as_protocol_errors
from handler.tools.tasks import Task, created

_SHORTEST_POLL_MS = 1_000
_LONGEST_POLL_MS = 10_000

_STATUS: Mapping[Status, Literal["working", "completed", "cancelled"]] = {
    Status.STARTING: "working",
    Status.PROCESSING: "working",
    Status.SUCCEEDED: "completed",
    Status.FAILED: "completed",
    Status.CANCELED: "cancelled",
}
_MESSAGES = {
    Status.STARTING: "Waiting for its turn.",
    Status.PROCESSING: "Being made.",
    Status.SUCCEEDED: "Done.",
    Status.FAILED: "Failed; nothing was charged.",
    Status.CANCELED: "Canceled; nothing was charged.",
}


def poll_interval_ms(age_ms: int) -> int:
    """When to look again: a tenth of the age, so that nobody gets an image much later than that."""
    return min(_LONGEST_POLL_MS, max(_SHORTEST_POLL_MS, age_ms // 10))


def task_of(
    generation: Generation, now_ms: int, retention_ms: int, result: CallToolResult | None = None
) -> Task:
    """A generation as a task; `result` is the tool's, of one that succeeded or failed."""
    created_at_ms = generation.created_at_ms
    # While it is open its retention has not begun, so it is kept for longer than this.
    until_ms = generation.expires_at_ms or created_at_ms + retention_ms
    payload = {}
    if result is not None:
        payload["result"] = result.model_dump(mode="json", by_alias=True, exclude_none=True)
    return Task(
        id=generation.id,
        status=_STATUS[generation.status],
        created_at_ms=created_at_ms,
        updated_at_ms=generation.finished_at_ms or created_at_ms,
        ttl_ms=until_ms - created_at_ms,
        poll_interval_ms=poll_interval_ms(now_ms - created_at_ms),
        message=_MESSAGES[generation.status],
        payload=payload,
    )


@dataclass(frozen=True)
class GenerationTasks:
    """The `TaskStore` of the generations of the caller of `tools`."""

    tools: Tools
    cancellation: Cancellation
    on_unavailable: OnUnavailable

    async def generate_image(
        self, arguments: Arguments, meta_key: str | None
    ) -> CallToolResult | dict[str, Any]:
        """Admit a generation and answer at once: a task, or the result that is there already."""
        generation = await self.tools.admit(arguments, meta_key)
        if generation.status.is_final:
            return await self.tools.generated(generation)
        return created(self._task(generation))

    async def get(self, task_id: str) -> Task:
        """See `TaskStore`."""
        with self._errors():
            generation = await self._generation(task_id)
            ended = generation.status in (Status.SUCCEEDED, Status.FAILED)
            result = await self.tools.generated(generation) if ended else None
            return self._task(generation, result)

    async def update(self, task_id: str, _: Mapping[str, Any]) -> None:
        """See `TaskStore`; a generation never asks for anything."""
        with self._errors():
            await self._generation(task_id)

    async def cancel(self, task_id: str) -> None:
        """See `TaskStore`; it is paid back, and final at once."""
        with self._errors():
            generation = await self._generation(task_id)
            self.tools.caller.record.generation = await to_thread.run_sync(
                self.cancellation.cancel, generation.id
            )

    async def _generation(self, task_id: str) -> Generation:
        caller = self.tools.caller
        found = await to_thread.run_sync(
            partial(self.tools.lookup.generation, caller.account_id, task_id)
        )
        caller.record.generation = found
        return found

    def _task(self, generation: Generation, result: CallToolResult | None = None) -> Task:
        retention_ms = self.tools.admissions.timing.retention_ms
        return task_of(generation, self.tools.clock.now_ms(), retention_ms, result)

    def _errors(self) -> AbstractContextManager[None]:
        return as_protocol_errors(self.tools.caller.record, self.on_unavailable)
