"""The sweeper: what is overdue is sent again, what is past its deadline ends (I8)."""

import pytest

from handler.core.generation import TOO_LATE, Generation, Status
from handler.core.ports import Running
from handler.core.sweep import Swept
from tests.world import PRICE_MICROS, Opened, World, manual

CREDITS = 1_000_000


@pytest.fixture
def opened(world: World) -> Opened:
    return world.open_account(CREDITS)


@pytest.fixture
def lost(world: World, opened: Opened) -> Generation:
    """Admitted, and its message is gone."""
    generation = world.admit(opened)
    assert world.queued() == [generation.id]
    return generation


def advance_ms(world: World, milliseconds: int) -> None:
    manual(world.clock).advance(milliseconds / 1000)


def test_nothing_due_is_nothing_done(world: World, lost: Generation) -> None:
    advance_ms(world, world.settings.timing.dispatch_grace_ms - 1)
    assert world.sweeper.sweep() == Swept(0, 0)
    assert world.queued() == []


def test_a_lost_message_is_sent_again(world: World, opened: Opened, lost: Generation) -> None:
    advance_ms(world, world.settings.timing.dispatch_grace_ms)
    assert world.sweeper.sweep() == Swept(redriven=1, expired=0)
    assert world.queued() == [lost.id]
    after = world.generation(lost.id)
    assert after.status is Status.STARTING
    assert after.due_at_ms == world.clock.now_ms() + world.settings.timing.dispatch_grace_ms
    assert world.account(opened).available_micros == CREDITS - PRICE_MICROS


def test_it_is_not_sent_a_third_time_before_that_is_due(world: World, lost: Generation) -> None:
    advance_ms(world, world.settings.timing.dispatch_grace_ms)
    world.sweeper.sweep()
    assert world.sweeper.sweep() == Swept(0, 0)
    advance_ms(world, world.settings.timing.dispatch_grace_ms)
    assert world.sweeper.sweep() == Swept(1, 0)


def test_a_worker_that_died_is_replaced_once_its_lease_is_over(
    world: World, lost: Generation
) -> None:
    world.stores.jobs.claim(lost.id, "dead", world.clock.now_ms())
    advance_ms(world, world.settings.timing.lease_ms - 1)
    assert world.sweeper.sweep() == Swept(0, 0)
    advance_ms(world, 1)
    assert world.sweeper.sweep() == Swept(1, 0)
    assert world.queued() == [lost.id]
    assert world.stores.jobs.claim(lost.id, "next", world.clock.now_ms()) is not None


def test_what_ended_is_left_alone(world: World, lost: Generation) -> None:
    world.stores.ledger.end(lost.id, Status.CANCELED, None)
    advance_ms(world, 10**9)
    assert world.sweeper.sweep() == Swept(0, 0)
    assert world.generation(lost.id).status is Status.CANCELED


def test_past_the_deadline_the_ending_is_left_to_a_worker_for_a_while(
    world: World, lost: Generation
) -> None:
    """Only a worker can ask the provider."""
    timing = world.settings.timing
    advance_ms(world, timing.deadline_ms + timing.deadline_grace_ms - 1)
    assert world.sweeper.sweep() == Swept(redriven=1, expired=0)
    assert not world.generation(lost.id).status.is_final


def test_past_the_grace_it_is_ended_and_paid_back(
    world: World, opened: Opened, lost: Generation
) -> None:
    """I6, I8: with no worker at all."""
    timing = world.settings.timing
    advance_ms(world, timing.deadline_ms + timing.deadline_grace_ms)
    assert world.sweeper.sweep() == Swept(redriven=0, expired=1)
    ended = world.generation(lost.id)
    assert (ended.status, ended.error) == (Status.FAILED, TOO_LATE)
    assert world.account(opened).available_micros == CREDITS
    assert world.sweeper.sweep() == Swept(0, 0)


def test_it_never_asks_the_provider(world: World, opened: Opened) -> None:
    """It has no token."""
    world.provider.submits = [Running("job-1", 600)]
    world.worker.run(world.admit(opened).id, "run-1")
    timing = world.settings.timing
    advance_ms(world, timing.deadline_ms + timing.deadline_grace_ms)
    assert world.sweeper.sweep() == Swept(0, 1)
    assert (world.provider.polled, world.provider.canceled) == ([], [])


def test_many_are_swept_in_one_go(world: World, opened: Opened) -> None:
    admitted = {world.admit(opened).id for _ in range(12)}
    world.queued()
    advance_ms(world, world.settings.timing.dispatch_grace_ms)
    assert world.sweeper.sweep() == Swept(redriven=12, expired=0)
    assert set(world.queued()) == admitted
