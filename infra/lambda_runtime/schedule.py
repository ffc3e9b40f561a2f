"""A function's schedule: calls it again and again, the way EventBridge does."""

import json
import re
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from handler.core.errors import ConfigurationError
from infra.lambda_runtime.http_event import ACCOUNT_ID
from infra.lambda_runtime.outcome import FunctionFailed, Throttled
from infra.local.environment import REGION
from infra.template import Template

_RATE = re.compile(r"rate\((\d+) minutes?\)")


@dataclass(frozen=True)
class Schedule:
    """What the template says of one."""

    function: str
    """The logical id of the function that is called."""
    every_seconds: int


def read_schedule(template: Template) -> Schedule:
    """The template's one schedule.

    Raises:
        ConfigurationError: It is of a kind that is not emulated.
    """
    ((function, expression),) = [
        (logical_id, event["Properties"]["Schedule"])
        for logical_id, function in template.resources("AWS::Serverless::Function").items()
        for event in function.get("Events", {}).values()
        if event["Type"] == "Schedule"
    ]
    rate = _RATE.fullmatch(expression)
    if rate is None:
        raise ConfigurationError(f"{function}: {expression} is not emulated")
    return Schedule(function, int(rate[1]) * 60)


def scheduled_event(at: datetime) -> dict[str, Any]:
    """What the function is told."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT_ID,
        "time": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": REGION,
        "resources": [],
        "detail": {},
    }


class Scheduler:
    """A thread that calls a function at its rate, the first time when one interval is over."""

    def __init__(self, schedule: Schedule, invoke: Callable[[bytes], bytes]) -> None:
        self._every_seconds = schedule.every_seconds
        self._invoke = invoke
        self._stopping = threading.Event()

    def start(self) -> None:
        """Begin."""
        threading.Thread(target=self._run, name="schedule", daemon=True).start()

    def stop(self) -> None:
        """Call no more; a call that runs is not waited for."""
        self._stopping.set()

    def _run(self) -> None:
        while not self._stopping.wait(self._every_seconds):
            try:
                self._invoke(json.dumps(scheduled_event(datetime.now(UTC))).encode())
            except (FunctionFailed, Throttled):
                # The next call comes anyway; the function's log says what was wrong.
                continue
