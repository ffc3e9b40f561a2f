"""The `JobQueue` over SQS. A message's body is a generation id and nothing else."""

from dataclasses import dataclass
from typing import Any

from handler.adapters.aws import translated_errors


@dataclass(frozen=True)
class SqsJobQueue:
    """Sends ids."""

    api: Any
    url: str

    def send(self, generation_id: str, delay_seconds: int = 0) -> None:
        """See `JobQueue`."""
        with translated_errors():
            self.api.send_message(
                QueueUrl=self.url, MessageBody=generation_id, DelaySeconds=delay_seconds
            )
