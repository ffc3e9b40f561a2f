"""Waiting for a generation to become final, within what a caller's connection allows."""

from collections.abc import Callable
from contextlib import suppress

import anyio
from anyio import to_thread

from handler.core.errors import Unavailable
from handler.core.generation import Generation
from handler.core.ports import Clock

_SHORTEST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 1.0
_PAUSE_SHARE = 0.1
_LAST_READ_SECONDS = 0.5
"""Less than the margins that `handler.web.deadline` leaves."""


def pause_seconds(waited_seconds: float) -> float:
    """How long to pause before the next look: a tenth of the wait so far.

    So a caller gets its image at most a tenth late, and a 30-second wait costs some 60 reads
    instead of 600.
    """
    return min(_LONGEST_PAUSE_SECONDS, max(_SHORTEST_PAUSE_SECONDS, waited_seconds * _PAUSE_SHARE))


async def until_final(
    generation: Generation, read: Callable[[], Generation], answer_by_ms: int, clock: Clock
) -> Generation:
    """Return the generation once it is final, or as it is known at `answer_by_ms`.

    `read` blocks. One that fails for now is tried again, and the last one is not waited for past
    half a second: whoever is charged already must get the id, whatever becomes of reads.
    """
    began_ms = clock.now_ms()
    while not generation.status.is_final:
        now_ms = clock.now_ms()
        if now_ms >= answer_by_ms:
            break
        left_seconds = (answer_by_ms - now_ms) / 1000
        with anyio.move_on_after(left_seconds + _LAST_READ_SECONDS), suppress(Unavailable):
            await anyio.sleep(min(pause_seconds((now_ms - began_ms) / 1000), left_seconds))
            generation = await to_thread.run_sync(read, abandon_on_cancel=True)
    return generation
