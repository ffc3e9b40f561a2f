"""The schedule drives a function."""

import json
import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from handler.core.errors import ConfigurationError
from infra.lambda_runtime.outcome import FunctionFailed
from infra.lambda_runtime.schedule import Schedule, Scheduler, read_schedule, scheduled_event
from infra.template import Template


def test_the_templates_schedule_is_read(template: Template) -> None:
    assert read_schedule(template) == Schedule("SweeperFunction", 60)


@pytest.mark.parametrize("expression", ["cron(0 * * * ? *)", "rate(1 hour)", "sometimes"])
def test_what_is_not_emulated_is_refused(template: Template, expression: str) -> None:
    document = json.loads(json.dumps(template.document))
    events = document["Resources"]["SweeperFunction"]["Properties"]["Events"]
    events["EveryMinute"]["Properties"]["Schedule"] = expression
    with pytest.raises(ConfigurationError, match="SweeperFunction"):
        read_schedule(Template(document))


def test_an_event_is_worded_as_eventbridge_words_it() -> None:
    event = scheduled_event(datetime(2027, 1, 15, 8, tzinfo=UTC))
    assert (event["source"], event["detail-type"]) == ("aws.events", "Scheduled Event")
    assert event["time"] == "2027-01-15T08:00:00Z"


def test_it_goes_on_after_a_failure_and_ends_when_it_is_told_to() -> None:
    events: list[dict[str, Any]] = []
    third = threading.Event()

    def invoke(event: bytes) -> bytes:
        events.append(json.loads(event))
        if len(events) == 3:
            scheduler.stop()
            third.set()
        raise FunctionFailed("ValueError", sandbox_survives=True)

    scheduler = Scheduler(Schedule("F", every_seconds=0), invoke)
    scheduler.start()
    assert third.wait(10)
    assert {event["source"] for event in events} == {"aws.events"}
    assert len({event["id"] for event in events}) == 3
