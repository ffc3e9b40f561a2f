"""SnapStart: what a function holds before its snapshot must not be used by those restored from it.

All of them would share it: open connections, credentials that have expired since, the state of
random numbers, an event loop.
"""

import asyncio
import random
from collections.abc import Callable
from typing import Generic, TypeVar

from snapshot_restore_py import register_after_restore

Built = TypeVar("Built")


class Renewed(Generic[Built]):
    """Something that is built at once, and built anew after a restore."""

    def __init__(self, build: Callable[[], Built]) -> None:
        self._build = build
        self._loop = _new_current_loop()
        self.current = build()
        register_after_restore(self._renew)

    def _renew(self) -> None:
        # What is random by the operating system (ids, keys) needs nothing; pauses between retries
        # come from this generator, here and in the AWS library, and would be the same everywhere.
        random.seed()
        self._loop.close()
        self._loop = _new_current_loop()
        self.current = self._build()


def _new_current_loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    return loop
