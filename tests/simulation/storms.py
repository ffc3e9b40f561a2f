"""Random runs: callers, operators, workers and sweepers at once, in weather of every kind.

A run is its seed: the same one gives the same calls in the same order. After the storm the faults
stop, and everything must come to its end in time (I8).
"""

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from tests.simulation.books import Violation
from tests.simulation.chance import seeded_system_randomness
from tests.simulation.ending import go_on, require_closed_books
from tests.simulation.faults import Effect
from tests.simulation.machinery import deliver, listening, sweep
from tests.simulation.moves import Move
from tests.simulation.people import Holder, People, Wish
from tests.simulation.report import Report
from tests.simulation.scheduler import CALM, Scheduler, Weather
from tests.simulation.studio import Moody
from tests.simulation.system import Services, System, Wrap, build
from tests.world import PRICE_MICROS

MOST_TURNS = 300
MOST_WORKERS = 3
WEATHERS = (CALM, Weather(0.03, 0), Weather(0.1, 0.01), Weather(0.25, 0.03), Weather(0.02, 0.1))
LEAPS_MS = (*(50, 1_000, 5_000) * 4, 61_000, 61_000, 151_000, 151_000, 721_000, 901_000)


@dataclass
class Storm:
    """One run."""

    seed: int
    wrap: Wrap = lambda api: api
    report: Report = field(default_factory=lambda: Report(runs=1))
    story: Callable[[], str] = lambda: ""
    trace: list[tuple[int, str, str, str, str]] = field(default_factory=list)

    def run(self) -> "Storm":
        """Live it through; a violation ends up in the report."""
        with seeded_system_randomness() as system_rng, listening():
            rng = random.Random(self.seed)  # noqa: S311 - it is to be predictable
            system_rng.seed(self.seed)
            moody = Moody(rng)
            is_free = self.seed % 2 == 0
            services = Services.new(moody.on_submit, moody.on_poll, repeats_safely=is_free)
            system = build(services, rng, self.wrap)
            people = People(system)
            self.story, self.trace = services.line.story, services.line.trace
            try:
                _Run(rng, system, people).through()
            except Violation as violation:
                self.report.violations.append(f"seed {self.seed}: {violation}")
            except Exception as error:  # noqa: BLE001 - whatever the code did not foresee
                self.report.violations.append(f"seed {self.seed}: the code broke: {error!r}")
            moves = services.books.moves
            moves[Move.STORE] += len(services.bucket.objects)
            self.report.moves.update({move.value: count for move, count in moves.items()})
            self.report.outcomes.update(people.outcomes)
        return self


class _Run:
    """The course of one run."""

    def __init__(self, rng: random.Random, system: System, people: People) -> None:
        self.rng = rng
        self.system = system
        self.people = people
        self.services = system.services
        self.clock = system.services.clock
        self.scheduler = Scheduler(rng, self.clock)
        self.started = 0

    def through(self) -> None:
        for _ in range(self.rng.choice((1, 1, 2))):
            self.people.open_account(self._credits())
        self.clock.director = self.scheduler
        self.scheduler.weather = self.rng.choice(WEATHERS)
        lagging = self.rng.choice((0, 0, 0.5))
        unreliable = self.rng.choice((0, 0, 0.2))
        self.services.dynamodb.lags = lambda: self.rng.random() < lagging
        self.services.queue.duplicates = lambda: self.rng.random() < unreliable
        self.services.queue.loses_deletes = lambda: self.rng.random() < unreliable
        errands = [self._errand() for _ in range(self.rng.randrange(3, 9))]
        for _ in range(self.rng.randrange(MOST_TURNS // 3, MOST_TURNS)):
            self._storm(errands)
        self._settle()

    def _credits(self) -> int:
        return PRICE_MICROS * self.rng.randrange(1, 7) + self.rng.choice((0, 1, 9_999, 10_000))

    def _storm(self, errands: list[Effect]) -> None:
        chance = self.rng.random()
        if chance < 0.68 and self.scheduler.actors:
            self.scheduler.turn()
        elif chance < 0.76 and errands:
            self._start("caller", errands.pop())
        elif chance < 0.88:
            self._deliver()
        elif chance < 0.91 and not self.scheduler.is_acting("sweeper"):
            self._start("sweeper", lambda: sweep(self.system))
        elif chance < 0.94:
            self._arrive()
        else:
            self.clock.advance_to(self.clock.now + self.rng.choice(LEAPS_MS))

    def _start(self, kind: str, task: Effect) -> None:
        self.started += 1
        self.scheduler.start(f"{kind}-{self.started}", lambda: _done(task()))

    def _deliver(self) -> None:
        visible = self.services.queue.visible()
        if visible and self.scheduler.is_acting("worker") < MOST_WORKERS:
            message = self.rng.choice(visible)
            self._start("worker", lambda: deliver(self.system, message))

    def _arrive(self) -> None:
        """One of the effects that are on their way takes place."""
        on_their_way = self.services.line.on_their_way
        if on_their_way:
            effect = on_their_way.pop(self.rng.randrange(len(on_their_way)))
            self.services.line.note("the network", "arrives")
            _quietly(effect)

    def _errand(self) -> Effect:
        chance, people, rng = self.rng.random(), self.people, self.rng
        holder = rng.choice(people.holders)
        if chance < 0.62:
            return self._wish(holder)
        if chance < 0.80:
            return lambda: (
                people.cancel(rng.choice(people.known_ids), 2) if people.known_ids else None
            )
        if chance < 0.86:
            return lambda: people.revoke(holder)
        if chance < 0.96:
            payment = f"p{rng.randrange(2)}-{holder.account_id}"
            return lambda: people.top_up(holder, payment, 2 * PRICE_MICROS, rng.choice((1, 2)))
        return lambda: people.open_account(3 * PRICE_MICROS)

    def _wish(self, holder: Holder) -> Effect:
        rng = self.rng
        wish = Wish(
            holder,
            rng.choice(("k1", "k1", "k2", None)),
            rng.choice(("a boat", "a boat", "a boat", "a house")),
            rng.choice((1, 1, 1, 3)),
        )
        tries, looks = rng.choice((1, 2, 3)), rng.choice((0, 1, 2, 3))
        return lambda: self.people.call(wish, tries, looks)

    def _settle(self) -> None:
        """No more faults: whatever runs comes to its end, then whatever is open."""
        self.scheduler.weather = CALM
        self.services.dynamodb.lags = lambda: False
        self.services.queue.duplicates = lambda: False
        self.services.queue.loses_deletes = lambda: False
        while self.services.line.on_their_way:
            self._arrive()
        while self.scheduler.actors:
            self.scheduler.turn()
        calm_since_ms = self.clock.now
        while self.services.books.open_generations():
            go_on(self.system, calm_since_ms, self._act)
        require_closed_books(self.services)

    def _act(self, kind: str, task: Effect) -> None:
        self._start(kind, task)
        while self.scheduler.actors:
            self.scheduler.turn()


def _quietly(effect: Effect) -> None:
    # Nobody waits for the answer any more.
    with suppress(Exception):
        effect()


def _done(_: object) -> None:
    """A greenlet's last value is its waiting's; there is none."""


def storm(seed: int) -> Report:
    """One run's report."""
    return Storm(seed).run().report
