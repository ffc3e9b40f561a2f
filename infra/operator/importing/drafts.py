"""A catalogue file in the making, and how it is written."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handler.catalogue.load import built_in, parse_model
from handler.core.errors import OperatorRefused
from handler.core.money import json_usd
from infra.operator.importing.inputs import Converted
from infra.operator.importing.members import Definitions, NotOffered, printable, shortened


@dataclass(frozen=True)
class Draft:
    """A catalogue file that is not written yet."""

    id: str
    document: Mapping[str, Any]
    notes: Sequence[str]
    """What was left out, and what a person should look at."""


@dataclass(frozen=True)
class Described:
    """What a vendor says of a model beside its input."""

    provider: str
    provider_model: str
    name: str
    description: Any
    """The vendor's, if it is a text."""
    schema_source: str
    price_source: str


def drafted(model_id: str, said: Described, pricing: Mapping[str, Any], made: Converted) -> Draft:
    """Put a file together, as the catalogue wants it.

    Raises:
        OperatorRefused: It would not be a sound one; says why.
    """
    text = said.description if isinstance(said.description, str) else ""
    document = {
        "name": shortened(said.name),
        "description": shortened(text) if text.strip() else f"{said.name} by {said.provider}.",
        "provider": said.provider,
        "provider_model": said.provider_model,
        "pricing": pricing,
        **(
            {"image_count_property": made.image_count_property} if made.image_count_property else {}
        ),
        "source": {"schema": said.schema_source, "price": said.price_source},
        "input_schema": made.schema,
    }
    try:
        parse_model(model_id, document)
    except ValueError as error:
        raise OperatorRefused(f"no usable file can be made of {model_id}: {error}") from error
    notes = list(map(printable, made.notes))
    if "svg" in f"{model_id} {text}".lower():
        notes.append("If its images are SVG, every generation fails: this server keeps none.")
    if model_id in built_in():
        notes.append("It takes the place of the built-in model of that id.")
    return Draft(model_id, document, notes)


def per_image(price_micros: int) -> dict[str, Any]:
    """The pricing where every image costs the same."""
    return {"price": json_usd(price_micros), "currency": "USD", "unit": 1}


def list_or_one(schema: Any, definitions: Definitions) -> bool:
    """Whether an output is a list of images; False if it is one.

    Raises:
        OperatorRefused: It is no image at all.
    """
    try:
        forms = list(definitions.forms(schema))
        items = [
            item
            for form in forms
            if form.get("type") == "array"
            for item in definitions.forms(form.get("items"))
        ]
    except NotOffered as error:
        raise OperatorRefused(f"the model's output cannot be read: {error}") from error
    if any(map(_is_file, items)):
        return True
    if any(map(_is_file, forms)):
        return False
    raise OperatorRefused("the model's output is no image")


def _is_file(form: Mapping[str, Any]) -> bool:
    """A URL, or an object with one."""
    properties = form.get("properties")
    return (form.get("type") == "string" and form.get("format") == "uri") or (
        isinstance(properties, Mapping) and "url" in properties
    )


def write(draft: Draft, directory: Path, *, replace: bool) -> Path:
    """Write the file below a directory; where it is.

    Raises:
        OperatorRefused: There is one already, and it is not to be replaced.
        OSError: It cannot be written.
    """
    path = directory / f"{draft.id}.json"
    text = json.dumps(draft.document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("w" if replace else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise OperatorRefused(
            f"{path} is there already; to write it anew, add --replace"
        ) from error
    return path
