"""The trace of a request is in the line of its job, over the real queue."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from handler.core.ports import Done, Running
from handler.events.jobs import work_on
from handler.events.schedule import sweep_on
from infra.local.worker import as_record
from tests.doors import DECLARING_TASKS, HTTP_API, MODERN, HttpKind, WireDoor, unworked
from tests.fakes import PNG
from tests.handler.telemetry.written import Written
from tests.world import MODEL_ID, Opened, World, manual

pytestmark = pytest.mark.anyio

TRACE_ID = "1-5e6722a7-cc56ab46db7ae02d4da47eaa"
HEADER = f"Root={TRACE_ID};Parent=53995c3f42cd8ad8;Sampled=1"
BOAT = {"model_id": MODEL_ID, "input": {"prompt": "a boat"}}


@pytest.fixture
def opened(world: World) -> Opened:
    return world.open_account(1_000_000)


@dataclass
class Sent:
    """A queue that keeps what is sent, which a real one would deliver after a minute."""

    sent: list[tuple[str, int, str | None]] = field(default_factory=list)

    def send(self, generation_id: str, delay_seconds: int = 0, trace: str | None = None) -> None:
        self.sent.append((generation_id, delay_seconds, trace))


async def ask(world: World, opened: Opened, **headers: str) -> None:
    async with HttpKind(HTTP_API).open(unworked(world)) as http:
        call = {"name": "generate_image", "arguments": BOAT}
        await WireDoor(http, opened.secret).rpc("tools/call", call, headers)


def message(world: World) -> dict[str, Any]:
    """The one message in the queue, taken out of it, as a function gets it."""
    url = world.settings.jobs_queue_url
    answer = world.sqs.receive_message(QueueUrl=url, MessageSystemAttributeNames=["All"])
    (found,) = answer["Messages"]
    world.sqs.delete_message(QueueUrl=url, ReceiptHandle=found["ReceiptHandle"])
    return as_record(found)


async def test_one_trace_is_in_both_lines_and_stays_with_a_parked_job(
    world: World, opened: Opened, written: Written
) -> None:
    await ask(world, opened, **{"X-Amzn-Trace-Id": HEADER})
    assert written.one("request")["xray_trace_id"] == TRACE_ID
    first = message(world)
    assert first["attributes"]["AWSTraceHeader"] == HEADER

    world.provider.submits = [Running("ref-1", 60)]
    queue = Sent()
    work_on(replace(world.worker, queue=queue), {"Records": [first]})
    assert queue.sent == [(first["body"], 60, HEADER)]
    assert written.one("job")["xray_trace_id"] == TRACE_ID


async def test_a_cancels_trace_goes_along_to_the_worker_that_tells_the_provider(
    world: World, opened: Opened
) -> None:
    generation = world.admit(opened)
    message(world)
    world.provider.submits = [Running("ref-1", 60)]
    world.worker.run(generation.id, "run-1")
    world.queued()
    async with HttpKind(HTTP_API).open(unworked(world)) as http:
        params = {"taskId": generation.id, "_meta": DECLARING_TASKS}
        door = WireDoor(http, opened.secret, MODERN)
        await door.rpc("tasks/cancel", params, {"X-Amzn-Trace-Id": HEADER})
    assert message(world)["attributes"]["AWSTraceHeader"] == HEADER


async def test_a_malformed_trace_does_not_reach_the_queue(
    world: World, opened: Opened, written: Written
) -> None:
    """SQS would refuse the message, and the generation would wait for the sweeper."""
    await ask(world, opened, **{"X-Amzn-Trace-Id": "Root=1-broken"})
    assert "AWSTraceHeader" not in message(world)["attributes"]
    assert "xray_trace_id" not in written.one("request")


async def test_what_the_sweeper_sends_again_has_no_trace(
    world: World, opened: Opened, written: Written
) -> None:
    await ask(world, opened, **{"X-Amzn-Trace-Id": HEADER})
    message(world)
    manual(world.clock).advance(world.settings.timing.dispatch_grace_ms / 1000)
    sweep_on(world.sweeper)
    again = message(world)
    assert "AWSTraceHeader" not in again["attributes"]
    world.provider.submits = [Done([PNG])]
    work_on(world.worker, {"Records": [again]})
    line = written.one("job")
    assert "xray_trace_id" not in line
    assert line["generation"] == written.one("request")["generation"]
