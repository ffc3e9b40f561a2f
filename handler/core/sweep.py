"""The sweeper: sends overdue generations to the workers again, and ends those that no worker ended.

It has no other power; in particular it never calls a provider, whose token only the worker has.
"""

import logging
from dataclasses import dataclass

from handler.core.generation import Generation, Status
from handler.core.ports import Clock, GenerationStore, JobQueue, JobStore, Ledger
from handler.core.timing import Timing
from handler.core.work import TOO_LATE

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Swept:
    """What one sweep did."""

    redriven: int
    expired: int


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
        redriven = expired = 0
        for generation_id in self.generations.due(self.clock.now_ms()):
            generation = self.generations.get(generation_id)
            if generation is None or generation.status.is_final:
                continue
            if self._is_abandoned(generation):
                expired += self.ledger.end(generation.id, Status.FAILED, TOO_LATE) is not None
            else:
                redriven += self._redrive(generation)
        if redriven or expired:
            log.warning("swept: %d sent again, %d expired", redriven, expired)
        return Swept(redriven, expired)

    def _is_abandoned(self, generation: Generation) -> bool:
        return self.clock.now_ms() >= generation.deadline_at_ms + self.timing.deadline_grace_ms

    def _redrive(self, generation: Generation) -> bool:
        due_at_ms = self.clock.now_ms() + self.timing.dispatch_grace_ms
        if self.jobs.redrive(generation, due_at_ms) is None:
            return False
        self.queue.send(generation.id)
        return True
