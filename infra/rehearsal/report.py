"""What a rehearsal prints: every step with its time, and a verdict."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager


class RehearsalFailed(Exception):
    """Something went otherwise than it must; says what."""


class Report:
    """Counts and times steps, and prints as they come."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, write: Callable[[str], None] = print
    ) -> None:
        self._clock, self._write = clock, write
        self._began = clock()
        self._steps = 0
        self._current = ""

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """One step; its time is printed when it has gone well."""
        self._steps += 1
        self._current = title
        self._write(f"* {title}")
        began = self._clock()
        yield
        self._write(f"    {self._clock() - began:.1f} s")

    def note(self, text: str) -> None:
        """A line about the current step."""
        self._write(f"    {text}")

    def passed(self) -> int:
        """Say that all went well; the exit code."""
        self._write(f"rehearse: passed, {self._steps} steps in {self._seconds()} s")
        return 0

    def failed(self, reason: str) -> int:
        """Say what did not; the exit code."""
        for line in reason.splitlines():
            self.note(line)
        self._write(f'rehearse: FAILED after {self._seconds()} s at "{self._current}"')
        return 1

    def _seconds(self) -> str:
        return f"{self._clock() - self._began:.0f}"


def expect(holds: object, otherwise: str) -> None:
    """Go on only if it holds.

    Raises:
        RehearsalFailed: It does not; with what is said otherwise.
    """
    if not holds:
        raise RehearsalFailed(otherwise)


@contextmanager
def explained(details: Callable[[], Sequence[str]]) -> Iterator[None]:
    """Add to a failure what may explain it."""
    try:
        yield
    except RehearsalFailed as error:
        raise RehearsalFailed("\n".join([str(error), *details()])) from error
