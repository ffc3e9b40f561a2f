"""What the platform says of one invocation of a function."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Invocation:
    """Empty where there is no platform."""

    request_id: str | None = None
    """Lambda's own id, which its own lines carry too."""
    cold_start: bool = False
    """Whether the process had not worked before."""

    def fields(self) -> dict[str, Any]:
        """For a line."""
        return {"function_request_id": self.request_id, "cold_start": self.cold_start}


class Invocations:
    """Tells a process's first invocation from the later ones."""

    def __init__(self) -> None:
        self._cold_start = True

    def next(self, context: Any) -> Invocation:
        """The invocation of `context`, which is Lambda's, or None elsewhere."""
        cold_start, self._cold_start = self._cold_start, False
        return Invocation(getattr(context, "aws_request_id", None), cold_start)
