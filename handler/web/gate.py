"""Who gets in and what they want, as pure functions of headers, query, balance and body."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from handler.core.accounts import Principal

_FREE_METHODS = frozenset({"tasks/get", "tasks/cancel"})
_FREE_TOOLS = frozenset({"get_generation"})


def presented_key(headers: Mapping[str, str]) -> str | None:
    """The API key of a request: a bearer token first, else `X-Api-Key`; `headers` ignores case.

    The query string is never looked at: it ends up in logs and histories.
    """
    scheme, _, token = headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    return headers.get("x-api-key", "").strip() or None


def wants_previews(query_string: bytes) -> bool:
    """Whether a client takes small versions of its images; `?preview=none` on its URL says no.

    Some hosts put every image of a result into the model's context, and pay for it.
    """
    return parse_qs(query_string.decode("latin-1")).get("preview") != ["none"]


def may_proceed(principal: Principal, body: bytes) -> bool:
    """Whether the balance admits this message.

    Whoever spent the last credit can still collect, or stop, what it paid for.
    """
    return not principal.is_poor or _is_free(body)


def _is_free(body: bytes) -> bool:
    try:
        message: Any = json.loads(body)
    except (ValueError, RecursionError):
        return False
    if not isinstance(message, dict):
        return False
    method, params = message.get("method"), message.get("params")
    if method != "tools/call":
        return isinstance(method, str) and method in _FREE_METHODS
    name = params.get("name") if isinstance(params, dict) else None
    return isinstance(name, str) and name in _FREE_TOOLS
