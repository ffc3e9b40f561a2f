"""HTTP events: API Gateway's HTTP API and REST API, and Function URLs."""

import time
from collections.abc import Callable

from mangum import Mangum
from starlette.types import Receive, Scope, Send

from handler.web.app import build_app
from handler.web.deadline import COLD_START_MS
from handler.web.recording import TRACE_HEADER
from handler.web.services import ApiServices

LONGEST_START_SECONDS = 10
"""Lambda ends an initialization that takes longer, so whoever began earlier had no caller waiting:
the platform starts some processes ahead of their first request."""


class ColdStart:
    """How long ago this process began, told to its first request, which may have waited for it."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._began: float | None = now()

    def taken_ms(self) -> int:
        """Milliseconds from the process's beginning, the first time; 0 ever after."""
        began, self._began = self._began, None
        waited = 0.0 if began is None else self._now() - began
        return int(waited * 1000) if waited <= LONGEST_START_SECONDS else 0


def adapt(
    services: ApiServices,
    cold_start: ColdStart | None = None,
    trace_header: Callable[[], str | None] = lambda: None,
) -> Mangum:
    """Answer HTTP events with `services`.

    `trace_header` gives the current invocation's, as X-Ray has it.
    """
    app = build_app(services)

    async def telling_of_the_process(scope: Scope, receive: Receive, send: Send) -> None:
        taken_ms = cold_start.taken_ms() if cold_start else 0
        known = {COLD_START_MS: taken_ms, TRACE_HEADER: trace_header()}
        await app({**scope, **known}, receive, send)

    # Mangum would run a lifespan with every event.
    return Mangum(telling_of_the_process, lifespan="off")
