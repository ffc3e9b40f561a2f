"""Where the milliseconds of one piece of work went."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Stopwatch:
    """Runs from its making; a phase that is gone through again adds up."""

    def __init__(self, now: Callable[[], float] = time.perf_counter) -> None:
        self._now = now
        self._began = now()
        self._seconds: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Count what happens inside to phase `name`, also if it fails."""
        began = self._now()
        try:
            yield
        finally:
            self._seconds[name] = self._seconds.get(name, 0.0) + self._now() - began

    def milliseconds(self) -> dict[str, int]:
        """`{phase}_ms` of each phase, and `total_ms` until now."""
        seconds = {**self._seconds, "total": self._now() - self._began}
        return {f"{name}_ms": round(spent * 1000) for name, spent in seconds.items()}
