"""The order of the time-outs."""

import pytest

from handler.core.timing import Timing


@pytest.mark.parametrize(
    ("worker_ms", "lease_ms", "deadline_ms"),
    [(100, 100, 900), (200, 100, 900), (100, 900, 900), (100, 1000, 900), (0, 0, 0)],
)
def test_time_outs_out_of_order_are_refused(
    worker_ms: int, lease_ms: int, deadline_ms: int
) -> None:
    with pytest.raises(ValueError, match="worker_ms < lease_ms < deadline_ms"):
        Timing(worker_ms, lease_ms, 10, deadline_ms)


def test_time_outs_in_order_are_taken() -> None:
    assert Timing(100, 101, 10, 102).deadline_ms == 102
