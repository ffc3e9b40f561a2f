"""The line over which every call to the outside goes, and the clock all share.

Who directs it decides what happens to each call and how long a sleep is.
"""

from collections.abc import Callable
from typing import Any, Protocol

from handler.core.ports import Job, Outcome, Provider
from tests.simulation.faults import Call, Effect, Fault, carry_out

START_MS = 1_800_000_000_000


class Director(Protocol):
    """Decides."""

    def order(self, call: Call) -> Fault:
        """What is to happen to this call; others may act before it returns."""

    def linger(self) -> None:
        """A slow answer is on its way; others may act before it returns."""

    def sleep(self, seconds: float) -> None:
        """Let that much time pass, at least."""

    @property
    def acting(self) -> str:
        """Who makes the calls."""


class Undisturbed:
    """Nothing happens to any call, and nobody else acts."""

    acting = "setting up"

    def __init__(self, clock: "SimulatedClock") -> None:
        self.clock = clock

    def order(self, call: Call) -> Fault:
        return Fault.NONE

    def linger(self) -> None:
        return

    def sleep(self, seconds: float) -> None:
        self.clock.advance_to(self.clock.now + int(seconds * 1000))


class SimulatedClock:
    """Time as the director lets it pass."""

    def __init__(self) -> None:
        self.now = START_MS
        self.director: Director = Undisturbed(self)

    def now_ms(self) -> int:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.director.sleep(seconds)

    def advance_to(self, time_ms: int) -> None:
        """Later, never earlier."""
        self.now = max(self.now, time_ms)


class Line:
    """Passes calls on."""

    def __init__(self, clock: SimulatedClock) -> None:
        self.clock = clock
        self.on_their_way: list[Effect] = []
        """Effects that take place some time later."""
        self.trace: list[tuple[int, str, str, str, str]] = []

    def pass_on(self, call: Call) -> Any:
        director = self.clock.director
        fault = director.order(call)
        self.note(director.acting, call.operation, call.target, fault.name)
        answer = carry_out(call, fault, self.on_their_way.append)
        if fault is Fault.SLOW:
            director.linger()
        return answer

    def note(self, who: str, what: str, target: str = "", outcome: str = "") -> None:
        """Add a line to the trace."""
        self.trace.append((self.clock.now - START_MS, who, what, target, outcome))

    def story(self) -> str:
        """The trace, to read."""
        return "\n".join(
            f"{time_ms / 1000:10.3f} {who:14} {what:22} {outcome:12} {target}"
            for time_ms, who, what, target, outcome in self.trace
        )


class Client:
    """A boto3 client over the line."""

    def __init__(self, api: Any, line: Line) -> None:
        self._api = api
        self._line = line

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method, line = getattr(self._api, name), self._line

        def called(**parameters: Any) -> Any:
            parts = len(parameters.get("TransactItems", ()))
            effect = lambda: method(**parameters)  # noqa: E731 - it is handed on at once
            return line.pass_on(Call(name, _target(parameters), effect, parts))

        # Found in the instance from now on.
        setattr(self, name, called)
        return called


def _target(parameters: dict[str, Any]) -> str:
    if "TransactItems" in parameters:
        writes = [next(iter(part.values())) for part in parameters["TransactItems"]]
        return " ".join(_target(write) for write in writes)
    for name in ("MessageBody", "IndexName"):
        if name in parameters:
            return str(parameters[name])
    key = parameters.get("Key") or parameters.get("Item")
    return key["pk"]["S"] if isinstance(key, dict) else str(key)


class DistantProvider:
    """A provider over the line."""

    def __init__(self, provider: Provider, line: Line) -> None:
        self.provider = provider
        self.line = line

    @property
    def repeats_safely(self) -> bool:
        return self.provider.repeats_safely

    def submit(self, job: Job) -> Outcome:
        outcome: Outcome = self._ask("submit", job, lambda: self.provider.submit(job))
        return outcome

    def poll(self, job: Job, ref: str) -> Outcome:
        outcome: Outcome = self._ask("poll", job, lambda: self.provider.poll(job, ref))
        return outcome

    def cancel(self, job: Job, ref: str) -> None:
        self._ask("cancel", job, lambda: self.provider.cancel(job, ref))

    def _ask(self, question: str, job: Job, effect: Effect) -> Any:
        return self.line.pass_on(Call(f"provider.{question}", job.generation_id, effect))
