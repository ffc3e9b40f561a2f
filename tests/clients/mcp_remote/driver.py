"""mcp-remote, the bridge for hosts that only start programs; a stdio client stands for the host."""

import asyncio
import os
import tempfile
from typing import Any

from driving import ENDPOINT, KEY, NODE, PROTOCOL, Block, converse, installed, report
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

PACKAGE, VERSION = installed("mcp-remote")


async def main() -> None:
    with tempfile.TemporaryDirectory() as kept:
        bridge = StdioServerParameters(
            command=NODE,
            args=[
                *(str(PACKAGE / "dist" / "proxy.js"), ENDPOINT),
                *("--transport", "http-only", "--allow-http"),
                *("--header", "Authorization:${AUTHORIZATION}"),
                *("--protocol", PROTOCOL or "legacy"),
            ],
            env={
                **os.environ,
                "AUTHORIZATION": f"Bearer {KEY}",
                "MCP_REMOTE_CONFIG_DIR": kept,
            },
        )
        async with Client(stdio_client(bridge), mode="legacy") as client:

            async def call(name: str, arguments: dict[str, Any]) -> list[Block]:
                result = await client.call_tool(name, arguments)
                return [block.model_dump(by_alias=True) for block in result.content]

            tools = [tool.name for tool in (await client.list_tools()).tools]
            report(VERSION, tools, await converse(call))


asyncio.run(main())
