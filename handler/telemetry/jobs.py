"""The record of one run of a worker."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from handler.core.generation import Generation
from handler.core.ports import Outcome
from handler.core.work import Worker
from handler.telemetry import metrics
from handler.telemetry.invocation import Invocation
from handler.telemetry.lines import generation_fields, write
from handler.telemetry.metrics import Metric
from handler.telemetry.ports import ObservedImages, ObservedJobs, ObservedLedger, ObservedProvider
from handler.telemetry.stopwatch import Stopwatch
from handler.telemetry.trace import Trace, traced


@dataclass
class JobRecord:
    """Filled in by the ports of an observed worker."""

    generation_id: str
    trace: Trace | None = None
    invocation: Invocation = field(default_factory=Invocation)
    watch: Stopwatch = field(default_factory=Stopwatch)
    outcome: str = "nothing to do"
    """How the run ended: also `ended`, `parked`, `lost its place` or `cut short`."""
    generation: Generation | None = None
    """As the run left it, if the run had it at all."""
    queue_ms: int | None = None
    """From admission to the first claim; later claims come when they were meant to."""
    provider_answer: str | None = None
    error: str | None = None
    """The kind of what cut the run short: its text may hold anything."""

    def observed(self, worker: Worker) -> Worker:
        """The worker, to be used for this one run."""
        watch = self.watch
        return replace(
            worker,
            providers={
                name: ObservedProvider(provider, watch, self._answered)
                for name, provider in worker.providers.items()
            },
            ledger=ObservedLedger(worker.ledger, watch, self._ended),
            jobs=ObservedJobs(worker.jobs, watch, self._claimed, self._parked),
            queue=traced(worker.queue, self.trace),
            images=ObservedImages(worker.images, watch),
        )

    def cut_short(self, error: Exception) -> None:
        """Note that the run failed, and is to be made again."""
        self.outcome, self.error = "cut short", type(error).__name__

    def write(self) -> None:
        """Write the line."""
        milliseconds = self.watch.milliseconds()
        write(
            "job",
            {
                **self.invocation.fields(),
                "xray_trace_id": self.trace.id if self.trace else None,
                "generation": self.generation_id,
                "outcome": self.outcome,
                "error": self.error,
                **generation_fields(self.generation),
                "claims": self.generation.fence if self.generation else None,
                "provider": self.generation.provider if self.generation else None,
                "provider_answer": self.provider_answer,
                "queue_ms": self.queue_ms,
                **milliseconds,
            },
            self._metrics(milliseconds.get("provider_ms")),
        )

    def _metrics(self, provider_ms: int | None) -> Sequence[Metric]:
        has_ended = self.generation is not None and self.generation.status.is_final
        return [
            *(metrics.ended(self.generation) if self.generation and has_ended else ()),
            *(metrics.asked(provider_ms) if provider_ms is not None else ()),
            *(metrics.cut_short() if self.error else ()),
        ]

    def _claimed(self, generation: Generation, now_ms: int) -> None:
        self.generation, self.outcome = generation, "lost its place"
        if generation.fence == 1:
            self.queue_ms = now_ms - generation.created_at_ms

    def _answered(self, outcome: Outcome) -> None:
        self.provider_answer = type(outcome).__name__

    def _parked(self, generation: Generation) -> None:
        self.generation, self.outcome = generation, "parked"

    def _ended(self, generation: Generation) -> None:
        self.generation, self.outcome = generation, "ended"
