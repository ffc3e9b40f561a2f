"""Child process.

Drives `handler.worker` the way Lambda's queue event does, several jobs at a time.
"""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import boto3

from handler.adapters.aws import client_config, translated_errors
from handler.settings import Settings
from infra.local.environment import REGION
from infra.local.lifeline import when_parent_ends

log = logging.getLogger("infra.local.worker")

JOBS_AT_ONCE = 4
POLL_SECONDS = 10
FINISH_SECONDS = 1.0
"""How long running jobs may go on once the stack stops.

What is cut off is taken up at the next start.
"""
PAUSE_AFTER_ERROR_SECONDS = 1.0


Handle = Callable[[dict[str, Any], Any], dict[str, Any]]
"""A function's handler: event and context in, answer out."""


class Loop:
    """Receives, works and deletes in several threads."""

    def __init__(
        self,
        handle: Handle,
        sqs: Any,
        queue_url: str,
        poll_seconds: int = POLL_SECONDS,
        batch_size: int = 1,
    ) -> None:
        self.handle = handle
        self.sqs = sqs
        self.queue_url = queue_url
        self.poll_seconds = poll_seconds
        self.batch_size = batch_size
        self.stopping = threading.Event()
        self.busy = 0
        self._lock = threading.Lock()

    def run(self) -> None:
        """Take one job after the other until told to stop."""
        while not self.stopping.is_set():
            try:
                self._work_on_next()
            except Exception:  # a thread that ended would be missed by nobody
                if self.stopping.is_set():
                    return
                log.exception("a job could not be received or acknowledged")
                self.stopping.wait(PAUSE_AFTER_ERROR_SECONDS)

    def finish(self) -> None:
        """Take no more jobs and give the running ones a moment."""
        self.stopping.set()
        ends = time.monotonic() + FINISH_SECONDS
        while self.busy and time.monotonic() < ends:
            time.sleep(0.02)

    def _work_on_next(self) -> None:
        with translated_errors():
            answer = self.sqs.receive_message(
                QueueUrl=self.queue_url,
                MaxNumberOfMessages=self.batch_size,
                WaitTimeSeconds=self.poll_seconds,
                MessageSystemAttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
        messages = answer.get("Messages", [])
        if not messages or self.stopping.is_set():
            return
        self._count(1)
        try:
            self._work_on(messages)
        finally:
            self._count(-1)

    def _work_on(self, messages: list[dict[str, Any]]) -> None:
        answer = self.handle({"Records": [as_record(message) for message in messages]}, None)
        failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        for message in messages:
            if message["MessageId"] not in failed:
                with translated_errors():
                    self.sqs.delete_message(
                        QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"]
                    )

    def _count(self, difference: int) -> None:
        with self._lock:
            self.busy += difference


def as_record(message: dict[str, Any]) -> dict[str, Any]:
    """A received message the way Lambda hands it to a function."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": {
            name: {f"{key[0].lower()}{key[1:]}": part for key, part in value.items()}
            for name, value in message.get("MessageAttributes", {}).items()
        },
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "awsRegion": REGION,
    }


def main() -> None:
    """Work until the parent lets go."""
    # Importing it builds the worker, from the environment that only this process has.
    from handler.worker import handler  # noqa: PLC0415

    settings = Settings.from_env(os.environ)
    ended = threading.Event()
    when_parent_ends(ended.set)
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    # A poll that waits longer than the client does would end every time as an error.
    config = client_config("sqs", read_timeout_seconds=POLL_SECONDS + 5)
    sqs = boto3.client("sqs", config=config)
    loop = Loop(handler, sqs, settings.jobs_queue_url)
    for number in range(JOBS_AT_ONCE):
        threading.Thread(target=loop.run, name=f"job-{number}", daemon=True).start()
    ended.wait()
    loop.finish()
    # Threads still hang in their polls; the interpreter's own way out would wait for them.
    os._exit(0)


if __name__ == "__main__":
    main()
