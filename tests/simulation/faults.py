"""What can happen to one call to the outside, and carrying it out."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from handler.core import errors
from tests.simulation.aws_errors import canceled, client_error

Effect = Callable[[], Any]


class Died(BaseException):
    """The process is gone; nothing in it can catch that."""


class ProviderDefect(Exception):
    """An adapter of a provider broke in a way nobody foresaw."""


class Fault(Enum):
    """What happens to a call."""

    NONE = "it is done"
    SLOW = "it is done, and its answer takes a while"
    REFUSED = "it never reaches the service"
    THROTTLED = "the service has no capacity for it"
    CONFLICT = "another write is in its way"
    IN_PROGRESS = "it is done, and said to be in progress"
    BROKEN = "the service fails before it is done"
    BROKEN_AFTER = "it is done, and then the service fails"
    LOST = "it is done, and its answer is lost"
    MISREPORTED = "it is done, its answer is lost, and the SDK's next attempt is refused"
    LATE = "its answer never comes, and it is done later"
    TWICE = "it is done, its answer is lost, and the SDK repeats it"
    ECHOED = "it is done, and once more later"
    DIED_BEFORE = "the caller dies before it is done"
    DIED_AFTER = "it is done, and then the caller dies"


_ALWAYS = (Fault.SLOW, Fault.REFUSED, Fault.BROKEN)
_READ = (*_ALWAYS, Fault.THROTTLED)
_WRITE = (
    *_READ,
    Fault.BROKEN_AFTER,
    Fault.LOST,
    Fault.MISREPORTED,
    Fault.LATE,
    Fault.TWICE,
    Fault.ECHOED,
)
_FAULTS: dict[str, tuple[Fault, ...]] = {
    "get_item": _READ,
    "query": _READ,
    "scan": _READ,
    "get_object": _READ,
    "head_object": _READ,
    "update_item": (*_WRITE, Fault.CONFLICT, Fault.CONFLICT),
    "transact_write_items": (*_WRITE, Fault.CONFLICT, Fault.CONFLICT, Fault.IN_PROGRESS),
    "put_object": (*_WRITE, Fault.CONFLICT),
    "send_message": _WRITE,
    "provider.submit": (*_ALWAYS, Fault.LOST, Fault.BROKEN_AFTER),
    "provider.poll": _ALWAYS,
    "provider.cancel": (*_ALWAYS, Fault.LOST),
}
DEATHS = (Fault.DIED_BEFORE, Fault.DIED_AFTER)


def faults_of(operation: str) -> tuple[Fault, ...]:
    """What can happen to this operation, short of the caller's death."""
    return _FAULTS[operation]


@dataclass(frozen=True)
class Call:
    """One call to the outside."""

    operation: str
    target: str
    """What it is about, for the trace."""
    effect: Effect
    parts: int = 1
    """Items of a transaction."""

    @property
    def is_providers(self) -> bool:
        """Whether an adapter answers, in our own errors."""
        return self.operation.startswith("provider.")


def carry_out(call: Call, fault: Fault, later: Callable[[Effect], None]) -> Any:
    """Make the call as `fault` has it; `later` keeps effects that are still on their way."""
    if fault in (Fault.NONE, Fault.SLOW):
        return call.effect()
    if fault in _TAKES_EFFECT:
        _quietly(call.effect)
    if fault in (Fault.LATE, Fault.ECHOED):
        later(call.effect)
    if fault is Fault.TWICE:
        return call.effect()
    if fault is Fault.ECHOED:
        return call.effect()
    raise _error(call, fault)


_TAKES_EFFECT = frozenset(
    {
        Fault.IN_PROGRESS,
        Fault.BROKEN_AFTER,
        Fault.LOST,
        Fault.MISREPORTED,
        Fault.TWICE,
        Fault.DIED_AFTER,
    }
)


def _quietly(effect: Effect) -> None:
    try:
        effect()
    except ClientError:
        return


def _error(call: Call, fault: Fault) -> BaseException:
    if fault in DEATHS:
        return Died()
    if call.is_providers:
        return _PROVIDERS[fault]()
    if fault is Fault.CONFLICT:
        return _conflict(call)
    return _AWS[fault](call)


def _conflict(call: Call) -> BaseException:
    if call.operation == "transact_write_items":
        reasons = [{"Code": "None"}] * (call.parts - 1) + [{"Code": "TransactionConflict"}]
        return canceled(reasons)
    if call.operation == "put_object":
        return client_error("ConditionalRequestConflict", "PutObject")
    return client_error("TransactionConflictException", "UpdateItem")


_PROVIDERS: dict[Fault, Callable[[], BaseException]] = {
    Fault.REFUSED: lambda: errors.Unavailable("the provider cannot be reached"),
    Fault.BROKEN: lambda: ProviderDefect("before the call"),
    Fault.BROKEN_AFTER: lambda: ProviderDefect("after the call"),
    Fault.LOST: lambda: errors.OutcomeUnknown("the provider did not answer"),
}


def _refused(_: Call) -> BaseException:
    error: BaseException = EndpointConnectionError(endpoint_url="https://aws.example")
    return error


def _unanswered(_: Call) -> BaseException:
    error: BaseException = ReadTimeoutError(endpoint_url="https://aws.example")
    return error


def _says(code: str) -> Callable[[Call], BaseException]:
    return lambda call: client_error(code, call.operation)


_AWS: dict[Fault, Callable[[Call], BaseException]] = {
    Fault.REFUSED: _refused,
    Fault.MISREPORTED: _refused,
    Fault.THROTTLED: _says("ThrottlingException"),
    Fault.IN_PROGRESS: _says("TransactionInProgressException"),
    Fault.BROKEN: _says("InternalServerError"),
    Fault.BROKEN_AFTER: _says("InternalServerError"),
    Fault.LOST: _unanswered,
    Fault.LATE: _unanswered,
}
