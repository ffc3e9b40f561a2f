"""Ends the web server without cutting off those who wait for an image."""

from collections.abc import Callable
from types import FrameType

import uvicorn

from handler.core.ports import Clock

_PAST_EVERY_WAIT_MS = 3_600_000


class ClosingClock:
    """The time, until the server closes: from then on every caller's wait is over.

    So they get their generation's id and collect it after the restart, instead of an error.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.is_closing = False

    def close(self) -> None:
        """From now on every wait is over."""
        self.is_closing = True

    def now_ms(self) -> int:
        """Epoch milliseconds, or later than any wait."""
        return self.clock.now_ms() + (_PAST_EVERY_WAIT_MS if self.is_closing else 0)

    def sleep(self, seconds: float) -> None:
        """Block for `seconds`."""
        self.clock.sleep(seconds)


class ClosingServer(uvicorn.Server):
    """A web server that ends every wait before it ends itself."""

    def __init__(self, config: uvicorn.Config, end_waits: Callable[[], None]) -> None:
        super().__init__(config)
        self.end_waits = end_waits

    def close(self) -> None:
        """End in order."""
        self.end_waits()
        self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End in order on a signal; a second one is in a hurry."""
        self.end_waits()
        super().handle_exit(sig, frame)
