"""Clients and a provider that fail at chosen calls.

They are handed in where the system takes a client, so that everything above is what ships.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from handler.bootstrap.stores import Stores, build_stores
from handler.core import errors
from handler.core.ports import Job, Outcome, Provider
from tests.world import World

READS = frozenset({"get_item", "query", "provider.poll"})


class Died(BaseException):
    """The process is gone; nothing in it can catch that."""


class Fault(Enum):
    """What happens to one outside call."""

    REFUSED = "it never reaches the service"
    UNANSWERED = "it is done, and its answer is lost"
    DIED = "it is done, and then the process dies"

    def error(self, *, is_provider: bool) -> BaseException:
        """What the caller sees."""
        if self is Fault.DIED:
            return Died()
        if self is Fault.REFUSED:
            return NOT_SENT[is_provider]()
        return NO_ANSWER[is_provider]()


NOT_SENT: tuple[Callable[[], BaseException], Callable[[], BaseException]] = (
    lambda: EndpointConnectionError(endpoint_url="https://aws.example"),
    lambda: errors.Unavailable("the provider cannot be reached"),
)
NO_ANSWER: tuple[Callable[[], BaseException], Callable[[], BaseException]] = (
    lambda: ReadTimeoutError(endpoint_url="https://aws.example"),
    lambda: errors.OutcomeUnknown("the provider did not answer"),
)
"""Of a service, and of a provider."""


@dataclass
class Outage:
    """Counts the outside calls and lets those numbered in `at` (from 1) fail.

    Where the fault is in the answer, only calls with an effect count: a read whose answer is lost
    is a read that was refused.
    """

    fault: Fault
    at: frozenset[int]
    calls: list[str] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        """Whether every fault has happened."""
        return len(self.calls) >= max(self.at, default=0)

    def pass_on(self, name: str, call: Callable[[], Any]) -> Any:
        """Make one outside call, or not."""
        if self.fault is not Fault.REFUSED and name in READS:
            return call()
        self.calls.append(name)
        strikes = len(self.calls) in self.at
        error = self.fault.error(is_provider=name.startswith("provider."))
        if strikes and self.fault is Fault.REFUSED:
            raise error
        answer = call()
        if strikes:
            raise error
        return answer


@dataclass(frozen=True)
class UnreliableClient:
    """A boto3 client through an outage."""

    api: Any
    outage: Outage

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self.api, name)
        return lambda **parameters: self.outage.pass_on(name, lambda: method(**parameters))


@dataclass(frozen=True)
class UnreliableProvider:
    """A provider through an outage."""

    provider: Provider
    outage: Outage

    @property
    def repeats_safely(self) -> bool:
        return self.provider.repeats_safely

    def submit(self, job: Job) -> Outcome:
        outcome: Outcome = self.outage.pass_on("provider.submit", lambda: self.provider.submit(job))
        return outcome

    def poll(self, job: Job, ref: str) -> Outcome:
        outcome: Outcome = self.outage.pass_on(
            "provider.poll", lambda: self.provider.poll(job, ref)
        )
        return outcome

    def cancel(self, job: Job, ref: str) -> None:
        self.outage.pass_on("provider.cancel", lambda: self.provider.cancel(job, ref))


def stores_over(world: World, wrap: Callable[[Any], Any]) -> Stores:
    """The world's stores with every client wrapped."""

    def connect(service: str) -> Any:
        return wrap(world.connect(service))

    return build_stores(world.settings, connect, world.clock)
