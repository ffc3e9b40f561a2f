"""Asks a vendor for a description, and says in words why there is none."""

import json
import math
from collections.abc import Mapping
from typing import Any, NoReturn
from urllib.parse import urlsplit

from handler.core.errors import ConfigurationError, OperatorRefused, Unavailable
from handler.core.vendors import VendorAccess
from handler.providers.calls import CallFailed, Reply
from handler.providers.failing import words_of
from infra.operator.vendor_apis import calls_of, shown
from infra.operator.vendor_names import NAMES, variable_of


def asked(vendor: str, access: VendorAccess, path: str, what: str) -> dict[str, Any]:
    """The JSON object at `path`, which describes `what`.

    Raises:
        ConfigurationError: The vendor does not let us in.
        OperatorRefused: It does not know such a thing, or answers what cannot be read.
        Unavailable: It cannot be reached, or not now.
    """
    name, calls = NAMES[vendor], calls_of(vendor, access)
    try:
        reply = calls.tell("GET", path)
    except CallFailed as error:
        variable = f"{vendor.upper()}_BASE_URL"
        remedy = (
            f"see whether {variable}, which leads there, is right"
            if access.base_url
            else "see whether this machine gets out to it, or through a proxy"
        )
        host = urlsplit(calls.base_url).netloc
        raise Unavailable(f"{name} cannot be reached at {host}: {error}; {remedy}") from error
    if reply.is_success:
        return _document(reply, name)
    said = shown(words_of(reply), access.token)
    if reply.status in (401, 403):
        given = "was refused" if access.token else "is not set"
        raise ConfigurationError(
            f"{name} does not let us in: {variable_of(vendor)} {given} ({said});"
            " see: images-mcp doctor"
        )
    if reply.status == 404:
        raise OperatorRefused(f"{name} does not know {what} ({said})")
    raise Unavailable(f"{name} answered HTTP {reply.status}: {said}")


def member(document: Any, name: str) -> Mapping[str, Any]:
    """An object in an object; empty where there is none."""
    found = document.get(name) if isinstance(document, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _document(reply: Reply, name: str) -> dict[str, Any]:
    try:
        document = json.loads(reply.body, parse_float=_finite, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise OperatorRefused(f"{name}'s answer cannot be read: it is no JSON") from error
    if not isinstance(document, dict):
        raise OperatorRefused(f"{name}'s answer cannot be read: it is no object")
    return document


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _no_number(text)


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of JSON's")
