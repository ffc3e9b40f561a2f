"""A line a request, whoever answers it."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NoReturn

import pytest
from mcp.shared.exceptions import MCPError

from handler.core.accounts import new_secret
from handler.core.errors import Unavailable
from handler.core.ports import Done
from handler.web.app import MCP_PATH
from tests.doors import (
    DECLARING_TASKS,
    HTTP_API,
    MODERN,
    REST_API,
    REVISIONS,
    EventDoor,
    FunctionContext,
    Gateway,
    HttpKind,
    WireDoor,
    initialize,
    request,
    unworked,
    worked_at_once,
)
from tests.fakes import PNG
from tests.handler.telemetry.written import Written
from tests.world import MODEL_ID, PRICE_MICROS, Opened, World

pytestmark = pytest.mark.anyio

OTHER_TRACE_ID = "1-5e6722a7-cc56ab46db7ae02d4da47eaa"
BOAT = {"model_id": MODEL_ID, "input": {"prompt": "a boat"}}
every_gateway = pytest.mark.parametrize("gateway", [HTTP_API, REST_API], ids=lambda each: each.name)


@pytest.fixture
def opened(world: World) -> Opened:
    return world.open_account(1_000_000)


def trace_id(gateway: Gateway) -> str:
    """The one that the gateway's event has in its headers."""
    headers = gateway.document()["headers"]
    header: str = next(headers[name] for name in headers if name.lower() == "x-amzn-trace-id")
    return header.removeprefix("Root=")


def message(method: str, params: Mapping[str, Any] | None = None) -> bytes:
    return json.dumps(
        {"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}
    ).encode()


@every_gateway
async def test_a_generation_is_told_with_who_what_and_how_long(
    world: World, opened: Opened, written: Written, gateway: Gateway
) -> None:
    world.provider.submits = [Done([PNG])]
    async with HttpKind(gateway).open(worked_at_once(world)) as http:
        made = await WireDoor(http, opened.secret).value("generate_image", BOAT)
    line = written.one("request")
    assert line["level"] == "INFO"
    phases = {f"{phase}_ms" for phase in ("authentication", "admission", "waiting", "total")}
    times = {name: line.pop(name) for name in phases}
    assert all(isinstance(time, int) for time in times.values())
    assert times["total_ms"] >= times["authentication_ms"] + times["admission_ms"] - 2
    told = {name: line[name] for name in line if name not in COMMON}
    assert told == {
        "request_id": gateway.document()["requestContext"]["requestId"],
        "function_request_id": FunctionContext().aws_request_id,
        "cold_start": True,
        "xray_trace_id": trace_id(gateway),
        "http_method": "POST",
        "route": "mcp",
        "http_status": 200,
        "mcp_method": "tools/call",
        "tool": "generate_image",
        "account": opened.account_id,
        "key_id": opened.key_id,
        "model": MODEL_ID,
        "generation": made["id"],
        "status": "succeeded",
        "amount_micros": PRICE_MICROS,
        "charged_micros": PRICE_MICROS,
        "refunded_micros": 0,
    }


COMMON = {"level", "location", "message", "timestamp", "logger"}


@pytest.mark.parametrize("revision", REVISIONS)
async def test_the_method_is_told_in_every_revision(
    world: World, opened: Opened, written: Written, revision: str
) -> None:
    async with HttpKind().open(world.api) as http:
        door = WireDoor(http, opened.secret, revision)
        await door.list_tools()
        await door.value("list_models")
        await door.value("get_model", {"model_id": MODEL_ID})
    told = [(line["mcp_method"], line.get("tool"), line.get("model")) for line in written.all()]
    assert told == [
        ("tools/list", None, None),
        ("tools/call", "list_models", None),
        ("tools/call", "get_model", MODEL_ID),
    ]


async def test_a_task_is_told_by_its_method_its_generation_and_how_that_stands(
    world: World, opened: Opened, written: Written
) -> None:
    async with HttpKind(HTTP_API).open(unworked(world)) as http:
        door = WireDoor(http, opened.secret, MODERN)
        call = {"name": "generate_image", "arguments": BOAT, "_meta": DECLARING_TASKS}
        task_id = (await door.rpc("tools/call", call))["taskId"]
        for method in ("tasks/get", "tasks/update", "tasks/cancel", "tasks/get"):
            params = {"taskId": task_id, "inputResponses": {}, "_meta": DECLARING_TASKS}
            await door.rpc(method, params)
        with pytest.raises(MCPError):
            await door.rpc("tasks/get", {"taskId": "none", "_meta": DECLARING_TASKS})
    *lines, refused = written.all()
    assert [(line["mcp_method"], line["generation"], line["status"]) for line in lines] == [
        ("tools/call", task_id, "starting"),
        ("tasks/get", task_id, "starting"),
        ("tasks/update", task_id, "starting"),
        ("tasks/cancel", task_id, "canceled"),
        ("tasks/get", task_id, "canceled"),
    ]
    assert (refused["mcp_method"], refused["error"]) == ("tasks/get", "InvalidArgument")


async def test_only_a_process_s_first_request_is_a_cold_start(
    world: World, opened: Opened, written: Written
) -> None:
    async with HttpKind(HTTP_API).open(world.api) as http:
        for _ in range(3):
            await WireDoor(http, opened.secret).list_tools()
    assert [line["cold_start"] for line in written.of("request")] == [True, False, False]


async def test_a_wait_without_its_end_tells_what_was_taken(
    world: World, opened: Opened, written: Written
) -> None:
    async with HttpKind().open(unworked(world)) as http:
        door = WireDoor(http, opened.secret)
        made = await door.value("generate_image", BOAT)
        await door.value("get_generation", {"id": made["id"]})
    first, second = written.of("request")
    for line in (first, second):
        assert (line["generation"], line["status"]) == (made["id"], "starting")
        assert line["amount_micros"] == PRICE_MICROS
        assert "charged_micros" not in line
    assert second["tool"] == "get_generation"
    assert "admission_ms" in first
    assert "admission_ms" not in second


async def test_an_image_is_told_by_its_generation_and_not_by_its_address(
    world: World, opened: Opened, written: Written
) -> None:
    world.provider.submits = [Done([PNG])]
    async with HttpKind(HTTP_API).open(worked_at_once(world)) as http:
        made = await WireDoor(http, opened.secret).value("generate_image", BOAT)
        path = made["images"][0]["url"].removeprefix(http.base_url)
        assert (await http.send("GET", path)).status == 302
        assert (await http.send("GET", path.replace("/1.", "/2."))).status == 404
    _, found, missing = written.of("request")
    assert (found["route"], found["http_status"], found["generation"]) == ("files", 302, made["id"])
    assert (missing["route"], missing["http_status"]) == ("files", 404)
    assert "generation" not in missing
    assert "X-Amz" not in written.text
    assert "/v1/images/files" not in written.text


class TestRefusals:
    async def test_no_key(self, world: World, written: Written) -> None:
        async with HttpKind().open(world.api) as http:
            await http.post(initialize())
        line = written.one("request")
        assert (line["http_status"], line["error"]) == (401, "ApiKeyRequired")
        assert not line.keys() & {"account", "key_id", "mcp_method"}

    async def test_a_wrong_key(self, world: World, written: Written) -> None:
        async with HttpKind().open(world.api) as http:
            await http.post(initialize(), new_secret())
        line = written.one("request")
        assert (line["http_status"], line["error"]) == (401, "InvalidApiKey")

    async def test_no_credits(self, world: World, written: Written) -> None:
        poor = world.open_account(1)
        async with HttpKind().open(world.api) as http:
            await http.post(initialize(), poor.secret)
        line = written.one("request")
        assert (line["http_status"], line["error"]) == (403, "InsufficientBalance")
        assert (line["account"], line["key_id"]) == (poor.account_id, poor.key_id)

    async def test_nothing_there(self, world: World, written: Written) -> None:
        async with HttpKind().open(world.api) as http:
            await http.send("GET", "/tfi_0000000000000000/a-boat")
        line = written.one("request")
        assert line["http_status"] == 404
        assert "route" not in line
        assert "boat" not in written.text

    async def test_another_method(self, world: World, written: Written) -> None:
        async with HttpKind().open(world.api) as http:
            await http.send("GET")
            await http.send("BOAT")
        told = [(line["http_method"], line["http_status"]) for line in written.of("request")]
        assert told == [("GET", 405), ("other", 405)]

    async def test_a_preflight(self, world: World, written: Written) -> None:
        asks = {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
        async with HttpKind().open(world.api) as http:
            await http.send("OPTIONS", MCP_PATH, asks)
        line = written.one("request")
        assert (line["http_method"], line["http_status"]) == ("OPTIONS", 200)

    async def test_a_refused_call(self, world: World, opened: Opened, written: Written) -> None:
        async with HttpKind().open(world.api) as http:
            door = WireDoor(http, opened.secret)
            await door.error("generate_image", {"model_id": MODEL_ID, "input": {"prompt": ""}})
            await door.error("generate_image", {"model_id": "a boat", "input": {}})
            await door.error("get_generation", {"id": "a boat"})
        told = [(line["error"], line.get("model")) for line in written.of("request")]
        assert told == [
            ("InvalidInput", MODEL_ID),
            ("ModelNotFound", None),
            ("InvalidArgument", None),
        ]
        assert {line["http_status"] for line in written.of("request")} == {200}

    async def test_a_service_that_does_not_answer(
        self, world: World, opened: Opened, written: Written
    ) -> None:
        def silent(*_: object) -> NoReturn:
            raise Unavailable("busy")

        class Silent:
            def __getattr__(self, _: str) -> Any:
                return silent

        ledger: Any = Silent()
        admissions = replace(world.admissions, ledger=ledger, generations=ledger)
        async with HttpKind().open(replace(world.api, admissions=admissions)) as http:
            call, headers = request("tools/call", {"name": "generate_image", "arguments": BOAT})
            await http.post(call, opened.secret, headers)
        line = written.one("request")
        assert (line["http_status"], line["error"]) == (503, "Unavailable")
        assert (line["tool"], line["model"]) == ("generate_image", MODEL_ID)

    async def test_a_defect(self, world: World, opened: Opened, written: Written) -> None:
        async with HttpKind().open(replace(world.api, clock=BrokenClock())) as http:
            await http.post(initialize(), opened.secret)
        line = written.one("request")
        assert (line["http_status"], line["error"]) == (500, "ZeroDivisionError")
        (failure,) = [each for each in written.all() if each["message"] == "a request failed"]
        assert failure["exception_name"] == "ZeroDivisionError"


class BrokenClock:
    def now_ms(self) -> int:
        raise ZeroDivisionError

    def sleep(self, seconds: float) -> None:
        raise NotImplementedError


WORDS = "a-boat-and-my-password"


@pytest.mark.parametrize(
    "body",
    [
        message(WORDS),
        message(f"tools/{WORDS}"),
        message("tools/call", {"name": WORDS}),
        message("tools/call", {"name": "generate_image", "arguments": {"model_id": WORDS}}),
        message("tools/call", {"name": "get_model", "arguments": {"model_id": [WORDS]}}),
        message("tools/call", {"name": "get_generation", "arguments": {"id": WORDS}}),
        message("notifications/cancelled", {"requestId": 1, "reason": WORDS}),
        f'{{"{WORDS}'.encode(),
        WORDS.encode(),
    ],
    ids=lambda body: body.decode()[:60],
)
@pytest.mark.parametrize("revision", ["2025-06-18", MODERN])
async def test_what_callers_choose_freely_is_not_told(
    world: World, opened: Opened, written: Written, body: bytes, revision: str
) -> None:
    headers = {
        "Mcp-Protocol-Version": revision,
        "Mcp-Method": WORDS,
        "Mcp-Session-Id": WORDS,
        "X-Amzn-Trace-Id": f"Root={WORDS}",
        "User-Agent": WORDS,
    }
    async with HttpKind().open(world.api) as http:
        await http.post(body, opened.secret, headers)
    assert written.one("request")["account"] == opened.account_id
    assert WORDS not in written.text


class TestTrace:
    async def test_locally_it_is_the_caller_s(self, world: World, written: Written) -> None:
        async with HttpKind().open(world.api) as http:
            await http.send("GET", headers={"X-Amzn-Trace-Id": f"Root={OTHER_TRACE_ID}"})
            await http.send("GET")
        first, second = written.of("request")
        assert first["xray_trace_id"] == OTHER_TRACE_ID
        assert "xray_trace_id" not in second

    async def test_on_lambda_it_is_the_invocation_s(self, world: World, written: Written) -> None:
        headers = iter([f"Root={OTHER_TRACE_ID};Parent=53995c3f42cd8ad8;Sampled=0;Lineage=1:a:0"])
        door = EventDoor(world.api, HTTP_API, lambda: next(headers, None))
        for _ in range(2):
            await door.send("GET")
        door.close()
        told = [line["xray_trace_id"] for line in written.of("request")]
        # Where Lambda gives none, it is the gateway's.
        assert told == [OTHER_TRACE_ID, trace_id(HTTP_API)]
