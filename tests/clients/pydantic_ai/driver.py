"""PydanticAI, with an agent whose model is a function."""

import asyncio
import importlib.metadata

from driving import AUTHORIZATION, ENDPOINT, REQUEST, Block, first_text, next_call, record, report
from pydantic_ai import Agent, BinaryContent, ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.messages import ToolReturnPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

offered: list[str] = []


def answers_in(messages: list[ModelMessage]) -> list[ToolReturnPart]:
    return [part for one in messages for part in one.parts if isinstance(part, ToolReturnPart)]


def blocks_of(part: ToolReturnPart) -> list[Block]:
    """What a model is shown of a tool's answer."""
    blocks: list[Block] = [{"type": "text", "text": part.model_response_str()}]
    blocks += [
        {"type": "image", "data": item.base64}
        for item in part.files
        if isinstance(item, BinaryContent)
    ]
    return blocks


def scripted(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    """The next call of the conversation, made out of what the model has been told."""
    offered[:] = [tool.name for tool in info.function_tools]
    step = next_call([first_text(blocks_of(part)) for part in answers_in(messages)])
    return ModelResponse(parts=[TextPart("Done.") if step is None else ToolCallPart(*step)])


async def main() -> None:
    toolset = MCPToolset(ENDPOINT, headers=AUTHORIZATION)
    agent = Agent(FunctionModel(scripted), toolsets=[toolset])
    async with agent:
        result = await agent.run(REQUEST)
    calls = [record(part.tool_name, blocks_of(part)) for part in answers_in(result.all_messages())]
    report(importlib.metadata.version("pydantic-ai-slim"), offered, calls)


asyncio.run(main())
