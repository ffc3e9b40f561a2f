"""The time-outs that depend on one another, in one place.

Their order is what keeps a job from being worked on twice at once and from outliving its money:
worker < lease < redelivery, and deadline < deadline + grace < the provider's own retention of a
result.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """How long things may take, in milliseconds unless named otherwise."""

    worker_ms: int
    """How long one run of a worker may last."""
    lease_ms: int
    """How long a claim excludes other workers; longer than `worker_ms`."""
    dispatch_grace_ms: int
    """How long after a message was sent a missing claim means that it was lost."""
    deadline_ms: int = 900_000
    """How long after admission a generation must have ended."""
    deadline_grace_ms: int = 420_000
    """How long past the deadline the ending is left to a worker, which can ask the provider."""
    retention_days: int = 30
    """How long after its end a generation and its images are kept."""

    @property
    def answer_ms(self) -> int:
        """How long a provider may take for one answer.

        What is left of a worker's run is for fetching and storing the images.
        """
        return max(self.worker_ms - 60_000, self.worker_ms // 2)

    @property
    def polling_ms(self) -> int:
        """How long one run goes on asking after a job before it frees its worker."""
        return min(60_000, self.answer_ms)

    @property
    def retention_ms(self) -> int:
        """The retention, in the unit of all other times."""
        return self.retention_days * 86_400_000

    def __post_init__(self) -> None:
        if not self.worker_ms < self.lease_ms < self.deadline_ms:
            raise ValueError("must be ordered: worker_ms < lease_ms < deadline_ms")
