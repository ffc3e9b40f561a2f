"""The sweeper: sends overdue generations to the workers again, and ends those that no worker ended.

It has no other power; in particular it never calls a provider, whose token only the worker has.
"""

import logging
from dataclasses import dataclass
from enum import Enum, auto

from handler.core.generation import TOO_LATE, Generation, Status
from handler.core.ports import Clock, GenerationStore, JobQueue, JobStore, Ledger
from handler.core.timing import Timing

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Swept:
    """What one sweep did."""

    redriven: int
    expired: int
    held_up: int = 0
    """How many it could not deal with; the next one tries again."""


class _Move(Enum):
    NONE = auto()
    REDRIVEN = auto()
    EXPIRED = auto()
    HELD_UP = auto()


@dataclass(frozen=True)
class Sweeper:
    """Keeps every open generation moving towards its end (I8)."""

    ledger: Ledger
    generations: GenerationStore
    jobs: JobStore
    queue: JobQueue
    clock: Clock
    timing: Timing

    def sweep(self) -> Swept:
        """Look at everything that is due once."""
        moves = [self._sweep_one(each) for each in self.generations.due(self.clock.now_ms())]
        swept = Swept(
            redriven=moves.count(_Move.REDRIVEN),
            expired=moves.count(_Move.EXPIRED),
            held_up=moves.count(_Move.HELD_UP),
        )
        if swept.redriven or swept.expired:
            log.warning("swept: %d sent again, %d expired", swept.redriven, swept.expired)
        return swept

    def _sweep_one(self, generation_id: str) -> _Move:
        try:
            generation = self.generations.get(generation_id)
            if generation is None or generation.status.is_final:
                return _Move.NONE
            if self._is_abandoned(generation):
                return self._expire(generation)
            return self._redrive(generation)
        except Exception:  # whatever is wrong with one must not hold up the others for ever
            log.exception("generation %s could not be swept", generation_id)
            return _Move.HELD_UP

    def _is_abandoned(self, generation: Generation) -> bool:
        return self.clock.now_ms() >= generation.deadline_at_ms + self.timing.deadline_grace_ms

    def _expire(self, generation: Generation) -> _Move:
        ended = self.ledger.end(generation.id, Status.FAILED, TOO_LATE)
        return _Move.NONE if ended is None else _Move.EXPIRED

    def _redrive(self, generation: Generation) -> _Move:
        due_at_ms = self.clock.now_ms() + self.timing.dispatch_grace_ms
        if self.jobs.redrive(generation, due_at_ms) is None:
            return _Move.NONE
        self.queue.send(generation.id)
        return _Move.REDRIVEN
