"""Catalogue files: what is usable, and what is said about one that is not."""

import contextlib
import copy
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handler.catalogue.decoding import decoded
from handler.catalogue.load import BUILT_IN, built_in, id_of, parse_model, read_model
from handler.core.pricing import Flat, Pricing
from handler.settings import PROVIDER_NAMES
from tests.handler.catalogue.priced import BY_NAMED_SIZE, BY_SIDES, BY_VALUES, REFERENCES, TEXT
from tests.handler.catalogue.priced import document as priced
from tests.world import MODEL_DOCUMENT

Change = Callable[[dict[str, Any]], None]


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


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
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
    "a schema that lets in names by pattern": (
        put({"^x": {"type": "string"}}, "input_schema", "patternProperties"),
        "must be flat",
    ),
    "a schema that is fetched": (
        put("https://host.example/x", "input_schema", "$dynamicRef"),
        "must be flat",
    ),
    "a schema that is fetched inside a property": (
        put({"$dynamicRef": "https://host.example/x"}, *PROPERTIES, "prompt", "items"),
        "must not refer",
    ),
    "a schema that is fetched for names": (
        put({"$ref": "https://host.example/x"}, "input_schema", "propertyNames"),
        "input_schema propertyNames must not refer to anything",
    ),
    "a schema that is fetched for some inputs": (
        put({"prompt": {"$ref": "https://host.example/x"}}, "input_schema", "dependentSchemas"),
        "input_schema dependentSchemas must not refer to anything",
    ),
    "a pattern that is none": (put("(", *PROPERTIES, "prompt", "pattern"), 'is no "regex"'),
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
    "a count that nobody charges for": (
        drop("image_count_property"),
        "num_outputs may ask for several images: name it as image_count_property",
    ),
    "a second count": (
        put(
            {"type": "integer", "description": "More."}, "input_schema", "properties", "max_images"
        ),
        "max_images may ask for several images: name it as image_count_property",
    ),
    "a description like a book": (
        put("x" * 2001, "description"),
        "description may have 2,000 characters, and has 2,001",
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
def test_an_unusable_document_is_refused_with_its_reason(change: Change, says: str) -> None:
    document = copy.deepcopy(MODEL_DOCUMENT)
    change(document)
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 - its text is what is asserted
        parse_model("test/easel", document)
    reason = str(refusal.value)
    assert says in reason
    assert len(reason.split()) >= 3, "it says what is wrong, not only where"


@pytest.mark.parametrize("document", [[], 7, "name", None, True])
def test_what_is_no_object_is_refused(document: Any) -> None:
    with pytest.raises(ValueError, match="it must be an object"):
        parse_model("test/easel", document)


@pytest.mark.parametrize(
    "model_id", ["", "/", "a/", "/a", "a//b", "../a", ".a", "a/.b", "a b", "ä", "a\n", "a" * 101]
)
def test_an_id_that_could_mislead_is_refused(model_id: str) -> None:
    with pytest.raises(ValueError, match="must be names of letters"):
        parse_model(model_id, MODEL_DOCUMENT)


@given(data=st.data())
def test_whatever_a_document_holds_it_is_read_or_refused(data: st.DataObject) -> None:
    pricing = data.draw(st.sampled_from([BY_VALUES, BY_SIDES, BY_NAMED_SIZE]))
    documents = [MODEL_DOCUMENT, priced({**pricing, "references": REFERENCES, "text": TEXT})]
    document = copy.deepcopy(data.draw(st.sampled_from(documents)))
    for _ in range(data.draw(st.integers(1, 3))):
        within: Any = document
        while isinstance(within, dict | list) and within:
            keys = sorted(within) if isinstance(within, dict) else range(len(within))
            key = data.draw(st.sampled_from(keys))
            if data.draw(st.booleans()) or not isinstance(within[key], dict | list):
                within[key] = data.draw(ANYTHING)
                break
            within = within[key]
    with contextlib.suppress(ValueError):
        assert parse_model("test/easel", document).listed_micros > 0


class TestUsable:
    def test_a_model_is_what_its_document_says(self) -> None:
        model = parse_model("vendor/fast-1.1", MODEL_DOCUMENT)
        assert (model.id, model.name) == ("vendor/fast-1.1", "Easel")
        assert model.provider_model == "easel-1"
        assert model.pricing == Pricing(Flat(25_000))
        assert model.input_schema == MODEL_DOCUMENT["input_schema"]

    def test_a_price_for_several_images_is_exact_for_one(self) -> None:
        model = parse_model("m", {**MODEL_DOCUMENT, "pricing": {"price": 0.1, "unit": 4}})
        assert model.amount_micros(model.validated({"prompt": "x", "num_outputs": 3})) == 75_000


class TestShipped:
    def test_every_file_is_usable_and_one_of_the_built_in_models(self) -> None:
        for path in BUILT_IN.rglob("*.json"):
            document = decoded(path.read_text(encoding="utf-8"))
            model_id = id_of(path, BUILT_IN)
            assert built_in()[model_id] == document
            assert parse_model(model_id, document) == read_model(model_id, document)

    @pytest.mark.parametrize("model_id", ["local/sketch", "black-forest-labs/flux-schnell"])
    def test_what_others_rely_on_is_there(self, model_id: str) -> None:
        assert model_id in built_in()

    def test_every_provider_is_one_that_can_be_turned_on(self) -> None:
        assert {document["provider"] for document in built_in().values()} == {*PROVIDER_NAMES}

    def test_what_a_vendor_sells_says_where_and_when_its_schema_and_its_price_were_read(
        self,
    ) -> None:
        for model_id, document in built_in().items():
            if document["provider"] != "sketch":
                assert set(document["source"]) == {"schema", "price"}, model_id
                for told in document["source"].values():
                    assert re.search(r"\b20\d\d\b", told), model_id

    def test_the_cheapest_request_of_every_model_is_valid_and_costs_what_is_listed(self) -> None:
        for model_id, document in built_in().items():
            model = read_model(model_id, document)
            # An image, where one must be edited.
            least = dict.fromkeys(document["input_schema"]["required"], "https://images.example/1")
            paid = model.amount_micros(model.validated({**least, "prompt": "a boat"}))
            words_micros = 0
            if model.pricing.text is not None:
                words_micros = model.pricing.text.share_micros({"prompt": "a boat"}, 1)
            assert (paid - words_micros) * model.pricing.unit == model.listed_micros > 0
