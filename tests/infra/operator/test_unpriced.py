"""What an operator is told of inputs that have no price."""

from typing import Any

import pytest

from handler.catalogue.load import parse_model
from infra.operator.unpriced import unpriced
from tests.handler.catalogue.priced import BY_NAMED_SIZE, BY_SIDES, BY_VALUES, document

CASES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "one price for all": ({"price": 1, "unit": 1}, []),
    "sides": (BY_SIDES, []),
    "every named size": (BY_NAMED_SIZE, []),
    "a named size": ({**BY_NAMED_SIZE, "sizes": {"small": [512, 512]}}, ["size: large"]),
    "a combination": (BY_VALUES, ["size, quality: large low"]),
    "a value": (
        {**BY_VALUES, "prices": {"small": {"low": 0.006, "high": 0.053}}},
        ["size: large"],
    ),
    "values that are no text": (
        {"unit": 1, "by": ["steps", "fast"], "prices": {"1": {"true": 0.1}}},
        ["steps: 2.5, 1x", "fast: false"],
    ),
}


@pytest.mark.parametrize(("pricing", "told"), CASES.values(), ids=CASES)
def test_what_has_no_price_is_told(pricing: dict[str, Any], told: list[str]) -> None:
    assert list(unpriced(parse_model("test/easel", document(pricing)))) == told


def test_of_many_a_few_are_told() -> None:
    values = [f"v{number}" for number in range(20)]
    described = document(BY_VALUES)
    member = {"type": "string", "description": "M.", "enum": values, "default": "v0"}
    properties = {**described["input_schema"]["properties"], "size": member, "style": member}
    described["input_schema"] = {**described["input_schema"], "properties": properties}
    diagonal = {value: {value: 0.1} for value in values}
    described["pricing"] = {"unit": 1, "by": ["size", "style"], "prices": diagonal}
    (told,) = unpriced(parse_model("test/easel", described))
    assert told.startswith("size, style: v0 v1, v0 v2, v0 v3, ")
    assert told.endswith(", and 374 more")
