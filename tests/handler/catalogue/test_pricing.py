"""What is said about a `pricing` that could not price its inputs."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from handler.catalogue.decoding import decoded
from handler.catalogue.load import parse_model
from tests.handler.catalogue.priced import (
    BY_NAMED_SIZE,
    BY_SIDES,
    BY_VALUES,
    REFERENCES,
    TEXT,
    document,
)

Change = Callable[[dict[str, Any]], None]


def put(value: Any, *path: str) -> Change:
    def change(pricing: dict[str, Any]) -> None:
        for name in path[:-1]:
            pricing = pricing[name]
        pricing[path[-1]] = value

    return change


def drop(name: str) -> Change:
    return lambda pricing: pricing.__delitem__(name)


UNUSABLE: dict[str, tuple[dict[str, Any], Change, str]] = {
    "no prices": (BY_VALUES, drop("prices"), "pricing must have prices"),
    "no unit": (BY_VALUES, drop("unit"), "pricing must have unit"),
    "a price beside prices": (BY_VALUES, put(1, "price"), 'pricing: unknown "price" (allowed: '),
    "by nothing": (BY_VALUES, put([], "by"), "pricing.by must be a list of properties"),
    "by text": (BY_VALUES, put("size", "by"), "pricing.by must be a list of properties"),
    "by one twice": (BY_VALUES, put(["size", "size"], "by"), "each named once"),
    "by what is not there": (BY_VALUES, put(["colour"], "by"), "colour, which is no property"),
    "by a list": (BY_VALUES, put([["size"]], "by"), "which is no property"),
    "by what has no values": (BY_VALUES, put(["prompt"], "by"), "prompt, which must have an enum"),
    "by what may be left out": (
        BY_VALUES,
        put(["image"], "by"),
        "image, which must have an enum or be boolean",
    ),
    "prices of an unknown value": (
        BY_VALUES,
        put({"low": 1}, "prices", "huge"),
        "pricing.prices.huge is no value of its property (small, large)",
    ),
    "prices of an unknown value below": (
        BY_VALUES,
        put(1, "prices", "small", "best"),
        "pricing.prices.small.best is no value of its property (low, high)",
    ),
    "prices that end early": (
        BY_VALUES,
        put(0.1, "prices", "small"),
        "pricing.prices.small must be an object",
    ),
    "prices that go on": (
        BY_VALUES,
        put({"now": 1}, "prices", "small", "low"),
        "no amount in USD",
    ),
    "no price among prices": (BY_VALUES, put({}, "prices"), "pricing.prices must be an object"),
    "a price of nothing": (
        BY_VALUES,
        put(0, "prices", "small", "low"),
        "pricing.prices.small.low must be above 0",
    ),
    "a price that does not divide": (BY_VALUES, put(7, "unit"), "must divide by unit into whole"),
    "no price for the defaults": (
        BY_VALUES,
        put({"large": {"high": 1}}, "prices"),
        'pricing.prices has none for the defaults {"size": "small"}',
    ),
    "another currency": (BY_VALUES, put("EUR", "currency"), "pricing.currency must be USD"),
    "per something else": (BY_SIDES, put("second", "per"), "pricing.per must be megapixel"),
    "no size": (BY_SIDES, drop("size"), "pricing must have size"),
    "no megapixel": (BY_SIDES, drop("megapixel"), "pricing must have megapixel"),
    "a small megapixel": (BY_SIDES, put(1024, "megapixel"), "pricing.megapixel must be a number"),
    "a megapixel in floats": (BY_SIDES, put(1e6, "megapixel"), "pricing.megapixel must be"),
    "one side": (BY_SIDES, put(["width"], "size"), "pricing.size must be a property, or those"),
    "a side that is no number": (
        BY_SIDES,
        put(["width", "size"], "size"),
        "size must be an integer with minimum and maximum",
    ),
    "a side that is not there": (BY_SIDES, put(["width", "depth"], "size"), "depth, which is no"),
    "a first price of nothing": (BY_SIDES, put(0, "first_price"), "first_price must be above 0"),
    "sizes beside sides": (BY_SIDES, put({}, "sizes"), 'pricing: unknown "sizes" (allowed: '),
    "no sizes": (BY_NAMED_SIZE, drop("sizes"), "pricing must have sizes"),
    "an unknown size": (
        BY_NAMED_SIZE,
        put([1, 1], "sizes", "huge"),
        "pricing.sizes.huge is no value of size (small, large)",
    ),
    "a size of one side": (
        BY_NAMED_SIZE,
        put([512], "sizes", "small"),
        "pricing.sizes.small must be [width, height]",
    ),
    "a size of nothing": (
        BY_NAMED_SIZE,
        put([0, 512], "sizes", "small"),
        "pricing.sizes.small must be [width, height]",
    ),
    "no size for the default": (
        BY_NAMED_SIZE,
        put({"large": [1, 1]}, "sizes"),
        "pricing.sizes has none for the default of size",
    ),
    "references without a price": (
        BY_SIDES,
        put({"in": ["image"]}, "references"),
        "pricing.references must have price",
    ),
    "references nowhere": (
        BY_SIDES,
        put({"price": 1, "in": []}, "references"),
        "pricing.references.in must be a list of properties",
    ),
    "references in a number": (
        BY_SIDES,
        put({"price": 1, "in": ["width"]}, "references"),
        "width must be of type string or array",
    ),
    "references for nothing": (
        BY_SIDES,
        put({"price": 0, "in": ["image"]}, "references"),
        "pricing.references.price must be above 0",
    ),
    "text without its bytes": (
        BY_SIDES,
        put({"price": 0.005, "in": ["prompt"]}, "text"),
        "pricing.text must have bytes",
    ),
    "text by no bytes": (
        BY_SIDES,
        put({**TEXT, "bytes": 0}, "text"),
        "pricing.text.bytes must be a whole number, 1 or more",
    ),
    "text in a list": (
        BY_SIDES,
        put({**TEXT, "in": ["images"]}, "text"),
        "pricing.text.in: images must be of type string",
    ),
    "text for nothing": (
        BY_SIDES,
        put({**TEXT, "price": 0}, "text"),
        "pricing.text.price must be above 0",
    ),
}


@pytest.mark.parametrize(("pricing", "change", "says"), UNUSABLE.values(), ids=UNUSABLE)
def test_unusable_pricing_is_refused_with_its_reason(
    pricing: dict[str, Any], change: Change, says: str
) -> None:
    changed = copy.deepcopy(pricing)
    change(changed)
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 - its text is what is asserted
        parse_model("test/easel", document(changed))
    assert says in str(refusal.value)


@pytest.mark.parametrize(
    ("member", "says"),
    [
        ({"type": "string", "enum": ["a"], "description": "."}, "must have a default or be requi"),
        ({"enum": [1, "1"], "default": 1, "description": "."}, "must differ when written as text"),
    ],
)
def test_a_property_must_always_have_one_value_that_prices_can_name(
    member: dict[str, Any], says: str
) -> None:
    changed = document({"unit": 1, "by": ["size"], "prices": {"a": 1, "1": 1}})
    changed["input_schema"] = copy.deepcopy(changed["input_schema"])
    changed["input_schema"]["properties"]["size"] = member
    with pytest.raises(ValueError, match=says):
        parse_model("test/easel", changed)


@pytest.mark.parametrize(
    "text",
    ["0.1000000001", "0.00000100000000000000000000000001", "3e-7", "NaN", "Infinity", "1e99"],
)
def test_a_price_is_what_is_written_and_not_the_nearest_float(text: str) -> None:
    written = json.dumps(document({"price": "PRICE", "unit": 1})).replace('"PRICE"', text)
    with pytest.raises(ValueError, match=r"micro-dollar|no amount"):
        parse_model("test/easel", decoded(written))


@pytest.mark.parametrize("pricing", [BY_VALUES, BY_SIDES, BY_NAMED_SIZE, {"price": 1, "unit": 1}])
def test_every_form_may_have_references(pricing: dict[str, Any]) -> None:
    model = parse_model("test/easel", document({**pricing, "references": REFERENCES}))
    given = {"prompt": "x", "quality": "low"}
    alone = model.amount_micros(model.validated(given))
    with_three = model.validated({**given, "image": "a", "images": ["b", "c"], "n": 2})
    assert model.amount_micros(with_three) == 2 * (alone + 3 * 1100)


@pytest.mark.parametrize("pricing", [BY_VALUES, BY_SIDES, BY_NAMED_SIZE, {"price": 1, "unit": 1}])
def test_every_form_may_have_text(pricing: dict[str, Any]) -> None:
    """Once for all images of a request: the rest of a division is rounded up, not given away."""
    given = {"quality": "low", "prompt": "🚤" * 100}
    plain, priced = (
        parse_model("test/easel", document(each)) for each in (pricing, {**pricing, "text": TEXT})
    )
    for image_count, text_micros in ((1, 2000), (4, 2000), (3, 2001)):
        wanted = plain.validated({**given, "n": image_count})
        more = priced.amount_micros(wanted) - plain.amount_micros(wanted)
        assert more == text_micros
