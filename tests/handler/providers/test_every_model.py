"""Every model that ships, from admission to stored images, through its adapter and a fake vendor.

With what it requires, and with inputs that have each value and each bound of every property. What
is charged is computed here from the file, by other means than the code's.
"""

import base64
import itertools
import json
from collections.abc import Mapping
from fractions import Fraction
from math import ceil
from typing import Any

import pytest

from handler.catalogue.load import built_in
from handler.core.generation import Status
from tests.handler.providers.bench import CREDITS_MICROS, Bench
from tests.handler.providers.cells.table import VENDORS
from tests.vendors.server import Fake, picture

REFERENCE = "data:image/png;base64," + base64.b64encode(picture()).decode()
PROMPT = "a boat of some words and a great deal of patience"
BY_PROVIDER = {vendor.provider: vendor for vendor in VENDORS}
MODELS = {
    model_id: document
    for model_id, document in built_in().items()
    # It has no vendor, and tests of its own.
    if document["provider"] != "sketch"
}
NOT_SENT = {
    # They follow from whether there is an image, which the caller need not know.
    "bedrock": {"mode", "strength", "aspect_ratio"},
}


def values_of(member: Mapping[str, Any]) -> list[Any]:
    """Every value of a property that has few, and the ends of one that has many."""
    if "enum" in member:
        return list(member["enum"])
    if member["type"] == "boolean":
        return [False, True]
    if member["type"] == "array":
        return [[], [REFERENCE], [REFERENCE] * member["maxItems"]]
    if member["type"] in ("integer", "number"):
        return [member.get("minimum", 0), member.get("maximum", 2**31 - 1)]
    return [REFERENCE] if member.get("format") == "uri" else ["no fog"]


def inputs_of(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The least, then as many inputs as the longest list of values has members."""
    properties = {
        name: values_of(member)
        for name, member in document["input_schema"]["properties"].items()
        if name != "prompt"
    }
    rows = max(map(len, properties.values()))
    turning = (itertools.islice(itertools.cycle(values), rows) for values in properties.values())
    required = document["input_schema"]["required"]
    least = {name: values[0] for name, values in properties.items() if name in required}
    return [least, *(dict(zip(properties, row, strict=True)) for row in zip(*turning, strict=True))]


def expected_micros(document: Mapping[str, Any], given: Mapping[str, Any], count: int) -> int:
    """Of each of as many images."""
    pricing = document["pricing"]
    defaults = {
        name: member.get("default")
        for name, member in document["input_schema"]["properties"].items()
    }
    values = {**defaults, **given}
    if "by" in pricing:
        price = pricing["prices"]
        for name in pricing["by"]:
            price = price[values[name]]
        price = Fraction(price)
    elif "per" in pricing:
        if isinstance(pricing["size"], str):
            width, height = pricing["sizes"][values[pricing["size"]]]
        else:
            width, height = (values[name] for name in pricing["size"])
        further = ceil(Fraction(width * height, pricing["megapixel"])) - 1
        price = Fraction(pricing.get("first_price", pricing["price"]))
        price += further * Fraction(pricing["price"])
    else:
        price = Fraction(pricing["price"]) / pricing["unit"]
    if "references" in pricing:
        images = sum(len(values[name] or []) for name in pricing["references"]["in"])
        price += images * Fraction(pricing["references"]["price"])
    micros = price * 10**6
    assert micros.denominator == 1
    if "text" in pricing:
        text = pricing["text"]
        micros += ceil(Fraction(text["price"]) * 10**6 * len(PROMPT) / text["bytes"] / count)
    return int(micros)


CASES = [
    pytest.param(model_id, given, id=f"{model_id} {number}")
    for model_id, document in MODELS.items()
    for number, given in enumerate(inputs_of(document))
]


@pytest.mark.parametrize(("model_id", "given"), CASES)
def test_it_is_made_as_asked_for_and_charged_exactly(
    model_id: str, given: dict[str, Any], fakes: dict[str, Fake]
) -> None:
    document = MODELS[model_id]
    vendor = BY_PROVIDER[document["provider"]]
    fake = fakes[vendor.provider]
    fake.forget()
    bench = Bench(vendor.provider, document, fake.base_url)
    ended = bench.finish(bench.admit(PROMPT, **given))

    count = given.get(document.get("image_count_property", ""), 1)
    assert (ended.status, ended.error) == (Status.SUCCEEDED, None)
    assert len(bench.stored(ended)) == count
    assert ended.charged_micros == expected_micros(document, given, count) * count
    assert bench.available_micros == CREDITS_MICROS - ended.charged_micros
    assert vendor.posts_to(fake) == 1

    sent = fake.arrivals.of("POST")[0]
    assert document["provider_model"] in sent.path or document["provider_model"] in str(sent.body)
    values = leaves(json.loads(sent.body))
    for name, value in given.items():
        if name not in NOT_SENT.get(vendor.provider, ()) and not is_reference(value):
            assert value in values, name


def is_reference(value: Any) -> bool:
    """Some vendors get them in a form of their own."""
    return isinstance(value, list) or value == REFERENCE


def leaves(value: Any) -> list[Any]:
    """Every value in a document that holds no others."""
    if isinstance(value, dict):
        return [leaf for member in value.values() for leaf in leaves(member)]
    if isinstance(value, list):
        return [leaf for member in value for leaf in leaves(member)]
    return [value]
