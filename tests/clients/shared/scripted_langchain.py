"""A chat model of LangChain's that is a script, for the frameworks that are built on it."""

from typing import Any

from driving import Block, first_text, next_call
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import Field


class ScriptedModel(BaseChatModel):
    """Makes the next call of the conversation out of what it has been told."""

    offered: list[str] = Field(default_factory=list)
    answers: list[ToolMessage] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Any, **_: Any) -> "ScriptedModel":
        self.offered = [tool.name for tool in tools]
        return self

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        self.answers = [one for one in messages if isinstance(one, ToolMessage)]
        step = next_call([first_text(blocks_of(one)) for one in self.answers])
        message = AIMessage("Done.")
        if step is not None:
            call = {"name": step[0], "args": step[1], "id": f"call-{len(self.answers)}"}
            message = AIMessage("", tool_calls=[call])
        return ChatResult(generations=[ChatGeneration(message=message)])


def blocks_of(message: ToolMessage) -> list[Block]:
    """What a model is shown of a tool's answer."""
    if isinstance(message.content, str):
        return [{"type": "text", "text": message.content}]
    return [{**block, "data": block.get("base64")} for block in message.content]
