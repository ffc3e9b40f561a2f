"""The record of one sweep."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from handler.core.generation import Generation
from handler.core.sweep import Sweeper, Swept
from handler.telemetry.invocation import Invocation
from handler.telemetry.lines import generation_fields, write
from handler.telemetry.metrics import MILLISECONDS, Metric, ended
from handler.telemetry.ports import ObservedGenerations, ObservedLedger
from handler.telemetry.stopwatch import Stopwatch


@dataclass
class SweepRecord:
    """Filled in by the ports of an observed sweeper."""

    invocation: Invocation = field(default_factory=Invocation)
    watch: Stopwatch = field(default_factory=Stopwatch)
    oldest_created_at_ms: int | None = None
    """Of the open generations that were due."""

    def observed(self, sweeper: Sweeper) -> Sweeper:
        """The sweeper, to be used for this one sweep; what it ends gets a line of its own."""
        return replace(
            sweeper,
            ledger=ObservedLedger(sweeper.ledger, self.watch, self._ended),
            generations=ObservedGenerations(sweeper.generations, self._found),
        )

    def write(self, swept: Swept, now_ms: int) -> None:
        """Write the sweep's own line; `now_ms` is the time, for ages."""
        oldest_ms = now_ms - self.oldest_created_at_ms if self.oldest_created_at_ms else 0
        fields = {
            **self.invocation.fields(),
            "redriven": swept.redriven,
            "expired": swept.expired,
            "held_up": swept.held_up,
            "oldest_due_ms": oldest_ms,
            "total_ms": self.watch.milliseconds()["total_ms"],
        }
        write("sweep", fields, sweep_metrics(swept, oldest_ms))

    def _found(self, generation: Generation) -> None:
        if not generation.status.is_final:
            oldest = self.oldest_created_at_ms or generation.created_at_ms
            self.oldest_created_at_ms = min(oldest, generation.created_at_ms)

    def _ended(self, generation: Generation) -> None:
        fields = {**self.invocation.fields(), **generation_fields(generation)}
        write("expired", fields, ended(generation))


def sweep_metrics(done: Swept, oldest_due_ms: int) -> Sequence[Metric]:
    """A sweep has ended; that it happened at all is the first of them.

    `oldest_due_ms` is the age of the oldest open generation that was due, 0 where none was.
    """
    return [
        Metric("Sweeps", 1),
        Metric("Redriven", done.redriven),
        Metric("Expired", done.expired),
        Metric("HeldUp", done.held_up),
        Metric("OldestDueMilliseconds", oldest_due_ms, MILLISECONDS),
    ]
