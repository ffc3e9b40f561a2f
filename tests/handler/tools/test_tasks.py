"""The Tasks extension: a generation as a task, for clients that declare it, and for no others."""

import base64
import json
import re
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import anyio
import pytest
from anyio import to_thread
from mcp import Client
from mcp.client.extension import ClaimContext, ClientExtension, ResultClaim, advertise
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult, Request, RequestParams, Result

from handler.core.generation import Status
from handler.core.ports import Done, Failed, Outcome, Running
from handler.tools.caller import Caller
from handler.tools.calls import Tools
from handler.tools.server import build_server
from handler.tools.tasks_of_generations import poll_interval_ms
from handler.web.services import ApiServices
from tests.doors import (
    DECLARING_TASKS,
    FUNCTION_URL,
    HANDSHAKE_REVISIONS,
    HTTP_API,
    HTTP_KINDS,
    MODERN,
    REST_API,
    REVISIONS,
    TASKS,
    HttpDoor,
    HttpKind,
    WireDoor,
    initialize,
    request,
    unworked,
    worked_at_once,
)
from tests.fakes import PNG
from tests.handler.test_previews import picture
from tests.handler.tools.test_errors import assert_nothing_done
from tests.handler.unreliable import Fault, Outage, UnreliableClient, stores_over
from tests.world import MODEL_ID, PRICE_MICROS, Opened, World, manual

pytestmark = pytest.mark.anyio

CREDITS = 1_000_000
KINDS = (HttpKind(), HttpKind(HTTP_API), HttpKind(REST_API), HttpKind(FUNCTION_URL))
on_every_kind = pytest.mark.parametrize("kind", KINDS, ids=str)
METHODS = ("tasks/get", "tasks/update", "tasks/cancel")
BOAT: dict[str, Any] = {"model_id": MODEL_ID, "input": {"prompt": "a boat"}}
BOATS: dict[str, Any] = {"model_id": MODEL_ID, "input": {"prompt": "two boats"}}
MALFORMED = ("abc", " ", "../x", str(uuid.uuid4()).replace("-", ""))


@dataclass
class TaskDoor(WireDoor):
    """The stateless revision by hand, every request declaring the extension."""

    revision: str = MODERN
    meta: Mapping[str, Any] = field(default_factory=lambda: DECLARING_TASKS)

    async def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """The result of a request."""
        return await self.rpc(method, {"_meta": self.meta, **params})

    async def generate(
        self, arguments: Mapping[str, Any] = BOAT, key: str | None = None
    ) -> dict[str, Any]:
        """Call `generate_image`."""
        return await self.call("generate_image", arguments, meta=self.meta, idempotency_key=key)

    async def task(self, task_id: str) -> dict[str, Any]:
        """The task as it stands."""
        return await self.ask("tasks/get", taskId=task_id)

    async def refusal(self, method: str, **params: Any) -> MCPError:
        """The error that answers a request."""
        with pytest.raises(MCPError) as refused:
            await self.ask(method, **{"inputResponses": {}, **params})
        return refused.value


@pytest.fixture
def opened(world: World) -> Opened:
    return world.open_account(CREDITS)


@asynccontextmanager
async def entered(
    services: ApiServices, opened: Opened, kind: HttpKind = KINDS[0]
) -> AsyncIterator[TaskDoor]:
    async with kind.open(services) as http:
        yield TaskDoor(http, opened.secret)


def work(world: World, task_id: str, *steps: Outcome | Callable[[Any], Outcome]) -> None:
    world.provider.submits[:] = steps
    world.worker.run(task_id, f"run {uuid.uuid4()}")


def document(result: Mapping[str, Any]) -> Any:
    return json.loads(result["content"][0]["text"])


# ------------------------------------------------------------------ becoming a task
@on_every_kind
async def test_a_call_becomes_a_task_as_soon_as_it_is_admitted(
    world: World, opened: Opened, kind: HttpKind
) -> None:
    """Time stands still in this world: a call that waited for anything would never return."""
    with anyio.fail_after(20):
        async with entered(world.api, opened, kind) as door:
            made = await door.generate()
            found = await door.task(made["taskId"])
    assert made.pop("_meta").keys() == {"io.modelcontextprotocol/serverInfo"}
    assert made.pop("resultType") == "task"
    assert found.pop("resultType") == "complete"
    del found["_meta"]
    assert found == made
    generation = world.generation(made["taskId"])
    assert made.pop("createdAt") == made.pop("lastUpdatedAt")
    assert made == {
        "taskId": generation.id,
        "status": "working",
        "statusMessage": "Waiting for its turn.",
        "ttlMs": world.settings.timing.retention_ms,
        "pollIntervalMs": 1000,
    }
    assert world.account(opened).available_micros == CREDITS - PRICE_MICROS
    assert world.queued() == [generation.id]


async def test_times_are_iso_8601_and_a_task_that_ended_tells_when(
    world: World, opened: Opened
) -> None:
    """The retention begins when it ends, so that it can be had for longer than was promised."""
    began_ms = world.clock.now_ms()
    async with entered(unworked(world), opened) as door:
        made = await door.generate()
        manual(world.clock).advance(7)
        work(world, made["taskId"], Done([PNG]))
        found = await door.task(made["taskId"])
        assert found["createdAt"].endswith("Z")
        times = [datetime.fromisoformat(found[n]) for n in ("createdAt", "lastUpdatedAt")]
        assert [round(at.timestamp() * 1000) for at in times] == [began_ms, began_ms + 7_000]
        assert found["ttlMs"] == made["ttlMs"] + 7_000
        manual(world.clock).advance(made["ttlMs"] / 1000 - 1)
        assert (await door.task(made["taskId"]))["status"] == "completed"
        manual(world.clock).advance(1)
        assert (await door.refusal("tasks/get", taskId=made["taskId"])).code == -32602


@pytest.mark.parametrize("revision", REVISIONS)
async def test_who_declares_nothing_gets_no_task(
    world: World, opened: Opened, revision: str
) -> None:
    async with HttpKind().open(unworked(world)) as http:
        result = await WireDoor(http, opened.secret, revision).call("generate_image", BOAT)
    assert result.get("resultType", "complete") == "complete"
    assert "taskId" not in result
    assert document(result)["status"] == "starting"


@pytest.mark.parametrize("revision", HANDSHAKE_REVISIONS)
async def test_the_older_revisions_know_nothing_of_it_whatever_is_declared(
    world: World, opened: Opened, revision: str
) -> None:
    async with HttpKind().open(unworked(world)) as http:
        hello = initialize(revision)
        hello["params"]["capabilities"] = {"extensions": {TASKS: {}}}
        answer = (await http.post(hello, opened.secret)).json()["result"]
        door = WireDoor(http, opened.secret, revision)
        result = await door.call("generate_image", BOAT, meta=DECLARING_TASKS)
        for method in (*METHODS, "tasks/list", "tasks/result"):
            with pytest.raises(MCPError) as refused:
                await door.rpc(method, {"taskId": str(uuid.uuid4()), "_meta": DECLARING_TASKS})
            assert refused.value.code == -32601
    assert TASKS not in str(answer)
    assert document(result)["status"] == "starting"


@pytest.mark.parametrize(
    "capabilities",
    [{}, {"extensions": {}}, {"extensions": {"x/y": {}}}, {"tasks": {"requests": {}}}],
    ids=str,
)
async def test_what_another_request_declared_or_the_older_capability_counts_for_nothing(
    world: World, opened: Opened, capabilities: dict[str, Any]
) -> None:
    meta = {"io.modelcontextprotocol/clientCapabilities": capabilities}
    async with entered(unworked(world), opened) as door:
        made = await door.generate()
        door.meta = meta
        assert document(await door.generate())["status"] == "starting"
        for method in METHODS:
            refused = await door.refusal(method, taskId=made["taskId"])
            assert refused.code == -32021
            assert refused.data == {"requiredCapabilities": {"extensions": {TASKS: {}}}}
    assert world.generation(made["taskId"]).status is Status.STARTING


@pytest.mark.parametrize("kind", HTTP_KINDS, ids=str)
async def test_it_is_offered_where_it_can_be_used(
    world: World, opened: Opened, kind: HttpKind
) -> None:
    async with entered(world.api, opened, kind) as door:
        offered = (await door.rpc("server/discover"))["capabilities"]
    assert offered["extensions"][TASKS] == {}
    assert "tasks" not in offered


async def test_other_tools_answer_as_ever_and_the_older_hint_is_ignored(
    world: World, opened: Opened
) -> None:
    async with entered(unworked(world), opened) as door:
        for tool, arguments in (("list_models", {}), ("get_model", {"model_id": MODEL_ID})):
            hinted = {"name": tool, "arguments": arguments, "task": {"ttl": 60_000}}
            result = await door.ask("tools/call", **hinted)
            assert result["resultType"] == "complete"
            assert "taskId" not in result
        made = await door.generate()
        read = await door.ask("tools/call", name="get_generation", arguments={"id": made["taskId"]})
    assert document(read)["status"] == "starting"


# ------------------------------------------------------------------ how it stands
async def test_a_task_that_is_being_made_says_so(world: World, opened: Opened) -> None:
    async with entered(unworked(world), opened) as door:
        made = await door.generate()
        work(world, made["taskId"], Running("job-1", 60))
        found = await door.task(made["taskId"])
    assert (found["status"], found["statusMessage"]) == ("working", "Being made.")
    assert not {"result", "error", "inputRequests"} & set(found)


@pytest.mark.parametrize(
    ("outcome", "status", "message"),
    [
        (Done([PNG]), "succeeded", "Done."),
        (Failed("the model broke"), "failed", "Failed; nothing was charged."),
    ],
    ids=["succeeded", "failed"],
)
@on_every_kind
async def test_a_generation_that_ended_is_a_completed_task_with_the_calls_own_result(
    world: World,
    kind: HttpKind,
    outcome: Outcome,
    status: str,
    message: str,
) -> None:
    """To the letter what the call would have returned, had it waited."""
    opened = world.open_account(CREDITS)
    async with entered(unworked(world), opened, kind) as door:
        made = await door.generate(key="once")
        work(world, made["taskId"], outcome)
        found = await door.task(made["taskId"])
        waited = await door.call("generate_image", BOAT, idempotency_key="once")
    assert (found["status"], found["statusMessage"]) == ("completed", message)
    del waited["_meta"]
    assert found["result"] == waited
    assert found["result"]["isError"] is False
    assert document(found["result"])["status"] == status
    assert "error" not in found


async def test_a_result_brings_its_previews_unless_the_client_does_without(
    world: World, opened: Opened
) -> None:
    async with entered(unworked(world), opened) as door:
        made = await door.generate()
        work(world, made["taskId"], Done([picture()]))
        content = (await door.task(made["taskId"]))["result"]["content"]
        message, headers = request(
            "tasks/get", {"taskId": made["taskId"], "_meta": DECLARING_TASKS}, MODERN
        )
        plain = await door.http.send(
            "POST",
            headers={**headers, "X-Api-Key": opened.secret, "Content-Type": "application/json"},
            body=json.dumps(message).encode(),
            query="preview=none",
        )
    assert [block["type"] for block in content] == ["text", "image"]
    assert base64.b64decode(content[1]["data"]).startswith(b"\xff\xd8")
    kept = plain.json()["result"]["result"]["content"]
    assert kept == content[:1]


@pytest.mark.parametrize(
    ("age_ms", "interval_ms"),
    [(-5, 1_000), (0, 1_000), (9_999, 1_000), (30_000, 3_000), (100_000, 10_000), (10**9, 10_000)],
)
def test_the_interval_is_a_tenth_of_the_age_between_one_and_ten_seconds(
    age_ms: int, interval_ms: int
) -> None:
    assert poll_interval_ms(age_ms) == interval_ms


async def test_an_update_is_acknowledged_and_changes_nothing(world: World, opened: Opened) -> None:
    async with entered(unworked(world), opened) as door:
        made = await door.generate()
        before = world.generation(made["taskId"])
        for responses in ({}, {"name": {"action": "accept", "content": {}}}):
            answer = await door.ask("tasks/update", taskId=made["taskId"], inputResponses=responses)
            assert_acknowledged(answer)
    assert world.generation(made["taskId"]) == before


# ------------------------------------------------------------------ canceling
@on_every_kind
async def test_a_canceled_task_is_paid_back_and_never_worked_on(
    world: World, opened: Opened, kind: HttpKind
) -> None:
    async with entered(unworked(world), opened, kind) as door:
        made = await door.generate()
        for _ in range(2):
            assert_acknowledged(await door.ask("tasks/cancel", taskId=made["taskId"]))
            assert world.account(opened).available_micros == CREDITS
        work(world, made["taskId"], Done([PNG]))
        found = await door.task(made["taskId"])
        read = await door.value("get_generation", {"id": made["taskId"]})
    assert (found["status"], found["statusMessage"]) == (
        "cancelled",
        "Canceled; nothing was charged.",
    )
    assert not {"result", "error", "inputRequests"} & set(found)
    assert read["status"] == "canceled"
    assert world.provider.submitted == []
    assert world.account(opened).available_micros == CREDITS


async def test_a_running_job_is_stopped_at_its_provider(world: World, opened: Opened) -> None:
    async with entered(unworked(world), opened) as door:
        made = await door.generate()
        work(world, made["taskId"], Running("job-7", 60))
        world.queued()
        await door.ask("tasks/cancel", taskId=made["taskId"])
    assert world.queued() == [made["taskId"]]
    work(world, made["taskId"])
    assert world.provider.canceled == ["job-7"]


@pytest.mark.parametrize(
    ("outcome", "status", "charged"),
    [(Done([PNG]), "succeeded", PRICE_MICROS), (Failed("no"), "failed", 0)],
    ids=["succeeded", "failed"],
)
async def test_what_has_ended_is_acknowledged_and_stays_as_it_is(
    world: World, opened: Opened, outcome: Outcome, status: str, charged: int
) -> None:
    async with entered(unworked(world), opened) as door:
        made = await door.generate()
        work(world, made["taskId"], outcome)
        before = await door.task(made["taskId"])
        assert_acknowledged(await door.ask("tasks/cancel", taskId=made["taskId"]))
        assert await door.task(made["taskId"]) == before
    assert document(before["result"])["status"] == status
    assert world.account(opened).available_micros == CREDITS - charged


async def test_a_cancel_while_the_provider_delivers_wins_and_nothing_is_charged(
    world: World, opened: Opened
) -> None:
    async with entered(unworked(world), opened) as door:
        made = await door.generate()

        def canceled_meanwhile(_: object) -> Outcome:
            anyio.from_thread.run(cancel)
            return Done([PNG])

        async def cancel() -> None:
            assert_acknowledged(await door.ask("tasks/cancel", taskId=made["taskId"]))

        await to_thread.run_sync(work, world, made["taskId"], canceled_meanwhile)
        found = await door.task(made["taskId"])
    assert found["status"] == "cancelled"
    assert world.account(opened).available_micros == CREDITS


async def test_cancels_at_once_with_a_worker_pay_back_once_or_not_at_all(
    world: World, opened: Opened
) -> None:
    """Whoever wins, the books and the answers agree."""
    left = CREDITS
    async with entered(unworked(world), opened) as door:
        for _ in range(8):
            made = await door.generate()
            await together(
                *[lambda: door.ask("tasks/cancel", taskId=made["taskId"])] * 3,  # noqa: B023 - awaited in this round
                lambda: to_thread.run_sync(work, world, made["taskId"], Done([PNG])),  # noqa: B023
            )
            ended = (await door.task(made["taskId"]))["status"]
            assert ended in ("completed", "cancelled")
            left -= PRICE_MICROS if ended == "completed" else 0
            assert world.account(opened).available_micros == left


async def together(*calls: Callable[[], Any]) -> None:
    async with anyio.create_task_group() as group:
        for call in calls:
            group.start_soon(call)


def assert_acknowledged(answer: dict[str, Any]) -> None:
    assert answer.pop("_meta").keys() == {"io.modelcontextprotocol/serverInfo"}
    assert answer == {"resultType": "complete"}


# ------------------------------------------------------------------ whose it is
async def test_another_accounts_task_looks_exactly_like_an_unknown_one(
    world: World, opened: Opened
) -> None:
    foreign, unknown = world.admit(world.open_account(CREDITS)).id, str(uuid.uuid4())
    async with entered(unworked(world), opened) as door:
        for method in METHODS:
            refused = [await door.refusal(method, taskId=each) for each in (foreign, unknown)]
            assert [error.code for error in refused] == [-32602, -32602]
            assert refused[0].message == f"generation not found: {foreign}"
            assert refused[1].message == f"generation not found: {unknown}"
            assert [error.data for error in refused] == [None, None]
    assert world.generation(foreign).status is Status.STARTING


@on_every_kind
async def test_an_id_or_an_answer_that_is_none_is_refused(
    world: World, opened: Opened, kind: HttpKind
) -> None:
    async with entered(unworked(world), opened, kind) as door:
        for method in METHODS:
            for malformed in MALFORMED:
                assert (await door.refusal(method, taskId=malformed)).message == "invalid id format"
            for absent in ({}, {"taskId": None}, {"taskId": ""}, {"taskId": 7}, {"taskId": ["x"]}):
                refused = await door.refusal(method, **absent)
                assert refused.code == -32602
                assert "taskId" in refused.message
        wrong_answers: list[Any] = [None, [], "x", 7]
        for responses in wrong_answers:
            wrong = {"taskId": str(uuid.uuid4()), "inputResponses": responses}
            refused = await door.refusal("tasks/update", **wrong)
            assert refused.code == -32602
            assert "inputResponses" in refused.message
    assert_nothing_done(world, opened, CREDITS)


@on_every_kind
async def test_the_routing_header_has_to_name_the_task(
    world: World, opened: Opened, kind: HttpKind
) -> None:
    async with entered(unworked(world), opened, kind) as door:
        made = (await door.generate())["taskId"]
        for method in METHODS:
            params = {"taskId": made, "inputResponses": {}, "_meta": DECLARING_TASKS}
            message, headers = request(method, params, MODERN)
            answers = [
                await named(door.http, message, headers, opened, name)
                for name in (str(uuid.uuid4()), None, "=?base64?!!?=")
            ]
            assert [answer.status for answer in answers] == [400, 400, 400]
            assert {answer.json()["error"]["code"] for answer in answers} == {-32020}
            assert world.generation(made).status is Status.STARTING
        message, headers = request("tasks/cancel", params, MODERN)
        encoded = f"=?base64?{base64.b64encode(made.encode()).decode()}?="
        assert (await named(door.http, message, headers, opened, encoded)).status == 200
    assert world.generation(made).status is Status.CANCELED


async def named(
    http: HttpDoor,
    message: Any,
    headers: Mapping[str, str],
    opened: Opened,
    name: str | None,
) -> Any:
    others = {key: value for key, value in headers.items() if key != "Mcp-Name"}
    given = others if name is None else {**others, "Mcp-Name": name}
    return await http.post(message, opened.secret, given)


@pytest.mark.parametrize("method", ["tasks/list", "tasks/result", "tasks/input_response"])
async def test_what_is_no_part_of_the_extension_is_unknown(
    world: World, opened: Opened, method: str
) -> None:
    async with entered(world.api, opened) as door:
        assert (await door.refusal(method, taskId=str(uuid.uuid4()))).code == -32601


# ------------------------------------------------------------------ money and repetition
async def test_a_call_that_is_refused_becomes_no_task(world: World) -> None:
    poor = world.open_account(20_000)
    wrong = {"model_id": MODEL_ID, "input": {}}
    async with entered(unworked(world), poor) as door:
        for arguments, text in (
            (BOAT, "insufficient credits: this generation costs 0.025, 0.02 remain"),
            (wrong, "invalid input: prompt: is required"),
            ({"input": {}}, "model_id is required"),
        ):
            result = await door.generate(arguments)
            assert result["isError"] is True
            assert result["resultType"] == "complete"
            assert result["content"][0]["text"] == text
    assert_nothing_done(world, poor, 20_000)


async def test_a_repeat_is_the_same_task_and_then_its_result_charged_once(
    world: World, opened: Opened
) -> None:
    async with entered(unworked(world), opened) as door:
        made = await door.generate(key="once")
        assert await door.generate(key="once") == made
        in_meta = {**DECLARING_TASKS, "tokenflux/idempotencyKey": "once"}
        assert await door.call("generate_image", BOAT, meta=in_meta) == made
        other = await door.generate(BOATS, key="once")
        work(world, made["taskId"], Done([PNG]))
        repeated = await door.generate(key="once")
        found = await door.task(made["taskId"])
    assert other["content"][0]["text"] == "idempotency key already used for another request"
    assert repeated["resultType"] == "complete"
    assert repeated["content"] == found["result"]["content"]
    assert world.account(opened).available_micros == CREDITS - PRICE_MICROS


async def test_whoever_spent_the_last_credit_can_still_collect_and_cancel(world: World) -> None:
    opened = world.open_account(2 * PRICE_MICROS)
    async with entered(unworked(world), opened) as door:
        one, other = [(await door.generate())["taskId"] for _ in range(2)]
        assert world.account(opened).available_micros == 0
        work(world, one, Done([PNG]))
        assert (await door.task(one))["status"] == "completed"
        assert_acknowledged(await door.ask("tasks/cancel", taskId=other))
    assert world.account(opened).available_micros == PRICE_MICROS


# ------------------------------------------------------------------ outages
@pytest.mark.parametrize("method", METHODS)
async def test_an_outage_is_told_in_http_and_the_same_request_may_come_again(
    world: World, opened: Opened, method: str
) -> None:
    params = {"taskId": world.admit(opened).id, "inputResponses": {}, "_meta": DECLARING_TASKS}
    outage = Outage(Fault.REFUSED, frozenset({1}))
    stores = stores_over(world, lambda api: UnreliableClient(api, outage))
    lookup = replace(world.lookup, generations=stores.generations)
    services = replace(unworked(world), lookup=lookup)
    message, headers = request(method, params, MODERN)
    async with HttpKind().open(services) as http:
        refused = await http.post(message, opened.secret, headers)
        assert refused.status == 503
        assert "retry-after" in refused.headers
        assert outage.is_over
        assert (await http.post(message, opened.secret, headers)).status == 200


@pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.UNANSWERED])
async def test_a_cancel_whose_write_fails_or_whose_answer_is_lost_pays_back_once(
    world: World, opened: Opened, fault: Fault
) -> None:
    task_id = world.admit(opened).id
    outage = Outage(fault, frozenset({1}))
    stores = stores_over(world, lambda api: UnreliableClient(api, outage))
    cancellation = replace(world.cancellation, ledger=stores.ledger)
    services = replace(unworked(world), cancellation=cancellation)
    message, headers = request(
        "tasks/cancel", {"taskId": task_id, "_meta": DECLARING_TASKS}, MODERN
    )
    async with HttpKind().open(services) as http:
        answers = [(await http.post(message, opened.secret, headers)).status for _ in range(2)]
    assert answers[-1] == 200
    assert outage.is_over
    assert world.generation(task_id).status is Status.CANCELED
    assert world.account(opened).available_micros == CREDITS


# ------------------------------------------------------------------ the official client
class CreatedTask(Result):
    """What a call has become."""

    result_type: Literal["task"] = "task"
    task_id: str
    poll_interval_ms: int


class TaskParams(RequestParams):
    task_id: str


class GetTask(Request[TaskParams, Literal["tasks/get"]]):
    method: Literal["tasks/get"] = "tasks/get"
    params: TaskParams
    name_param = "taskId"


class FoundTask(Result):
    status: str
    result: dict[str, Any] | None = None


@dataclass
class Polling(ClientExtension):
    """Follows a task until it has ended, as the client's own users would."""

    identifier = TASKS
    polls: list[str] = field(default_factory=list)

    def claims(self) -> Sequence[ResultClaim[Any]]:
        """The shape that this extension adds."""
        return [ResultClaim(result_type="task", model=CreatedTask, resolve=self.follow)]

    async def follow(self, task: CreatedTask, context: ClaimContext) -> CallToolResult:
        """Ask until there is a result."""
        get = GetTask(params=TaskParams(task_id=task.task_id))
        while True:
            found = await context.session.send_request(get, FoundTask)
            self.polls.append(found.status)
            if found.result is not None:
                return CallToolResult.model_validate(found.result)
            await anyio.sleep(task.poll_interval_ms / 10_000)


async def test_the_official_client_follows_a_task_to_its_result(live_world: World) -> None:
    opened = live_world.open_account(CREDITS)
    live_world.provider.submits.append(Done([PNG]))
    polling = Polling()
    services = live_world.api
    caller = Caller(opened.account_id, "https://images.example", services.clock.now_ms())
    tools = Tools(services.admissions, services.lookup, services.clock, caller)
    server = build_server(tools, services.cancellation)
    with live_world.working():
        async with Client(server, mode=MODERN, extensions=[polling]) as client:
            with anyio.fail_after(20):
                result = await client.call_tool("generate_image", BOAT)
    wire = result.model_dump(mode="json", by_alias=True, exclude_none=True)
    assert document(wire)["status"] == "succeeded"
    assert polling.polls[-1] == "completed"
    assert live_world.account(opened).available_micros == CREDITS - PRICE_MICROS


async def test_a_client_of_a_handshake_gets_no_task_though_it_declared_the_extension(
    world: World, opened: Opened
) -> None:
    """In process the handshake and the call share a connection, which knows what was declared."""
    services = unworked(world)
    caller = Caller(opened.account_id, "https://images.example", services.clock.now_ms())
    tools = Tools(services.admissions, services.lookup, services.clock, caller)
    server = build_server(tools, services.cancellation)
    async with Client(server, mode="legacy", extensions=[advertise(TASKS)]) as client:
        result = await client.call_tool("generate_image", BOAT)
    wire = result.model_dump(mode="json", by_alias=True, exclude_none=True)
    assert document(wire)["status"] == "starting"


async def test_a_worker_that_is_faster_than_the_answer_leaves_nothing_to_follow(
    world: World, opened: Opened
) -> None:
    """The admission's answer is from before the work; the task is there all the same."""
    world.provider.submits.append(Done([PNG]))
    async with entered(worked_at_once(world), opened) as door:
        made = await door.generate()
        assert made["status"] == "working"
        assert (await door.task(made["taskId"]))["status"] == "completed"


# ------------------------------------------------------------------ what the documentation says
_BLOCK = re.compile(r"<!-- task: (request|answer) -->\n```json\n(.*?)```", re.DOTALL)


async def test_the_documented_exchange_is_what_happens(
    world: World, opened: Opened, project: Path
) -> None:
    page = (project / "docs" / "clients.md").read_text(encoding="utf-8")
    blocks = [(kind, json.loads(text)) for kind, text in _BLOCK.findall(page)]
    assert [kind for kind, _ in blocks] == ["request", "answer", "request", "answer", "answer"]
    (_, call), (_, begun), (_, get), (_, ended), (_, acknowledged) = blocks
    world.models["local/sketch"] = world.models[MODEL_ID]
    async with entered(unworked(world), opened) as door:

        async def answer(message: dict[str, Any], name: str) -> dict[str, Any]:
            headers = {
                "Mcp-Protocol-Version": MODERN,
                "Mcp-Method": message["method"],
                "Mcp-Name": name,
            }
            found: dict[str, Any] = (await door.http.post(message, opened.secret, headers)).json()
            del found["result"]["_meta"]
            return found

        made = await answer(call, "generate_image")
        task_id = made["result"]["taskId"]
        work(world, task_id, Done([picture()]))
        get["params"]["taskId"] = task_id
        found = await answer(get, task_id)
        canceled = await answer({**get, "id": 3, "method": "tasks/cancel"}, task_id)
    assert shape(made) == shape(begun)
    assert shape(found) == shape(ended)
    assert canceled == acknowledged


def shape(value: Any) -> Any:
    """The value with nothing but its types and its words of the protocol."""
    if isinstance(value, dict):
        words = ("resultType", "status", "statusMessage", "type", "mimeType", "isError", "id")
        return {name: v if name in words else shape(v) for name, v in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value]
    return type(value).__name__
