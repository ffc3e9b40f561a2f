"""Validation of an input: every problem at once, each with its path and what is allowed."""

import math
import tracemalloc
from dataclasses import replace
from typing import Any

import pytest

from handler.catalogue.load import parse_model
from handler.core import errors
from handler.core.models import MAX_PROBLEMS, Model
from handler.core.pricing import Flat, Pricing
from tests.world import MODEL_DOCUMENT, MODEL_ID

LONE_SURROGATE = "\ud800"


@pytest.fixture(scope="module")
def model() -> Model:
    return parse_model(MODEL_ID, MODEL_DOCUMENT)


def problems(model: Model, raw: dict[str, Any]) -> list[str]:
    """What is said about an input that must be invalid."""
    with pytest.raises(errors.InvalidInput) as refusal:
        model.validated(raw)
    text = str(refusal.value)
    assert text.startswith("invalid input: ")
    assert refusal.value.help == (
        "Call get_model with model_id 'test/easel' for the schema of its input."
    )
    return text.removeprefix("invalid input: ").split("; ")


def nested(depth: int, value: Any = "x") -> Any:
    for _ in range(depth):
        value = [value]
    return value


class TestValid:
    def test_defaults_are_filled_in(self, model: Model) -> None:
        assert model.validated({"prompt": "a boat"}) == {
            "prompt": "a boat",
            "aspect_ratio": "1:1",
            "num_outputs": 1,
        }

    def test_what_is_given_wins_over_the_default(self, model: Model) -> None:
        given = {"prompt": "a boat", "aspect_ratio": "16:9", "num_outputs": 4, "strength": 0}
        assert model.validated(given) == given

    def test_the_callers_input_is_left_as_it_was(self, model: Model) -> None:
        given = {"prompt": "a boat", "num_outputs": 2.0}
        model.validated(given)
        assert repr(given) == "{'prompt': 'a boat', 'num_outputs': 2.0}"

    def test_a_whole_float_is_an_integer_and_becomes_one(self, model: Model) -> None:
        validated = model.validated({"prompt": "a boat", "num_outputs": 2.0})
        assert repr(validated["num_outputs"]) == "2"

    def test_a_number_stays_the_number_it_was(self, model: Model) -> None:
        validated = model.validated({"prompt": "a boat", "strength": 1.0})
        assert repr(validated["strength"]) == "1.0"

    @pytest.mark.parametrize("prompt", ["ein Boot im Grünen", "🚤", "a\nb", "'; --", "{got}", "%s"])
    def test_any_text_is_a_prompt(self, model: Model, prompt: str) -> None:
        assert model.validated({"prompt": prompt})["prompt"] == prompt

    @pytest.mark.parametrize("length", [1, 500])
    def test_both_ends_of_a_length_are_allowed(self, model: Model, length: int) -> None:
        assert len(model.validated({"prompt": "🚤" * length})["prompt"]) == length


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ({}, "prompt: is required"),
        ({"prompt": ""}, "prompt: is shorter than the minimum of 1 characters"),
        ({"prompt": "x" * 501}, "prompt: is longer than the maximum of 500 characters"),
        ({"prompt": None}, "prompt: null is not of type string"),
        ({"prompt": 7}, "prompt: 7 is not of type string"),
        ({"prompt": ["a"]}, "prompt: list is not of type string"),
        ({"prompt": {"a": 1}}, "prompt: dict is not of type string"),
        (
            {"prompt": "x", "aspect_ratio": "2:1"},
            "aspect_ratio: '2:1' is not one of 1:1, 16:9",
        ),
        ({"prompt": "x", "num_outputs": 0}, "num_outputs: 0 is less than the minimum 1"),
        ({"prompt": "x", "num_outputs": 5}, "num_outputs: 5 is greater than the maximum 4"),
        ({"prompt": "x", "num_outputs": 1.5}, "num_outputs: 1.5 is not of type integer"),
        ({"prompt": "x", "num_outputs": "2"}, "num_outputs: '2' is not of type integer"),
        ({"prompt": "x", "num_outputs": True}, "num_outputs: true is not of type integer"),
        ({"prompt": "x", "strength": False}, "strength: false is not of type number"),
        ({"prompt": "x", "strength": -0.1}, "strength: -0.1 is less than the minimum 0"),
        (
            {"prompt": "x", "num_outputs": 1e300},
            "num_outputs: 1e+300 is greater than the maximum 4",
        ),
        (
            {"prompt": "x", "sed": 1},
            "'sed': unknown property (allowed: aspect_ratio, num_outputs, prompt, strength)",
        ),
        ({"prompt": "x", "strength": math.nan}, "strength: is not a finite number"),
        ({"prompt": "x", "strength": math.inf}, "strength: is not a finite number"),
        ({"prompt": "x", "strength": -math.inf}, "strength: is not a finite number"),
        ({"prompt": "x", "num_outputs": 10**400}, "num_outputs: is too large a number"),
        ({"prompt": "x", "num_outputs": -(2**63)}, "num_outputs: is too large a number"),
        ({"prompt": f"x{LONE_SURROGATE}"}, "prompt: is not valid Unicode text"),
        ({"prompt": "x", LONE_SURROGATE: 1}, "input: a property name is not valid Unicode text"),
        ({"prompt": "x", "other": [math.nan]}, "other.0: is not a finite number"),
        ({"prompt": {"a": {"b": LONE_SURROGATE}}}, "prompt.a.b: is not valid Unicode text"),
        ({"prompt": nested(40)}, "prompt: is nested more than 32 levels deep"),
        ({"prompt": nested(10_000)}, "prompt: is nested more than 32 levels deep"),
        ({"other": {"deep": nested(10_000)}}, "other: is nested more than 32 levels deep"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_a_problem_is_told_with_its_path_and_what_is_allowed(
    model: Model, raw: dict[str, Any], problem: str
) -> None:
    assert problems(model, raw) == [problem]


class TestSeveral:
    def test_every_problem_is_told_at_once(self, model: Model) -> None:
        raw = {"aspect_ratio": "2:1", "num_outputs": 9, "strength": 2, "sed": 1, "stile": "oil"}
        allowed = "(allowed: aspect_ratio, num_outputs, prompt, strength)"
        assert sorted(problems(model, raw)) == sorted(
            [
                "prompt: is required",
                f"'sed': unknown property {allowed}",
                f"'stile': unknown property {allowed}",
                "aspect_ratio: '2:1' is not one of 1:1, 16:9",
                "num_outputs: 9 is greater than the maximum 4",
                "strength: 2 is greater than the maximum 1",
            ]
        )

    def test_every_value_that_json_cannot_hold_is_told_at_once(self, model: Model) -> None:
        raw = {"prompt": LONE_SURROGATE, "strength": math.nan, "num_outputs": 10**400}
        assert problems(model, raw) == [
            "num_outputs: is too large a number",
            "prompt: is not valid Unicode text",
            "strength: is not a finite number",
        ]

    def test_the_order_of_the_input_does_not_matter(self, model: Model) -> None:
        raw = {"aspect_ratio": "2:1", "num_outputs": 9, "strength": 2, "sed": 1, "stile": "oil"}
        expected = problems(model, raw)
        items = list(raw.items())
        for turned in range(len(items)):
            assert problems(model, dict(items[turned:] + items[:turned])) == expected
            assert problems(model, dict(reversed(items))) == expected


class TestMessages:
    def test_a_long_value_is_cut_short(self, model: Model) -> None:
        (problem,) = problems(model, {"prompt": "x", "aspect_ratio": "y" * 10_000})
        assert len(problem) < 150

    def test_a_long_unknown_name_is_cut_short(self, model: Model) -> None:
        (problem,) = problems(model, {"prompt": "x", "y" * 10_000: 1})
        assert len(problem) < 200

    @pytest.mark.parametrize("hostile", ["{got}", "{0.__class__}", "%s", "{"])
    def test_braces_in_a_value_are_just_text(self, model: Model, hostile: str) -> None:
        (problem,) = problems(model, {"prompt": "x", "aspect_ratio": hostile})
        assert problem == f"aspect_ratio: {hostile!r} is not one of 1:1, 16:9"


class TestPrice:
    @pytest.mark.parametrize(
        ("price", "unit", "count", "amount"),
        [(25_000, 1, 1, 25_000), (25_000, 1, 4, 100_000), (30_000, 3, 1, 10_000), (7, 7, 3, 3)],
    )
    def test_it_is_exact_in_micro_dollars(
        self, model: Model, price: int, unit: int, count: int, amount: int
    ) -> None:
        priced = replace(model, pricing=Pricing(Flat(price), unit))
        assert priced.amount_micros({"num_outputs": count}) == amount

    @pytest.mark.parametrize(("given", "count"), [({}, 1), ({"num_outputs": 3.0}, 3)])
    def test_it_is_for_the_images_asked_for(
        self, model: Model, given: dict[str, Any], count: int
    ) -> None:
        assert model.image_count(model.validated({"prompt": "x", **given})) == count

    def test_a_model_without_a_count_makes_one(self, model: Model) -> None:
        single = replace(model, image_count_property=None)
        assert single.image_count(single.validated({"prompt": "x", "num_outputs": 4})) == 1


def test_a_request_with_as_many_problems_as_it_has_values_takes_no_memory_for_them() -> None:
    """A few hundred kilobytes of input took gigabytes."""
    images = {"type": "array", "maxItems": 3, "items": {"type": "string"}, "description": "I."}
    schema = {
        **MODEL_DOCUMENT["input_schema"],
        "properties": {**MODEL_DOCUMENT["input_schema"]["properties"], "images": images},
    }
    model = parse_model(MODEL_ID, {**MODEL_DOCUMENT, "input_schema": schema})
    raw = {"prompt": "x", "images": [1] * 100_000}
    tracemalloc.start()
    try:
        assert len(problems(model, raw)) == MAX_PROBLEMS + 1
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


class TestReferences:
    @pytest.fixture
    def editor(self) -> Model:
        image = {"type": "string", "format": "uri", "description": "An image."}
        schema = {
            **MODEL_DOCUMENT["input_schema"],
            "properties": {
                **MODEL_DOCUMENT["input_schema"]["properties"],
                "image": image,
                "images": {"type": "array", "items": image, "description": "Images."},
            },
        }
        return parse_model(MODEL_ID, {**MODEL_DOCUMENT, "input_schema": schema})

    @pytest.mark.parametrize("url", ["https://a.example/1.png", "HTTPS://A/", "data:image/png,x"])
    def test_https_and_data_urls_refer_to_images(self, editor: Model, url: str) -> None:
        given = {"prompt": "a boat", "image": url, "images": [url]}
        assert {**editor.validated(given), **given} == editor.validated(given)

    @pytest.mark.parametrize(
        "wrong", ["cat.png", "", "http://a.example/1.png", "file:///etc/passwd", " https://a/"]
    )
    def test_nothing_else_does(self, editor: Model, wrong: str) -> None:
        given = {"prompt": "a boat", "image": wrong, "images": ["https://a.example/1.png", wrong]}
        told = f"{wrong!r} is no https or data: URL"
        assert problems(editor, given) == [f"image: {told}", f"images[1]: {told}"]
