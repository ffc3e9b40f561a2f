"""The OpenAI Agents SDK, with an agent whose model is scripted."""

import asyncio
import importlib.metadata
import json
from typing import Any

from agents import Agent, Model, ModelResponse, Runner, Usage
from agents.mcp import MCPServerStreamableHttp
from driving import AUTHORIZATION, ENDPOINT, REQUEST, Block, first_text, next_call, record, report
from openai.types.responses import (
    ResponseFunctionToolCall,
    ResponseOutputMessage,
    ResponseOutputText,
)

offered: list[str] = []
seen: list[list[Block]] = []


def blocks_of(output: Any) -> list[Block]:
    """What a model is shown of a tool's answer."""
    if isinstance(output, str):
        return [{"type": "text", "text": output}]
    kinds = {"input_text": "text", "input_image": "image"}
    return [
        {
            "type": kinds.get(item["type"], item["type"]),
            "text": item.get("text"),
            "data": item["image_url"].partition(",")[2] if "image_url" in item else None,
        }
        for item in output
    ]


class ScriptedModel(Model):
    """Makes the next call of the conversation out of what it has been told."""

    async def get_response(self, *_: Any, **given: Any) -> ModelResponse:
        offered[:] = [tool.name for tool in given["tools"]]
        outputs = [
            item["output"]
            for item in given["input"]
            if isinstance(item, dict) and item.get("type") == "function_call_output"
        ]
        seen[:] = [blocks_of(output) for output in outputs]
        step = next_call([first_text(blocks) for blocks in seen])
        item: Any
        if step is None:
            text = ResponseOutputText(type="output_text", text="Done.", annotations=[])
            item = ResponseOutputMessage(
                id="message", type="message", role="assistant", status="completed", content=[text]
            )
        else:
            item = ResponseFunctionToolCall(
                type="function_call",
                call_id=f"call-{len(seen)}",
                name=step[0],
                arguments=json.dumps(step[1]),
            )
        return ModelResponse(output=[item], usage=Usage(), response_id=None)

    def stream_response(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError


async def main() -> None:
    # The default of 5 seconds gives up before generate_image answers.
    async with MCPServerStreamableHttp(
        params={"url": ENDPOINT, "headers": AUTHORIZATION}, client_session_timeout_seconds=60
    ) as server:
        agent = Agent(name="painter", mcp_servers=[server], model=ScriptedModel())
        result = await Runner.run(agent, REQUEST)
    names = [item["name"] for item in result.to_input_list() if item.get("type") == "function_call"]
    calls = [record(name, blocks) for name, blocks in zip(names, seen, strict=True)]
    report(importlib.metadata.version("openai-agents"), offered, calls)


asyncio.run(main())
