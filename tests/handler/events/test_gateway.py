"""The start of a process, and the first request, which waited for it."""

from collections.abc import Iterator

import pytest

from handler.events.gateway import LONGEST_START_SECONDS, ColdStart


def clock(*seconds: float) -> Iterator[float]:
    return iter(seconds)


def started(*seconds: float) -> ColdStart:
    """With a clock that shows these, one after the other."""
    ticks = clock(*seconds)
    return ColdStart(lambda: next(ticks))


def test_the_first_request_waited_for_the_start_and_no_later_one_did() -> None:
    start = started(100.0, 100.75)
    assert [start.taken_ms(), start.taken_ms(), start.taken_ms()] == [750, 0, 0]


@pytest.mark.parametrize("idle_seconds", [LONGEST_START_SECONDS + 0.1, 300, 86_400])
def test_nobody_waited_for_a_process_that_was_started_ahead(idle_seconds: float) -> None:
    assert started(100.0, 100.0 + idle_seconds).taken_ms() == 0
