"""The FastMCP client."""

import asyncio
import importlib.metadata
from typing import Any

from driving import ENDPOINT, KEY, Block, converse, report
from fastmcp import Client
from fastmcp.client.transports import StreamableHttpTransport


async def main() -> None:
    async with Client(StreamableHttpTransport(ENDPOINT, auth=KEY)) as client:

        async def call(name: str, arguments: dict[str, Any]) -> list[Block]:
            result = await client.call_tool(name, arguments)
            return [block.model_dump(by_alias=True) for block in result.content]

        tools = [tool.name for tool in await client.list_tools()]
        report(importlib.metadata.version("fastmcp"), tools, await converse(call))


asyncio.run(main())
