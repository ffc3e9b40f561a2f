"""How a client connected, read from what reached the server: pure functions of its requests."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from handler.web.app import MCP_PATH
from tests.proxy import Exchange


@dataclass(frozen=True)
class Connection:
    """What the server saw of a client."""

    opened_with: str
    """The method of its first message."""
    revision: str
    """Of the messages that came after that; empty if it named none."""
    key_header: str
    """The header that its key came in."""
    refused: tuple[str, ...]
    """Requests to the endpoint that got an error, as `GET 405`, each kind once."""


def connection(exchanges: Sequence[Exchange]) -> Connection:
    """Read a client's requests.

    Raises:
        ValueError: None of them was a message to the endpoint.
    """
    asked = [one for one in exchanges if urlsplit(one.path).path == MCP_PATH]
    messages = [one for one in asked if one.method == "POST"]
    if not messages:
        raise ValueError("the client never reached the endpoint")
    last = messages[-1]
    return Connection(
        opened_with=str(messages[0].message.get("method", "")),
        revision=last.headers.get("mcp-protocol-version", ""),
        key_header=_key_header(last),
        refused=tuple(
            dict.fromkeys(f"{one.method} {one.status}" for one in asked if one.status >= 400)
        ),
    )


def _key_header(exchange: Exchange) -> str:
    scheme, _, token = exchange.headers.get("authorization", "").partition(" ")
    if token:
        return f"Authorization: {scheme}"
    return "X-Api-Key" if "x-api-key" in exchange.headers else "none"
