"""A model of Replicate's as a catalogue file, from `GET /models/{owner}/{name}`.

The facts are those of its OpenAPI description (2026-04-09): the newest version has the schema of
the input, and nothing has the price.
"""

import re
from collections.abc import Mapping
from typing import Any

from handler.core.errors import ConfigurationError, OperatorRefused
from handler.core.vendors import VendorAccess
from infra.operator.importing.answers import asked, member
from infra.operator.importing.drafts import (
    Described,
    Draft,
    drafted,
    list_or_one,
    per_image,
)
from infra.operator.importing.inputs import converted
from infra.operator.importing.members import Definitions

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)
_VERSION = re.compile(r"[0-9a-f]{64}")


def draft_of(
    model_id: str, access: VendorAccess | None, price_micros: int | None, today: str
) -> Draft:
    """Read the vendor's description of `owner/name`.

    Raises:
        ConfigurationError: There is no token, or it is refused.
        OperatorRefused: There is no such model, no price, or no file can be made of it.
        Unavailable: The vendor cannot be reached.
    """
    if not _NAME.fullmatch(model_id):
        raise OperatorRefused("a model of Replicate's is named OWNER/NAME, as in its page's URL")
    if price_micros is None:
        raise OperatorRefused(
            "Replicate's API does not tell prices: give --price USD, what one image costs;"
            f" replicate.com/{model_id} says it below 'Pricing'"
        )
    if access is None:
        raise ConfigurationError(
            "Replicate describes its models to whoever has a token alone: set REPLICATE_API_TOKEN"
        )
    document = asked("replicate", access, f"/models/{model_id}", model_id)
    return read(model_id, document, price_micros, today)


def read(model_id: str, document: Mapping[str, Any], price_micros: int, today: str) -> Draft:
    """The file, from the vendor's description.

    Raises:
        OperatorRefused: None can be made of it; says why.
    """
    version = member(document, "latest_version")
    schemas = member(member(member(version, "openapi_schema"), "components"), "schemas")
    if "Input" not in schemas or "Output" not in schemas:
        raise OperatorRefused(f"Replicate describes no input and output of {model_id}")
    definitions = Definitions(schemas)
    made = converted(
        schemas["Input"],
        definitions,
        makes_several=list_or_one(schemas["Output"], definitions),
    )
    number, date = str(version.get("id", "")), str(version.get("created_at", ""))[:10]
    said = Described(
        provider="replicate",
        provider_model=_provider_model(model_id, document, number),
        name=model_id.partition("/")[2],
        description=document.get("description"),
        schema_source=f"Replicate's API, version {number[:12]} of {date}, as read on {today}",
        price_source=f"given by hand on {today}",
    )
    return drafted(model_id, said, per_image(price_micros), made)


def _provider_model(model_id: str, document: Mapping[str, Any], version: str) -> str:
    # Models that Replicate runs itself have no versions to choose from.
    if document.get("is_official") is True:
        return model_id
    if not _VERSION.fullmatch(version):
        raise OperatorRefused(f"{model_id} is no official model, and has no version to name")
    return f"{model_id}:{version}"
