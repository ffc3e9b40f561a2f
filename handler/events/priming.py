"""Requests of nobody's, made before a snapshot, so that nobody's first one is slow.

What a request loads, builds or caches when it first happens is then in the snapshot. They ask no
AWS service for anything.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from handler.core.accounts import MINIMUM_BALANCE_MICROS, Account, ApiKey, Principal
from handler.core.authentication import Authentication
from handler.events.gateway import adapt
from handler.web.app import MCP_PATH
from handler.web.services import ApiServices

_HANDSHAKE, _STATELESS = "2025-11-25", "2026-07-28"
_CLIENT = {"name": "priming", "version": "1"}


class _Nobody:
    """The only account there is, while this lasts."""

    def principal(self, key_sha256: str) -> Principal:
        account = Account("priming", MINIMUM_BALANCE_MICROS, MINIMUM_BALANCE_MICROS)
        return Principal(ApiKey(key_sha256, account.id, "priming", 0), account)


class _Context:
    """An invocation's, with all the time there is."""

    aws_request_id = "priming"

    def get_remaining_time_in_millis(self) -> int:
        return 29_000


def prime(services: ApiServices) -> None:
    """Answer the usual questions once.

    Raises:
        RuntimeError: One was not answered as it should be; the snapshot would serve nobody.
    """
    authentication = Authentication(_Nobody(), services.clock)
    adapter = adapt(replace(services, authentication=authentication))
    context: Any = _Context()
    for event in _events():
        answer = adapter(event, context)
        if answer["statusCode"] != 200 or "error" in json.loads(answer["body"]):
            raise RuntimeError(f"priming: {event['body']} was answered with {answer}")


def _events() -> Iterator[dict[str, Any]]:
    hello = {"protocolVersion": _HANDSHAKE, "capabilities": {}, "clientInfo": _CLIENT}
    yield _event(_HANDSHAKE, "initialize", hello)
    # Its input is refused before anything is looked up.
    refused = {"name": "generate_image", "arguments": {"model_id": "priming", "input": {}}}
    for revision in (_HANDSHAKE, _STATELESS):
        yield _event(revision, "tools/list", {})
        yield _event(revision, "tools/call", {"name": "list_models", "arguments": {}})
        yield _event(revision, "tools/call", refused)


def _event(revision: str, method: str, params: dict[str, Any]) -> dict[str, Any]:
    headers = {
        "host": "localhost",
        "authorization": "Bearer priming",
        "content-type": "application/json",
        "mcp-protocol-version": revision,
    }
    if revision == _STATELESS:
        headers["mcp-method"] = method
        if "name" in params:
            headers["mcp-name"] = params["name"]
        about = {"protocolVersion": revision, "clientCapabilities": {}, "clientInfo": _CLIENT}
        meta = {f"io.modelcontextprotocol/{name}": value for name, value in about.items()}
        params = {**params, "_meta": meta}
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return {
        "version": "2.0",
        "routeKey": f"ANY {MCP_PATH}",
        "rawPath": MCP_PATH,
        "rawQueryString": "",
        "headers": headers,
        "requestContext": {
            "http": {"method": "POST", "path": MCP_PATH, "sourceIp": "127.0.0.1"},
            "requestId": "priming",
            "stage": "$default",
        },
        "body": json.dumps(message),
        "isBase64Encoded": False,
    }
