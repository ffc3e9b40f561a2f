"""What is read from the requests of a client."""

import json

import pytest

from tests.clients.evidence import connection
from tests.proxy import Exchange

MCP = "/v1/images/mcp"
KEY = {"authorization": "Bearer k"}


def _post(method: str, headers: dict[str, str], status: int = 200) -> Exchange:
    return Exchange("POST", MCP, headers, json.dumps({"method": method}).encode(), status)


def test_a_handshake_is_told_by_its_first_message_and_the_revision_after_it() -> None:
    seen = connection(
        [
            _post("initialize", KEY),
            Exchange("GET", MCP, KEY, b"", 405),
            _post("tools/list", {**KEY, "mcp-protocol-version": "2025-11-25"}),
            Exchange("GET", MCP, KEY, b"", 405),
        ]
    )
    assert (seen.opened_with, seen.revision) == ("initialize", "2025-11-25")
    assert seen.key_header == "Authorization: Bearer"
    assert seen.refused == ("GET 405",)


def test_what_is_not_sent_to_the_endpoint_counts_for_nothing() -> None:
    seen = connection(
        [
            Exchange("GET", "/.well-known/oauth-protected-resource" + MCP, {}, b"", 404),
            _post("tools/list", {"x-api-key": "k"}),
            Exchange("GET", "/v1/images/files/x/1.png", {}, b"", 302),
        ]
    )
    assert (seen.opened_with, seen.revision, seen.refused) == ("tools/list", "", ())
    assert seen.key_header == "X-Api-Key"


def test_a_client_that_sends_no_message_has_no_connection() -> None:
    with pytest.raises(ValueError, match="never reached"):
        connection([Exchange("GET", MCP, {}, b"", 405)])
