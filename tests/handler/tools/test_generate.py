"""`generate_image` and `get_generation`: from the call to the image that was paid for."""

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import anyio
import pytest
from anyio import to_thread

from handler.core.ports import Done, Failed, Running
from handler.web.app import build_app
from handler.web.services import ApiServices
from tests.doors import (
    DOORS,
    FUNCTION_URL,
    HTTP_API,
    MODERN,
    ONE_OF_EACH,
    AsgiDoor,
    Door,
    DoorKind,
    EventDoor,
    HttpKind,
    WireDoor,
    WorkedAtOnce,
    official_client,
    over_http,
    unworked,
    worked_at_once,
)
from tests.fakes import JPEG, PNG
from tests.world import MODEL_ID, PRICE_MICROS, World, manual

pytestmark = pytest.mark.anyio
every_door = pytest.mark.parametrize("kind", DOORS, ids=str)
one_of_each = pytest.mark.parametrize("kind", ONE_OF_EACH, ids=str)

CREDITS = 1_000_000
BOAT: dict[str, Any] = {"model_id": MODEL_ID, "input": {"prompt": "a boat"}}
BOATS: dict[str, Any] = {"model_id": MODEL_ID, "input": {"prompt": "two boats"}}
REUSED = "idempotency key already used for another request"


# ------------------------------------------------------------------ results
@every_door
async def test_a_finished_image_is_handed_out_and_can_be_read_again_with_its_cost(
    world: World, kind: DoorKind
) -> None:
    """Results that carry images carry no structured content: several hosts then drop the image."""
    opened = world.open_account(CREDITS)
    world.provider.submits.append(Done([PNG]))
    async with kind.open(worked_at_once(world), opened) as door:
        result = await door.call("generate_image", BOAT)
        assert "structuredContent" not in result
        made = await door.value("get_generation", {"id": _value(result)["id"]})
        assert "structuredContent" not in await door.call("get_generation", {"id": made["id"]})
        base_url = door.base_url
    uuid.UUID(made["id"])
    images = [{"url": f"{base_url}/v1/images/files/{made['id']}/1.png"}]
    assert _value(result) == {"id": made["id"], "status": "succeeded", "images": images}
    assert made == {
        "id": made["id"],
        "model": MODEL_ID,
        "status": "succeeded",
        "images": images,
        "cost": 0.025,
    }
    assert world.account(opened).available_micros == CREDITS - PRICE_MICROS
    assert [job.input["prompt"] for job in world.provider.submitted] == ["a boat"]


@one_of_each
async def test_a_failed_generation_is_a_normal_result_and_costs_nothing(
    world: World, kind: DoorKind
) -> None:
    opened = world.open_account(CREDITS)
    world.provider.submits.append(Failed("the model broke"))
    async with kind.open(worked_at_once(world), opened) as door:
        made = await door.value("generate_image", BOAT)
        read = await door.value("get_generation", {"id": made["id"]})
    failure = {"id": made["id"], "status": "failed", "error": "the model broke"}
    assert made == failure
    assert read == {**failure, "model": MODEL_ID}
    assert world.account(opened).available_micros == CREDITS


@one_of_each
async def test_several_images_come_in_order_and_cost_their_number(
    world: World, kind: DoorKind
) -> None:
    opened = world.open_account(CREDITS)
    world.provider.submits.append(Done([PNG, JPEG, PNG]))
    three = {**BOAT, "input": {"prompt": "a boat", "num_outputs": 3}}
    async with kind.open(worked_at_once(world), opened) as door:
        made = await door.value("generate_image", three)
        read = await door.value("get_generation", {"id": made["id"]})
    names = [image["url"].rsplit("/", 1)[1] for image in made["images"]]
    assert names == ["1.png", "2.jpg", "3.png"]
    assert read["images"] == made["images"]
    assert read["cost"] == 0.075
    assert world.account(opened).available_micros == CREDITS - 3 * PRICE_MICROS


@pytest.mark.parametrize(
    "kind",
    [official_client("legacy"), over_http(HttpKind(HTTP_API), MODERN)],
    ids=str,
)
async def test_a_call_returns_as_soon_as_a_worker_has_finished(
    live_world: World, kind: DoorKind
) -> None:
    """With the queue and a worker beside it, and well before the wait is over."""
    opened = live_world.open_account(CREDITS)
    live_world.provider.submits.extend([Running("vendor-1", 0.3)])
    live_world.provider.polls.append(Done([PNG]))
    patient = replace(live_world.api, wait_seconds=20)
    with live_world.working():
        async with kind.open(patient, opened) as door:
            began = time.monotonic()
            made = await door.value("generate_image", BOAT)
            assert 0.3 <= time.monotonic() - began < 10
    assert made["status"] == "succeeded"
    assert live_world.account(opened).available_micros == CREDITS - PRICE_MICROS


@one_of_each
async def test_at_the_deadline_the_id_comes_back_and_the_image_is_collected_later(
    live_world: World, kind: DoorKind
) -> None:
    """The generation goes on whether or not anyone waits."""
    opened = live_world.open_account(CREDITS)
    live_world.provider.submits.append(Running("vendor-1", 3600))
    live_world.provider.polls.append(Done([PNG]))
    hasty = replace(worked_at_once(live_world), wait_seconds=0.5)
    async with kind.open(hasty, opened) as door:
        began = time.monotonic()
        early = await door.value("generate_image", BOAT)
        assert 0.25 <= time.monotonic() - began < 5
        assert early == {"id": early["id"], "status": "processing"}
        open_still = await door.value("get_generation", {"id": early["id"]})
        assert open_still == {"id": early["id"], "model": MODEL_ID, "status": "processing"}
        await to_thread.run_sync(WorkedAtOnce(live_world.worker).send, early["id"])
        collected = await door.value("get_generation", {"id": early["id"]})
    assert collected["status"] == "succeeded"
    assert collected["cost"] == 0.025
    assert len(collected["images"]) == 1
    assert len(live_world.provider.submitted) == 1


async def test_get_generation_sees_the_end_that_comes_while_it_waits(live_world: World) -> None:
    opened = live_world.open_account(CREDITS)
    live_world.provider.submits.append(Done([PNG]))
    admitted = live_world.admit(opened)
    door = _door(replace(live_world.api, wait_seconds=20), opened.secret)
    found: dict[str, Any] = {}

    async def wait() -> None:
        found.update(await door.value("get_generation", {"id": admitted.id}))

    began = time.monotonic()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wait)
        await to_thread.run_sync(WorkedAtOnce(live_world.worker).send, admitted.id)
    assert found["status"] == "succeeded"
    assert time.monotonic() - began < 8


async def test_nobody_works_and_the_answer_is_starting(world: World) -> None:
    opened = world.open_account(CREDITS)
    made = await _door(unworked(world), opened.secret).value("generate_image", BOAT)
    assert made == {"id": made["id"], "status": "starting"}
    assert world.queued() == [made["id"]]
    assert world.account(opened).available_micros == CREDITS - PRICE_MICROS


@pytest.mark.parametrize("gateway", [HTTP_API, FUNCTION_URL], ids=lambda gateway: gateway.name)
async def test_a_function_about_to_be_stopped_answers_before_that(
    live_world: World, gateway: Any
) -> None:
    """No caller ever sees a gateway's time-out: the function's remaining time ends the wait."""
    opened = live_world.open_account(CREDITS)
    async with HttpKind(gateway).open(replace(live_world.api, wait_seconds=30)) as http:
        assert isinstance(http, EventDoor)
        http.context.remaining_ms = 1_600
        began = time.monotonic()
        made = await WireDoor(http, opened.secret).value("generate_image", BOAT)
    assert made["status"] == "starting"
    assert 0.3 < time.monotonic() - began < 5


async def test_an_id_in_capitals_finds_the_same_generation(world: World) -> None:
    opened = world.open_account(CREDITS)
    world.provider.submits.append(Done([PNG]))
    door = _door(worked_at_once(world), opened.secret)
    made = await door.value("generate_image", BOAT)
    read = await door.value("get_generation", {"id": made["id"].upper()})
    assert (read["id"], read["status"]) == (made["id"], "succeeded")


async def test_calls_at_once_make_as_many_generations(live_world: World) -> None:
    opened = live_world.open_account(CREDITS)
    live_world.provider.submits.extend([Done([PNG])] * 8)
    door = _door(worked_at_once(live_world), opened.secret)
    made = await _at_once(8, door, lambda number: {**BOAT, "input": {"prompt": f"boat {number}"}})
    assert {one["status"] for one in made} == {"succeeded"}
    assert len({one["id"] for one in made}) == 8
    assert live_world.account(opened).available_micros == CREDITS - 8 * PRICE_MICROS


@pytest.mark.parametrize("request_id", ["null", "1.5", "true", "[1]", "{}", "NaN"])
async def test_a_call_whose_id_is_none_generates_nothing(world: World, request_id: str) -> None:
    """Nobody could be told what came of it."""
    opened = world.open_account(CREDITS)
    http = _door(unworked(world), opened.secret).http
    call = json.dumps({"name": "generate_image", "arguments": BOAT})
    body = f'{{"jsonrpc":"2.0","id":{request_id},"method":"tools/call","params":{call}}}'
    for headers in ({}, {"Mcp-Protocol-Version": MODERN}):
        answer = await http.post(body.encode(), opened.secret, headers)
        assert answer.status in (202, 400)
    assert world.account(opened).available_micros == CREDITS
    assert not world.queued()


# ------------------------------------------------------------------ cancelling
async def test_a_cancelled_notification_cancels_no_generation(world: World) -> None:
    """A stateless server cannot tell whose request a number names: the work goes on."""
    opened = world.open_account(CREDITS)
    world.provider.submits.append(Done([PNG]))
    door = _door(unworked(world), opened.secret)
    made = await door.value("generate_image", BOAT)
    cancelled = {
        "jsonrpc": "2.0",
        "method": "notifications/cancelled",
        "params": {"requestId": 1, "reason": "changed my mind"},
    }
    for headers in ({}, {"Mcp-Protocol-Version": MODERN}):
        answer = await door.http.post(cancelled, opened.secret, headers)
        assert (answer.status, answer.body) == (202, b"")
    WorkedAtOnce(world.worker).send(made["id"])
    read = await door.value("get_generation", {"id": made["id"]})
    assert read["status"] == "succeeded"


async def test_a_caller_that_hangs_up_has_still_ordered(live_world: World) -> None:
    opened = live_world.open_account(CREDITS)
    live_world.provider.submits.append(Done([PNG]))
    door = _door(replace(live_world.api, wait_seconds=30), opened.secret)
    ordered: list[str] = []
    async with anyio.create_task_group() as calling:
        calling.start_soon(door.call, "generate_image", BOAT)
        with anyio.fail_after(10):
            while not ordered:
                ordered = await to_thread.run_sync(live_world.queued)
                await anyio.sleep(0.02)
        calling.cancel_scope.cancel()
    WorkedAtOnce(live_world.worker).send(ordered[0])
    read = await door.value("get_generation", {"id": ordered[0]})
    assert read["status"] == "succeeded"


# ------------------------------------------------------------------ idempotency
def _by_header(key: str) -> dict[str, Any]:
    return {"idempotency_key": key}


def _by_meta(key: Any) -> dict[str, Any]:
    return {"meta": {"tokenflux/idempotencyKey": key}}


carried = pytest.mark.parametrize("carry", [_by_header, _by_meta], ids=["header", "meta"])


@one_of_each
@carried
async def test_the_same_key_and_request_is_one_generation_charged_once(
    world: World, kind: DoorKind, carry: Callable[[str], dict[str, Any]]
) -> None:
    opened = world.open_account(CREDITS)
    world.provider.submits.append(Done([PNG]))
    async with kind.open(worked_at_once(world), opened) as door:
        first = await door.value("generate_image", BOAT, **carry("order-7"))
        again = await door.value("generate_image", BOAT, **carry("order-7"))
    assert first["status"] == "succeeded"
    assert again == first
    assert world.account(opened).available_micros == CREDITS - PRICE_MICROS
    assert len(world.provider.submitted) == 1


@one_of_each
@carried
async def test_the_same_key_with_another_request_is_refused_and_changes_nothing(
    world: World, kind: DoorKind, carry: Callable[[str], dict[str, Any]]
) -> None:
    opened = world.open_account(CREDITS)
    async with kind.open(unworked(world), opened) as door:
        first = await door.value("generate_image", BOAT, **carry("order-7"))
        blocks = await door.error("generate_image", BOATS, **carry("order-7"))
    assert blocks[0] == REUSED
    assert world.account(opened).available_micros == CREDITS - PRICE_MICROS
    assert world.queued() == [first["id"]]


async def test_header_and_meta_carry_the_same_key(world: World) -> None:
    opened = world.open_account(CREDITS)
    door = _door(unworked(world), opened.secret)
    first = await door.value("generate_image", BOAT, **_by_header("order-7"))
    again = await door.value("generate_image", BOAT, **_by_meta("order-7"))
    assert again["id"] == first["id"]


async def test_a_spelled_out_default_is_still_the_same_request(world: World) -> None:
    opened = world.open_account(CREDITS)
    door = _door(unworked(world), opened.secret)
    spelled_out = {"num_outputs": 1, "aspect_ratio": "1:1", "prompt": "a boat"}
    first = await door.value("generate_image", BOAT, **_by_header("order-7"))
    again = await door.value(
        "generate_image", {"model_id": MODEL_ID, "input": spelled_out}, **_by_header("order-7")
    )
    assert again["id"] == first["id"]
    assert world.account(opened).available_micros == CREDITS - PRICE_MICROS


@one_of_each
@carried
async def test_a_repeat_is_answered_though_its_model_is_no_longer_offered(
    world: World, kind: DoorKind, carry: Callable[[str], dict[str, Any]]
) -> None:
    opened = world.open_account(CREDITS)
    async with kind.open(unworked(world), opened) as door:
        first = await door.value("generate_image", BOAT, **carry("order-7"))
        world.models.clear()
        again = await door.value("generate_image", BOAT, **carry("order-7"))
        blocks = await door.error("generate_image", BOAT, **carry("order-8"))
    assert again == first
    assert blocks[0] == f"model not found: {MODEL_ID}"
    assert world.account(opened).available_micros == CREDITS - PRICE_MICROS
    assert world.queued() == [first["id"]]


async def test_a_repeat_finds_the_first_in_whatever_state_it_is(world: World) -> None:
    opened = world.open_account(CREDITS)
    door = _door(unworked(world), opened.secret)
    world.provider.submits.extend([Running("vendor-1", 3600)])
    world.provider.polls.append(Failed("the model broke"))
    stands = []
    for _ in range(3):
        made = await door.value("generate_image", BOAT, **_by_header("order-7"))
        stands.append(made["status"])
        WorkedAtOnce(world.worker).send(made["id"])
    assert stands == ["starting", "processing", "failed"]
    assert len(world.provider.submitted) == 1
    assert world.account(opened).available_micros == CREDITS


async def test_a_repeat_after_the_retention_hands_out_no_dead_urls(world: World) -> None:
    """A URL works until the image's retention ends; past that the generation is not found."""
    opened = world.open_account(CREDITS)
    world.provider.submits.extend([Done([PNG]), Done([PNG])])
    door = _door(worked_at_once(world), opened.secret)
    await door.value("generate_image", BOAT, **_by_header("order-7"))
    manual(world.clock).advance(31 * 86_400)
    again = await door.call("generate_image", BOAT, **_by_header("order-7"))
    if not again.get("isError"):
        for image in _value(again).get("images", []):
            path = image["url"].removeprefix(door.base_url)
            assert (await door.http.send("GET", path)).status == 302


async def test_a_repeat_needs_no_credits(world: World) -> None:
    opened = world.open_account(PRICE_MICROS + 10_000)
    door = _door(unworked(world), opened.secret)
    first = await door.value("generate_image", BOAT, **_by_header("order-7"))
    again = await door.value("generate_image", BOAT, **_by_header("order-7"))
    assert again["id"] == first["id"]
    text = (await door.error("generate_image", BOAT, **_by_header("order-8")))[0]
    assert text == "insufficient credits: this generation costs 0.025, 0.01 remain"


async def test_the_scope_of_a_key_is_the_account(world: World) -> None:
    ids = set()
    for _ in range(2):
        opened = world.open_account(CREDITS)
        door = _door(unworked(world), opened.secret)
        made = await door.value("generate_image", BOAT, **_by_header("order-7"))
        ids.add(made["id"])
        assert world.account(opened).available_micros == CREDITS - PRICE_MICROS
    assert len(ids) == 2


async def test_repeats_at_once_are_one_generation_charged_once(live_world: World) -> None:
    opened = live_world.open_account(CREDITS)
    live_world.provider.submits.append(Done([PNG]))
    door = _door(worked_at_once(live_world), opened.secret)
    made = await _at_once(6, door, lambda _: BOAT, **_by_header("order-7"))
    assert len({one["id"] for one in made}) == 1
    assert live_world.account(opened).available_micros == CREDITS - PRICE_MICROS
    assert len(live_world.provider.submitted) == 1


async def test_other_requests_at_once_under_one_key_let_one_through(live_world: World) -> None:
    opened = live_world.open_account(CREDITS)
    door = _door(replace(live_world.api, wait_seconds=0), opened.secret)
    results: list[dict[str, Any]] = []

    async def call(number: int) -> None:
        arguments = {"model_id": MODEL_ID, "input": {"prompt": f"boat {number}"}}
        results.append(await door.call("generate_image", arguments, **_by_header("order-7")))

    async with anyio.create_task_group() as tasks:
        for number in range(6):
            tasks.start_soon(call, number)
    refused = [result for result in results if result.get("isError")]
    assert [result["content"][0]["text"] for result in refused] == [REUSED] * 5
    assert live_world.account(opened).available_micros == CREDITS - PRICE_MICROS


@pytest.mark.parametrize(
    "carry",
    [
        _by_header(""),
        _by_header("k" * 256),
        _by_meta(""),
        _by_meta("k" * 256),
        _by_meta("clé"),
        _by_meta("a\nb"),
        _by_meta("a\x7f"),
        _by_meta(7),
        _by_meta(["k"]),
    ],
    ids=str,
)
async def test_an_invalid_idempotency_key_is_refused_and_nothing_done(
    world: World, carry: dict[str, Any]
) -> None:
    """1 to 255 printable ASCII characters."""
    opened = world.open_account(CREDITS)
    blocks = await _door(unworked(world), opened.secret).error("generate_image", BOAT, **carry)
    assert blocks[0].startswith("idempotency key must be")
    assert world.account(opened).available_micros == CREDITS
    assert not world.queued()


@pytest.mark.parametrize("key", ["k", "k" * 255, "a b~!"])
@carried
async def test_any_printable_key_up_to_255_characters_will_do(
    world: World, key: str, carry: Callable[[str], dict[str, Any]]
) -> None:
    opened = world.open_account(CREDITS)
    door = _door(unworked(world), opened.secret)
    first = await door.value("generate_image", BOAT, **carry(key))
    again = await door.value("generate_image", BOAT, **carry(key))
    assert again["id"] == first["id"]


async def test_calls_that_generate_nothing_ignore_the_key(world: World) -> None:
    opened = world.open_account(CREDITS)
    door = _door(unworked(world), opened.secret)
    made = await door.value("generate_image", BOAT, **_by_header("order-7"))
    for carry in (_by_header("order-7"), _by_header("k" * 300)):
        assert await door.value("list_models", **carry)
        assert await door.value("get_generation", {"id": made["id"]}, **carry)
    assert world.account(opened).available_micros == CREDITS - PRICE_MICROS


# ------------------------------------------------------------------ used above
def _door(services: ApiServices, secret: str) -> WireDoor:
    return WireDoor(AsgiDoor(build_app(services)), secret)


def _value(result: dict[str, Any]) -> Any:
    assert not result.get("isError"), result
    return json.loads(result["content"][0]["text"])


async def _at_once(
    count: int, door: Door, arguments_of: Callable[[int], dict[str, Any]], **more: Any
) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []

    async def call(number: int) -> None:
        made.append(await door.value("generate_image", arguments_of(number), **more))

    async with anyio.create_task_group() as tasks:
        for number in range(count):
            tasks.start_soon(call, number)
    return made
