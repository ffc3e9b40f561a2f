"""Actors that take turns at their calls to the outside; a seed decides whose turn it is."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from greenlet import greenlet

from tests.simulation.faults import DEATHS, Call, Died, Fault, faults_of
from tests.simulation.outside import SimulatedClock


@dataclass(frozen=True)
class Weather:
    """How rough a run is: chances for each call."""

    fault: float
    death: float


CALM = Weather(0, 0)


@dataclass
class Actor:
    """Somebody who does something that takes several calls."""

    name: str
    thread: greenlet
    waits_for: Call | int | None = None
    """A call to be made, or the time at which a sleep ends; None: a slow answer is on its way."""


class Scheduler:
    """Directs the line: every call is a turn's end."""

    def __init__(self, rng: random.Random, clock: SimulatedClock) -> None:
        self.rng = rng
        self.clock = clock
        self.weather = CALM
        self.actors: list[Actor] = []
        self.deaths = 0
        self._hub = greenlet.getcurrent()
        self._acting: Actor | None = None

    @property
    def acting(self) -> str:
        return self._acting.name if self._acting is not None else "setting up"

    def order(self, call: Call) -> Fault:
        fault: Fault = self._hub.switch(call)
        return fault

    def linger(self) -> None:
        self._hub.switch(None)

    def sleep(self, seconds: float) -> None:
        self._hub.switch(self.clock.now + int(seconds * 1000))

    def start(self, name: str, task: Callable[[], None]) -> None:
        """Let somebody begin; nothing outside happens before its first turn."""
        actor = Actor(name, greenlet(task, parent=self._hub))
        self.actors.append(actor)
        self._resume(actor, None)

    def turn(self) -> None:
        """Let somebody make one call, or wake up."""
        actors = self.actors
        actor = actors[int(self.rng.random() * len(actors))] if len(actors) > 1 else actors[0]
        waits_for = actor.waits_for
        if isinstance(waits_for, Call):
            self._resume(actor, self._fault_for(waits_for))
            return
        if waits_for is not None:
            self.clock.advance_to(waits_for)
        self._resume(actor, None)

    def is_acting(self, kind: str) -> int:
        """How many actors there are whose name begins so."""
        return sum(actor.name.startswith(kind) for actor in self.actors)

    def _fault_for(self, call: Call) -> Fault:
        weather, chance = self.weather, self.rng.random()
        if chance < weather.death:
            return self.rng.choice(DEATHS)
        if chance < weather.death + weather.fault:
            return self.rng.choice(faults_of(call.operation))
        return Fault.NONE

    def _resume(self, actor: Actor, answer: Fault | None) -> None:
        self._acting = actor
        try:
            waits_for = actor.thread.switch() if answer is None else actor.thread.switch(answer)
        except Died:
            self.deaths += 1
        else:
            actor.waits_for = waits_for
        finally:
            self._acting = None
        if actor.thread.dead:
            self.actors.remove(actor)
