"""The official Python SDK, 2.x."""

import asyncio
import importlib.metadata
from typing import Any

import httpx2
from driving import AUTHORIZATION, ENDPOINT, PROTOCOL, Block, converse, report
from mcp import Client
from mcp.client.streamable_http import streamable_http_client


async def main() -> None:
    async with httpx2.AsyncClient(headers=AUTHORIZATION, timeout=60) as http:
        transport = streamable_http_client(ENDPOINT, http_client=http)
        async with Client(transport, mode=PROTOCOL or "auto") as client:

            async def call(name: str, arguments: dict[str, Any]) -> list[Block]:
                result = await client.call_tool(name, arguments)
                return [block.model_dump(by_alias=True) for block in result.content]

            tools = [tool.name for tool in (await client.list_tools()).tools]
            report(importlib.metadata.version("mcp"), tools, await converse(call))


asyncio.run(main())
