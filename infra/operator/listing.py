"""Every model that a stack knows, offered to callers or not, and why not.

`handler.catalogue.live` decides what callers are offered; this is the same with reasons.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import Any

from handler.catalogue.decoding import printable
from handler.catalogue.load import REQUIRED, built_in, read_model
from handler.catalogue.published import completed, decode, read_entry, require_provider
from handler.core.errors import ConfigurationError
from handler.core.models import Model
from handler.core.ports import PublishedCatalogue
from handler.settings import PROVIDER_NAMES


class Standing(Enum):
    """Whether callers are offered a model."""

    OFFERED = "offered"
    OFF = "vendor is off"
    HIDDEN = "hidden"
    UNUSABLE = "unusable"
    """What was published for it has a mistake."""


class Origin(Enum):
    """Where a model is described."""

    BUILT_IN = "built in"
    CHANGED = "changed"
    """Built in, and partly changed by what was published."""
    OWN = "own"
    """Published, whole."""


@dataclass(frozen=True)
class Listed:
    """A model, and how it stands with it."""

    id: str
    standing: Standing
    origin: Origin
    model: Model | None
    """At the operator's prices; None where it is unusable."""
    document: Mapping[str, Any]
    """As it is described: the built-in document, what was published, or the one over the other."""
    problem: str = ""
    """What is wrong with it."""


def published_entries(published: PublishedCatalogue) -> Mapping[str, Any]:
    """What the operator has published, unchecked, by id.

    Raises:
        ConfigurationError: It is not what `images-mcp models publish` makes.
        Unavailable: It cannot be read now.
    """
    found = published.read(None)
    if found is None or found.version is None:
        return {}
    try:
        return decode(found.content)
    except ValueError as error:
        raise ConfigurationError(
            f"what is published of models cannot be read: {error}; publish it again"
        ) from error


def listed_models(
    entries: Mapping[str, Any], providers: Collection[str], markup: Fraction
) -> list[Listed]:
    """Every model by id; `providers` are those that are on."""
    shipped = [
        Listed(
            id=model_id,
            standing=_standing(document["provider"], providers),
            origin=Origin.BUILT_IN,
            model=read_model(model_id, document).with_markup(markup),
            document=document,
        )
        for model_id, document in built_in().items()
        if model_id not in entries
    ]
    published = [_published(name, entry, providers, markup) for name, entry in entries.items()]
    return sorted([*shipped, *published], key=lambda each: each.id)


def _published(model_id: str, entry: Any, providers: Collection[str], markup: Fraction) -> Listed:
    given = entry if isinstance(entry, Mapping) else {}
    is_change = model_id in built_in() and not set(given) >= REQUIRED
    origin = Origin.CHANGED if is_change else Origin.OWN
    document = completed(model_id, given)
    try:
        change = read_entry(model_id, entry)
        # Nothing ever offers it, and nobody else says so.
        require_provider(change.model.provider, PROVIDER_NAMES)
    except ValueError as error:
        shown = printable(model_id)
        return Listed(shown, Standing.UNUSABLE, origin, None, document, str(error))
    standing = Standing.HIDDEN if change.is_hidden else _standing(change.model.provider, providers)
    return Listed(model_id, standing, origin, change.model.with_markup(markup), document)


def _standing(provider: str, providers: Collection[str]) -> Standing:
    return Standing.OFFERED if provider in providers else Standing.OFF
