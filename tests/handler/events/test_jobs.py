"""A queue's event in, a partial-batch answer out."""

from typing import Any

from handler.core import errors
from handler.core.generation import Status
from handler.core.ports import Done, Job, Outcome
from handler.events.jobs import work_on
from tests.fakes import PNG
from tests.world import Opened, World, manual

CREDITS = 1_000_000


def record(body: str, message_id: str = "m-1", received: int = 1) -> dict[str, Any]:
    return {
        "messageId": message_id,
        "body": body,
        "attributes": {"ApproximateReceiveCount": str(received)},
        "eventSource": "aws:sqs",
    }


def fails(_: Job) -> Outcome:
    raise errors.Unavailable("the provider cannot be reached")


def breaks(_: Job) -> Outcome:
    raise ZeroDivisionError


def test_a_batch_that_is_done_names_nothing(world: World) -> None:
    world.provider.submits = [Done([PNG])] * 2
    opened = world.open_account(CREDITS)
    ids = [world.admit(opened).id for _ in range(2)]
    event = {"Records": [record(g, f"m-{n}") for n, g in enumerate(ids)]}
    assert work_on(world.worker, event) == {"batchItemFailures": []}
    assert {world.generation(g).status for g in ids} == {Status.SUCCEEDED}


def test_only_those_that_were_cut_short_are_delivered_again(world: World) -> None:
    """Of whatever kind the failure is, the others are not taken along."""
    world.provider.submits = [Done([PNG]), fails, breaks, Done([PNG])]
    opened = world.open_account(CREDITS)
    ids = [world.admit(opened).id for _ in range(4)]
    event = {"Records": [record(g, f"m-{n}") for n, g in enumerate(ids)]}
    assert work_on(world.worker, event) == {
        "batchItemFailures": [{"itemIdentifier": "m-1"}, {"itemIdentifier": "m-2"}]
    }
    assert [world.generation(g).status for g in ids] == [
        Status.SUCCEEDED,
        Status.PROCESSING,
        Status.PROCESSING,
        Status.SUCCEEDED,
    ]


def test_a_failed_generation_is_no_failed_delivery(world: World) -> None:
    world.provider.submits = [Done([])]
    generation = world.admit(world.open_account(CREDITS))
    assert work_on(world.worker, {"Records": [record(generation.id)]}) == {"batchItemFailures": []}
    assert world.generation(generation.id).status is Status.FAILED


def test_a_message_about_nothing_is_not_delivered_again(world: World) -> None:
    event = {"Records": [record("no-such-id"), record("", "m-2"), record("{}", "m-3")]}
    assert work_on(world.worker, event) == {"batchItemFailures": []}


def test_an_empty_batch_is_done(world: World) -> None:
    assert work_on(world.worker, {"Records": []}) == {"batchItemFailures": []}


def test_a_second_delivery_does_not_join_the_first_ones_run(world: World) -> None:
    """I9: the same message may arrive again while its first delivery is still worked on."""
    opened: Opened = world.open_account(CREDITS)
    generation = world.admit(opened)

    def delivered_again(_: Job) -> Outcome:
        again = {"Records": [record(generation.id, "m-1", received=2)]}
        assert work_on(world.worker, again) == {"batchItemFailures": []}
        return Done([PNG])

    world.provider.submits = [delivered_again]
    work_on(world.worker, {"Records": [record(generation.id, "m-1", received=1)]})
    assert len(world.provider.submitted) == 1
    assert world.generation(generation.id).status is Status.SUCCEEDED


def test_a_second_delivery_after_the_lease_finishes_the_job(world: World) -> None:
    world.provider.submits = [fails, Done([PNG])]
    generation = world.admit(world.open_account(CREDITS))
    first = {"Records": [record(generation.id, received=1)]}
    assert work_on(world.worker, first) == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
    manual(world.clock).advance(world.settings.timing.lease_ms / 1000)
    work_on(world.worker, {"Records": [record(generation.id, received=2)]})
    assert world.generation(generation.id).status is Status.SUCCEEDED


def test_one_message_delivered_twice_at_once_is_worked_on_once(world: World) -> None:
    """I9: the queue may repeat a message with the same id and the same, approximate, count."""
    generation = world.admit(world.open_account(CREDITS))
    event = {"Records": [record(generation.id)]}

    def delivered_again(_: Job) -> Outcome:
        assert work_on(world.worker, event) == {"batchItemFailures": []}
        return Done([PNG])

    world.provider.submits = [delivered_again, Done([PNG])]
    work_on(world.worker, event)
    assert len(world.provider.submitted) == 1
    assert world.generation(generation.id).status is Status.SUCCEEDED
