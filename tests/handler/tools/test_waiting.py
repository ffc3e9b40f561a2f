"""Waiting for a generation: how often it looks, and when it stops."""

import threading
import time
from dataclasses import replace

import pytest

from handler.adapters.clock import SystemClock
from handler.core.errors import GenerationNotFound, OutcomeUnknown, Unavailable
from handler.core.generation import Generation, Status
from handler.core.ports import Done
from handler.tools.waiting import pause_seconds, until_final
from tests.doors import WorkedAtOnce, in_process
from tests.fakes import PNG, ManualClock
from tests.world import World

WAITING = Generation(
    id="0a4c1d62-2cd0-4cf1-9e0c-1b2f7f4f5678",
    account_id="acct_1",
    model_id="test/easel",
    provider="scripted",
    provider_model="m-1",
    status=Status.STARTING,
    amount_micros=25_000,
    image_count=1,
    fingerprint="f",
    created_at_ms=0,
    deadline_at_ms=900_000,
)
PROCESSING = replace(WAITING, status=Status.PROCESSING)
SUCCEEDED = replace(WAITING, status=Status.SUCCEEDED)


class Record:
    """Stands differently at each look, and stays as it stood last."""

    def __init__(self, *stands: Generation, clock: ManualClock | None = None) -> None:
        self.stands = list(stands)
        self.looks = 0
        self.clock = clock

    def read(self) -> Generation:
        self.looks += 1
        if self.clock:
            self.clock.advance(1)
        return self.stands.pop(0) if len(self.stands) > 1 else self.stands[0]


@pytest.mark.parametrize(
    ("waited", "pause"),
    [(0, 0.05), (0.4, 0.05), (1, 0.1), (5, 0.5), (10, 1), (29, 1), (1e9, 1)],
)
def test_the_pause_is_a_tenth_of_the_wait_between_a_twentieth_and_a_second(
    waited: float, pause: float
) -> None:
    assert pause_seconds(waited) == pytest.approx(pause)


def test_a_thirty_second_wait_costs_some_sixty_reads_and_is_a_tenth_late_at_most() -> None:
    waited, reads = 0.0, 0
    while waited < 30:
        pause = pause_seconds(waited)
        assert pause <= max(0.05, waited / 10) + 1e-9
        waited, reads = waited + pause, reads + 1
    assert 50 <= reads <= 70


@pytest.mark.anyio
@pytest.mark.parametrize("status", [Status.SUCCEEDED, Status.FAILED, Status.CANCELED])
async def test_a_final_generation_is_answered_without_another_read(status: Status) -> None:
    final, record, clock = replace(WAITING, status=status), Record(WAITING), ManualClock()
    assert await until_final(final, record.read, clock.now_ms() + 30_000, clock) is final
    assert record.looks == 0


@pytest.mark.anyio
async def test_it_looks_until_the_generation_is_final_and_not_once_more() -> None:
    clock = ManualClock()
    record = Record(WAITING, PROCESSING, SUCCEEDED, WAITING)
    found = await until_final(WAITING, record.read, clock.now_ms() + 30_000, clock)
    assert found is SUCCEEDED
    assert record.looks == 3


@pytest.mark.anyio
async def test_at_the_deadline_it_answers_with_the_latest_it_knows() -> None:
    clock = ManualClock()
    record = Record(WAITING, PROCESSING, clock=clock)
    found = await until_final(WAITING, record.read, clock.now_ms() + 2_500, clock)
    assert found is PROCESSING
    assert record.looks == 3


@pytest.mark.anyio
@pytest.mark.parametrize("late_ms", [0, 1, 60_000])
async def test_with_no_time_left_it_answers_at_once_without_a_read(late_ms: int) -> None:
    clock, record = ManualClock(), Record(SUCCEEDED)
    assert await until_final(WAITING, record.read, clock.now_ms() - late_ms, clock) is WAITING
    assert record.looks == 0


@pytest.mark.anyio
async def test_a_pause_never_lasts_past_the_deadline() -> None:
    clock, record = SystemClock(), Record(WAITING)
    began = time.monotonic()
    await until_final(WAITING, record.read, clock.now_ms() + 120, clock)
    assert 0.1 <= time.monotonic() - began < 1
    assert 2 <= record.looks <= 4


@pytest.mark.anyio
async def test_what_a_read_refuses_reaches_the_caller() -> None:
    def gone() -> Generation:
        raise GenerationNotFound(WAITING.id)

    clock = ManualClock()
    with pytest.raises(GenerationNotFound):
        await until_final(WAITING, gone, clock.now_ms() + 30_000, clock)


@pytest.mark.anyio
async def test_a_read_that_fails_for_now_is_tried_again() -> None:
    """Who is charged already must not lose the id to a moment's trouble."""
    looks: list[Exception | Generation] = [
        Unavailable("busy"),
        OutcomeUnknown("no answer"),
        SUCCEEDED,
    ]

    def read() -> Generation:
        look = looks.pop(0)
        if isinstance(look, Exception):
            raise look
        return look

    clock = ManualClock()
    assert await until_final(WAITING, read, clock.now_ms() + 30_000, clock) is SUCCEEDED


@pytest.mark.anyio
async def test_reads_that_fail_to_the_end_leave_what_was_known() -> None:
    clock = ManualClock()

    def read() -> Generation:
        clock.advance(1)
        raise Unavailable("busy")

    assert await until_final(PROCESSING, read, clock.now_ms() + 2_500, clock) is PROCESSING


@pytest.mark.anyio
async def test_a_read_that_hangs_does_not_hold_up_the_answer() -> None:
    clock, released = SystemClock(), threading.Event()

    def read() -> Generation:
        assert released.wait(10)
        return SUCCEEDED

    began = time.monotonic()
    found = await until_final(WAITING, read, clock.now_ms() + 100, clock)
    took = time.monotonic() - began
    released.set()
    assert found is WAITING
    assert took < 1.5


class HurryingClock(ManualClock):
    """Three seconds pass between any two looks at it."""

    def now_ms(self) -> int:
        self.advance(3)
        return self.now


@pytest.mark.anyio
@pytest.mark.parametrize(("tool", "shortest", "longest"), [("get_generation", 9, 19)])
async def test_get_generation_waits_ten_seconds_of_the_thirty_at_most(
    world: World, tool: str, shortest: int, longest: int
) -> None:
    opened = world.open_account(1_000_000)
    admitted = world.admit(opened)
    clock = HurryingClock()
    services = replace(world.api, clock=clock, wait_seconds=30)
    async with in_process("legacy").open(services, opened) as door:
        began = clock.now
        shown = await door.value(tool, {"id": admitted.id})
    assert shown["status"] == "starting"
    assert shortest <= (clock.now - began) / 1000 <= longest


@pytest.mark.anyio
async def test_get_generation_answers_a_finished_one_at_once(world: World) -> None:
    opened = world.open_account(1_000_000)
    world.provider.submits.append(Done([PNG]))
    admitted = world.admit(opened)
    WorkedAtOnce(world.worker).send(admitted.id)
    clock = HurryingClock()
    async with in_process("legacy").open(replace(world.api, clock=clock), opened) as door:
        began = clock.now
        assert (await door.value("get_generation", {"id": admitted.id}))["status"] == "succeeded"
    assert (clock.now - began) / 1000 < 13
