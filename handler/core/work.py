"""One run of a worker over one generation: claim, ask the provider, store, settle.

It may be stopped anywhere, by force; the next claim goes on from what is recorded. Which move comes
next is decided by the pure function `next_step`; the moves themselves are conditional writes, so
that a run that lost its place changes nothing.
"""

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from handler.core import errors
from handler.core.failures import FailureKind
from handler.core.generation import MAX_SUBMITS, TOO_LATE, Generation, Image, Request, Status
from handler.core.image_types import examine_all
from handler.core.ports import (
    Clock,
    Done,
    Failed,
    GenerationStore,
    ImageStore,
    Job,
    JobQueue,
    JobStore,
    Ledger,
    Outcome,
    Provider,
    Running,
)
from handler.core.text import clipped
from handler.core.timing import Timing

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 2.0
"""A poll due sooner is waited for.

For a later one the generation is parked and the worker freed.
"""
MAX_DELAY_SECONDS = 900
"""The longest delay that the queue can give a message (SQS, SendMessage)."""
RETRY_DELAY_SECONDS = 5
PARKED_SECONDS = 10
"""How long a job that was asked after for a while is left alone before it is asked after again."""
RESUMED_POLLING_MS = 500
"""How long a run that takes up a parked job goes on asking: the job is a long one by now."""
NOT_OFFERED = (
    "this model is no longer offered; choose another from list_models; nothing was charged"
)
GAVE_UP = "the work on the image was cut short; try again; nothing was charged"


class Step(Enum):
    """What a claimed generation needs."""

    EXPIRE = auto()
    """Its deadline has passed."""
    POLL = auto()
    """The provider has it: resume, never submit again."""
    SUBMIT = auto()
    """It may be submitted."""
    GIVE_UP = auto()
    """Another submission is not permitted, or might make the images a second time."""


def next_step(generation: Generation, now_ms: int, *, repeats_safely: bool) -> Step:
    """Decide how to go on with a generation that was just claimed.

    `repeats_safely` is the provider's.
    """
    if now_ms >= generation.deadline_at_ms:
        return Step.EXPIRE
    if generation.provider_ref is not None:
        return Step.POLL
    may_submit = repeats_safely or not generation.is_in_doubt
    return Step.SUBMIT if may_submit and generation.submits < MAX_SUBMITS else Step.GIVE_UP


@dataclass(frozen=True)
class _Run:
    """What one run works with."""

    job: Job
    provider: Provider
    polls_until_ms: int
    """When it must let go of a job that still runs: counted from the claim, as the lease is."""


@dataclass(frozen=True)
class Worker:
    """Works on generations."""

    providers: Mapping[str, Provider]
    ledger: Ledger
    generations: GenerationStore
    jobs: JobStore
    queue: JobQueue
    images: ImageStore
    clock: Clock
    timing: Timing
    preview_of: Callable[[bytes], bytes | None] | None = None
    """Makes a small JPEG of an image, or None where it cannot; absent where none are wanted."""

    def run(self, generation_id: str, owner: str) -> None:
        """Bring the generation as far as one run can; `owner` names this run.

        Raises:
            Unavailable: The run was cut short; running it again is right.
        """
        began_ms = self.clock.now_ms()
        generation = self.jobs.claim(generation_id, owner, began_ms)
        if generation is None:
            self._stop_if_canceled(generation_id)
            return
        request = self.generations.request(generation)
        provider = self.providers.get(generation.provider)
        if provider is None or not generation.provider_model:
            self._fail(generation, Failed(NOT_OFFERED, kind=FailureKind.MODEL_UNAVAILABLE))
            return
        job = _job(generation, request)
        is_resumed = generation.provider_ref is not None
        polling_ms = RESUMED_POLLING_MS if is_resumed else self.timing.polling_ms
        self._go_on(generation, _Run(job, provider, began_ms + polling_ms))

    def _stop_if_canceled(self, generation_id: str) -> None:
        generation = self.generations.get(generation_id)
        if generation is None or generation.status is not Status.CANCELED:
            return
        provider = self.providers.get(generation.provider)
        if generation.provider_ref is not None and provider is not None:
            request = self.generations.request(generation)
            provider.cancel(_job(generation, request), generation.provider_ref)

    def _go_on(self, generation: Generation, run: _Run) -> None:
        repeats_safely = run.provider.repeats_safely
        match next_step(generation, self.clock.now_ms(), repeats_safely=repeats_safely):
            case Step.EXPIRE:
                self._expire(generation, run)
            case Step.GIVE_UP:
                self._fail(generation, Failed(GAVE_UP, kind=FailureKind.UNKNOWN_OUTCOME))
            case Step.SUBMIT:
                intended = self.jobs.record_intent(generation)
                if intended is not None:
                    self._settle(intended, run, run.provider.submit(run.job))
            case Step.POLL:
                assert generation.provider_ref is not None  # noqa: S101 - what Step.POLL means
                outcome = run.provider.poll(run.job, generation.provider_ref)
                self._settle(generation, run, outcome)

    def _settle(self, generation: Generation, run: _Run, outcome: Outcome) -> None:
        while isinstance(outcome, Running):
            bound = self._bound(generation, outcome.ref)
            if bound is None:
                return
            generation = bound
            wait_ms = int(outcome.poll_after_seconds * 1000)
            if wait_ms > PATIENCE_SECONDS * 1000:
                self._park(generation, outcome.poll_after_seconds)
                return
            if self.clock.now_ms() + wait_ms > run.polls_until_ms:
                self._park(generation, PARKED_SECONDS)
                return
            self.clock.sleep(outcome.poll_after_seconds)
            outcome = run.provider.poll(run.job, outcome.ref)
        match outcome:
            case Done(outputs):
                self._finish(generation, outputs)
            case Failed():
                self._fail(generation, outcome)

    def _bound(self, generation: Generation, ref: str) -> Generation | None:
        if generation.provider_ref == ref:
            return generation
        return self.jobs.bind(generation, ref)

    def _park(
        self, generation: Generation, delay_seconds: float, *, resubmit: bool = False
    ) -> None:
        now_ms = self.clock.now_ms()
        # At its deadline a generation is ended, however long its provider asks to wait.
        left_seconds = max(0, math.ceil((generation.deadline_at_ms - now_ms) / 1000))
        delay = min(round(delay_seconds), left_seconds, MAX_DELAY_SECONDS)
        due_at_ms = now_ms + delay * 1000 + self.timing.dispatch_grace_ms
        if self.jobs.park(generation, due_at_ms, resubmit=resubmit) is not None:
            self.queue.send(generation.id, delay)

    def _finish(self, generation: Generation, outputs: Sequence[bytes]) -> None:
        try:
            images = examine_all(outputs[: generation.image_count])
        except errors.ProviderFailure as failure:
            self._fail(generation, Failed(str(failure), kind=failure.kind))
            return
        stored = [
            self._store(generation.id, number, data, image)
            for number, (data, image) in enumerate(zip(outputs, images, strict=False), start=1)
        ]
        if self.ledger.capture(generation, stored, charge_for(generation, stored)) is None:
            log.info("generation %s had ended before its images were stored", generation.id)

    def _store(self, generation_id: str, number: int, data: bytes, image: Image) -> Image:
        self.images.put(generation_id, number, data, image)
        preview = self.preview_of(data) if self.preview_of else None
        if preview is None:
            return image
        self.images.put_preview(generation_id, number, preview, image)
        return replace(image, has_preview=True)

    def _fail(self, generation: Generation, failure: Failed) -> None:
        delay_seconds = max(RETRY_DELAY_SECONDS, failure.retry_after_seconds or 0)
        is_in_time = self.clock.now_ms() + delay_seconds * 1000 < generation.deadline_at_ms
        retryable = failure.retryable and is_in_time
        if retryable and generation.submits < MAX_SUBMITS:
            _report(generation, failure, "is tried again")
            self._park(generation, delay_seconds, resubmit=True)
        else:
            _report(generation, failure, "ends the generation")
            self.ledger.release(generation, failure.reason)

    def _expire(self, generation: Generation, run: _Run) -> None:
        if generation.provider_ref is not None:
            outcome = run.provider.poll(
                replace(run.job, is_last_question=True), generation.provider_ref
            )
            if isinstance(outcome, Done):
                self._finish(generation, outcome.outputs)
                return
            run.provider.cancel(run.job, generation.provider_ref)
        _report(generation, Failed(TOO_LATE, kind=FailureKind.TIMEOUT), "ends the generation")
        self.ledger.end(generation.id, Status.FAILED, TOO_LATE)


def _job(generation: Generation, request: Request) -> Job:
    return Job(
        generation.id, generation.provider_model, dict(request.input), generation.image_count
    )


def _report(generation: Generation, failure: Failed, consequence: str) -> None:
    # An alarm counts these lines by their fields.
    fields = {
        "generation": generation.id,
        "model": generation.model_id,
        "provider": generation.provider,
        "failure": failure.kind.value,
        "consequence": consequence,
        "said": clipped(failure.said),
    }
    level = logging.ERROR if failure.kind.is_for_the_operator else logging.WARNING
    log.log(level, "provider failed", extra={"fields": fields})


def charge_for(generation: Generation, images: Sequence[Image]) -> int:
    """The price of the images that were made, of those that were asked for."""
    return generation.amount_micros * len(images) // generation.image_count
