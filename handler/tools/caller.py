"""What one call brings along besides its arguments."""

from dataclasses import dataclass, field

from handler.telemetry.requests import RequestRecord


@dataclass(frozen=True)
class Caller:
    """Who calls, and within which limits."""

    account_id: str
    base_url: str
    """Scheme, host and prefix under which this service was reached; no slash at its end."""
    answer_by_ms: int
    """Epoch millisecond by which the answer must be on its way."""
    idempotency_key: str | None = None
    """Of the `Idempotency-Key` header, if there was one."""
    record: RequestRecord = field(default_factory=RequestRecord)
    """Where to note what came of the call."""
    previews: bool = False
    """Whether it is to see a small version of each image."""
