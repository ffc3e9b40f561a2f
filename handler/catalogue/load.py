"""What a catalogue document must be, and those that ship.

A document is an object with `name`, `description`, `provider`, `provider_model`, `pricing` (its
forms are in `handler.catalogue.pricing`), `input_schema` (JSON Schema 2020-12, closed, flat) and,
where a caller may ask for several images, `image_count_property`; `source` says where its schema
and its price were read, and when. Each is a file, whose path below a directory is its id, without
`.json`. How its text is read is `handler.catalogue.decoding`'s matter, what an operator adds and
changes `handler.catalogue.published`'s.
"""

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from jsonschema import Draft202012Validator, SchemaError, ValidationError
from jsonschema.exceptions import best_match

from handler.catalogue.decoding import decoded_unchecked, listed, quoted, require_sound
from handler.catalogue.pricing import parse_pricing
from handler.catalogue.reaching import require_reaching
from handler.core.models import EXPLANATIONS, Model
from handler.core.nearest import nearest

BUILT_IN = Path(__file__).parent / "models"

REQUIRED = frozenset(
    {"name", "description", "provider", "provider_model", "pricing", "input_schema"}
)
OPTIONAL = frozenset({"image_count_property", "source"})
HIDDEN = "hidden"
"""A field that an operator's entries may have besides."""
IMAGE_COUNTS = ("num_outputs", "num_images", "number_of_images", "image_count", "num_samples", "n")
"""What vendors call the property that says how many images are made, the usual one first."""
MULTIPLIERS = (*IMAGE_COUNTS, "batch_count", "batch_size", "max_images", "num_images_per_prompt")
"""What makes more images than are asked for by the count, and so than are paid for."""
_LONGEST_NAME = 100
_LONGEST_DESCRIPTION = 2_000
_REFERENCES = ("$ref", "$dynamicRef")
_COMBINATORS = ("allOf", "anyOf", "oneOf", "not", "if", "patternProperties", *_REFERENCES)
_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)*", re.ASCII)
_ID_LENGTH = 100

Document = Mapping[str, Any]
"""A catalogue file's content, decoded."""


@cache
def built_in() -> Mapping[str, Document]:
    """The documents that ship, by id.

    They are not checked here: the tests did, and a start that did it again would take longer by
    half.
    """
    return MappingProxyType(
        {
            id_of(path, BUILT_IN): decoded_unchecked(path.read_text(encoding="utf-8"))
            for path in sorted(BUILT_IN.rglob("*.json"))
        }
    )


def id_of(path: Path, directory: Path) -> str:
    """The id of the model in a file below a directory."""
    return path.relative_to(directory).with_suffix("").as_posix()


def parse_model(model_id: str, document: Document) -> Model:
    """Check a document, and read it.

    Raises:
        ValueError: A field is missing, unknown or wrong; says which and why.
    """
    if not _ID.fullmatch(model_id) or len(model_id) > _ID_LENGTH:
        raise ValueError(
            f"the id {quoted(model_id)} must be names of letters, digits, '.', '_' and '-', with"
            f" '/' between them, {_ID_LENGTH} characters at most"
        )
    _require_fields(document)
    try:
        _require_schema(document["input_schema"])
    except (ArithmeticError, RecursionError) as error:
        raise ValueError("input_schema holds a number or a pattern that is too large") from error
    model = read_model(model_id, document)
    _require_image_count(model)
    require_reaching(model)
    return model


def read_model(model_id: str, document: Document) -> Model:
    """Read a document that is known to be sound."""
    schema = document["input_schema"]
    return Model(
        id=model_id,
        name=document["name"],
        description=document["description"],
        pricing=parse_pricing(document["pricing"], schema),
        provider=document["provider"],
        provider_model=document["provider_model"],
        input_schema=schema,
        image_count_property=document.get("image_count_property"),
    )


def require_known(document: Mapping[str, Any]) -> None:
    """Refuse fields that nothing has.

    Raises:
        ValueError: There is one; says which it may have been meant for.
    """
    known = sorted(REQUIRED | OPTIONAL | {HIDDEN})
    for name in document:
        if name not in known:
            meant = did_you_mean(name, known)
            raise ValueError(f"unknown field {quoted(name)}{meant} (allowed: {', '.join(known)})")


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """The names that `wrong` may have been meant for, as a question; empty if it is like none."""
    alike = nearest(wrong, {name: [name] for name in known})
    return f"; did you mean {' or '.join(map(quoted, alike))}?" if alike else ""


def _require_fields(document: Document) -> None:
    if not isinstance(document, Mapping):
        raise ValueError("it must be an object")  # noqa: TRY004 - a file's fault, not a caller's
    require_sound(document)
    require_known(document)
    missing = sorted(REQUIRED - set(document))
    if missing:
        raise ValueError(f"without {', '.join(missing)}, which a model must have")
    for name in ("name", "description", "provider", "provider_model"):
        if not isinstance(document[name], str) or not document[name]:
            raise ValueError(f"{name} must be a non-empty string")
    for name, most in (("name", _LONGEST_NAME), ("description", _LONGEST_DESCRIPTION)):
        if len(document[name]) > most:
            raise ValueError(
                f"{name} may have {most:,} characters, and has {len(document[name]):,}"
            )


def _require_schema(schema: Any) -> None:
    try:
        # The format checker knows which patterns are none.
        Draft202012Validator.check_schema(schema, Draft202012Validator.FORMAT_CHECKER)
    except SchemaError as error:
        raise ValueError(_explained("input_schema", error)) from error
    if not isinstance(schema, dict):
        raise ValueError("input_schema must be an object")  # noqa: TRY004 - a file's fault
    properties = schema.get("properties", {})
    undefined = [name for name in schema.get("required", []) if name not in properties]
    combined = [name for name in _COMBINATORS if name in schema]
    rules = [
        (schema.get("type") == "object", "must be of type object"),
        (schema.get("additionalProperties") is False, "must set additionalProperties to false"),
        (bool(properties), "must have properties"),
        (not undefined, f"requires what is no property of it: {listed(undefined)}"),
        (not combined, f"must be flat, without {', '.join(combined)}"),
    ]
    for holds, rule in rules:
        if not holds:
            raise ValueError(f"input_schema {rule}")
    for name, member in schema.items():
        # They would be looked up, wherever they lead, each time an input is checked.
        if name != "properties" and _refers(member):
            raise ValueError(f"input_schema {name} must not refer to anything")
    for name, member in properties.items():
        _require_property(name, member)


def _require_property(name: str, member: Any) -> None:
    if not isinstance(member, dict) or not member.get("description"):
        raise ValueError(f"input_schema property {name} must have a description")
    if "type" not in member and "enum" not in member:
        raise ValueError(f"input_schema property {name} must have a type or an enum")
    if _refers(member):
        raise ValueError(f"input_schema property {name} must not refer to anything")
    if "default" in member:
        _require_default(name, member)


def _refers(schema: Any) -> bool:
    text = json.dumps(schema)
    return any(name in text for name in _REFERENCES)


def _require_default(name: str, member: Mapping[str, Any]) -> None:
    error = best_match(Draft202012Validator(member).iter_errors(member["default"]))
    if error is not None:
        raise ValueError(_explained(f"input_schema.properties.{name}.default", error))


def _explained(where: str, error: ValidationError | SchemaError) -> str:
    """What is wrong with a schema or a default, without the validator's Python."""
    path = where + error.json_path.removeprefix("$")
    wanted = error.validator_value
    words = _RULES.get(str(error.validator), "{got} is not what JSON Schema 2020-12 has there")
    shown = listed(wanted) if isinstance(wanted, list) else quoted(wanted)
    return f"{path}: {words.format(got=quoted(error.instance), listed=shown)}"


_RULES: Mapping[str, str] = {
    **EXPLANATIONS,
    "const": "{got} is not {listed}",
    "exclusiveMaximum": "{got} is not less than {listed}",
    "exclusiveMinimum": "{got} is not more than {listed}",
    "format": "{got} is no {listed}",
    "uniqueItems": "{got} has the same item more than once",
}
"""What callers are told of their inputs, and what else may be wrong with a schema."""


def _require_image_count(model: Model) -> None:
    name = model.image_count_property
    if name is not None:
        _require_count(name, model)
    for other in MULTIPLIERS:
        member = model.input_schema["properties"].get(other)
        # One would be charged, however many were made.
        if member is not None and other != name and member.get("maximum") != 1:
            raise ValueError(f"{other} may ask for several images: name it as image_count_property")


def _require_count(name: Any, model: Model) -> None:
    if not isinstance(name, str):
        raise ValueError("image_count_property must be the name of a property")  # noqa: TRY004
    member = model.input_schema["properties"].get(name, {})
    bounds = [member.get(key) for key in ("minimum", "default", "maximum")]
    if member.get("type") != "integer" or not all(isinstance(bound, int) for bound in bounds):
        raise ValueError(f"{name} must be an integer with minimum, default and maximum")
    if bounds[0] < 1:
        raise ValueError(f"{name} must be at least 1")
