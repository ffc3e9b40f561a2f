"""What is counted and measured, as values. `handler.logs` puts them into lines.

A final move is counted where its conditional write succeeds, so at most once, whoever makes it. A
count is lost if the process ends between that write and its line: the books are what is exact.

What it costs: CloudWatch bills every name with every combination of dimensions as a metric of its
own, for the hours in which it has data (0.30 USD a month each). Without dimensions that is eleven.
`Generations` alone is also told by model and status: up to three more for each model in use. An
account or a generation is never a dimension; they are in the lines, where a query finds them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from handler.core.generation import Generation

COUNT = "Count"
MILLISECONDS = "Milliseconds"
NO_UNIT = "None"


@dataclass(frozen=True)
class Metric:
    """One value under one name, in total, and by `dimensions` if there are any."""

    name: str
    value: int
    unit: str = COUNT
    """One of CloudWatch's."""
    dimensions: Mapping[str, str] = field(default_factory=dict)


def ended(generation: Generation) -> Sequence[Metric]:
    """A generation has become final."""
    ended_at_ms = generation.finished_at_ms or generation.created_at_ms
    by = {"Model": generation.model_id, "Status": generation.status.value}
    return [
        Metric("Generations", 1, dimensions=by),
        Metric("WaitMilliseconds", ended_at_ms - generation.created_at_ms, MILLISECONDS),
        Metric("CreditsChargedMicros", generation.charged_micros, NO_UNIT),
        Metric("CreditsRefundedMicros", refunded_micros(generation), NO_UNIT),
    ]


def asked(provider_ms: int) -> Sequence[Metric]:
    """A run of a worker spent `provider_ms` on asking a provider, all its questions together."""
    return [Metric("ProviderMilliseconds", provider_ms, MILLISECONDS)]


def cut_short() -> Sequence[Metric]:
    """A run of a worker failed; its message comes again.

    Lambda does not count it among a function's errors: the function has answered in order.
    """
    return [Metric("RunsCutShort", 1)]


def refunded_micros(generation: Generation) -> int:
    """What went back to the account at the end of a generation."""
    return generation.amount_micros - generation.charged_micros
