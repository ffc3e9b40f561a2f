"""Which sandbox takes an invocation, with threads and sandboxes that fail on demand."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from infra.lambda_runtime.outcome import FunctionFailed, Throttled
from infra.lambda_runtime.pool import Pool

GIVES_UP_SECONDS = 10


@dataclass
class ScriptedSandbox:
    """Answers with its number; `b"wait"` waits until it is released."""

    number: int
    released: threading.Event
    entered: threading.Semaphore
    is_dead: bool = False
    stopped: int = 0
    busy: threading.Lock = field(default_factory=threading.Lock)

    def is_alive(self) -> bool:
        return not self.is_dead

    def invoke(self, event: bytes) -> bytes:
        assert self.busy.acquire(blocking=False), "two invocations at once in one sandbox"
        try:
            return self._answer(event)
        finally:
            self.busy.release()

    def _answer(self, event: bytes) -> bytes:
        if event == b"raise":
            raise FunctionFailed("ValueError", sandbox_survives=True)
        if event == b"crash":
            raise FunctionFailed("Runtime.ExitError", sandbox_survives=False)
        if event == b"wait":
            self.entered.release()
            assert self.released.wait(GIVES_UP_SECONDS)
        return str(self.number).encode()

    def stop(self) -> None:
        self.stopped += 1


@dataclass
class Sandboxes:
    """All that a pool has started."""

    started: list[ScriptedSandbox] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    entered: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    failing: bool = False

    def start(self, number: int) -> ScriptedSandbox:
        if self.failing:
            raise FunctionFailed("Sandbox.NotStarted", sandbox_survives=False)
        sandbox = ScriptedSandbox(number, self.released, self.entered)
        self.started.append(sandbox)
        return sandbox

    def wait_until_busy(self, count: int) -> None:
        for _ in range(count):
            assert self.entered.acquire(timeout=GIVES_UP_SECONDS)


@pytest.fixture
def sandboxes() -> Iterator[Sandboxes]:
    made = Sandboxes()
    yield made
    made.released.set()


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(32) as executor:
        yield executor


def failure(call: Callable[[], object]) -> str:
    with pytest.raises(FunctionFailed) as failed:
        call()
    return failed.value.kind


def test_a_sandbox_that_is_idle_is_used_again(sandboxes: Sandboxes) -> None:
    pool = Pool(sandboxes.start, limit=9)
    assert [pool.invoke(b"") for _ in range(5)] == [b"1"] * 5
    assert len(sandboxes.started) == 1


def test_calls_at_once_have_sandboxes_of_their_own_up_to_the_limit(
    sandboxes: Sandboxes, threads: ThreadPoolExecutor
) -> None:
    pool = Pool(sandboxes.start, limit=3)
    waiting = [threads.submit(pool.invoke, b"wait") for _ in range(3)]
    sandboxes.wait_until_busy(3)
    with pytest.raises(Throttled):
        pool.invoke(b"")
    sandboxes.released.set()
    assert sorted(call.result() for call in waiting) == [b"1", b"2", b"3"]
    assert pool.invoke(b"") in {b"1", b"2", b"3"}
    assert len(sandboxes.started) == 3


def test_an_exception_leaves_the_sandbox_usable(sandboxes: Sandboxes) -> None:
    pool = Pool(sandboxes.start, limit=1)
    assert failure(lambda: pool.invoke(b"raise")) == "ValueError"
    assert pool.invoke(b"") == b"1"
    assert sandboxes.started[0].stopped == 0


def test_a_crashed_sandbox_is_ended_and_replaced(sandboxes: Sandboxes) -> None:
    pool = Pool(sandboxes.start, limit=1)
    assert failure(lambda: pool.invoke(b"crash")) == "Runtime.ExitError"
    assert sandboxes.started[0].stopped == 1
    assert pool.invoke(b"") == b"2"


def test_a_sandbox_that_died_while_idle_is_replaced_unseen(sandboxes: Sandboxes) -> None:
    pool = Pool(sandboxes.start, limit=1)
    pool.invoke(b"")
    sandboxes.started[0].is_dead = True
    assert pool.invoke(b"") == b"2"


def test_a_sandbox_that_does_not_start_takes_no_place(sandboxes: Sandboxes) -> None:
    pool = Pool(sandboxes.start, limit=1)
    sandboxes.failing = True
    assert failure(lambda: pool.invoke(b"")) == "Sandbox.NotStarted"
    sandboxes.failing = False
    assert pool.invoke(b"").isdigit()


def test_a_closed_pool_ends_idle_sandboxes_at_once_and_busy_ones_when_they_are_done(
    sandboxes: Sandboxes, threads: ThreadPoolExecutor
) -> None:
    pool = Pool(sandboxes.start, limit=2)
    waiting = threads.submit(pool.invoke, b"wait")
    sandboxes.wait_until_busy(1)
    pool.invoke(b"")
    pool.close()
    assert [sandbox.stopped for sandbox in sandboxes.started] == [0, 1]
    with pytest.raises(Throttled):
        pool.invoke(b"")
    sandboxes.released.set()
    assert waiting.result() == b"1"
    assert [sandbox.stopped for sandbox in sandboxes.started] == [1, 1]


def test_under_a_crowd_no_sandbox_has_two_calls_and_none_is_lost(
    sandboxes: Sandboxes, threads: ThreadPoolExecutor
) -> None:
    pool = Pool(sandboxes.start, limit=8)

    def call(number: int) -> str:
        try:
            pool.invoke([b"", b"raise", b"crash"][number % 3])
        except FunctionFailed as failed:
            return failed.kind
        except Throttled:
            return "throttled"
        return "answered"

    outcomes = list(threads.map(call, range(3000)))
    assert len(outcomes) == 3000
    assert {"answered", "ValueError", "Runtime.ExitError"} <= set(outcomes)
    crashed = sum(sandbox.stopped for sandbox in sandboxes.started)
    assert crashed == outcomes.count("Runtime.ExitError")
    assert len(sandboxes.started) - crashed <= 8

    sandboxes.released.clear()
    waiting = [threads.submit(pool.invoke, b"wait") for _ in range(8)]
    sandboxes.wait_until_busy(8)
    sandboxes.released.set()
    assert len({call.result() for call in waiting}) == 8, "all eight places are there again"
