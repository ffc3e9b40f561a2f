"""Watches over a running stack: keeps what works on jobs alive, notices a dead emulator."""

import threading
from collections.abc import Callable
from typing import Protocol

from infra.local.lifeline import Child

WATCH_SECONDS = 0.3


class Tended(Protocol):
    """What works on jobs beside the web server."""

    def start(self) -> None:
        """Begin."""
        ...

    def tend(self) -> None:
        """Replace what has died of it; called now and then, never while it stops."""
        ...

    def stop(self) -> None:
        """End."""
        ...


class Watch:
    """A thread beside the web server."""

    def __init__(self, emulator: Child, background: Tended) -> None:
        self.emulator = emulator
        self.background = background
        self.failure: str | None = None
        """Why the stack cannot go on, once that is so."""
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, when_over: Callable[[], None]) -> None:
        """Begin; `when_over` is called if the stack cannot go on."""
        self.background.start()
        self._thread = threading.Thread(target=self._watch, args=(when_over,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread and what it watches over, the emulator apart."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(WATCH_SECONDS * 2)
        self.background.stop()

    def _watch(self, when_over: Callable[[], None]) -> None:
        while not self._stopping.wait(WATCH_SECONDS):
            if self.emulator.has_ended():
                self.failure = f"the AWS emulator has died; see {self.emulator.log}"
                when_over()
                return
            self.background.tend()
