"""LangChain's MCP adapters, in an agent whose model is scripted."""

import asyncio
import importlib.metadata

from driving import AUTHORIZATION, ENDPOINT, REQUEST, record, report
from langchain.agents import create_agent
from langchain_mcp_adapters.client import MultiServerMCPClient
from scripted_langchain import ScriptedModel, blocks_of


async def main() -> None:
    server = {"transport": "streamable_http", "url": ENDPOINT, "headers": AUTHORIZATION}
    tools = await MultiServerMCPClient({"images": server}).get_tools()
    model = ScriptedModel()
    await create_agent(model, tools).ainvoke({"messages": [{"role": "user", "content": REQUEST}]})
    calls = [record(one.name, blocks_of(one)) for one in model.answers]
    report(importlib.metadata.version("langchain-mcp-adapters"), model.offered, calls)


asyncio.run(main())
