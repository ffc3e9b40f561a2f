"""The trace that a piece of work belongs to, from the request over the queue to the job.

Its wire format is AWS X-Ray's header, `Root=1-…;Parent=…;Sampled=1`. Lambda gives one to every
invocation, and SQS carries one beside a message (`AWSTraceHeader`). No record keeps it: a job that
the sweeper sends again has none, and its lines are found by the generation's id.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from handler.core.ports import JobQueue

HTTP_HEADER = "x-amzn-trace-id"
_ROOT = re.compile(r"1-[0-9a-f]{8}-[0-9a-f]{24}")
_PARENT = re.compile(r"[0-9a-f]{16}")
_LONGEST_HEADER = 500


@dataclass(frozen=True)
class Trace:
    """A trace, and the place in it."""

    id: str
    parent: str | None = None
    is_sampled: bool = False

    @classmethod
    def parse(cls, header: str | None) -> "Trace | None":
        """The trace in a header; None where there is none, or it is malformed.

        Anybody can send one, and SQS takes a message with a wrong one for a wrong message.
        """
        if not header or len(header) > _LONGEST_HEADER:
            return None
        parts = (part.strip().partition("=") for part in header.split(";"))
        values = {name: value for name, _, value in parts}
        if not _ROOT.fullmatch(values.get("Root", "")):
            return None
        parent = values.get("Parent", "")
        return cls(
            id=values["Root"],
            parent=parent if _PARENT.fullmatch(parent) else None,
            is_sampled=values.get("Sampled") == "1",
        )

    @property
    def header(self) -> str:
        """The header, with nothing in it but what was understood."""
        parent = f";Parent={self.parent}" if self.parent else ""
        return f"Root={self.id}{parent};Sampled={int(self.is_sampled)}"


def first_trace(headers: Iterable[str | None]) -> Trace | None:
    """The first trace that is well formed, or None."""
    return next((trace for trace in map(Trace.parse, headers) if trace is not None), None)


@dataclass(frozen=True)
class _TracedQueue:
    queue: JobQueue
    trace: Trace

    def send(self, generation_id: str, delay_seconds: int = 0, trace: str | None = None) -> None:
        self.queue.send(generation_id, delay_seconds, trace or self.trace.header)


def traced(queue: JobQueue, trace: Trace | None) -> JobQueue:
    """`queue`, handing `trace` on with everything that is sent."""
    return queue if trace is None else _TracedQueue(queue, trace)
