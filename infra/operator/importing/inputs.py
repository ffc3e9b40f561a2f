"""The whole of a vendor's input, as a catalogue file has it: what callers may say, and no more."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from handler.catalogue.load import IMAGE_COUNTS, MULTIPLIERS
from handler.core.errors import OperatorRefused
from infra.operator.importing.members import Definitions, Member, NotOffered, flattened

PROMPT_LENGTH = 10_000
"""As long as a prompt may be where the vendor says nothing of it."""

_NAME = re.compile(r"[A-Za-z_][\w.-]{0,99}", re.ASCII)
_INTERNAL = re.compile(
    r"webhook\w*|sync_mode|stream|request_id|replicate_weights|output_upload\w*"
    r"|(en|dis)able_safety_\w+|safety_checker\w*|\w*(api_?key|secret|password|access_token)\w*"
)
"""What is between the vendor and us, not a caller's to say."""
_MULTIPLIERS = {*MULTIPLIERS, "sequential_image_generation"}
_PRICED = {
    *("height", "width", "image_size", "size", "megapixels", "output_megapixels", "resolution"),
    *("quality", "rendering_speed"),
}
"""What vendors often have a price by."""


@dataclass(frozen=True)
class Converted:
    """An input that callers may be offered."""

    schema: dict[str, Any]
    image_count_property: str | None
    notes: tuple[str, ...]
    """What was left out, and what a person should look at; a sentence each."""


def converted(input_schema: Any, definitions: Definitions, *, makes_several: bool) -> Converted:
    """Make the catalogue's schema; `makes_several` if the output is a list.

    Raises:
        OperatorRefused: It needs something that a catalogue file cannot have.
    """
    try:
        resolved = definitions.resolved(input_schema)
    except NotOffered as error:
        raise OperatorRefused(f"the vendor's input cannot be read: {error}") from error
    properties, required = resolved.get("properties"), resolved.get("required") or []
    if not isinstance(properties, Mapping) or not isinstance(required, list):
        raise OperatorRefused("the vendor's input has no properties that could be read")
    names = sorted(properties, key=lambda name: _order(properties[name]))
    count = next(
        (name for name in IMAGE_COUNTS if _is_count(properties.get(name), definitions)), None
    )
    kept: dict[str, Any] = {}
    notes: list[str] = []
    for name in names:
        try:
            _require_offerable(name, properties[name], count)
            member = flattened(name, properties[name], definitions)
        except NotOffered as error:
            _require_optional(name, error, required)
            notes.append(f"{name} is left out: {error}.")
        else:
            kept[name] = _adapted(name, member, count, notes)
    if not kept:
        raise OperatorRefused("nothing of the vendor's input is for callers to say")
    needed = [name for name in kept if name == "prompt" or _is_needed(name, kept, required)]
    return Converted(
        schema={
            "type": "object",
            "required": needed,
            "properties": kept,
            "additionalProperties": False,
        },
        image_count_property=count,
        notes=(*notes, *_warnings(kept, count, makes_several=makes_several)),
    )


def _order(schema: Any) -> int:
    """Where the vendor shows a property; a stable sort leaves the others as they are."""
    order = schema.get("x-order") if isinstance(schema, Mapping) else None
    return order if type(order) is int else 0


def _is_needed(name: str, kept: Mapping[str, Any], required: Sequence[Any]) -> bool:
    return name in required and "default" not in kept[name]


def _is_count(schema: Any, definitions: Definitions) -> bool:
    if schema is None:
        return False
    try:
        return any(form.get("type") == "integer" for form in definitions.forms(schema))
    except NotOffered:
        return False


def _require_offerable(name: str, schema: Any, count: str | None) -> None:
    if not _NAME.fullmatch(name):
        raise NotOffered("its name is no plain word")
    if _INTERNAL.fullmatch(name.lower()):
        raise NotOffered("it is between the vendor and this server")
    if isinstance(schema, Mapping) and (
        schema.get("format") == "password" or schema.get("x-cog-secret")
    ):
        raise NotOffered("it is a secret")
    if name in _MULTIPLIERS and name != count:
        raise NotOffered("it may make more images than are paid for")


def _require_optional(name: str, error: NotOffered, required: Sequence[Any]) -> None:
    if name in required:
        raise OperatorRefused(
            f"the model needs {name}, which cannot be offered to callers: {error}"
        ) from error


def _adapted(name: str, member: Member, count: str | None, notes: list[str]) -> dict[str, Any]:
    schema = dict(member.schema)
    notes += [f"{note}." for note in member.notes]
    if name == "prompt":
        # What somebody else wanted to see is no default for what a caller pays for.
        schema.pop("default", None)
        schema = {"minLength": 1, "maxLength": PROMPT_LENGTH, **schema}
        schema["minLength"] = max(1, schema["minLength"])
    if name == count:
        return _count(name, schema, notes)
    return schema


def _count(name: str, schema: Mapping[str, Any], notes: list[str]) -> dict[str, Any]:
    """The number of images, with the limits that its price needs."""
    # What is left of several forms may be another one than the number.
    schema = (
        schema
        if schema["type"] in ("integer", "number")
        else {"description": schema["description"]}
    )
    allowed = [value for value in schema.get("enum", []) if value >= 1]
    limits = {"minimum": min(allowed), "maximum": max(allowed)} if allowed else schema
    minimum = max(1, int(limits.get("minimum", 1)))
    default = max(minimum, int(schema.get("default", minimum)))
    if "maximum" not in limits:
        notes.append(
            f"{name} has no maximum at the vendor; {default} is taken. Look the real one up."
        )
    return {
        "type": "integer",
        **({"enum": allowed} if allowed else {}),
        "minimum": minimum,
        "maximum": max(default, int(limits.get("maximum", default))),
        "default": default,
        "description": schema["description"],
    }


def _warnings(kept: Mapping[str, Any], count: str | None, *, makes_several: bool) -> list[str]:
    found = []
    if "prompt" not in kept:
        found.append("There is no property named prompt; see that callers can say what they want.")
    if count is None and makes_several:
        found.append(
            "The model answers with a list, and no property was recognised as its length: see that"
            " a call makes one image, or more will be made than are charged."
        )
    priced = sorted(set(kept) & _PRICED)
    if priced:
        found.append(
            f"If the vendor's price depends on {', '.join(priced)}, write the pricing by hand:"
            " docs/catalogue.md has the forms."
        )
    return found
