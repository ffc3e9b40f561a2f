"""SQS in memory: at least once, in no order, with delays, visibility and dead letters."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from handler.core.ports import Clock

VISIBILITY_MS = 2_160_000
RETENTION_MS = 3_600_000
MOST_RECEIVES = 5


@dataclass
class Message:
    """One copy of a message."""

    id: str
    body: str
    visible_at_ms: int
    expires_at_ms: int
    receives: int = 0

    def record(self) -> dict[str, Any]:
        """The message as it stands in a function's event."""
        attributes = {"ApproximateReceiveCount": str(self.receives)}
        return {"messageId": self.id, "body": self.body, "attributes": attributes}


class MemoryQueue:
    """The client's sending half, and the receiving half of what drives a worker."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.duplicates: Callable[[], bool] = lambda: False
        """Whether the next message is kept twice, under one id."""
        self.loses_deletes: Callable[[], bool] = lambda: False
        self.messages: list[Message] = []
        self.dead: list[Message] = []
        self.sent = 0

    def send_message(self, **parameters: Any) -> dict[str, Any]:
        now_ms = self.clock.now_ms()
        self.sent += 1
        visible_at_ms = now_ms + parameters.get("DelaySeconds", 0) * 1000
        for _ in range(2 if self.duplicates() else 1):
            self.messages.append(
                Message(
                    f"m{self.sent}", parameters["MessageBody"], visible_at_ms, now_ms + RETENTION_MS
                )
            )
        return {"MessageId": f"m{self.sent}"}

    def visible(self) -> list[Message]:
        """What can be received now; dead and expired messages are put away first."""
        now_ms = self.clock.now_ms()
        for message in list(self.messages):
            is_dead = message.receives >= MOST_RECEIVES and message.visible_at_ms <= now_ms
            if is_dead or message.expires_at_ms <= now_ms:
                self.messages.remove(message)
                self.dead.append(message)
        return [message for message in self.messages if message.visible_at_ms <= now_ms]

    def receive(self, message: Message) -> dict[str, Any]:
        """Take one; it comes again unless it is deleted."""
        message.receives += 1
        message.visible_at_ms = self.clock.now_ms() + VISIBILITY_MS
        return message.record()

    def delete(self, message: Message) -> None:
        """Done with one; it may come again all the same."""
        if message in self.messages and not self.loses_deletes():
            self.messages.remove(message)
