"""The official Python SDK, 1.x."""

import asyncio
import importlib.metadata
from typing import Any

import httpx
from driving import AUTHORIZATION, ENDPOINT, Block, converse, report
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client


async def main() -> None:
    async with (
        httpx.AsyncClient(headers=AUTHORIZATION, timeout=60) as http,
        streamable_http_client(ENDPOINT, http_client=http) as (read, write, _),
        ClientSession(read, write) as session,
    ):
        await session.initialize()

        async def call(name: str, arguments: dict[str, Any]) -> list[Block]:
            result = await session.call_tool(name, arguments)
            return [block.model_dump(by_alias=True) for block in result.content]

        tools = [tool.name for tool in (await session.list_tools()).tools]
        report(importlib.metadata.version("mcp"), tools, await converse(call))


asyncio.run(main())
