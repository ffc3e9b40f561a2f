"""Cancelling: final at once, paid back, and the provider told."""

import pytest

from handler.core import errors
from handler.core.cancellation import Cancellation
from handler.core.generation import Status
from handler.core.ports import Done, Outcome, Running
from tests.fakes import PNG
from tests.world import PRICE_MICROS, World

CREDITS = 100_000


@pytest.fixture
def cancellation(world: World) -> Cancellation:
    return world.cancellation


def test_a_waiting_generation_is_paid_back_and_never_worked_on(
    world: World, cancellation: Cancellation
) -> None:
    opened = world.open_account(CREDITS)
    admitted = world.admit(opened)

    assert cancellation.cancel(admitted.id).status is Status.CANCELED

    world.worker.run(admitted.id, "late")
    assert world.provider.submitted == []
    assert world.account(opened).available_micros == CREDITS


def test_a_running_job_is_stopped_at_its_provider_by_the_next_worker(
    world: World, cancellation: Cancellation
) -> None:
    opened = world.open_account(CREDITS)
    admitted = world.admit(opened)
    world.queued()
    world.provider.submits = [Running("job-7", 60)]
    world.worker.run(admitted.id, "run-1")
    world.queued()

    cancellation.cancel(admitted.id)
    (told,) = world.queued()
    world.worker.run(told, "run-2")

    assert world.provider.canceled == ["job-7"]
    assert world.generation(admitted.id).status is Status.CANCELED
    assert world.account(opened).available_micros == CREDITS


def test_images_that_come_after_a_cancel_are_not_charged(
    world: World, cancellation: Cancellation
) -> None:
    opened = world.open_account(CREDITS)
    admitted = world.admit(opened)

    def canceled_meanwhile(_: object) -> Outcome:
        cancellation.cancel(admitted.id)
        return Done([PNG])

    world.provider.submits = [canceled_meanwhile]
    world.worker.run(admitted.id, "run-1")

    ended = world.generation(admitted.id)
    assert (ended.status, ended.charged_micros) == (Status.CANCELED, 0)
    assert world.account(opened).available_micros == CREDITS


def test_what_has_ended_stays_as_it_is(world: World, cancellation: Cancellation) -> None:
    opened = world.open_account(CREDITS)
    admitted = world.admit(opened)
    world.provider.submits = [Done([PNG])]
    world.worker.run(admitted.id, "run-1")

    assert cancellation.cancel(admitted.id).status is Status.SUCCEEDED
    assert world.account(opened).available_micros == CREDITS - PRICE_MICROS


def test_an_unknown_generation_cannot_be_canceled(cancellation: Cancellation) -> None:
    with pytest.raises(errors.GenerationNotFound):
        cancellation.cancel("0a4c1d62-2cd0-4cf1-9e0c-1b2f7f4f5678")
