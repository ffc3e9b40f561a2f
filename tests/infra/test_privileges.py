"""Least privilege, measured.

Each function's work is done once through every branch that talks to AWS; what its clients were
asked for is exactly what the template allows it.
"""

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import pytest

from handler.adapters.large_requests import LARGEST_ITEM_BYTES
from handler.catalogue.live import LiveCatalogue
from handler.catalogue.published import encode
from handler.core.generation import Status
from handler.core.ports import Done, Failed, Outcome, Running
from handler.providers.bedrock import REGION
from handler.settings import Settings
from infra.local.clients import emulator_clients
from infra.template import Template
from tests.doors import DECLARING_TASKS, MODERN, HttpKind, WireDoor, unworked
from tests.fakes import PNG, ManualClock, ScriptedProvider
from tests.infra.test_template import allowed
from tests.world import MODEL_DOCUMENT, MODEL_ID, World, manual

pytestmark = pytest.mark.anyio

ELSEWHERE = {
    # At the start of a process, which is no part of this story (`test_tokens.py`).
    ("secretsmanager:GetSecretValue", "ProviderTokens"),
    # One vendor's adapter, whose only call it is (`test_bedrock.py`).
    (
        "bedrock:InvokeModel",
        f"arn:${{AWS::Partition}}:bedrock:{REGION}::foundation-model/stability.*",
    ),
    # No call of its own: by it S3 tells the API that nothing is published, and not that it may not
    # look.
    ("s3:ListBucket", "ImagesBucket.Arn"),
    ("sqs:ReceiveMessage", "JobsQueue.Arn"),
    ("sqs:DeleteMessage", "JobsQueue.Arn"),
    ("sqs:GetQueueAttributes", "JobsQueue.Arn"),
    *(
        (f"logs:{action}", f"{name}Logs.Arn")
        for action in ("CreateLogStream", "PutLogEvents")
        for name in ("Api", "Worker", "Sweeper")
    ),
}
"""What Lambda does with a function's role, and not its work."""


@dataclass
class Recorder:
    """Makes clients that write down the permissions which their calls need."""

    emulator: str
    settings: Settings
    used: set[tuple[str, str]] = field(default_factory=set)

    def connect(self, service: str) -> Any:
        client = emulator_clients(self.emulator)(service)
        client.meta.events.register("before-parameter-build", self._note)
        return client

    def _note(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        service = model.service_model.service_name
        self.used |= set(getattr(self, f"_{service}")(model.name, params))

    def _dynamodb(self, operation: str, params: dict[str, Any]) -> Iterator[tuple[str, str]]:
        if operation in ("TransactWriteItems", "TransactGetItems"):
            # A transaction has no permission of its own: each of its members needs its own.
            for item in params["TransactItems"]:
                ((verb, member),) = item.items()
                name = "ConditionCheckItem" if verb == "ConditionCheck" else f"{verb}Item"
                yield f"dynamodb:{name}", self._table(member["TableName"])
            return
        table = self._table(params["TableName"])
        if "IndexName" in params:
            table = f"${{{table}}}/index/{params['IndexName']}"
        yield f"dynamodb:{operation}", table

    def _sqs(self, operation: str, params: dict[str, Any]) -> Iterator[tuple[str, str]]:
        assert params["QueueUrl"] == self.settings.jobs_queue_url
        yield f"sqs:{operation}", "JobsQueue.Arn"

    def _s3(self, operation: str, params: dict[str, Any]) -> Iterator[tuple[str, str]]:
        assert params["Bucket"] == self.settings.images_bucket
        action = "GetObject" if operation == "HeadObject" else operation
        folder = re.match(r"[a-z]+/", params["Key"])
        assert folder is not None
        yield f"s3:{action}", f"${{ImagesBucket.Arn}}/{folder[0]}*"

    def _table(self, name: str) -> str:
        names = {
            self.settings.credits_table: "CreditsTable.Arn",
            self.settings.generations_table: "GenerationsTable.Arn",
        }
        return names[name]


@dataclass
class Functions:
    """The three functions over the same resources, each with a recorder of its own."""

    recorders: dict[str, Recorder]
    worlds: dict[str, World]

    @property
    def api(self) -> World:
        return self.worlds["ApiFunction"]

    @property
    def worker(self) -> World:
        return self.worlds["WorkerFunction"]

    @property
    def sweeper(self) -> World:
        return self.worlds["SweeperFunction"]


@pytest.fixture
def functions(emulator: str, settings: Settings) -> Functions:
    clock, provider = ManualClock(), ScriptedProvider()
    names = ("ApiFunction", "WorkerFunction", "SweeperFunction")
    recorders = {name: Recorder(emulator, settings) for name in names}
    worlds = {name: World(settings, recorders[name].connect, clock, provider) for name in names}
    document = copy.deepcopy(MODEL_DOCUMENT)
    document["input_schema"]["properties"]["image"] = {"type": "string", "description": "A URI."}
    api = worlds["ApiFunction"]
    own_clients = World(settings, emulator_clients(emulator), clock, provider)
    own_clients.stores.published.publish(encode({MODEL_ID: json.dumps(document)}))
    catalogue = LiveCatalogue(api.stores.published.read, clock, {"scripted"}, Fraction(1))
    api.admissions = replace(api.admissions, models=catalogue)
    return Functions(recorders, worlds)


async def test_each_function_may_do_exactly_what_it_does(
    functions: Functions, world: World, template: Template
) -> None:
    await everything_happens(functions, world)

    for name, recorder in functions.recorders.items():
        granted = allowed(template, name)
        assert recorder.used - granted == set(), f"{name} would be denied this"
        assert granted - recorder.used - ELSEWHERE == set(), f"{name} never needs this"


async def everything_happens(functions: Functions, world: World) -> None:
    """Success, failure, a long job, a large request, a cancellation, a lost job, an expiry."""
    opened = world.open_account(1_000_000)
    async with HttpKind().open(unworked(functions.api)) as http:
        door = WireDoor(http, opened.secret, MODERN)

        small = await begin(door, key="once")
        assert await begin(door, key="once") == small
        work(functions, small, Done([PNG]))
        seen = await door.value("get_generation", {"id": small})
        assert seen["status"] == "succeeded"
        path = seen["images"][0]["url"].removeprefix(http.base_url)
        assert [(await http.send(verb, path)).status for verb in ("GET", "HEAD")] == [302, 200]

        large = await begin(door, image="A" * (LARGEST_ITEM_BYTES + 1))
        work(functions, large, Failed("no"))
        few = await begin(door, num_outputs=2)
        work(functions, few, Done([PNG]))

        long, canceled, lost = [await begin(door) for _ in range(3)]
        work(functions, long, Running("job-1", 60))
        work(functions, canceled, Running("job-2", 60))
        await door.rpc("tasks/cancel", {"taskId": canceled, "_meta": DECLARING_TASKS})
        work(functions, canceled)
        assert functions.worker.provider.canceled == ["job-2"]

    clock, timing = manual(functions.api.clock), functions.api.settings.timing
    clock.advance(timing.dispatch_grace_ms / 1000)
    assert functions.sweeper.sweeper.sweep().redriven >= 1
    clock.advance((timing.deadline_ms + timing.deadline_grace_ms) / 1000)
    assert functions.sweeper.sweeper.sweep().expired == 2
    assert world.generation(lost).status is Status.FAILED


async def begin(door: WireDoor, key: str | None = None, **more: Any) -> str:
    arguments = {"model_id": MODEL_ID, "input": {"prompt": "a boat", **more}}
    begun = await door.value("generate_image", arguments, idempotency_key=key)
    return str(begun["id"])


def work(functions: Functions, generation_id: str, *steps: Outcome) -> None:
    functions.worker.provider.submits[:] = steps
    functions.worker.worker.run(generation_id, f"run of {generation_id}")
