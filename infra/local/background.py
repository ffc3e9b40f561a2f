"""What works on jobs beside the web server: a child process, and a thread that sweeps."""

import sys
import threading
from collections.abc import Callable

from handler.core.sweep import Sweeper
from infra.local.lifeline import Child, uninterrupted

WORKER_STOP_SECONDS = 1.5
SWEEP_SECONDS = 2.0


class Background:
    """Runs the worker and the sweeper."""

    def __init__(self, start_worker: Callable[[], Child], sweeper: Sweeper) -> None:
        self.start_worker = start_worker
        self.sweeper = sweeper
        self._worker: Child | None = None
        self._stopping = threading.Event()
        self._sweeping = threading.Thread(target=self._sweep, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._worker = self.start_worker()
        self._sweeping.start()

    def tend(self) -> None:
        """Replace a worker that has died."""
        if self._worker is not None and self._worker.has_ended():
            print("the worker has died and is started again", file=sys.stderr, flush=True)
            self._worker = self.start_worker()

    def stop(self) -> None:
        """End the thread and the worker."""
        self._stopping.set()
        worker = self._worker
        if worker is not None:
            self._sweeping.join(SWEEP_SECONDS)
            uninterrupted(lambda: worker.stop(WORKER_STOP_SECONDS))

    def _sweep(self) -> None:
        while not self._stopping.wait(SWEEP_SECONDS):
            try:
                self.sweeper.sweep()
            except Exception as error:  # noqa: BLE001 - the next sweep is the remedy, whatever it was
                print(f"the sweeper was held up: {error}", file=sys.stderr, flush=True)
