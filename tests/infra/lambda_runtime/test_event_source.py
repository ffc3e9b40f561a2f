"""The queue drives a function: batches, partial failures, as many at once as allowed."""

import json
import threading
from dataclasses import replace
from typing import Any

import pytest

from handler.adapters.aws import Connect
from handler.core.errors import ConfigurationError
from infra.lambda_runtime.event_source import EventSource, Poller, read_event_source
from infra.lambda_runtime.outcome import FunctionFailed
from infra.template import Template
from tests.infra.local.processes import eventually

SOURCE = EventSource("WorkerFunction", "JobsQueue", batch_size=1, maximum_concurrency=2)


class Queue:
    """A queue whose messages come back after a second."""

    def __init__(self, sqs: Any, name: str) -> None:
        self.sqs = sqs
        self.url = sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "1"})[
            "QueueUrl"
        ]

    def send(self, *bodies: str, **more: Any) -> None:
        for body in bodies:
            self.sqs.send_message(QueueUrl=self.url, MessageBody=body, **more)

    def is_empty(self) -> bool:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)
        return all(answer["Attributes"][name] == "0" for name in names)


@pytest.fixture
def queue(connect: Connect, request: pytest.FixtureRequest) -> Queue:
    name = "".join(letter if letter.isalnum() else "-" for letter in request.node.name)
    return Queue(connect("sqs"), name[:70])


class Worker:
    """A function that remembers its events; `fails` decides what is to be delivered again."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.fails: set[str] = set()
        self.raises: set[str] = set()
        self.lock = threading.Lock()

    def invoke(self, event: bytes) -> bytes:
        document = json.loads(event)
        with self.lock:
            self.events.append(document)
            bodies = {record["body"] for record in document["Records"]}
            raises, self.raises = self.raises & bodies, self.raises - bodies
            failed, self.fails = self.fails & bodies, self.fails - bodies
        if raises:
            raise FunctionFailed("ValueError", sandbox_survives=True)
        return json.dumps(
            {
                "batchItemFailures": [
                    {"itemIdentifier": record["messageId"]}
                    for record in document["Records"]
                    if record["body"] in failed
                ]
            }
        ).encode()

    def bodies(self) -> list[str]:
        with self.lock:
            return [record["body"] for event in self.events for record in event["Records"]]


def polled(queue: Queue, worker: Worker, source: EventSource = SOURCE) -> None:
    """Poll until the queue is empty."""
    poller = Poller(source, worker.invoke, queue.sqs, queue.url)
    poller.start()
    try:
        assert eventually(queue.is_empty, within_seconds=20)
    finally:
        poller.stop()
        poller.join()


def test_the_templates_event_source_is_read(template: Template) -> None:
    source = read_event_source(template)
    assert (source.function, source.queue, source.batch_size) == ("WorkerFunction", "JobsQueue", 1)
    assert source.maximum_concurrency == template.resolve({"Ref": "WorkerConcurrency"}, {})


@pytest.mark.parametrize(
    "change", [{"MaximumBatchingWindowInSeconds": 5}, {"FunctionResponseTypes": []}], ids=str
)
def test_what_is_not_emulated_is_refused(template: Template, change: dict[str, Any]) -> None:
    document = json.loads(json.dumps(template.document))
    document["Resources"]["WorkerFunction"]["Properties"]["Events"]["Jobs"]["Properties"] |= change
    with pytest.raises(ConfigurationError, match="WorkerFunction"):
        read_event_source(Template(document))


def test_a_message_arrives_as_sqs_records_are_and_is_deleted(queue: Queue) -> None:
    worker = Worker()
    queue.send(
        "one",
        MessageAttributes={"kind": {"DataType": "String", "StringValue": "job"}},
        MessageSystemAttributes={
            "AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-6929c0de-0f1e"}
        },
    )
    polled(queue, worker)
    ((record,),) = [event["Records"] for event in worker.events]
    assert (record["body"], record["eventSource"]) == ("one", "aws:sqs")
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert record["attributes"]["AWSTraceHeader"] == "Root=1-6929c0de-0f1e"
    assert record["messageAttributes"]["kind"]["stringValue"] == "job"
    assert record["messageAttributes"]["kind"]["dataType"] == "String"


def test_only_what_failed_is_delivered_again(queue: Queue) -> None:
    worker = Worker()
    worker.fails = {"two"}
    queue.send("one", "two", "three")
    polled(queue, worker, replace(SOURCE, batch_size=10, maximum_concurrency=1))
    assert sorted(worker.bodies()) == ["one", "three", "two", "two"]


def test_a_call_that_fails_leaves_the_whole_batch(queue: Queue) -> None:
    worker = Worker()
    worker.raises = {"one"}
    queue.send("one", "two")
    polled(queue, worker, replace(SOURCE, batch_size=10, maximum_concurrency=1))
    assert sorted(worker.bodies()) == ["one", "one", "two", "two"]


def test_no_more_batches_are_worked_on_at_once_than_allowed(queue: Queue) -> None:
    gate, entered = threading.Event(), threading.Semaphore(0)
    running, most, lock = 0, 0, threading.Lock()

    def invoke(_: bytes) -> bytes:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        entered.release()
        assert gate.wait(10)
        with lock:
            running -= 1
        return b'{"batchItemFailures": []}'

    queue.send(*map(str, range(6)))
    poller = Poller(SOURCE, invoke, queue.sqs, queue.url)
    poller.start()
    try:
        assert entered.acquire(timeout=10)
        assert entered.acquire(timeout=10)
        gate.set()
        assert eventually(queue.is_empty, within_seconds=20)
    finally:
        poller.stop()
        poller.join()
    assert most == 2
