"""Catalogue files from Replicate's descriptions: of real models, and of odd and hostile ones."""

import json
from typing import Any

import pytest

from handler.catalogue.load import parse_model
from handler.core.errors import OperatorRefused
from handler.core.models import Model
from infra.operator.importing.drafts import Draft
from infra.operator.importing.members import DESCRIPTION_LENGTH
from infra.operator.importing.replicate import read
from tests.infra.operator.importing.descriptions import RECORDED, replicate_model, schemas_of

TODAY = "2026-11-25"
PROMPT = {"type": "string", "title": "Prompt"}


def draft_of(model_id: str, document: dict[str, Any]) -> Draft:
    return read(model_id, document, 30_000, TODAY)


def imported(properties: dict[str, Any], **more: Any) -> Draft:
    document = replicate_model("acme/painter", schemas_of({"prompt": PROMPT, **properties}, **more))
    return draft_of("acme/painter", document)


def property_of(schema: Any, name: str = "thing", **more: Any) -> dict[str, Any]:
    """What becomes of one property."""
    properties = imported({name: schema}, **more).document["input_schema"]["properties"]
    found: dict[str, Any] = properties[name]
    return found


def is_left_out(schema: Any, name: str = "thing", **more: Any) -> bool:
    draft = imported({name: schema}, **more)
    is_noted = any(note.startswith(f"{name} is left out: ") for note in draft.notes)
    is_gone = name not in draft.document["input_schema"]["properties"]
    assert is_noted == is_gone
    return is_gone


def refusal(model_id: str, document: dict[str, Any]) -> str:
    with pytest.raises(OperatorRefused) as refused:
        draft_of(model_id, document)
    return str(refused.value)


class TestRealModels:
    @pytest.mark.parametrize("model_id", RECORDED)
    def test_each_becomes_a_file_that_takes_its_own_defaults(self, model_id: str) -> None:
        draft = draft_of(model_id, replicate_model(model_id))
        model = parse_model(model_id, draft.document)
        completed = model.validated({"prompt": "a boat"})
        assert model.amount_micros(completed) == 30_000
        assert "disable_safety_checker" not in completed
        recorded = RECORDED[model_id]["schemas"]["Input"]["properties"]
        left_out = {note.split(" ")[0] for note in draft.notes if " is left out: " in note}
        assert set(model.input_schema["properties"]) == set(recorded) - left_out
        assert left_out <= {"disable_safety_checker", "replicate_weights"}
        assert "prompt" in model.input_schema["required"]

    def test_one_is_much_the_same_as_the_file_that_ships(self) -> None:
        model_id = "black-forest-labs/flux-schnell"
        draft = draft_of(model_id, replicate_model(model_id)).document
        assert draft["provider_model"] == model_id
        assert draft["image_count_property"] == "num_outputs"
        assert draft["pricing"] == {"price": 0.03, "currency": "USD", "unit": 1}
        assert draft["source"]["schema"].startswith("Replicate's API, version 53d5d158")
        assert draft["source"]["schema"].endswith(f"as read on {TODAY}")
        assert draft["input_schema"]["properties"]["aspect_ratio"]["enum"][:2] == ["1:1", "16:9"]
        assert draft["input_schema"]["properties"]["num_outputs"]["maximum"] == 4

    def test_one_that_replicate_does_not_run_itself_is_named_with_its_version(self) -> None:
        model_id = "stability-ai/sdxl"
        draft = draft_of(model_id, replicate_model(model_id, is_official=False))
        assert draft.document["provider_model"] == f"{model_id}:{RECORDED[model_id]['version']}"

    def test_it_says_where_images_may_be_made_that_nobody_pays(self) -> None:
        model_id = "stability-ai/stable-diffusion-3.5-large"
        notes = draft_of(model_id, replicate_model(model_id)).notes
        assert any("no property was recognised as its length" in note for note in notes)


class TestProperties:
    def test_texts_are_one_short_line(self) -> None:
        long = f"The first sentence.\n\n\x1b[2J Then {'more ' * 100}."
        found = property_of({"type": "boolean", "description": long})
        assert found["description"] == "The first sentence."
        endless = property_of({"type": "boolean", "description": "x" * 5000})
        assert len(endless["description"]) == DESCRIPTION_LENGTH
        assert property_of({"type": "boolean"})["description"] == "Thing."
        assert property_of({"type": "boolean", "title": "A Thing"})["description"] == "A Thing"

    @pytest.mark.parametrize(
        ("schema", "kept"),
        [
            ({"type": "string", "nullable": True, "default": None}, {"type": "string"}),
            ({"type": ["integer", "null"], "minimum": 0}, {"type": "integer", "minimum": 0}),
            ({"anyOf": [{"type": "null"}, {"type": "number"}]}, {"type": "number"}),
            ({"oneOf": [{"type": "string"}], "default": "x"}, {"type": "string", "default": "x"}),
            ({"enum": [1, 2, 2, None]}, {"type": "integer", "enum": [1, 2]}),
            ({"const": "only"}, {"type": "string", "enum": ["only"]}),
            ({"type": "string", "enum": ["a", 1, True]}, {"type": "string", "enum": ["a"]}),
            ({"type": "string", "pattern": "(a+)+$", "format": "x"}, {"type": "string"}),
            (
                {"type": "string", "format": "uri", "minLength": -1, "maxLength": 9},
                {"type": "string", "format": "uri", "maxLength": 9},
            ),
            (
                {"type": "number", "minimum": 0, "exclusiveMinimum": True, "multipleOf": 0},
                {"type": "number", "exclusiveMinimum": 0},
            ),
            (
                {"type": "array", "items": {"type": "string", "format": "uri"}, "maxItems": 3},
                {"type": "array", "items": {"type": "string", "format": "uri"}, "maxItems": 3},
            ),
        ],
    )
    def test_a_form_is_made_plain(self, schema: Any, kept: dict[str, Any]) -> None:
        assert property_of(schema) == {**kept, "description": "Thing."}

    def test_a_reference_is_followed_and_what_stands_beside_it_goes_before(self) -> None:
        inner = {"$ref": "#/components/schemas/Inner"}
        found = property_of(
            {"allOf": [inner], "default": "b", "description": "Own."},
            Inner={"type": "string", "enum": ["a", "b"], "description": "Another's."},
        )
        assert found == {
            "type": "string",
            "enum": ["a", "b"],
            "default": "b",
            "description": "Own.",
        }

    @pytest.mark.parametrize(
        "schema",
        [
            {"type": "object", "properties": {"a": {"type": "string"}}},
            {"type": "array", "items": {"type": "object"}},
            {"type": "array", "items": {"type": "array", "items": {"type": "string"}}},
            {"type": "array"},
            {"type": "file"},
            {"type": 7},
            {"enum": []},
            {"enum": "abc"},
            {"type": "string", "enum": [1]},
            {"enum": ["a", 1]},
            {"anyOf": []},
            {"$ref": "#/components/schemas/Nowhere"},
            {"$ref": ["x"]},
            {"allOf": ["x"]},
            {},
            None,
            "string",
            [],
        ],
    )
    def test_what_has_no_plain_form_is_left_out_with_a_word(self, schema: Any) -> None:
        assert is_left_out(schema)

    def test_circles_end(self) -> None:
        again = {"$ref": "#/components/schemas/Again"}
        assert is_left_out(again, Again=again)
        assert is_left_out(again, Again={"allOf": [again, again]})
        assert is_left_out(again, Again={"anyOf": [again, {"type": "string"}]})
        assert is_left_out({"type": "array", "items": again}, Again=again)

    @pytest.mark.parametrize(
        "name",
        [
            "webhook_url",
            "webhook",
            "sync_mode",
            "disable_safety_checker",
            "enable_safety_checker",
            "replicate_weights",
            "openai_api_key",
            "hf_apikey",
            "client_secret",
        ],
    )
    def test_what_is_between_the_vendor_and_us_is_left_out(self, name: str) -> None:
        assert is_left_out({"type": "string"}, name)

    def test_secrets_are_known_by_their_form_too(self) -> None:
        assert is_left_out({"type": "string", "format": "password"})
        assert is_left_out({"type": "string", "x-cog-secret": True})

    def test_a_default_that_breaks_its_own_rules_is_left_out(self) -> None:
        draft = imported({"thing": {"type": "integer", "maximum": 3, "default": 7}})
        assert "default" not in draft.document["input_schema"]["properties"]["thing"]
        assert any("default breaks its own rules" in note for note in draft.notes)

    def test_a_prompt_is_required_and_has_no_default(self) -> None:
        document = replicate_model(
            "acme/painter",
            schemas_of({"prompt": {"type": "string", "default": "an astronaut", "minLength": 0}}),
        )
        schema = draft_of("acme/painter", document).document["input_schema"]
        assert schema["required"] == ["prompt"]
        assert schema["properties"]["prompt"] == {
            "type": "string",
            "minLength": 1,
            "maxLength": 10_000,
            "description": "Prompt.",
        }


class TestCount:
    def model(self, **properties: Any) -> Model:
        return parse_model("acme/painter", imported(properties).document)

    @pytest.mark.parametrize("name", ["num_outputs", "num_images", "n", "number_of_images"])
    def test_it_is_recognised(self, name: str) -> None:
        model = self.model(**{name: {"type": "integer", "minimum": 1, "maximum": 4, "default": 2}})
        assert model.image_count_property == name
        assert model.amount_micros(model.validated({"prompt": "x"})) == 60_000

    @pytest.mark.parametrize(
        ("schema", "bounds"),
        [
            ({"type": "integer"}, (1, 1, 1)),
            ({"type": "integer", "default": 3}, (1, 3, 3)),
            ({"type": "integer", "minimum": 0, "maximum": 8, "default": 0}, (1, 1, 8)),
            ({"type": "integer", "minimum": -5, "maximum": -1}, (1, 1, 1)),
            ({"type": "integer", "enum": [1, 2, 4], "default": 2}, (1, 2, 4)),
        ],
    )
    def test_its_limits_are_made_whole(self, schema: Any, bounds: tuple[int, ...]) -> None:
        found = self.model(num_outputs=schema).input_schema["properties"]["num_outputs"]
        assert (found["minimum"], found["default"], found["maximum"]) == bounds

    def test_nothing_else_can_make_more_images_than_are_paid_for(self) -> None:
        one = {"type": "integer", "minimum": 1, "maximum": 4, "default": 1}
        assert is_left_out(one, "max_images")
        assert is_left_out(one, "batch_size")
        assert is_left_out({"type": "string"}, "sequential_image_generation")
        draft = imported({"num_outputs": one, "num_images": one})
        assert draft.document["image_count_property"] == "num_outputs"
        assert "num_images" not in draft.document["input_schema"]["properties"]

    @pytest.mark.parametrize(
        "other",
        [
            {"type": "string", "enum": ["a"]},
            {"type": "string", "default": "a"},
            {"type": "boolean", "default": True},
        ],
    )
    def test_another_form_of_it_says_nothing_of_its_limits(self, other: Any) -> None:
        kept = property_of({"anyOf": [other, {"type": "integer"}]}, "num_outputs")
        assert (kept["type"], kept["minimum"], kept["default"]) == ("integer", 1, 1)

    def test_a_count_that_is_no_number_is_left_out(self) -> None:
        assert is_left_out({"type": "string", "enum": ["1", "4"]}, "num_outputs")


class TestRefusals:
    def test_a_model_that_needs_what_callers_cannot_give(self) -> None:
        schemas = schemas_of({"prompt": PROMPT, "openai_api_key": {"type": "string"}})
        schemas["Input"]["required"] = ["prompt", "openai_api_key"]
        said = refusal("acme/painter", replicate_model("acme/painter", schemas))
        assert said.startswith("the model needs openai_api_key, which cannot be offered")

    @pytest.mark.parametrize(
        "output",
        [
            {"type": "string"},
            {"type": "array", "items": {"type": "string"}},
            {"type": "object"},
            {"type": "array"},
            {"$ref": "#/components/schemas/Output"},
            None,
        ],
    )
    def test_a_model_that_makes_no_images(self, output: Any) -> None:
        schemas = schemas_of({"prompt": PROMPT}, Output=output)
        assert "the model's output" in refusal(
            "acme/painter", replicate_model("acme/painter", schemas)
        )

    @pytest.mark.parametrize(
        "input_schema",
        [
            None,
            [],
            "x",
            {},
            {"properties": []},
            {"properties": {}},
            {"$ref": "#/nowhere"},
            {"properties": {"prompt": PROMPT}, "required": "prompt"},
        ],
    )
    def test_an_input_that_is_none(self, input_schema: Any) -> None:
        schemas = schemas_of({}, Input=input_schema)
        assert refusal("acme/painter", replicate_model("acme/painter", schemas))

    @pytest.mark.parametrize("version", [None, {}, {"openapi_schema": []}, {"openapi_schema": {}}])
    def test_a_model_without_a_version_or_a_description(self, version: Any) -> None:
        document = replicate_model("acme/painter", {}, latest_version=version)
        assert refusal("acme/painter", document) == (
            "Replicate describes no input and output of acme/painter"
        )

    def test_one_of_somebodys_that_has_no_version_to_name(self) -> None:
        document = replicate_model("acme/x", schemas_of({"prompt": PROMPT}), is_official=False)
        document["latest_version"]["id"] = "hidden"
        assert "no version to name" in refusal("acme/x", document)

    @pytest.mark.parametrize("name", ["a\x1b[2J", "\ud800", "a b", "", "a\nWritten: all is well"])
    def test_a_name_that_is_no_word_is_left_out_and_not_printed(self, name: str) -> None:
        draft = imported({name: {"type": "string"}})
        assert list(draft.document["input_schema"]["properties"]) == ["prompt"]
        assert any("is left out: its name is no plain word" in note for note in draft.notes)
        assert all(note.isprintable() for note in draft.notes)

    def test_no_word_of_the_vendors_moves_the_terminals_cursor(self) -> None:
        draft = imported(
            {"a": {"type": "\x1b[2J"}, "b": {"$ref": "\x1b[2J"}, "c": {"type": ["\u202e"]}}
        )
        assert sum(" is left out: " in note for note in draft.notes) == 3
        assert all(note.isprintable() for note in draft.notes)

    def test_what_no_file_can_hold_is_refused(self) -> None:
        with pytest.raises(OperatorRefused, match="is not valid Unicode text"):
            imported({"a": {"type": "string", "enum": ["\ud800"]}})

    @pytest.mark.parametrize("keyword", ["allOf", "anyOf"])
    def test_a_description_that_grows_without_end_is_cut_short(self, keyword: str) -> None:
        def link(number: int) -> dict[str, str]:
            return {"$ref": f"#/components/schemas/D{number}"}

        grown: dict[str, Any] = {
            f"D{number}": {keyword: [link(number + 1)] * 9} for number in range(15)
        }
        assert is_left_out(link(0), **grown, D15={"type": "null"})

    def test_a_file_is_always_plain_json(self) -> None:
        draft = imported({"thing": {"type": "string", "enum": ["ä", "\x00"]}})
        assert json.loads(json.dumps(draft.document, allow_nan=False)) == draft.document
