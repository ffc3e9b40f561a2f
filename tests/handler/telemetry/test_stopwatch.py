"""Where the milliseconds went."""

import pytest

from handler.telemetry.stopwatch import Stopwatch
from tests.fakes import ManualClock


def stopwatch(clock: ManualClock) -> Stopwatch:
    return Stopwatch(lambda: clock.now / 1000)


def test_phases_add_up_and_the_total_holds_what_is_between() -> None:
    clock = ManualClock()
    watch = stopwatch(clock)
    for seconds in (0.2, 0.05):
        with watch.phase("provider"):
            clock.advance(seconds)
        clock.advance(0.01)
    with watch.phase("capture"):
        clock.advance(0.003)
    expected = {"provider_ms": 250, "capture_ms": 3, "total_ms": 273}
    assert watch.milliseconds() == expected
    clock.advance(1)
    assert watch.milliseconds()["total_ms"] == 1273


def test_a_phase_that_fails_has_taken_its_time() -> None:
    clock = ManualClock()
    watch = stopwatch(clock)

    def fail() -> None:
        with watch.phase("provider"):
            clock.advance(0.5)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert watch.milliseconds()["provider_ms"] == 500
