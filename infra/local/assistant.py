"""An MCP client over the official SDK that uses the tools the way an assistant does."""

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import TextContent

TIMEOUT = httpx2.Timeout(10, read=60)
OPEN = ("starting", "processing")

Transport = httpx2.AsyncBaseTransport


@dataclass(frozen=True)
class Assistant:
    """A connected client."""

    client: Client

    async def call(self, tool: str, **arguments: Any) -> Any:
        """The JSON that a tool answers with.

        Raises:
            RuntimeError: The tool refused; with its text.
        """
        result = await self.client.call_tool(tool, arguments)
        texts = [block.text for block in result.content if isinstance(block, TextContent)]
        if result.is_error:
            raise RuntimeError(" ".join(texts))
        return json.loads(texts[0])

    async def final(self, generation: dict[str, Any]) -> dict[str, Any]:
        """The generation, once it has ended."""
        while generation["status"] in OPEN:
            generation = await self.call("get_generation", id=generation["id"])
        return generation


@contextlib.asynccontextmanager
async def connected(
    endpoint: str, key: str, transport: Transport | None = None
) -> AsyncIterator[Assistant]:
    """A client at `endpoint` that presents `key`, by another way than the network if need be."""
    async with (
        httpx2.AsyncClient(
            headers={"Authorization": f"Bearer {key}"},
            timeout=TIMEOUT,
            trust_env=False,
            transport=transport,
        ) as http_client,
        Client(streamable_http_client(endpoint, http_client=http_client)) as client,
    ):
        yield Assistant(client)


async def fetch(url: str, transport: Transport | None = None) -> bytes:
    """An image's bytes, without a key."""
    async with httpx2.AsyncClient(
        follow_redirects=True, timeout=TIMEOUT, trust_env=False, transport=transport
    ) as http_client:
        answer = await http_client.get(url)
        answer.raise_for_status()
        return answer.content
