"""What a schema finds wrong in a request; each fake tells it in its vendor's words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator, ValidationError

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong."""

    path: tuple[str, ...]
    """Where; of what is missing or unknown, where it would be."""
    rule: str
    """The keyword of JSON Schema that is broken."""
    limit: Any
    """What the schema has under that keyword."""
    value: Any
    """What was sent; None of what is missing."""

    @property
    def name(self) -> str:
        """The property that it is about."""
        return self.path[-1] if self.path else ""


def takes(
    properties: Mapping[str, Schema], required: tuple[str, ...] = ("prompt",), **more: Any
) -> Schema:
    """The schema of an object with these properties; others are let through unless told."""
    return {"type": "object", "required": list(required), "properties": properties, **more}


def problems(schema: Schema, document: Any) -> list[Problem]:
    """Everything that is wrong with a document, in a fixed order."""
    found = Draft202012Validator(schema).iter_errors(document)
    return sorted(
        (problem for error in found for problem in _problems(error)), key=lambda each: each.path
    )


def _problems(error: ValidationError) -> Iterator[Problem]:
    path = tuple(map(str, error.absolute_path))
    rule, limit = str(error.validator), error.validator_value
    if rule == "required":
        # An error each, whose message alone says which one is missing.
        yield Problem((*path, error.message.split("'")[1]), rule, limit, None)
    elif rule == "additionalProperties":
        assert isinstance(error.instance, dict)
        assert isinstance(error.schema, Mapping)
        for name in error.instance.keys() - error.schema["properties"].keys():
            yield Problem((*path, name), rule, limit, error.instance[name])
    else:
        yield Problem(path, rule, limit, error.instance)


_PYDANTIC = {
    "required": ("missing", "Field required"),
    "type": ("{}_type", "Input should be a valid {}"),
    "enum": ("literal_error", "Input should be {}"),
    "minimum": ("greater_than_equal", "Input should be greater than or equal to {}"),
    "maximum": ("less_than_equal", "Input should be less than or equal to {}"),
    "multipleOf": ("multiple_of", "Input should be a multiple of {}"),
    "minLength": ("string_too_short", "String should have at least {} characters"),
    "anyOf": ("value_error", "Input is none of what it may be"),
}


def as_pydantic(problem: Problem) -> dict[str, Any]:
    """As servers say it that are written with FastAPI."""
    kind, message = _PYDANTIC[problem.rule]
    limit = problem.limit
    if isinstance(limit, list):
        limit = " or ".join(str(each) if problem.rule == "type" else f"'{each}'" for each in limit)
    return {
        "loc": ["body", *problem.path],
        "msg": message.format(limit),
        "type": kind.format(limit),
        "input": problem.value,
    }
