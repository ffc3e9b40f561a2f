"""True threads against one emulator: whichever wins, the books are right.

All threads stand at a barrier, then race; nothing waits for a time.
"""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest

from handler.core import errors
from handler.core.generation import Generation, Status
from handler.core.image_types import examine_all
from handler.core.ports import Done, Job, Outcome
from tests.fakes import JPEG, PNG
from tests.world import PRICE_MICROS, Opened, World, manual

THREADS = 16
ROUNDS = 5
FAR = 10**15


Entrant = TypeVar("Entrant")
Result = TypeVar("Result")


def race(run: Callable[[Entrant], Result], entrants: Iterable[Entrant]) -> list[Result]:
    """What `run` returns for each entrant; all start at the same moment."""
    field = list(entrants)
    start = threading.Barrier(len(field))

    def wait_and_run(entrant: Entrant) -> Result:
        start.wait()
        return run(entrant)

    with ThreadPoolExecutor(len(field)) as pool:
        return list(pool.map(wait_and_run, field))


def admitted_or_not(world: World, opened: Opened, key: str | None = None) -> Generation | None:
    try:
        return world.admit(opened, key=key)
    except errors.InsufficientCredits:
        return None


@pytest.mark.parametrize("affordable", [0, 1, 5, THREADS - 1])
def test_an_account_never_admits_more_than_it_can_pay(world: World, affordable: int) -> None:
    """I1, I2: exactly as many as there is money for, and nothing is left over or under."""
    rest = PRICE_MICROS - 1
    opened = world.open_account(affordable * PRICE_MICROS + rest)
    results = race(lambda _: admitted_or_not(world, opened), range(THREADS))
    admitted = [generation.id for generation in results if generation is not None]
    assert len(set(admitted)) == len(admitted) == affordable
    assert world.account(opened).available_micros == rest
    assert sorted(world.stores.generations.due(FAR)) == sorted(admitted)


def test_one_idempotency_key_is_one_generation_charged_once(world: World) -> None:
    """I7."""
    opened = world.open_account(THREADS * PRICE_MICROS)
    results = race(lambda _: world.admit(opened, key="k"), range(THREADS))
    (generation_id,) = {generation.id for generation in results}
    assert world.account(opened).available_micros == (THREADS - 1) * PRICE_MICROS
    assert world.stores.generations.due(FAR) == [generation_id]


def test_one_idempotency_key_with_money_for_one_turns_nobody_away(world: World) -> None:
    """I7: who comes second needs no money."""
    opened = world.open_account(PRICE_MICROS)
    results = race(lambda _: world.admit(opened, key="k"), range(THREADS))
    assert len({generation.id for generation in results}) == 1
    assert world.account(opened).available_micros == 0


def test_one_idempotency_key_for_two_requests_serves_one_of_them(world: World) -> None:
    """I7: the other changes nothing."""
    opened = world.open_account(THREADS * PRICE_MICROS)

    def ask(prompt: str) -> str | None:
        try:
            return world.admit(opened, prompt=prompt, key="k").fingerprint
        except errors.IdempotencyKeyReused:
            return None

    prompts = ["a boat", "a house"] * (THREADS // 2)
    results = race(ask, prompts)
    assert results.count(None) == THREADS // 2
    assert len(set(results)) == 2
    assert world.account(opened).available_micros == (THREADS - 1) * PRICE_MICROS


def test_of_many_workers_exactly_one_runs(world: World) -> None:
    """I9: one claim, one submission."""
    world.provider.submits = [Done([PNG])] * THREADS
    opened = world.open_account(PRICE_MICROS)
    generation = world.admit(opened)
    worker = world.worker
    race(lambda number: worker.run(generation.id, f"run-{number}"), range(THREADS))
    assert len(world.provider.submitted) == 1
    ended = world.generation(generation.id)
    assert (ended.status, ended.fence) == (Status.SUCCEEDED, 1)


def test_of_many_workers_exactly_one_takes_over_a_lease_that_ran_out(world: World) -> None:
    opened = world.open_account(PRICE_MICROS)
    generation = world.admit(opened)
    jobs = world.stores.jobs
    assert jobs.claim(generation.id, "gone", world.clock.now_ms()) is not None
    manual(world.clock).advance(world.settings.timing.lease_ms / 1000)
    now_ms = world.clock.now_ms()
    claims = race(lambda n: jobs.claim(generation.id, f"run-{n}", now_ms), range(THREADS))
    (winner,) = [claimed for claimed in claims if claimed is not None]
    assert winner.fence == 2


def test_of_many_intents_exactly_one_counts(world: World) -> None:
    """I9."""
    generation = world.admit(world.open_account(PRICE_MICROS))
    jobs = world.stores.jobs
    claimed = jobs.claim(generation.id, "run-1", world.clock.now_ms())
    assert claimed is not None
    results = race(lambda _: jobs.record_intent(claimed), range(THREADS))
    assert sum(intended is not None for intended in results) == 1
    assert world.generation(generation.id).submits == 1


ENDS: dict[str, Callable[[World, Generation], Generation | None]] = {
    "release": lambda world, g: world.stores.ledger.release(g, "no"),
    "cancel": lambda world, g: world.stores.ledger.end(g.id, Status.CANCELED, None),
    "expire": lambda world, g: world.stores.ledger.end(g.id, Status.FAILED, "too late"),
    "capture": lambda world, g: world.stores.ledger.capture(
        g, examine_all([JPEG]), g.amount_micros
    ),
    "capture in part": lambda world, g: world.stores.ledger.capture(
        g, examine_all([JPEG]), PRICE_MICROS
    ),
}


def _ending(world: World, claimed: Generation) -> Callable[[str], Generation | None]:
    return lambda name: ENDS[name](world, claimed)


@pytest.mark.parametrize("rivals", [[end] for end in ENDS] + [list(ENDS)], ids="+".join)
def test_a_capture_and_its_rivals_end_a_generation_once(world: World, rivals: list[str]) -> None:
    """I2, I3, I4, I6: the first to leave `processing` wins, and its money is the money."""
    for _ in range(ROUNDS):
        opened = world.open_account(10 * PRICE_MICROS)
        admitted = world.admit(opened, num_outputs=2)
        claimed = world.stores.jobs.claim(admitted.id, "run-1", world.clock.now_ms())
        assert claimed is not None
        results = race(_ending(world, claimed), ["capture", *rivals] * 3)
        won = [generation for generation in results if generation is not None]
        ended = world.generation(admitted.id)
        assert won == [ended]
        assert (ended.charged_micros > 0) == (ended.status is Status.SUCCEEDED)
        account = world.account(opened)
        assert account.available_micros + ended.charged_micros == account.granted_micros


def test_many_accounts_and_workers_at_once_keep_every_book(world: World) -> None:
    """I2, I4: admissions, runs and cancellations of four accounts all at the same time."""

    def paint(job: Job) -> Outcome:
        if job.input["prompt"] == "canceled":
            world.stores.ledger.end(job.generation_id, Status.CANCELED, None)
        return Done([PNG])

    world.provider.submits = [paint] * THREADS
    opened = [world.open_account(10 * PRICE_MICROS) for _ in range(4)]
    worker = world.worker

    def whole(number: int) -> Generation:
        prompt = "canceled" if number % 3 == 0 else "a boat"
        generation = world.admit(opened[number % 4], prompt=prompt)
        worker.run(generation.id, f"run-{number}")
        return world.generation(generation.id)

    ended = race(whole, range(THREADS))
    assert {generation.status for generation in ended} == {Status.SUCCEEDED, Status.CANCELED}
    for owner in opened:
        charged = sum(g.charged_micros for g in ended if g.account_id == owner.account_id)
        assert charged > 0
        assert world.account(owner).available_micros == 10 * PRICE_MICROS - charged


def test_a_sweep_beside_working_workers_disturbs_nothing(world: World) -> None:
    """I3: sweeper and workers at the same generations, all overdue."""
    world.provider.submits = [Done([PNG])] * THREADS
    opened = world.open_account(THREADS * PRICE_MICROS)
    admitted = [world.admit(opened) for _ in range(THREADS // 2)]
    manual(world.clock).advance(world.settings.timing.lease_ms / 1000)
    worker, sweeper = world.worker, world.sweeper

    def work_or_sweep(generation: Generation | None) -> None:
        if generation is None:
            sweeper.sweep()
        else:
            worker.run(generation.id, "run-1")

    race(work_or_sweep, [*admitted, None, None, None, None])
    assert len(world.provider.submitted) == len(admitted)
    assert {world.generation(g.id).status for g in admitted} == {Status.SUCCEEDED}
    spent = len(admitted) * PRICE_MICROS
    assert world.account(opened).available_micros == THREADS * PRICE_MICROS - spent
