"""Reads catalogue files and refuses one that could mislead a caller or a price.

A file is an object with `name`, `description`, `provider`, `provider_model`, `pricing` (`price` in
USD for `unit` images), `input_schema` (JSON Schema 2020-12, closed, flat) and, where a caller may
ask for several images, `image_count_property`. Its id is its path below the directory, without
`.json`.
"""

import json
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, SchemaError, ValidationError

from handler.core.errors import ConfigurationError
from handler.core.models import Model, Pricing
from handler.core.money import parse_usd

BUILT_IN = Path(__file__).parent / "models"

_REQUIRED = {"name", "description", "provider", "provider_model", "pricing", "input_schema"}
_ALLOWED = _REQUIRED | {"image_count_property"}
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
        document = json.loads(path.read_text(encoding="utf-8"))
        return parse_model(model_id, document)
    except (ValueError, TypeError, KeyError, SchemaError, ValidationError) as error:
        reason = error.message if isinstance(error, SchemaError | ValidationError) else str(error)
        raise ConfigurationError(f"catalogue file {path}: {reason}") from error


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
        pricing=_pricing(document["pricing"]),
        provider=document["provider"],
        provider_model=document["provider_model"],
        input_schema=schema,
        image_count_property=document.get("image_count_property"),
    )
    _require_image_count(model)
    return model


def _require_fields(document: Mapping[str, Any]) -> None:
    missing, unknown = _REQUIRED - set(document), set(document) - _ALLOWED
    if missing or unknown:
        raise ValueError(f"fields missing: {sorted(missing)}, unknown: {sorted(unknown)}")
    for name in ("name", "description", "provider", "provider_model"):
        if not isinstance(document[name], str) or not document[name]:
            raise ValueError(f"{name} must be a non-empty string")


def _pricing(pricing: Mapping[str, Any]) -> Pricing:
    price_micros, unit = parse_usd(pricing["price"]), pricing["unit"]
    if price_micros <= 0:
        raise ValueError("pricing.price must be above 0")
    if not isinstance(unit, int) or unit < 1:
        raise ValueError("pricing.unit must be a whole number, 1 or more")
    if price_micros % unit:
        raise ValueError("pricing.price must divide by unit into whole micro-dollars")
    return Pricing(price_micros, unit)


def _require_schema(schema: Mapping[str, Any]) -> None:
    Draft202012Validator.check_schema(schema)
    rules: list[tuple[Callable[[], bool], str]] = [
        (lambda: schema.get("type") == "object", "must be of type object"),
        (
            lambda: schema.get("additionalProperties") is False,
            "must set additionalProperties to false",
        ),
        (lambda: bool(schema.get("properties")), "must have properties"),
        (
            lambda: not any(word in schema for word in _COMBINATORS),
            f"must be flat, without any of {_COMBINATORS}",
        ),
    ]
    for holds, rule in rules:
        if not holds():
            raise ValueError(f"input_schema {rule}")
    for name, member in schema["properties"].items():
        if "default" in member:
            Draft202012Validator(member).validate(member["default"])
        if not member.get("description"):
            raise ValueError(f"input_schema property {name} must have a description")


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
