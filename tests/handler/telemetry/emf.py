"""CloudWatch's Embedded Metric Format, as AWS specifies it.

The schema is the one in "Specification: Embedded metric format" of the CloudWatch user guide, less
its titles and examples. What the specification says in words only is checked by hand.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft7Validator

_NAME = {"type": "string", "pattern": "^(.*)$", "minLength": 1, "maxLength": 255}
_RATES = ["Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes"]
_RATES += ["Bits", "Kilobits", "Megabits", "Gigabits", "Terabits", "Count"]
_UNITS = [
    *("Seconds", "Microseconds", "Milliseconds", "Percent", "None"),
    *_RATES,
    *(f"{unit}/Second" for unit in _RATES),
]
_DIRECTIVE = {
    "type": "object",
    "required": ["Namespace", "Dimensions", "Metrics"],
    "properties": {
        "Namespace": _NAME,
        "Dimensions": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "array", "minItems": 0, "maxItems": 9, "items": _NAME},
        },
        "Metrics": {
            "type": "array",
            # "This array MUST NOT contain more than 100 MetricDefinition objects."
            "maxItems": 100,
            "items": {
                "type": "object",
                "required": ["Name"],
                "properties": {"Name": _NAME, "Unit": {"enum": _UNITS}},
                # "Unless otherwise noted, objects defined by this specification MUST NOT contain
                # any additional members."
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}
SCHEMA = {
    "type": "object",
    "required": ["_aws"],
    "properties": {
        "_aws": {
            "type": "object",
            "required": ["Timestamp", "CloudWatchMetrics"],
            "properties": {
                "Timestamp": {"type": "integer"},
                "CloudWatchMetrics": {"type": "array", "items": _DIRECTIVE},
            },
        }
    },
}
LARGEST_EVENT_BYTES = 256 * 1024
"""The limit of a log event in the older of the specification's versions; it is 1 MB by now."""

Value = tuple[str, tuple[str, ...]]
"""A metric's name, and the values of its dimensions."""


def require_valid(line: str) -> None:
    """Fail unless CloudWatch takes the metrics from this line."""
    assert "\n" not in line
    assert len(line.encode()) <= LARGEST_EVENT_BYTES
    document = json.loads(line)
    Draft7Validator(SCHEMA).validate(document)
    for directive in document["_aws"]["CloudWatchMetrics"]:
        for dimensions in directive["Dimensions"]:
            for name in dimensions:
                # "The target member MUST have a string value"; CloudWatch takes ASCII only.
                assert isinstance(document[name], str)
                assert document[name].strip()
                assert document[name].isascii()
                assert len(document[name]) <= 1024
        for metric in directive["Metrics"]:
            # "Metric targets MUST be either a numeric value or an array of numeric values."
            value = document[metric["Name"]]
            assert isinstance(value, int | float)
            assert not isinstance(value, bool)


def metric_values(document: Mapping[str, Any]) -> dict[Value, int]:
    """What CloudWatch reads out of a document; nothing may be told twice."""
    values: dict[Value, int] = {}
    for name, dimensions in _told(document):
        assert (name, dimensions) not in values
        values[name, dimensions] = document[name]
    return values


def _told(document: Mapping[str, Any]) -> Iterator[Value]:
    for directive in document.get("_aws", {}).get("CloudWatchMetrics", []):
        for dimensions in directive["Dimensions"]:
            for metric in directive["Metrics"]:
                yield metric["Name"], tuple(document[name] for name in dimensions)
