"""Stand-ins that are handed in where the system takes an implementation: a clock and a provider."""

from collections.abc import Callable
from dataclasses import dataclass, field

from handler.core.ports import Job, Outcome

PNG = b"\x89PNG\r\n\x1a\n" + b"not really an image, but it begins like one"
JPEG = b"\xff\xd8\xff" + b"nor is this"


@dataclass
class ManualClock:
    """Time moves when it is told to; sleeping moves it too."""

    now: int = 1_800_000_000_000
    slept_seconds: list[float] = field(default_factory=list)

    def now_ms(self) -> int:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept_seconds.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        self.now += int(seconds * 1000)


Behaviour = Callable[[Job], Outcome]


@dataclass
class ScriptedProvider:
    """Does what it is told, call by call, and remembers what it was asked."""

    submits: list[Outcome | Behaviour] = field(default_factory=list)
    polls: list[Outcome | Behaviour] = field(default_factory=list)
    submitted: list[Job] = field(default_factory=list)
    polled: list[str] = field(default_factory=list)
    canceled: list[str] = field(default_factory=list)
    repeats_safely: bool = True

    def submit(self, job: Job) -> Outcome:
        self.submitted.append(job)
        return _play(self.submits, job)

    def poll(self, job: Job, ref: str) -> Outcome:
        self.polled.append(ref)
        return _play(self.polls, job)

    def cancel(self, job: Job, ref: str) -> None:
        self.canceled.append(ref)


def _play(script: list[Outcome | Behaviour], job: Job) -> Outcome:
    step = script.pop(0)
    return step(job) if callable(step) else step
