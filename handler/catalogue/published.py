"""What an operator adds to the catalogue and changes in it: from a directory of files to models.

An entry with every required field is a model of its own, or one instead of the built-in model of
that id. One with some fields changes those of the built-in model; `hidden: true` takes a model off
the list. The entries are published as one object, `{"format": 1, "models": {id: entry}}`.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handler.catalogue.decoding import (
    decoded,
    decoded_entries,
    printable,
    quoted,
    require_sound,
)
from handler.catalogue.load import (
    HIDDEN,
    REQUIRED,
    Document,
    built_in,
    did_you_mean,
    id_of,
    parse_model,
    require_known,
)
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
    for path in sorted(directory.rglob("*")):
        is_meant = path.suffix.lower() == ".json"
        if not is_meant or any(part.startswith(".") for part in path.relative_to(directory).parts):
            continue
        model_id = id_of(path, directory)
        try:
            text = _text_of(path)
            require_provider(read_entry(model_id, decoded(text)).model.provider, providers)
        except ValueError as error:
            problems.append(Problem(printable(model_id), str(error)))
        else:
            texts[model_id] = text
    return Directory(texts, tuple(problems))


def _text_of(path: Path) -> str:
    if path.suffix != ".json":
        raise ValueError(f"the file's name ends in {path.suffix}; rename it to end in .json")
    try:
        # Some editors put a mark before a text, which no text may have within another.
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ValueError(f"it cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"byte {error.start + 1} is no UTF-8; save it as UTF-8 text") from error


def require_provider(provider: str, providers: Collection[str]) -> None:
    """Refuse a provider that there is not.

    Raises:
        ValueError: It is none of `providers`.
    """
    if provider not in providers:
        meant, allowed = did_you_mean(provider, providers), ", ".join(sorted(providers))
        raise ValueError(f"unknown provider {quoted(provider)}{meant} (allowed: {allowed})")


def read_entry(model_id: str, entry: Any) -> Change:
    """Check an entry against the built-in catalogue, and read it.

    Raises:
        ValueError: A field is missing, unknown or wrong; says which and why.
    """
    if not isinstance(entry, Mapping):
        raise ValueError("it must be an object")  # noqa: TRY004 - a file's fault
    require_sound(entry)
    require_known(entry)
    is_hidden = entry.get(HIDDEN, False)
    if not isinstance(is_hidden, bool):
        raise ValueError("hidden must be true or false")  # noqa: TRY004 - a file's fault
    missing = sorted(REQUIRED - set(entry))
    if missing and model_id not in built_in():
        meant = did_you_mean(model_id, built_in())
        raise ValueError(
            f"without {', '.join(missing)} it would change a built-in model, and none has the id"
            f" {quoted(model_id)}{meant or ';'} a model of your own has all of these fields"
        )
    return Change(parse_model(model_id, completed(model_id, entry)), is_hidden)


def completed(model_id: str, entry: Document) -> Document:
    """What a model is described by: an entry with all fields, or the built-in one changed by it."""
    given = {name: value for name, value in entry.items() if name != HIDDEN}
    shipped = built_in().get(model_id)
    if shipped is None or set(given) >= REQUIRED:
        return given
    # Where a field is replaced, its source is another.
    source = {
        field: told
        for field, told in shipped.get("source", {}).items()
        if _TOLD_OF[field] not in given
    }
    return {**shipped, **({"source": source} if "source" in shipped else {}), **given}


_TOLD_OF = {"price": "pricing", "schema": "input_schema"}
"""The field that each part of a `source` is about."""


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
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise ValueError("it is no UTF-8 text") from error
    document, entries = decoded_entries(text, "models")
    if document.get("format") != _FORMAT:
        raise ValueError(f"it is no object of the format {_FORMAT}")
    return entries


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
            problems.append(Problem(printable(model_id), str(error)))
        else:
            if not change.is_hidden:
                models[model_id] = change.model
    return Merged(models, tuple(problems))
