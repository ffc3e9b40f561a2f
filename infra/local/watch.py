"""Watches over a running stack.

Keeps the worker alive, sweeps, and notices when the emulator has died.
"""

import sys
import threading
from collections.abc import Callable

from handler.core.sweep import Sweeper
from infra.local.lifeline import Child, uninterrupted

WORKER_STOP_SECONDS = 1.5
SWEEP_SECONDS = 2.0
WATCH_SECONDS = 0.3


class Watch:
    """Two threads beside the web server."""

    def __init__(
        self, emulator: Child, start_worker: Callable[[], Child], sweeper: Sweeper
    ) -> None:
        self.emulator = emulator
        self.start_worker = start_worker
        self.sweeper = sweeper
        self.failure: str | None = None
        """Why the stack cannot go on, once that is so."""
        self._worker = start_worker()
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self, when_over: Callable[[], None]) -> None:
        """Begin; `when_over` is called if the stack cannot go on."""
        for target, arguments in ((self._watch, (when_over,)), (self._sweep, ())):
            thread = threading.Thread(target=target, args=arguments, daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """End the threads and the worker."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(WATCH_SECONDS * 2)
        uninterrupted(lambda: self._worker.stop(WORKER_STOP_SECONDS))

    def _watch(self, when_over: Callable[[], None]) -> None:
        while not self._stopping.wait(WATCH_SECONDS):
            if self.emulator.has_ended():
                self.failure = f"the AWS emulator has died; see {self.emulator.log}"
                when_over()
                return
            if self._worker.has_ended():
                print("the worker has died and is started again", file=sys.stderr, flush=True)
                self._worker = self.start_worker()

    def _sweep(self) -> None:
        while not self._stopping.wait(SWEEP_SECONDS):
            try:
                self.sweeper.sweep()
            except Exception as error:  # noqa: BLE001 - the next sweep is the remedy, whatever it was
                print(f"the sweeper was held up: {error}", file=sys.stderr, flush=True)
