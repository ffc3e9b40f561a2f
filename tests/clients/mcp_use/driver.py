"""mcp-use for Python, with an agent whose model is scripted."""

import asyncio
import importlib.metadata

from driving import AUTHORIZATION, ENDPOINT, REQUEST, record, report
from mcp_use import MCPAgent, MCPClient
from scripted_langchain import ScriptedModel, blocks_of


async def main() -> None:
    server = {"url": ENDPOINT, "headers": AUTHORIZATION}
    client = MCPClient({"mcpServers": {"images": server}})
    model = ScriptedModel()
    # The default, 5 steps, has none left for a generation that takes a while.
    agent = MCPAgent(llm=model, client=client, max_steps=20)
    try:
        await agent.run(REQUEST)
    finally:
        await client.close_all_sessions()
    calls = [record(one.name, blocks_of(one)) for one in model.answers]
    report(importlib.metadata.version("mcp-use"), model.offered, calls)


asyncio.run(main())
