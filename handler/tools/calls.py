"""The four tools for one caller: from arguments to results.

How a message finds them is `handler.tools.server`'s business.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import anyio
from anyio import to_thread
from mcp_types import CallToolResult

from handler.core.admission import Admissions
from handler.core.generation import Generation
from handler.core.lookup import Lookup
from handler.core.ports import Clock
from handler.tools import present
from handler.tools.caller import Caller
from handler.tools.waiting import until_final

GET_GENERATION_WAIT_MS = 10_000
PREVIEWS_WAIT_SECONDS = 0.8
"""Within the margin that a deadline leaves for the answer."""

Arguments = Mapping[str, Any]


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
        admitted = await self.admit(arguments, meta_key)
        read = partial(self.lookup.generation, self.caller.account_id, admitted.id)
        return await self.generated(await self._awaited(admitted, read, self.caller.answer_by_ms))

    async def admit(self, arguments: Arguments, meta_key: str | None) -> Generation:
        """The generation that the arguments of `generate_image` ask for.

        Raises:
            Refused: Nothing was charged, recorded or sent.
            Unavailable: As far as can be known, nothing was done.
        """
        record = self.caller.record
        with record.watch.phase("admission"):
            record.generation = await to_thread.run_sync(self._admitted, arguments, meta_key)
        return record.generation

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

    async def generated(self, generation: Generation) -> CallToolResult:
        """What `generate_image` answers when `generation` stands like this."""
        shown = present.generation_object(generation, self.caller.base_url)
        return present.as_result(shown, previews=await self._previews(generation))

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
