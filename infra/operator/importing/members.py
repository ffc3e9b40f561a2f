"""One property of a vendor's schema, as a catalogue file has it: flat, and of plain values.

Vendors describe inputs by OpenAPI 3.0 as their frameworks make it: an enum behind `allOf` and
`$ref`, null as one of several forms, texts meant for a form. What is kept is what a caller needs to
know and what our own validation can hold a value against. Patterns are not kept: they are in
another language's syntax, and the vendor checks them anyway.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jsonschema import Draft202012Validator

from handler.core.text import clipped

Schema = Mapping[str, Any]
"""A JSON Schema, or what a vendor takes for one."""

DESCRIPTION_LENGTH = 200
_DEPTH = 20
_MOST_STEPS = 20_000
"""More than any description needs; one that doubles at every level would take for ever."""
_SCALARS = {"string": str, "integer": int, "number": (int, float), "boolean": bool}
_SENTENCE = re.compile(r"(?<=[.!?])\s")
_LENGTHS = ("minLength", "maxLength")
_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_ITEMS = ("minItems", "maxItems")


class NotOffered(Exception):
    """The property is not for a catalogue file; says why."""


@dataclass(frozen=True)
class Definitions:
    """The named schemas of a description."""

    schemas: Mapping[str, Any]
    _steps: Iterator[int] = field(default_factory=lambda: iter(range(_MOST_STEPS)))

    def resolved(self, schema: Any) -> dict[str, Any]:
        """A schema without `$ref` and `allOf` at its top; what stands beside them goes before.

        Raises:
            NotOffered: A reference leads nowhere, or in a circle.
        """
        return self._resolved(schema, _DEPTH)

    def _resolved(self, schema: Any, depth: int) -> dict[str, Any]:
        if not isinstance(schema, Mapping):
            raise NotOffered("it is described by no object")
        if depth == 0:
            raise NotOffered("its description refers to itself")
        self._step()
        own = {name: value for name, value in schema.items() if name not in ("$ref", "allOf")}
        given = schema.get("allOf")
        parts = given if isinstance(given, list) else []
        if "$ref" in schema:
            parts = [self._named(schema["$ref"]), *parts]
        merged: dict[str, Any] = {}
        for part in parts:
            merged |= self._resolved(part, depth - 1)
        return {**merged, **own}

    def _step(self) -> None:
        if next(self._steps, None) is None:
            raise NotOffered("the description of the whole input is too large")

    def _named(self, reference: Any) -> Any:
        name = str(reference).removeprefix("#/components/schemas/")
        if name not in self.schemas:
            raise NotOffered(f"it refers to {clipped(name, 60)}, which is not described")
        return self.schemas[name]

    def forms(self, schema: Any, depth: int = _DEPTH) -> Iterator[dict[str, Any]]:
        """The forms that a value may have, in order; null is none.

        Raises:
            NotOffered: A reference leads nowhere, or in a circle.
        """
        if depth == 0:
            raise NotOffered("its description refers to itself")
        resolved = self.resolved(schema)
        choices = resolved.pop("anyOf", None) or resolved.pop("oneOf", None)
        if not isinstance(choices, list):
            if resolved.get("type") != "null":
                yield resolved
            return
        for choice in choices:
            for form in self.forms(choice, depth - 1):
                yield {**form, **resolved}


@dataclass(frozen=True)
class Member:
    """A property as the catalogue has it."""

    schema: dict[str, Any]
    notes: tuple[str, ...] = ()
    """What of the vendor's description is not in it."""


def flattened(name: str, schema: Any, definitions: Definitions) -> Member:
    """A property of plain values.

    Raises:
        NotOffered: It has no such form.
    """
    forms = list(definitions.forms(schema))
    plain = [form for form in map(_typed, forms) if form is not None]
    usable = [form for form in plain if _is_usable(form, definitions)]
    if not usable:
        kinds = sorted({str(form.get("type", "anything")) for form in forms})
        raise NotOffered(f"it is of type {clipped(' or '.join(kinds), 60)}")
    # Named values say more than a text that can be anything.
    chosen = next((form for form in usable if "enum" in form), usable[0])
    notes = []
    if len(forms) > 1:
        notes.append(f"{name}: takes other forms at the vendor too, which are left out")
    kept = _kept(chosen, definitions)
    default = chosen.get("default")
    if default is not None:
        if Draft202012Validator(kept).is_valid(default):
            kept["default"] = default
        else:
            notes.append(f"{name}: the vendor's default breaks its own rules and is left out")
    kept["description"] = _description(name, chosen)
    return Member(kept, tuple(notes))


def _typed(form: Schema) -> dict[str, Any] | None:
    """A form with one type; None if it is of none that is plain."""
    kind: Any = form.get("type")
    if isinstance(kind, list):
        kinds = [each for each in kind if each != "null"]
        kind = kinds[0] if len(kinds) == 1 else None
    if "const" in form:
        form = {**form, "enum": [form["const"]]}
    if kind is None and isinstance(form.get("enum"), list):
        kind = _type_of(form["enum"])
    is_plain = isinstance(kind, str) and (kind in _SCALARS or kind == "array")
    return {**form, "type": kind} if is_plain else None


def _type_of(values: Sequence[Any]) -> str | None:
    for kind, classes in _SCALARS.items():
        present = [value for value in values if value is not None]
        if present and all(_is_a(value, kind, classes) for value in present):
            return kind
    return None


def _is_a(value: Any, kind: str, classes: Any) -> bool:
    return isinstance(value, classes) and (kind == "boolean") == isinstance(value, bool)


def _is_usable(form: Schema, definitions: Definitions) -> bool:
    if form["type"] == "array":
        try:
            return any(
                item is not None and item["type"] != "array"
                for item in map(_typed, definitions.forms(form.get("items")))
            )
        except NotOffered:
            return False
    return "enum" not in form or bool(_values(form))


def _values(form: Schema) -> list[Any]:
    """The distinct values of an enum that are of its type."""
    kind, found = form["type"], []
    for value in form["enum"] if isinstance(form["enum"], list) else []:
        if _is_a(value, kind, _SCALARS.get(kind, ())) and value not in found:
            found.append(value)
    return found


def _kept(form: Schema, definitions: Definitions) -> dict[str, Any]:
    kind = form["type"]
    kept: dict[str, Any] = {"type": kind}
    if "enum" in form:
        kept["enum"] = _values(form)
    elif kind == "string":
        kept |= _counts(form, _LENGTHS)
        if form.get("format") == "uri":
            kept["format"] = "uri"
    elif kind in ("integer", "number"):
        kept |= _bounds(form)
    elif kind == "array":
        items = [item for item in map(_typed, definitions.forms(form["items"])) if item is not None]
        kept["items"] = _kept(items[0], definitions)
        kept |= _counts(form, _ITEMS)
    return kept


def _counts(form: Schema, names: Sequence[str]) -> dict[str, int]:
    return {name: form[name] for name in names if type(form.get(name)) is int and form[name] >= 0}


def _bounds(form: Schema) -> dict[str, Any]:
    """Limits of a number. OpenAPI 3.0 says by `true` that a limit itself is not allowed."""
    found = {name: form[name] for name in _BOUNDS if _is_a(form.get(name), "number", (int, float))}
    for exclusive, inclusive in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if form.get(exclusive) is True and inclusive in found:
            found[exclusive] = found.pop(inclusive)
    if found.get("multipleOf", 1) <= 0:
        del found["multipleOf"]
    return found


def _description(name: str, form: Schema) -> str:
    """What the vendor says of it: the first sentence, or as many as are short."""
    for text in (form.get("description"), form.get("title")):
        if isinstance(text, str) and text.strip():
            return shortened(text)
    return f"{name.replace('_', ' ').capitalize()}."


def shortened(text: str) -> str:
    """The first sentences of a text, in one line, as many as are short together."""
    text = printable(text)
    first, *others = _SENTENCE.split(text)
    for sentence in others:
        if len(first) + 1 + len(sentence) > DESCRIPTION_LENGTH:
            break
        first = f"{first} {sentence}"
    return clipped(first, DESCRIPTION_LENGTH)


def printable(text: str) -> str:
    """A text of a vendor's in one line, without what moves a terminal's cursor."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())
