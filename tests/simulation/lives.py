"""Scripted lives of one generation, lived again with something happening at chosen calls.

Without a scheduler: one actor after the other, as in operation when little is going on.
"""

import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from handler.core.generation import Status
from handler.core.ports import Done, Failed, Running
from tests.simulation.books import Violation
from tests.simulation.chance import seeded_system_randomness
from tests.simulation.ending import go_on, require_closed_books
from tests.simulation.faults import Call, Died, Effect, Fault
from tests.simulation.machinery import listening, sweep
from tests.simulation.moves import Move, text
from tests.simulation.outside import SimulatedClock
from tests.simulation.people import People, Wish
from tests.simulation.report import Report
from tests.simulation.studio import GARBAGE, Verdict, pictures
from tests.simulation.system import TIMING, Services, System, Wrap, build
from tests.world import PRICE_MICROS

CREDITS_MICROS = 10 * PRICE_MICROS
TRIES = 5
NEVER: Verdict = lambda _job, _number: Failed("never asked")  # noqa: E731 - as the others


@dataclass(frozen=True)
class Life:
    """How a provider answers, how many images are asked for, and whether it is canceled."""

    name: str
    on_submit: Verdict
    on_poll: Verdict = NEVER
    image_count: int = 1
    is_canceled: bool = False
    ends: Status = Status.SUCCEEDED
    is_certain: bool = True
    """Whether one crash, wherever it strikes, leaves the end as it is."""
    repeats_safely: bool = True
    """The provider's: whether a job that may be at work may be submitted again."""


LIVES = (
    Life("done at once", lambda job, _: Done(pictures(job, 1))),
    Life("two of three images", lambda job, _: Done(pictures(job, 2)), image_count=3),
    Life("failed", lambda _, __: Failed("no"), ends=Status.FAILED),
    Life("no image at all", lambda _, __: Done([GARBAGE]), ends=Status.FAILED),
    Life(
        "busy, then done",
        lambda job, number: (
            Failed("busy", retryable=True) if number == 1 else Done(pictures(job, 1, number))
        ),
        is_certain=False,
    ),
    Life(
        "busy, then done, and billed",
        lambda job, number: (
            Failed("busy", retryable=True) if number == 1 else Done(pictures(job, 1, number))
        ),
        is_certain=False,
        repeats_safely=False,
    ),
    Life(
        "running, parked, done",
        lambda _, number: Running(f"job-{number}", 60),
        lambda job, number: Running("job-1", 0.3) if number == 1 else Done(pictures(job, 1)),
    ),
    Life(
        "canceled midway",
        lambda _, number: Running(f"job-{number}", 60),
        lambda _, __: Running("job-1", 60),
        is_canceled=True,
        ends=Status.CANCELED,
    ),
    Life(
        "expired",
        lambda _, number: Running(f"job-{number}", 900),
        lambda _, __: Running("job-1", 900),
        ends=Status.FAILED,
    ),
)

Intruder = Callable[[System, People], None]


def _cancels(_: System, people: People) -> None:
    for generation_id in people.known_ids:
        people.cancel(generation_id)


def _works_too(system: System, _: People) -> None:
    """Another worker, once the lease of the first has run out."""
    system.services.clock.sleep(TIMING.lease_ms / 1000 + 1)
    for item in system.services.books.open_generations():
        system.worker.run(item["pk"]["S"].removeprefix("GEN#"), "intruder#1")


def _sweeps(system: System, _: People) -> None:
    """The sweeper, past every deadline."""
    system.services.clock.sleep((TIMING.deadline_ms + TIMING.deadline_grace_ms) / 1000 + 1)
    sweep(system)


def _calls_again(_: System, people: People) -> None:
    people.call(_wish(people, 1, "a house"))
    people.call(_wish(people, 1))


INTRUDERS: Mapping[str, Intruder] = {
    "cancels": _cancels,
    "works too": _works_too,
    "sweeps": _sweeps,
    "calls again": _calls_again,
}


@dataclass(frozen=True)
class Plan:
    """What happens at which call, counted from 1."""

    faults: Mapping[int, Fault] = field(default_factory=dict)
    intruders: Mapping[int, str] = field(default_factory=dict)

    def __str__(self) -> str:
        happens = {**{at: fault.name for at, fault in self.faults.items()}, **self.intruders}
        return ", ".join(f"{what} at call {at}" for at, what in happens.items()) or "nothing"


@dataclass
class Planned:
    """Directs the line by a plan."""

    plan: Plan
    clock: SimulatedClock
    intrude: Callable[[str], None]
    acting: str = ""
    operations: list[str] = field(default_factory=list)
    _is_intruding: bool = False

    def order(self, call: Call) -> Fault:
        if self._is_intruding:
            return Fault.NONE
        self.operations.append(call.operation)
        number = len(self.operations)
        if number in self.plan.intruders:
            self._is_intruding, acting = True, self.acting
            self.acting = "intruder"
            self.intrude(self.plan.intruders[number])
            self._is_intruding, self.acting = False, acting
        return self.plan.faults.get(number, Fault.NONE)

    def linger(self) -> None:
        self.sleep(1)

    def sleep(self, seconds: float) -> None:
        self.clock.advance_to(self.clock.now + int(seconds * 1000))


@dataclass
class Lived:
    """One life under one plan."""

    life: Life
    plan: Plan = field(default_factory=Plan)
    wrap: Wrap = lambda api: api

    def __post_init__(self) -> None:
        self.report = Report(runs=1)
        self.services = Services.new(
            self.life.on_submit, self.life.on_poll, repeats_safely=self.life.repeats_safely
        )
        self.system = build(self.services, random.Random(0), self.wrap)  # noqa: S311 - predictable
        self.people = People(self.system)
        self.director = Planned(self.plan, self.services.clock, self._intrude)

    def run(self) -> "Lived":
        """Live it; a violation ends up in the report."""
        with seeded_system_randomness(), listening():
            self.people.open_account(CREDITS_MICROS)
            self.services.dynamodb.meter.write_units.clear()
            self.services.clock.director = self.director
            try:
                self._through()
            except Violation as violation:
                told = f"{self.life.name}, {self.plan}: {violation}"
                self.report.violations.append(told)
            except Exception as error:  # noqa: BLE001 - whatever the code did not foresee
                told = f"{self.life.name}, {self.plan}: the code broke: {error!r}"
                self.report.violations.append(told)
        moves = self.services.books.moves
        moves[Move.STORE] += len(self.services.bucket.objects)
        self.report.moves.update({move.value: count for move, count in moves.items()})
        self.report.outcomes.update(self.people.outcomes)
        return self

    @property
    def calls(self) -> int:
        """How many calls were made."""
        return len(self.director.operations)

    @property
    def ends(self) -> list[str]:
        """How its generations ended."""
        return [text(item, "status") for item in self.services.books.generations.values()]

    def _through(self) -> None:
        wish = _wish(self.people, self.life.image_count)
        for _ in range(TRIES):
            self._act("caller", lambda: self.people.call(wish))
            if self.people.known_ids:
                break
        since_ms, is_canceled = self.services.clock.now, False
        while self.services.books.open_generations():
            go_on(self.system, since_ms, self._act)
            self._arrive()
            if self.life.is_canceled and not is_canceled:
                is_canceled = True
                for _ in range(2):
                    self._act("operator", lambda: self.people.cancel(self.people.known_ids[0], 3))
        require_closed_books(self.services)
        # What is in the queue finds nothing to do.
        for _ in range(2):
            go_on(self.system, since_ms, self._act)

    def _arrive(self) -> None:
        for effect in self.services.line.on_their_way:
            # Nobody waits for the answer any more.
            with suppress(Exception):
                effect()
        self.services.line.on_their_way.clear()

    def _act(self, kind: str, task: Effect) -> None:
        self.director.acting = kind
        try:
            task()
        except Died:
            self.services.line.note(kind, "is dead")

    def _intrude(self, who: str) -> None:
        INTRUDERS[who](self.system, self.people)


def _wish(people: People, image_count: int, prompt: str = "a boat") -> Wish:
    return Wish(people.holders[0], "key", prompt, image_count)
