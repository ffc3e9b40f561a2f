"""`list_models` and `get_model`."""

import json
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from handler.catalogue.load import parse_model
from handler.core.models import Model
from handler.web.services import ApiServices
from tests.doors import DOORS, ONE_OF_EACH, DoorKind
from tests.world import MODEL_DOCUMENT, MODEL_ID, World

pytestmark = pytest.mark.anyio
every_door = pytest.mark.parametrize("kind", DOORS, ids=str)
one_of_each = pytest.mark.parametrize("kind", ONE_OF_EACH, ids=str)

EASEL = {
    "id": MODEL_ID,
    "name": "Easel",
    "description": "Paints what the test says.",
    "pricing": {"price": 0.025, "currency": "USD", "unit": 1},
}


@every_door
async def test_list_models_shows_exactly_the_documented_fields(
    shared_world: World, kind: DoorKind
) -> None:
    async with kind.open(shared_world.api, shared_world.open_account(1_000_000)) as door:
        result = await door.call("list_models")
    assert not result.get("isError")
    assert [block["type"] for block in result["content"]] == ["text"]
    assert json.loads(result["content"][0]["text"]) == [EASEL]
    assert result["structuredContent"] == {"models": [EASEL]}


@one_of_each
async def test_list_models_is_sorted_by_id(shared_world: World, kind: DoorKind) -> None:
    services = _offering(shared_world, "z/last", MODEL_ID, "a/first")
    async with kind.open(services, shared_world.open_account(1_000_000)) as door:
        listed = await door.value("list_models")
    assert [model["id"] for model in listed] == ["a/first", MODEL_ID, "z/last"]


@one_of_each
async def test_get_model_adds_the_input_schema_and_nothing_else(
    shared_world: World, kind: DoorKind
) -> None:
    async with kind.open(shared_world.api, shared_world.open_account(1_000_000)) as door:
        result = await door.call("get_model", {"model_id": MODEL_ID})
    shown = json.loads(result["content"][0]["text"])
    assert shown == {**EASEL, "input_schema": MODEL_DOCUMENT["input_schema"]}
    assert result["structuredContent"] == shown


@one_of_each
async def test_results_keep_to_the_schemas_that_tools_list_declares(
    shared_world: World, kind: DoorKind
) -> None:
    async with kind.open(shared_world.api, shared_world.open_account(1_000_000)) as door:
        tools = (await door.list_tools())["tools"]
        calls: dict[str, dict[str, Any]] = {
            "list_models": {},
            "get_model": {"model_id": MODEL_ID},
        }
        for name, arguments in calls.items():
            schema = next(tool["outputSchema"] for tool in tools if tool["name"] == name)
            Draft202012Validator.check_schema(schema)
            result = await door.call(name, arguments)
            Draft202012Validator(schema).validate(result["structuredContent"])


@one_of_each
async def test_a_price_for_several_images_is_shown_with_its_unit(
    shared_world: World, kind: DoorKind
) -> None:
    dozen = parse_model("a/dozen", {**MODEL_DOCUMENT, "pricing": {"price": 0.3, "unit": 12}})
    services = _with(shared_world, {"a/dozen": dozen})
    async with kind.open(services, shared_world.open_account(1_000_000)) as door:
        listed = await door.value("list_models")
    assert listed[0]["pricing"] == {"price": 0.3, "currency": "USD", "unit": 12}


def _offering(shared_world: World, *model_ids: str) -> ApiServices:
    return _with(shared_world, {name: parse_model(name, MODEL_DOCUMENT) for name in model_ids})


def _with(shared_world: World, models: dict[str, Model]) -> ApiServices:
    return replace(
        shared_world.api, admissions=replace(shared_world.admissions, models=lambda: models)
    )
