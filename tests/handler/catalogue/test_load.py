"""Catalogue files: what is usable, and what is said about one that is not."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from handler.catalogue.load import BUILT_IN, load_catalogue
from handler.core.errors import ConfigurationError
from handler.core.pricing import Flat, Pricing
from tests.world import MODEL_DOCUMENT

Change = Callable[[dict[str, Any]], None]


def write(directory: Path, name: str, document: Any) -> None:
    path = directory / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document if isinstance(document, str) else json.dumps(document))


def drop(*path: str) -> Change:
    def change(document: dict[str, Any]) -> None:
        for name in path[:-1]:
            document = document[name]
        del document[path[-1]]

    return change


def put(value: Any, *path: str) -> Change:
    def change(document: dict[str, Any]) -> None:
        for name in path[:-1]:
            document = document[name]
        document[path[-1]] = value

    return change


PROPERTIES = ("input_schema", "properties")

UNUSABLE: dict[str, tuple[Change, str]] = {
    "no name": (drop("name"), "name"),
    "no description": (drop("description"), "description"),
    "no provider": (drop("provider"), "provider"),
    "no provider model": (drop("provider_model"), "provider_model"),
    "no pricing": (drop("pricing"), "pricing"),
    "no schema": (drop("input_schema"), "input_schema"),
    "a misspelt field": (put("x", "descripton"), "descripton"),
    "an empty name": (put("", "name"), "name must be a non-empty string"),
    "a name that is no text": (put(7, "name"), "name must be a non-empty string"),
    "an empty provider": (put("", "provider"), "provider must be a non-empty string"),
    "no price": (drop("pricing", "price"), "price"),
    "no unit": (drop("pricing", "unit"), "unit"),
    "a price of nothing": (put(0, "pricing", "price"), "pricing.price must be above 0"),
    "a negative price": (put(-1, "pricing", "price"), "pricing.price must be above 0"),
    "a price that is no number": (put("much", "pricing", "price"), "no amount in USD"),
    "a price that is a truth": (put(True, "pricing", "price"), "no amount in USD"),
    "a price below a micro-dollar": (put(1e-7, "pricing", "price"), "finer than one micro-dollar"),
    "a unit of nothing": (put(0, "pricing", "unit"), "pricing.unit must be a whole number"),
    "a unit that is a half": (put(0.5, "pricing", "unit"), "pricing.unit must be a whole number"),
    "a unit that is a truth": (put(True, "pricing", "unit"), "pricing.unit must be a whole number"),
    "a price that does not divide": (put(3, "pricing", "unit"), "whole micro-dollars"),
    "a price in another currency": (put("EUR", "pricing", "currency"), "currency"),
    "pricing that is a list": (put([1], "pricing"), "pricing must be"),
    "a schema that is a truth": (put(True, "input_schema"), "input_schema must be"),
    "a schema that is text": (put("object", "input_schema"), "object"),
    "a schema with an unknown type": (put("objekt", "input_schema", "type"), "objekt"),
    "a schema of a list": (put("array", "input_schema", "type"), "must be of type object"),
    "an open schema": (
        drop("input_schema", "additionalProperties"),
        "must set additionalProperties to false",
    ),
    "a schema without properties": (put({}, *PROPERTIES), "must have properties"),
    "a schema of alternatives": (put([{}], "input_schema", "anyOf"), "must be flat"),
    "a schema with a reference": (put("#/$defs/x", "input_schema", "$ref"), "must be flat"),
    "a wrong default": (put("2:1", *PROPERTIES, "aspect_ratio", "default"), "2:1"),
    "a default out of bounds": (put(9, *PROPERTIES, "num_outputs", "default"), "9"),
    "a property without a description": (
        drop(*PROPERTIES, "prompt", "description"),
        "property prompt must have a description",
    ),
    "a property that is a truth": (put(True, *PROPERTIES, "prompt"), "prompt"),
    "a property of no type": (drop(*PROPERTIES, "prompt", "type"), "a type or an enum"),
    "a reference inside a property": (
        put({"$ref": "#/x"}, *PROPERTIES, "prompt", "items"),
        "must not refer",
    ),
    "a required property that does not exist": (
        put(["promt"], "input_schema", "required"),
        "promt",
    ),
    "a count that does not exist": (put("n", "image_count_property"), "n must be an integer"),
    "a count that is text": (
        put("prompt", "image_count_property"),
        "prompt must be an integer with minimum, default and maximum",
    ),
    "a count without a default": (
        drop(*PROPERTIES, "num_outputs", "default"),
        "num_outputs must be an integer with minimum, default and maximum",
    ),
    "a count without an end": (
        drop(*PROPERTIES, "num_outputs", "maximum"),
        "num_outputs must be an integer with minimum, default and maximum",
    ),
    "a count from nothing": (
        put(0, *PROPERTIES, "num_outputs", "minimum"),
        "num_outputs must be at least 1",
    ),
}


@pytest.mark.parametrize(("change", "says"), UNUSABLE.values(), ids=UNUSABLE)
def test_an_unusable_file_is_refused_by_name_and_reason(
    tmp_path: Path, change: Change, says: str
) -> None:
    document = copy.deepcopy(MODEL_DOCUMENT)
    change(document)
    write(tmp_path, "test/easel", document)
    with pytest.raises(ConfigurationError) as refusal:
        load_catalogue({"scripted"}, tmp_path)
    text = str(refusal.value)
    assert text.startswith(f"catalogue file {tmp_path}/test/easel.json: ")
    reason = text.partition("easel.json: ")[2]
    assert says in reason
    assert len(reason.split()) >= 3, "it says what is wrong, not only where"


@pytest.mark.parametrize("text", ["", "{", "nonsense", "[]", "7", '"name"', "null"])
def test_what_is_no_json_object_is_refused_by_name(tmp_path: Path, text: str) -> None:
    write(tmp_path, "broken", text)
    with pytest.raises(ConfigurationError, match=r"catalogue file .*broken\.json: .{5}"):
        load_catalogue({"scripted"}, tmp_path)


def test_what_is_no_utf8_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_bytes(b'{"name": "\xff"}')
    with pytest.raises(ConfigurationError, match=r"broken\.json"):
        load_catalogue({"scripted"}, tmp_path)


def test_a_file_is_checked_even_if_its_provider_is_turned_off(tmp_path: Path) -> None:
    write(tmp_path, "broken", {"name": "x"})
    with pytest.raises(ConfigurationError):
        load_catalogue(set(), tmp_path)


class TestUsable:
    def test_an_id_is_the_path(self, tmp_path: Path) -> None:
        write(tmp_path, "vendor/fast-1.1", MODEL_DOCUMENT)
        write(tmp_path, "plain", MODEL_DOCUMENT)
        assert list(load_catalogue({"scripted"}, tmp_path)) == ["plain", "vendor/fast-1.1"]

    def test_a_model_is_what_its_file_says(self, tmp_path: Path) -> None:
        write(tmp_path, "test/easel", MODEL_DOCUMENT)
        model = load_catalogue({"scripted"}, tmp_path)["test/easel"]
        assert (model.name, model.provider_model) == ("Easel", "easel-1")
        assert model.pricing == Pricing(Flat(25_000))
        assert model.input_schema == MODEL_DOCUMENT["input_schema"]

    def test_a_price_for_several_images_is_exact_for_one(self, tmp_path: Path) -> None:
        document = {**MODEL_DOCUMENT, "pricing": {"price": 0.1, "unit": 4}}
        write(tmp_path, "m", document)
        model = load_catalogue({"scripted"}, tmp_path)["m"]
        assert model.amount_micros(model.validated({"prompt": "x", "num_outputs": 3})) == 75_000

    def test_it_is_listed_only_if_its_provider_is_turned_on(self, tmp_path: Path) -> None:
        write(tmp_path, "a", {**MODEL_DOCUMENT, "provider": "one"})
        write(tmp_path, "b", {**MODEL_DOCUMENT, "provider": "two"})
        assert list(load_catalogue({"two"}, tmp_path)) == ["b"]
        assert list(load_catalogue({"one", "two", "three"}, tmp_path)) == ["a", "b"]
        assert load_catalogue(set(), tmp_path) == {}

    def test_an_empty_directory_is_an_empty_catalogue(self, tmp_path: Path) -> None:
        assert load_catalogue({"scripted"}, tmp_path) == {}


class TestShipped:
    def test_every_file_loads(self) -> None:
        providers = {
            json.loads(path.read_text(encoding="utf-8"))["provider"]
            for path in BUILT_IN.rglob("*.json")
        }
        assert len(load_catalogue(providers)) == len(list(BUILT_IN.rglob("*.json"))) > 0

    def test_the_embedded_model_is_there_if_it_is_turned_on(self) -> None:
        assert "local/sketch" in load_catalogue({"sketch"})
        assert "local/sketch" not in load_catalogue(set())

    def test_what_a_vendor_sells_says_where_its_schema_and_its_price_were_read(self) -> None:
        for path in BUILT_IN.rglob("*.json"):
            document = json.loads(path.read_text(encoding="utf-8"))
            if document["provider"] != "sketch":
                assert set(document["source"]) == {"schema", "price"}

    def test_replicates_models_are_there_with_its_token(self) -> None:
        assert "black-forest-labs/flux-schnell" in load_catalogue({"replicate"})

    def test_the_cheapest_request_of_every_model_is_valid_and_costs_something(self) -> None:
        for model in load_catalogue({"sketch", "replicate"}).values():
            validated = model.validated({"prompt": "a boat"})
            assert model.amount_micros(validated) > 0
