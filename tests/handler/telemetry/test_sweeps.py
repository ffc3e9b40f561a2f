"""A line a sweep, and one for each generation that it ended."""

from dataclasses import replace

import pytest

from handler.core.generation import Status
from handler.events.schedule import sweep_on
from handler.telemetry.invocation import Invocation
from tests.handler.telemetry.written import Written, total
from tests.handler.unreliable import Fault, Outage, UnreliableClient, stores_over
from tests.world import MODEL_ID, PRICE_MICROS, Opened, World, manual


@pytest.fixture
def opened(world: World) -> Opened:
    return world.open_account(1_000_000)


def test_a_sweep_that_finds_nothing_is_the_heartbeat(world: World, written: Written) -> None:
    sweep_on(world.sweeper, Invocation("invocation-1", cold_start=True))
    (line,) = written.all()
    assert (line["message"], line["level"]) == ("sweep", "INFO")
    assert (line["function_request_id"], line["cold_start"]) == ("invocation-1", True)
    assert line["total_ms"] >= 0
    assert written.metrics() == {
        total("Sweeps"): 1,
        total("Redriven"): 0,
        total("Expired"): 0,
        total("HeldUp"): 0,
        total("OldestDueMilliseconds"): 0,
    }


def test_what_is_sent_again_is_counted_and_the_oldest_is_told(
    world: World, opened: Opened, written: Written
) -> None:
    clock, grace_seconds = manual(world.clock), world.settings.timing.dispatch_grace_ms / 1000
    world.admit(opened)
    clock.advance(grace_seconds)
    world.admit(opened)
    clock.advance(grace_seconds)
    sweep_on(world.sweeper)
    line = written.one("sweep")
    assert (line["redriven"], line["expired"]) == (2, 0)
    assert line["oldest_due_ms"] == 2 * grace_seconds * 1000
    assert written.metrics()[total("Redriven")] == 2
    assert written.metrics()[total("OldestDueMilliseconds")] == line["oldest_due_ms"]


def test_each_generation_that_it_ends_has_a_line_and_is_counted(
    world: World, opened: Opened, written: Written
) -> None:
    generation = world.admit(opened)
    timing = world.settings.timing
    manual(world.clock).advance((timing.deadline_ms + timing.deadline_grace_ms) / 1000)
    for _ in range(2):
        sweep_on(world.sweeper)

    line = written.one("expired")
    assert (line["generation"], line["account"]) == (generation.id, opened.account_id)
    assert (line["status"], line["refunded_micros"]) == ("failed", PRICE_MICROS)
    assert [sweep["expired"] for sweep in written.of("sweep")] == [1, 0]
    metrics = written.metrics()
    assert metrics[total("Expired")] == 1
    assert metrics[total("Generations")] == 1
    assert metrics["Generations", (MODEL_ID, Status.FAILED.value)] == 1
    assert metrics[total("WaitMilliseconds")] == timing.deadline_ms + timing.deadline_grace_ms


def test_what_it_could_not_deal_with_is_counted(
    world: World, opened: Opened, written: Written
) -> None:
    world.admit(opened)
    manual(world.clock).advance(world.settings.timing.dispatch_grace_ms / 1000)
    # What is due is asked for in four queries; then comes the record.
    outage = Outage(Fault.REFUSED, frozenset({5}))
    stores = stores_over(world, lambda api: UnreliableClient(api, outage))
    sweep_on(replace(world.sweeper, generations=stores.generations))
    assert outage.calls[4] == "get_item"
    assert written.one("sweep")["held_up"] == 1
    assert written.metrics()[total("HeldUp")] == 1
    assert written.metrics()[total("Redriven")] == 0
