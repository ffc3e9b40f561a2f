"""A queue's event source mapping: hands its messages to a function, and deletes what was done."""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from handler.core.errors import ConfigurationError
from infra.local.worker import Loop
from infra.template import Template

POLL_SECONDS = 2
"""Less than the AWS clients wait for any answer."""

_UNDERSTOOD = {"Queue", "BatchSize", "FunctionResponseTypes", "ScalingConfig"}


@dataclass(frozen=True)
class EventSource:
    """What the template says of one."""

    function: str
    """The logical id of the function that is called."""
    queue: str
    """The logical id of the queue."""
    batch_size: int
    maximum_concurrency: int
    """How many batches are worked on at once."""


def read_event_source(template: Template) -> EventSource:
    """The template's one queue event.

    Raises:
        ConfigurationError: It uses something that is not emulated.
    """
    ((function, properties),) = [
        (logical_id, event["Properties"])
        for logical_id, function in template.resources("AWS::Serverless::Function").items()
        for event in function.get("Events", {}).values()
        if event["Type"] == "SQS"
    ]
    other = sorted(set(properties) - _UNDERSTOOD)
    if other or properties.get("FunctionResponseTypes") != ["ReportBatchItemFailures"]:
        raise ConfigurationError(f"{function}: this queue event is not emulated {other}")
    scaling = template.resolve(properties["ScalingConfig"], {})
    return EventSource(
        function=function,
        queue=properties["Queue"]["Fn::GetAtt"][0],
        batch_size=properties["BatchSize"],
        maximum_concurrency=scaling["MaximumConcurrency"],
    )


class Poller:
    """Keeps as many batches going as the event source may.

    A message that a failed call leaves behind comes back once the queue's visibility time-out ends.
    """

    def __init__(
        self, source: EventSource, invoke: Callable[[bytes], bytes], sqs: Any, queue_url: str
    ) -> None:
        """`invoke` runs the function; blocks, and raises `FunctionFailed` or `Throttled`."""

        def handle(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
            answer: dict[str, Any] = json.loads(invoke(json.dumps(event).encode()))
            return answer

        self._loop = Loop(handle, sqs, queue_url, POLL_SECONDS, source.batch_size)
        self._threads = [
            threading.Thread(target=self._loop.run, name=f"batch-{number}", daemon=True)
            for number in range(source.maximum_concurrency)
        ]

    def start(self) -> None:
        """Begin to poll."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Take no more messages; neither polls nor what is worked on are waited for."""
        self._loop.stopping.set()

    def join(self) -> None:
        """Wait until all has ended after `stop`."""
        for thread in self._threads:
            thread.join()
