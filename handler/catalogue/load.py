"""Reads catalogue files and refuses one that could mislead a caller or a price.

A file is an object with `name`, `description`, `provider`, `provider_model`, `pricing` (its
forms are in `handler.catalogue.pricing`), `input_schema` (JSON Schema 2020-12, closed, flat) and,
where a caller may ask for several images, `image_count_property`; `source` says where its schema
and its price were read, and when. Its id is its path below the directory, without `.json`.
"""

import json
from collections.abc import Collection, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, SchemaError, ValidationError

from handler.catalogue.pricing import parse_pricing
from handler.core.errors import ConfigurationError
from handler.core.models import Model

BUILT_IN = Path(__file__).parent / "models"

_REQUIRED = {"name", "description", "provider", "provider_model", "pricing", "input_schema"}
_ALLOWED = _REQUIRED | {"image_count_property", "source"}
_COMBINATORS = ("allOf", "anyOf", "oneOf", "not", "if", "$ref")


def load_catalogue(providers: Collection[str], directory: Path = BUILT_IN) -> dict[str, Model]:
    """Every model whose provider is among `providers`, by id.

    Raises:
        ConfigurationError: A file is unusable; says which and why.
    """
    models = [_read(path, directory) for path in sorted(directory.rglob("*.json"))]
    return {model.id: model for model in models if model.provider in providers}


def _read(path: Path, directory: Path) -> Model:
    model_id = path.relative_to(directory).with_suffix("").as_posix()
    try:
        return parse_model(model_id, decoded(path.read_text(encoding="utf-8")))
    except (ValueError, SchemaError, ValidationError) as error:
        reason = error.message if isinstance(error, SchemaError | ValidationError) else str(error)
        raise ConfigurationError(f"catalogue file {path}: {reason}") from error


def decoded(text: str) -> Any:
    """A catalogue document from its text; what it says of prices is not rounded to floats.

    Raises:
        ValueError: It is no JSON.
    """
    document = json.loads(text)
    if isinstance(document, dict) and "pricing" in document:
        document["pricing"] = json.loads(text, parse_float=Decimal)["pricing"]
    return document


def parse_model(model_id: str, document: Mapping[str, Any]) -> Model:
    """Check one catalogue document.

    Raises:
        ValueError: A field is missing, unknown or wrong.
        jsonschema.SchemaError: The input schema is no JSON Schema.
        jsonschema.ValidationError: A default breaks its own schema.
    """
    _require_fields(document)
    schema = document["input_schema"]
    _require_schema(schema)
    model = Model(
        id=model_id,
        name=document["name"],
        description=document["description"],
        pricing=parse_pricing(document["pricing"], schema),
        provider=document["provider"],
        provider_model=document["provider_model"],
        input_schema=schema,
        image_count_property=document.get("image_count_property"),
    )
    _require_image_count(model)
    return model


def _require_fields(document: Mapping[str, Any]) -> None:
    _require_names("the file", document, _REQUIRED, _ALLOWED)
    for name in ("name", "description", "provider", "provider_model"):
        if not isinstance(document[name], str) or not document[name]:
            raise ValueError(f"{name} must be a non-empty string")


def _require_names(what: str, value: Any, required: set[str], allowed: set[str]) -> None:
    if not isinstance(value, dict):
        raise ValueError(f"{what} must be an object")  # noqa: TRY004 - a file's fault, not a caller's
    missing, unknown = required - set(value), set(value) - allowed
    if missing or unknown:
        raise ValueError(f"{what}: fields missing {sorted(missing)}, unknown {sorted(unknown)}")


def _require_schema(schema: Any) -> None:
    Draft202012Validator.check_schema(schema)
    if not isinstance(schema, dict):
        raise ValueError("input_schema must be an object")  # noqa: TRY004 - a file's fault
    properties = schema.get("properties", {})
    undefined = set(schema.get("required", [])) - set(properties)
    rules = [
        (schema.get("type") == "object", "must be of type object"),
        (schema.get("additionalProperties") is False, "must set additionalProperties to false"),
        (bool(properties), "must have properties"),
        (not undefined, f"requires what it does not define: {sorted(undefined)}"),
        (not set(_COMBINATORS) & set(schema), f"must be flat, without any of {_COMBINATORS}"),
    ]
    for holds, rule in rules:
        if not holds:
            raise ValueError(f"input_schema {rule}")
    for name, member in properties.items():
        _require_property(name, member)


def _require_property(name: str, member: Any) -> None:
    if not isinstance(member, dict) or not member.get("description"):
        raise ValueError(f"input_schema property {name} must have a description")
    if "type" not in member and "enum" not in member:
        raise ValueError(f"input_schema property {name} must have a type or an enum")
    if "$ref" in json.dumps(member):
        raise ValueError(f"input_schema property {name} must not refer to anything")
    if "default" in member:
        Draft202012Validator(member).validate(member["default"])


def _require_image_count(model: Model) -> None:
    name = model.image_count_property
    if name is None:
        return
    member = model.input_schema["properties"].get(name, {})
    bounds = [member.get(key) for key in ("minimum", "default", "maximum")]
    if member.get("type") != "integer" or not all(isinstance(bound, int) for bound in bounds):
        raise ValueError(f"{name} must be an integer with minimum, default and maximum")
    if bounds[0] < 1:
        raise ValueError(f"{name} must be at least 1")
