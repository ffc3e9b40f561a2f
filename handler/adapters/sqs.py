"""The `JobQueue` over SQS.

A message's body is a generation id and nothing else; beside it goes a trace, if there is one, in
the form that SQS has for it: X-Ray's header.
"""

from dataclasses import dataclass
from typing import Any

from handler.adapters.aws import translated_errors


@dataclass(frozen=True)
class SqsJobQueue:
    """Sends ids."""

    api: Any
    url: str

    def send(self, generation_id: str, delay_seconds: int = 0, trace: str | None = None) -> None:
        """See `JobQueue`."""
        beside = {} if trace is None else {"MessageSystemAttributes": _trace_header(trace)}
        with translated_errors():
            self.api.send_message(
                QueueUrl=self.url,
                MessageBody=generation_id,
                DelaySeconds=delay_seconds,
                **beside,
            )


def _trace_header(trace: str) -> dict[str, dict[str, str]]:
    return {"AWSTraceHeader": {"DataType": "String", "StringValue": trace}}
