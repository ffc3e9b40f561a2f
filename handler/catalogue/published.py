"""What an operator adds to the catalogue and changes in it: from a directory of files to models.

An entry with every required field is a model of its own, or one instead of the built-in model of
that id. One with some fields changes those of the built-in model; `hidden: true` takes a model off
the list. The entries are published as one object, `{"format": 1, "models": {id: entry}}`.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from handler.catalogue.load import REQUIRED, Document, built_in, decoded, exact, id_of, parse_model
from handler.core.errors import ConfigurationError
from handler.core.models import Model

_FORMAT = 1


@dataclass(frozen=True)
class Problem:
    """Why an entry cannot be used."""

    model_id: str
    message: str


@dataclass(frozen=True)
class Directory:
    """An operator's files, read."""

    texts: Mapping[str, str]
    """The usable ones, by the id of their model, as they are written."""
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Change:
    """A usable entry."""

    model: Model
    """As it is with the entry."""
    is_hidden: bool


def read_directory(directory: Path, providers: Collection[str]) -> Directory:
    """Read every `.json` file below a directory; names that begin with a dot are passed over.

    `providers` are the names that an entry's `provider` may be one of.

    Raises:
        ConfigurationError: It is no directory.
    """
    if not directory.is_dir():
        raise ConfigurationError(f"{directory} is no directory")
    texts, problems = {}, []
    for path in sorted(directory.rglob("*.json")):
        if any(part.startswith(".") for part in path.relative_to(directory).parts):
            continue
        model_id = id_of(path, directory)
        try:
            text = path.read_text(encoding="utf-8")
            provider = read_entry(model_id, decoded(text)).model.provider
            if provider not in providers:
                allowed = ", ".join(sorted(providers))
                raise ValueError(f"provider must be one of {allowed}, not {provider!r}")  # noqa: TRY301
        except (OSError, ValueError) as error:
            problems.append(Problem(model_id, str(error)))
        else:
            texts[model_id] = text
    return Directory(texts, tuple(problems))


def read_entry(model_id: str, entry: Any) -> Change:
    """Check an entry against the built-in catalogue, and read it.

    Raises:
        ValueError: A field is missing, unknown or wrong; says which and why.
    """
    if not isinstance(entry, Mapping):
        raise ValueError("it must be an object")  # noqa: TRY004 - a file's fault
    is_hidden = entry.get("hidden", False)
    if not isinstance(is_hidden, bool):
        raise ValueError("hidden must be true or false")  # noqa: TRY004 - a file's fault
    document: Document = {name: value for name, value in entry.items() if name != "hidden"}
    missing = REQUIRED - set(document)
    if missing:
        if model_id not in built_in():
            raise ValueError(
                f"fields missing {sorted(missing)}: there is no built-in model of this id to change"
            )
        document = {**built_in()[model_id], **document}
    return Change(parse_model(model_id, document), is_hidden)


def encode(texts: Mapping[str, str]) -> bytes:
    """The object that holds entries, given by the texts of their files."""
    # As they are written: no number in them changes.
    models = ",\n".join(f"{json.dumps(model_id)}: {text}" for model_id, text in texts.items())
    return f'{{"format": {_FORMAT}, "models": {{\n{models}\n}}}}\n'.encode()


def decode(content: bytes) -> Mapping[str, Any]:
    """The entries in an object, decoded and unchecked, by id.

    Raises:
        ValueError: It is no such object.
    """
    text = content.decode()
    document = json.loads(text)
    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        raise ValueError(f"it is no object of the format {_FORMAT}")
    models = document.get("models")
    if not isinstance(models, dict):
        raise ValueError("its models must be an object")  # noqa: TRY004 - a file's fault
    with_decimals = json.loads(text, parse_float=Decimal)["models"]
    return {name: exact(entry, with_decimals[name]) for name, entry in models.items()}


@dataclass(frozen=True)
class Merged:
    """The built-in models with an operator's entries."""

    models: Mapping[str, Model]
    """By id, without those that are hidden."""
    problems: tuple[Problem, ...]
    """Of entries that cannot be used. Their models are not among `models`: what was meant by the
    entry may have been a higher price."""


def merged(shipped: Mapping[str, Model], entries: Mapping[str, Any]) -> Merged:
    """Put entries over the built-in models."""
    models, problems = dict(shipped), []
    for model_id, entry in entries.items():
        models.pop(model_id, None)
        try:
            change = read_entry(model_id, entry)
        except ValueError as error:
            problems.append(Problem(model_id, str(error)))
        else:
            if not change.is_hidden:
                models[model_id] = change.model
    return Merged(models, tuple(problems))
