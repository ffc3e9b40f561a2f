"""The core's ports, with somebody listening: how long calls take, and what came of them.

Each passes everything on as it is. They are put around the real ones for one run or one sweep, so
that the core works as ever and knows nothing of it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from handler.core.generation import Generation, Image, Request, Status
from handler.core.ports import (
    Admission,
    GenerationStore,
    ImageStore,
    Job,
    JobStore,
    Ledger,
    Outcome,
    Provider,
)
from handler.telemetry.stopwatch import Stopwatch


@dataclass(frozen=True)
class ObservedLedger:
    """Tells of every final move that was made."""

    ledger: Ledger
    watch: Stopwatch
    ended: Callable[[Generation], None]

    def admit(self, generation: Generation, request: Request) -> Admission:
        """See `Ledger`."""
        return self.ledger.admit(generation, request)

    def capture(
        self, generation: Generation, images: Sequence[Image], charged_micros: int
    ) -> Generation | None:
        """See `Ledger`."""
        return self._move(lambda: self.ledger.capture(generation, images, charged_micros))

    def release(self, generation: Generation, error: str) -> Generation | None:
        """See `Ledger`."""
        return self._move(lambda: self.ledger.release(generation, error))

    def end(self, generation_id: str, status: Status, error: str | None) -> Generation | None:
        """See `Ledger`."""
        return self._move(lambda: self.ledger.end(generation_id, status, error))

    def _move(self, move: Callable[[], Generation | None]) -> Generation | None:
        with self.watch.phase("capture"):
            moved = move()
        if moved is not None:
            self.ended(moved)
        return moved


@dataclass(frozen=True)
class ObservedGenerations:
    """Tells of every record that is read by its id."""

    generations: GenerationStore
    found: Callable[[Generation], None]

    def get(self, generation_id: str) -> Generation | None:
        """See `GenerationStore`."""
        generation = self.generations.get(generation_id)
        if generation is not None:
            self.found(generation)
        return generation

    def request(self, generation: Generation) -> Request:
        """See `GenerationStore`."""
        return self.generations.request(generation)

    def of_account(self, account_id: str, known: Mapping[str, Generation]) -> Sequence[Generation]:
        """See `GenerationStore`."""
        return self.generations.of_account(account_id, known)

    def due(self, now_ms: int) -> Sequence[str]:
        """See `GenerationStore`."""
        return self.generations.due(now_ms)


@dataclass(frozen=True)
class ObservedJobs:
    """Tells of a claim and of a parking."""

    jobs: JobStore
    watch: Stopwatch
    claimed: Callable[[Generation, int], None]
    """With the time of the claim."""
    parked: Callable[[Generation], None]

    def claim(self, generation_id: str, owner: str, now_ms: int) -> Generation | None:
        """See `JobStore`."""
        with self.watch.phase("claim"):
            generation = self.jobs.claim(generation_id, owner, now_ms)
        if generation is not None:
            self.claimed(generation, now_ms)
        return generation

    def record_intent(self, generation: Generation) -> Generation | None:
        """See `JobStore`."""
        return self.jobs.record_intent(generation)

    def bind(self, generation: Generation, provider_ref: str) -> Generation | None:
        """See `JobStore`."""
        return self.jobs.bind(generation, provider_ref)

    def park(
        self, generation: Generation, due_at_ms: int, *, resubmit: bool = False
    ) -> Generation | None:
        """See `JobStore`."""
        parked = self.jobs.park(generation, due_at_ms, resubmit=resubmit)
        if parked is not None:
            self.parked(parked)
        return parked

    def redrive(self, generation: Generation, due_at_ms: int) -> Generation | None:
        """See `JobStore`."""
        return self.jobs.redrive(generation, due_at_ms)


@dataclass(frozen=True)
class ObservedImages:
    """Takes the time of storing."""

    images: ImageStore
    watch: Stopwatch

    def put(self, generation_id: str, number: int, data: bytes, image: Image) -> None:
        """See `ImageStore`."""
        with self.watch.phase("storing"):
            self.images.put(generation_id, number, data, image)

    def put_preview(self, generation_id: str, number: int, data: bytes, image: Image) -> None:
        """See `ImageStore`."""
        with self.watch.phase("storing"):
            self.images.put_preview(generation_id, number, data, image)

    def preview(self, generation_id: str, number: int, image: Image) -> bytes | None:
        """See `ImageStore`."""
        return self.images.preview(generation_id, number, image)

    def is_stored(self, generation_id: str, number: int, image: Image) -> bool:
        """See `ImageStore`."""
        return self.images.is_stored(generation_id, number, image)

    def signed_url(self, generation_id: str, number: int, image: Image) -> str:
        """See `ImageStore`."""
        return self.images.signed_url(generation_id, number, image)

    def origin(self) -> str:
        """See `ImageStore`."""
        return self.images.origin()


@dataclass(frozen=True)
class ObservedProvider:
    """Tells of every answer."""

    provider: Provider
    watch: Stopwatch
    answered: Callable[[Outcome], None]

    @property
    def repeats_safely(self) -> bool:
        """See `Provider`."""
        return self.provider.repeats_safely

    def submit(self, job: Job) -> Outcome:
        """See `Provider`."""
        return self._ask(lambda: self.provider.submit(job))

    def poll(self, job: Job, ref: str) -> Outcome:
        """See `Provider`."""
        return self._ask(lambda: self.provider.poll(job, ref))

    def cancel(self, job: Job, ref: str) -> None:
        """See `Provider`."""
        with self.watch.phase("provider"):
            self.provider.cancel(job, ref)

    def _ask(self, question: Callable[[], Outcome]) -> Outcome:
        with self.watch.phase("provider"):
            outcome = question()
        self.answered(outcome)
        return outcome
