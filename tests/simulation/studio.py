"""A provider that answers by a script and counts the requests it took."""

import random
from collections import Counter
from collections.abc import Callable

from handler.core.ports import Done, Failed, Job, Outcome, Running
from tests.simulation.faults import ProviderDefect

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"
GARBAGE = b"<html>"

Verdict = Callable[[Job, int], Outcome]
"""The answer to the how-manieth question about a job, from 1."""


def pictures(job: Job, count: int, take: int = 1) -> list[bytes]:
    """Different images for every job and take."""
    kinds = (PNG, JPEG)
    return [
        kinds[position % 2] + f"{job.generation_id}/{take}/{position}".encode()
        for position in range(count)
    ]


class Studio:
    """Implements `Provider`; `posting` is told of every job before it is taken.

    It is told, too, whether a job for the same generation may be at work already, which is let
    pass where that costs nothing.
    """

    def __init__(
        self,
        on_submit: Verdict,
        on_poll: Verdict,
        posting: Callable[[str, bool], None],
        *,
        repeats_safely: bool,
    ) -> None:
        self.on_submit = on_submit
        self.on_poll = on_poll
        self.posting = posting
        self.polls: Counter[str] = Counter()
        self.submits: Counter[str] = Counter()
        self.canceled: list[str] = []
        self.repeats_safely = repeats_safely
        self._at_work: set[str] = set()
        """Generations with a job that did not fail so far, whoever was told."""

    def submit(self, job: Job) -> Outcome:
        is_second = job.generation_id in self._at_work
        self.posting(job.generation_id, is_second and not self.repeats_safely)
        self.submits[job.generation_id] += 1
        self._at_work.add(job.generation_id)
        return self._told(job, self.on_submit(job, self.submits[job.generation_id]))

    def poll(self, job: Job, ref: str) -> Outcome:
        self.polls[job.generation_id] += 1
        return self._told(job, self.on_poll(job, self.polls[job.generation_id]))

    def _told(self, job: Job, outcome: Outcome) -> Outcome:
        if isinstance(outcome, Failed):
            self._at_work.discard(job.generation_id)
        return outcome

    def cancel(self, job: Job, ref: str) -> None:
        self.canceled.append(ref)


class Moody:
    """Verdicts at random."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def on_submit(self, job: Job, number: int) -> Outcome:
        return self._answer(job, number, f"job-{number}")

    def on_poll(self, job: Job, number: int) -> Outcome:
        # Now and then a provider speaks of another job than it was asked about.
        ref = "job-x" if self.rng.random() < 0.03 else f"job-{min(2, number)}"
        return self._answer(job, number, ref)

    def _answer(self, job: Job, number: int, ref: str) -> Outcome:
        kind = self.rng.choice(_MOODS)
        if kind == "done":
            return Done(pictures(job, job.image_count, number))
        if kind == "running":
            return Running(ref, self.rng.choice((0.3, 1, 2, 5, 30, 200, 2000)))
        if kind == "partial":
            return Done(pictures(job, max(1, job.image_count - 1), number))
        if kind == "garbage":
            return Done(self.rng.choice(([], [GARBAGE], [PNG + b"a", b""])))
        if kind == "breaks":
            raise ProviderDefect("it was asked")
        return Failed("no", retryable=kind == "busy")


_MOODS = (
    *("done",) * 5,
    *("running",) * 5,
    *("partial",) * 2,
    *("busy",) * 2,
    "failed",
    "garbage",
    "breaks",
)
