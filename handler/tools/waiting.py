"""Waiting for a generation to become final, within what a caller's connection allows."""

from collections.abc import Callable

import anyio
from anyio import to_thread

from handler.core.generation import Generation
from handler.core.ports import Clock

_SHORTEST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 1.0
_PAUSE_SHARE = 0.1


def pause_seconds(waited_seconds: float) -> float:
    """How long to pause before the next look: a tenth of the wait so far.

    So a caller gets its image at most a tenth late, and a 30-second wait costs some 60 reads
    instead of 600.
    """
    return min(_LONGEST_PAUSE_SECONDS, max(_SHORTEST_PAUSE_SECONDS, waited_seconds * _PAUSE_SHARE))


async def until_final(
    generation: Generation, read: Callable[[], Generation], answer_by_ms: int, clock: Clock
) -> Generation:
    """Return the generation once it is final, or as it stands at `answer_by_ms`; `read` blocks."""
    began_ms = clock.now_ms()
    while not generation.status.is_final:
        now_ms = clock.now_ms()
        if now_ms >= answer_by_ms:
            break
        pause = pause_seconds((now_ms - began_ms) / 1000)
        await anyio.sleep(min(pause, (answer_by_ms - now_ms) / 1000))
        generation = await to_thread.run_sync(read)
    return generation
