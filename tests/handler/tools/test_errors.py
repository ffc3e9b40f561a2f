"""Tool errors, to the letter and in their order, through every door."""

import ast
import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from mcp.shared.exceptions import MCPError

from handler.core.ports import Done
from handler.web.app import build_app
from tests.doors import DOORS, ONE_OF_EACH, REVISIONS, AsgiDoor, Door, DoorKind, WireDoor, unworked
from tests.doors import worked_at_once as at_once
from tests.fakes import PNG
from tests.world import MODEL_DOCUMENT, MODEL_ID, Opened, World, manual

pytestmark = pytest.mark.anyio
one_of_each = pytest.mark.parametrize("kind", ONE_OF_EACH, ids=str)

UNKNOWN = "no/such-thing-zzz"
VALID = {"prompt": "a boat"}
WRONG_ID = "0a4c1d62-2cd0-4cf1-9e0c-1b2f7f4f5678"


TABLE: list[tuple[str, dict[str, Any], str]] = [
    ("get_model", {}, "model_id is required"),
    ("get_model", {"model_id": UNKNOWN}, f"model not found: {UNKNOWN}"),
    ("generate_image", {"input": VALID}, "model_id is required"),
    ("generate_image", {"model_id": UNKNOWN, "input": VALID}, f"model not found: {UNKNOWN}"),
    ("generate_image", {"model_id": MODEL_ID}, "input is required and must be an object"),
    ("generate_image", {"model_id": MODEL_ID, "input": {}}, "invalid input: prompt: is required"),
    (
        "generate_image",
        {"model_id": MODEL_ID, "input": VALID},
        "insufficient credits: this generation costs 0.025, 0.02 remain",
    ),
    ("get_generation", {}, "id is required"),
    ("get_generation", {"id": "abc"}, "invalid id format"),
    ("get_generation", {"id": WRONG_ID}, f"generation not found: {WRONG_ID}"),
]


@pytest.mark.parametrize("kind", DOORS, ids=str)
async def test_every_error_reads_to_the_letter_and_leaves_nothing_behind(
    world: World, kind: DoorKind
) -> None:
    async with _nothing_done(world, kind, credits_micros=20_000) as door:
        for tool, arguments, text in TABLE:
            assert (await door.error(tool, arguments))[0] == text


@one_of_each
@pytest.mark.parametrize("tool", ["get_model", "generate_image"])
async def test_a_model_id_that_is_absent_empty_or_no_string_is_required(
    world: World, kind: DoorKind, tool: str
) -> None:
    async with _nothing_done(world, kind) as door:
        for model_id in ({}, {"model_id": ""}, {"model_id": 7}, {"model_id": None}):
            blocks = await door.error(tool, {**model_id, "input": VALID})
            assert blocks[0] == "model_id is required"
            _assert_helpful(blocks, "list_models")


@one_of_each
async def test_arguments_that_are_left_out_altogether_are_absent_arguments(
    world: World, kind: DoorKind
) -> None:
    async with _nothing_done(world, kind) as door:
        assert (await door.error("get_model"))[0] == "model_id is required"
        assert (await door.error("generate_image"))[0] == "model_id is required"
        assert (await door.error("get_generation"))[0] == "id is required"


@one_of_each
@pytest.mark.parametrize("tool", ["get_model", "generate_image"])
async def test_an_unknown_model_is_named_and_a_near_one_suggested(
    world: World, kind: DoorKind, tool: str
) -> None:
    async with _nothing_done(world, kind) as door:
        blocks = await door.error(tool, {"model_id": UNKNOWN, "input": VALID})
        assert blocks[0] == f"model not found: {UNKNOWN}"
        _assert_helpful(blocks, "list_models")
        near = await door.error(tool, {"model_id": "test/easle", "input": VALID})
        assert near[0] == "model not found: test/easle"
        _assert_helpful(near, MODEL_ID)


STRAY: list[tuple[str, dict[str, Any], str, str]] = [
    ("get_model", {"id": MODEL_ID}, "model_id is required", "get_model takes model_id, not 'id'; "),
    (
        "generate_image",
        {"model": MODEL_ID, "input": VALID},
        "model_id is required",
        "generate_image takes model_id and input, not 'model'; call list_models for the ids.",
    ),
    (
        "generate_image",
        {"model_id": MODEL_ID, "prompt": "a boat", "n": 2},
        "input is required and must be an object",
        "generate_image takes model_id and input, not 'n', 'prompt'; send input as an object",
    ),
    (
        "get_generation",
        {"generation_id": WRONG_ID},
        "id is required",
        "get_generation takes id, not 'generation_id'; it is the id",
    ),
]


@one_of_each
async def test_an_argument_of_another_name_is_named_where_one_is_missing(
    world: World, kind: DoorKind
) -> None:
    async with _nothing_done(world, kind) as door:
        for tool, arguments, text, helping in STRAY:
            blocks = await door.error(tool, arguments)
            assert blocks[0] == text
            assert blocks[1].startswith(helping)
            _assert_helpful(blocks, tool)
        many = {f"{'x' * 500}{number}": number for number in range(500)}
        blocks = await door.error("get_model", many)
        _assert_helpful(blocks, "list_models")
        assert len(blocks[1]) < 400


@one_of_each
async def test_an_input_as_text_is_told_to_be_an_object(world: World, kind: DoorKind) -> None:
    async with _nothing_done(world, kind) as door:
        for given in ('{"prompt": "a boat"}', "a boat"):
            blocks = await door.error("generate_image", {"model_id": MODEL_ID, "input": given})
            assert blocks == [
                "input is required and must be an object",
                (
                    'Send input as an object like {"prompt": "…"}, not as text; '
                    f"get_model with model_id '{MODEL_ID}' gives its schema."
                ),
            ]


@one_of_each
async def test_what_descriptions_give_as_an_example_can_be_called(
    world: World, kind: DoorKind
) -> None:
    """Also where the usual example's model is not offered."""
    world.models["a/needs-more"] = replace(
        world.models[MODEL_ID],
        id="a/needs-more",
        input_schema={**MODEL_DOCUMENT["input_schema"], "required": ["prompt", "strength"]},
    )
    async with kind.open(unworked(world), world.open_account(1_000_000)) as door:
        tools = {tool["name"]: tool for tool in (await door.list_tools())["tools"]}
        shown = re.search(r"input=({.*?})", tools["generate_image"]["description"])
        assert shown is not None
        example = {"model_id": MODEL_ID, "input": ast.literal_eval(shown[1])}
        assert (await door.value("generate_image", example))["status"] == "starting"
    for name in ("get_model", "generate_image"):
        assert f"model_id='{MODEL_ID}'" in tools[name]["description"]
        described = tools[name]["inputSchema"]["properties"]["model_id"]["description"]
        assert f"'{MODEL_ID}'" in described
    assert "local/sketch" not in str(tools)


@one_of_each
async def test_an_input_that_is_absent_or_no_object_is_required(
    world: World, kind: DoorKind
) -> None:
    async with _nothing_done(world, kind) as door:
        wrong: list[dict[str, Any]] = [
            {},
            {"input": "x"},
            {"input": None},
            {"input": [1]},
            {"input": 7},
            {"input": True},
        ]
        for given in wrong:
            blocks = await door.error("generate_image", {"model_id": MODEL_ID, **given})
            assert blocks[0] == "input is required and must be an object"
            _assert_helpful(blocks, "get_model")


@one_of_each
async def test_an_invalid_input_names_every_problem_with_its_path_and_what_is_allowed(
    world: World, kind: DoorKind
) -> None:
    async with _nothing_done(world, kind) as door:
        wrong = {"aspect_ratio": "3:2", "num_outputs": 9, "strength": "strong", "zzz": 1}
        text, *helping = await door.error("generate_image", {"model_id": MODEL_ID, "input": wrong})
    assert text.startswith("invalid input: ")
    problems = dict(
        problem.split(": ", 1) for problem in text.removeprefix("invalid input: ").split("; ")
    )
    assert set(problems) == {"prompt", "aspect_ratio", "num_outputs", "strength", "'zzz'"}
    assert problems["prompt"] == "is required"
    assert "1:1, 16:9" in problems["aspect_ratio"]
    assert "maximum 4" in problems["num_outputs"]
    assert "number" in problems["strength"]
    assert "aspect_ratio, num_outputs, prompt, strength" in problems["'zzz'"]
    _assert_helpful([text, *helping], "get_model")


@one_of_each
async def test_an_unknown_property_is_refused_not_dropped(world: World, kind: DoorKind) -> None:
    async with _nothing_done(world, kind) as door:
        wrong = {**VALID, "steps": 4}
        text = (await door.error("generate_image", {"model_id": MODEL_ID, "input": wrong}))[0]
    assert text.startswith("invalid input: ")
    assert "'steps'" in text


@one_of_each
async def test_who_cannot_pay_learns_the_price_and_what_remains(
    world: World, kind: DoorKind
) -> None:
    async with _nothing_done(world, kind, credits_micros=20_000) as door:
        blocks = await door.error("generate_image", {"model_id": MODEL_ID, "input": VALID})
        assert blocks[0] == "insufficient credits: this generation costs 0.025, 0.02 remain"
        three = {**VALID, "num_outputs": 3}
        blocks = await door.error("generate_image", {"model_id": MODEL_ID, "input": three})
        assert blocks[0] == "insufficient credits: this generation costs 0.075, 0.02 remain"


@one_of_each
async def test_an_id_is_required_then_checked_then_looked_up(world: World, kind: DoorKind) -> None:
    async with _nothing_done(world, kind) as door:
        for absent in ({}, {"id": ""}, {"id": None}):
            blocks = await door.error("get_generation", absent)
            assert blocks[0] == "id is required"
            _assert_helpful(blocks, "generate_image")
        for malformed in (
            "abc",
            "123",
            " ",
            f"{WRONG_ID}0",
            WRONG_ID[:-1],
            f"../{WRONG_ID}",
            f" {WRONG_ID}",
            f"{{{WRONG_ID}}}",
            f"urn:uuid:{WRONG_ID}",
            WRONG_ID.replace("-", ""),
        ):
            blocks = await door.error("get_generation", {"id": malformed})
            assert blocks[0] == "invalid id format", malformed
        blocks = await door.error("get_generation", {"id": WRONG_ID})
        assert blocks[0] == f"generation not found: {WRONG_ID}"
        _assert_helpful(blocks, "generate_image")


@one_of_each
async def test_checks_run_in_the_documented_order(world: World, kind: DoorKind) -> None:
    """Each step mends what the one before complained of, and leaves everything after it wrong."""
    steps: list[tuple[dict[str, Any], str]] = [
        ({"input": "x"}, "model_id is required"),
        ({"model_id": UNKNOWN, "input": "x"}, f"model not found: {UNKNOWN}"),
        ({"model_id": MODEL_ID, "input": "x"}, "input is required and must be an object"),
        ({"model_id": MODEL_ID, "input": {}}, "invalid input: prompt: is required"),
        ({"model_id": MODEL_ID, "input": VALID}, "insufficient credits: "),
    ]
    async with _nothing_done(world, kind, credits_micros=10_000) as door:
        for arguments, expected in steps:
            text = (await door.error("generate_image", arguments))[0]
            assert text.startswith(expected)


@one_of_each
async def test_an_unknown_tool_is_a_protocol_error(world: World, kind: DoorKind) -> None:
    async with _nothing_done(world, kind) as door:
        with pytest.raises(MCPError) as refused:
            await door.call("nope", {})
    assert refused.value.code == -32602
    assert "nope" in refused.value.message


@pytest.mark.parametrize("revision", REVISIONS)
async def test_an_unknown_method_is_a_protocol_error(world: World, revision: str) -> None:
    async with _wire(world, revision) as door:
        for method in ("no/such", "prompts/list", "TOOLS/LIST", ""):
            with pytest.raises(MCPError) as refused:
                await door.rpc(method)
            assert refused.value.code == -32601


@pytest.mark.parametrize("revision", REVISIONS)
async def test_null_arguments_are_absent_arguments(world: World, revision: str) -> None:
    async with _wire(world, revision) as door:
        result = await door.rpc("tools/call", {"name": "get_model", "arguments": None})
    assert result["isError"] is True
    assert result["content"][0]["text"] == "model_id is required"


@pytest.mark.parametrize("revision", REVISIONS)
async def test_a_call_that_is_none_is_a_protocol_error(world: World, revision: str) -> None:
    calls: list[dict[str, Any]] = [
        {"name": "get_model", "arguments": ["test/easel"]},
        {"name": "get_model", "arguments": "x"},
        {"arguments": {}},
    ]
    async with _wire(world, revision) as door:
        for params in calls:
            with pytest.raises(MCPError) as refused:
                await door.rpc("tools/call", params)
            assert refused.value.code in (-32602, -32020)


@one_of_each
async def test_another_accounts_generation_looks_exactly_like_an_unknown_one(
    world: World, kind: DoorKind
) -> None:
    """Nobody learns from an answer whether another account's generation exists."""
    owner = world.open_account(1_000_000)
    foreign, unknown = world.admit(owner).id, str(uuid.uuid4())
    async with kind.open(unworked(world), world.open_account(1_000_000)) as door:
        answers = [
            await door.call("get_generation", {"id": generation_id})
            for generation_id in (foreign, unknown)
        ]
    shown = [
        str(answer).replace(generation_id, "…")
        for answer, generation_id in zip(answers, (foreign, unknown), strict=True)
    ]
    assert shown[0] == shown[1]
    assert answers[0]["content"][0]["text"] == f"generation not found: {foreign}"


@one_of_each
async def test_a_generation_past_its_retention_is_not_found(world: World, kind: DoorKind) -> None:
    opened = world.open_account(1_000_000)
    world.provider.submits.append(Done([PNG]))
    async with kind.open(at_once(world), opened) as door:
        made = await door.value("generate_image", {"model_id": MODEL_ID, "input": VALID})
        manual(world.clock).advance(31 * 86_400)
        text = (await door.error("get_generation", {"id": made["id"]}))[0]
    assert text == f"generation not found: {made['id']}"


@pytest.mark.parametrize("revision", REVISIONS)
async def test_an_argument_that_no_utf8_can_hold_is_answered_readably(
    world: World, revision: str
) -> None:
    async with _wire(world, revision) as door:
        try:
            text = (await door.error("get_model", {"model_id": "a\ud800b"}))[0]
        except MCPError as refused:
            assert refused.code == -32700  # noqa: PT017 - either refusal is a proper one
        else:
            assert text == "model not found: a?b"


# ------------------------------------------------------------------ used above
@asynccontextmanager
async def _nothing_done(
    world: World, kind: DoorKind, credits_micros: int = 1_000_000
) -> AsyncIterator[Door]:
    """A door through which nothing may be charged, recorded, queued or sent upstream."""
    opened = world.open_account(credits_micros)
    async with kind.open(unworked(world), opened) as door:
        yield door
    assert_nothing_done(world, opened, credits_micros)


def assert_nothing_done(world: World, opened: Opened, credits_micros: int) -> None:
    account = world.account(opened)
    assert (account.available_micros, account.granted_micros) == (credits_micros, credits_micros)
    assert not list(world.db.scan({"TableName": world.settings.generations_table}))
    assert not world.queued()
    assert not world.provider.submitted


@asynccontextmanager
async def _wire(world: World, revision: str) -> AsyncIterator[WireDoor]:
    opened = world.open_account(1_000_000)
    yield WireDoor(AsgiDoor(build_app(unworked(world))), opened.secret, revision)
    assert_nothing_done(world, opened, 1_000_000)


def _assert_helpful(blocks: list[str], mentions: str) -> None:
    assert len(blocks) == 2
    assert mentions in blocks[1]
    assert blocks[1].endswith(".")
