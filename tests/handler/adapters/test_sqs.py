"""The jobs queue."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from handler.adapters.sqs import SqsJobQueue
from handler.core import errors
from tests.handler.unreliable import Fault, Outage, UnreliableClient
from tests.world import World


@pytest.fixture
def queue(world: World) -> SqsJobQueue:
    found = world.stores.queue
    assert isinstance(found, SqsJobQueue)
    return found


def test_a_message_is_an_id_and_nothing_else(world: World, queue: SqsJobQueue) -> None:
    queue.send("8a1c6a3e-4b3f-4c57-9d7e-0a4d6f2b9c11")
    assert world.queued() == ["8a1c6a3e-4b3f-4c57-9d7e-0a4d6f2b9c11"]


def test_a_delayed_message_does_not_arrive_at_once(world: World, queue: SqsJobQueue) -> None:
    queue.send("later", 900)
    queue.send("now")
    assert world.queued() == ["now"]
    counted = queue.api.get_queue_attributes(
        QueueUrl=queue.url, AttributeNames=["ApproximateNumberOfMessagesDelayed"]
    )
    assert counted["Attributes"]["ApproximateNumberOfMessagesDelayed"] == "1"


@pytest.mark.parametrize(
    ("fault", "error"),
    [(Fault.REFUSED, errors.Unavailable), (Fault.UNANSWERED, errors.OutcomeUnknown)],
)
def test_a_queue_that_does_not_answer_is_unavailable(
    queue: SqsJobQueue, fault: Fault, error: type[Exception]
) -> None:
    api: Any = UnreliableClient(queue.api, Outage(fault, frozenset({1})))
    with pytest.raises(error):
        SqsJobQueue(api, queue.url).send("id")


def test_a_queue_that_does_not_exist_is_a_defect(queue: SqsJobQueue) -> None:
    with pytest.raises(ClientError):
        SqsJobQueue(queue.api, f"{queue.url}-gone").send("id")
