"""When a call must be answered: the earliest of three clocks."""

from typing import Any

import pytest

from handler.web.deadline import COLD_START_MS, answer_by_ms
from tests.doors import FunctionContext

NOW = 1_800_000_000_000
GATEWAY_SECONDS = 30


def _scope(
    *, remaining_ms: int | None = None, received_ms: Any = None, name: str = "timeEpoch"
) -> dict[str, Any]:
    scope: dict[str, Any] = {"type": "http"}
    if remaining_ms is not None:
        scope["aws.context"] = FunctionContext(remaining_ms)
    if received_ms is not None:
        scope["aws.event"] = {"requestContext": {name: received_ms}}
    return scope


def _seconds(scope: dict[str, Any], wait_seconds: float = 30) -> float:
    return (answer_by_ms(scope, NOW, wait_seconds) - NOW) / 1000


def test_without_a_gateway_the_wait_alone_counts() -> None:
    assert 29 <= _seconds(_scope()) < 30
    assert 2 <= _seconds(_scope(), wait_seconds=3) < 3


def test_a_gateway_without_lag_leaves_a_margin_before_its_thirty_seconds() -> None:
    scope = _scope(remaining_ms=60_000, received_ms=NOW)
    assert 28 <= _seconds(scope) <= GATEWAY_SECONDS - 1


def test_the_earliest_clock_wins() -> None:
    assert 9 <= _seconds(_scope(remaining_ms=60_000, received_ms=NOW), wait_seconds=10) < 10
    assert 7 <= _seconds(_scope(remaining_ms=8_000, received_ms=NOW)) < 8
    assert 20 <= _seconds(_scope(remaining_ms=60_000, received_ms=NOW - 8_000)) < 22


@pytest.mark.parametrize("cold_start_seconds", [1, 3.5, 8, 15])
def test_a_cold_start_shortens_the_wait_by_what_it_took(cold_start_seconds: float) -> None:
    """The gateway counts from when it took the request."""
    warm = _seconds(_scope(remaining_ms=60_000, received_ms=NOW))
    received_ms = NOW - int(cold_start_seconds * 1000)
    cold = _seconds(_scope(remaining_ms=60_000, received_ms=received_ms))
    assert cold == pytest.approx(warm - cold_start_seconds)
    assert cold + cold_start_seconds < GATEWAY_SECONDS


@pytest.mark.parametrize("skew_seconds", [-5, -1, 0, 1, 5])
@pytest.mark.parametrize("cold_start_seconds", [0, 0.7, 3, 8])
@pytest.mark.parametrize("name", ["timeEpoch", "requestTimeEpoch"])
def test_a_cold_start_counts_whatever_the_two_clocks_say_of_each_other(
    name: str, cold_start_seconds: float, skew_seconds: int
) -> None:
    """The gateway's clock is ahead of ours by the skew."""
    received_ms = NOW - int(cold_start_seconds * 1000)
    received_ms += skew_seconds * 1000
    scope = _scope(remaining_ms=29_000, received_ms=received_ms, name=name)
    scope[COLD_START_MS] = int(cold_start_seconds * 1000)
    answered = _seconds(scope) + cold_start_seconds
    assert GATEWAY_SECONDS - 7 <= answered <= GATEWAY_SECONDS - 1


@pytest.mark.parametrize("skew_seconds", [-5, 5])
def test_a_skewed_clock_neither_ends_the_wait_nor_stretches_it(skew_seconds: int) -> None:
    received_ms = NOW + skew_seconds * 1000
    answered = _seconds(_scope(remaining_ms=60_000, received_ms=received_ms))
    assert 20 <= answered < GATEWAY_SECONDS - 1


@pytest.mark.parametrize("received_ms", [0, NOW - 3_600_000, NOW - 20_001])
def test_a_request_of_an_impossible_age_still_gets_some_wait(received_ms: int) -> None:
    assert 5 <= _seconds(_scope(received_ms=received_ms)) <= 10


def test_a_rest_api_tells_its_time_under_another_name() -> None:
    http = _seconds(_scope(received_ms=NOW - 7_000))
    assert _seconds(_scope(received_ms=NOW - 7_000, name="requestTimeEpoch")) == http
    assert http < 22


@pytest.mark.parametrize("received_ms", ["1800000000000", 1.5, [], {}])
def test_a_time_that_is_no_integer_is_not_read(received_ms: Any) -> None:
    assert _seconds(_scope(received_ms=received_ms)) == _seconds(_scope())


@pytest.mark.parametrize("event", [None, {}, {"requestContext": None}, {"requestContext": {}}])
def test_an_event_without_a_time_is_no_error(event: Any) -> None:
    assert _seconds({"type": "http", "aws.event": event}) == _seconds(_scope())


def test_a_function_with_no_time_left_is_answered_for_at_once() -> None:
    assert _seconds(_scope(remaining_ms=900, received_ms=NOW)) <= 0
