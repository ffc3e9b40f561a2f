"""When a call must be answered, so that no caller ever sees a gateway's or a function's time-out.

Three clocks run: ours from the call's beginning, the function's remaining time, and the gateway's
thirty seconds, which began when the gateway took the request and so include a cold start. The
gateway's clock and ours may differ, so a start that we have timed ourselves counts in any case.
"""

from collections.abc import Mapping
from typing import Any

GATEWAY_LIMIT_MS = 30_000
"""API Gateway HTTP APIs end a request after 30 seconds, whatever the function does."""
GATEWAY_MARGIN_MS = 1_500
FUNCTION_MARGIN_MS = 1_000
ANSWER_MARGIN_MS = 200
"""What the last read and the answer itself may take of our own wait."""
COLD_START_MS = "tokenflux.cold_start_ms"
"""Under which name a request's scope says how long the start of its process took."""
_LONGEST_LAG_MS = 20_000
"""A request that seems older than this has met a wrong clock, not a slow start."""


def answer_by_ms(scope: Mapping[str, Any], now_ms: int, wait_seconds: float) -> int:
    """The epoch millisecond by which the answer must be ready.

    `scope` is the request's ASGI scope.
    """
    candidates = [now_ms + int(wait_seconds * 1000) - ANSWER_MARGIN_MS]
    context, event = scope.get("aws.context"), scope.get("aws.event")
    if context is not None:
        candidates.append(now_ms + context.get_remaining_time_in_millis() - FUNCTION_MARGIN_MS)
    received_ms = _received_by_gateway_ms(event or {})
    if received_ms is not None:
        lag_ms = min(max(now_ms - received_ms, scope.get(COLD_START_MS, 0)), _LONGEST_LAG_MS)
        candidates.append(now_ms - lag_ms + GATEWAY_LIMIT_MS - GATEWAY_MARGIN_MS)
    return min(candidates)


def _received_by_gateway_ms(event: Mapping[str, Any]) -> int | None:
    # HTTP API and Function URL say timeEpoch, REST API says requestTimeEpoch.
    context = event.get("requestContext") or {}
    received = context.get("timeEpoch", context.get("requestTimeEpoch"))
    return received if isinstance(received, int) else None
