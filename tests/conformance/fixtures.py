"""The tools, resources and prompts of the suite's reference server, behind this service's own edge.

A service has the tools that it has, and many scenarios ask for others: here they get them, through
the same keys, balance, transport and answers as every message to the real ones. What they show is
that the edge lets all of MCP through unharmed that fits into one JSON answer.
"""

import base64
from collections.abc import Mapping
from typing import Any

from mcp.server.caching import CacheableMethod, CacheHint
from mcp.server.context import HandlerResult
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    AudioContent,
    BlobResourceContents,
    CallToolRequestParams,
    CallToolResult,
    CompleteRequestParams,
    CompleteResult,
    Completion,
    ContentBlock,
    EmbeddedResource,
    GetPromptRequestParams,
    GetPromptResult,
    ImageContent,
    ListPromptsResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ListToolsResult,
    Prompt,
    PromptArgument,
    PromptMessage,
    ReadResourceRequestParams,
    ReadResourceResult,
    Resource,
    ResourceTemplate,
    TextContent,
    TextResourceContents,
    Tool,
)

from handler.tools import tasks
from handler.tools.server import ServerBuilder
from handler.tools.tasks import Context
from tests import fakes
from tests.conformance.fixture_tasks import FixtureTasks

PNG = base64.b64encode(fakes.PNG).decode()
WAV = "UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA="
IMAGE = ImageContent(data=PNG, mime_type="image/png")
ADDRESS = {
    "$anchor": "addressDef",
    "type": "object",
    "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
}
NOTHING: dict[str, Any] = {"type": "object", "properties": {}}
SCHEMA_2020_12: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {"address": ADDRESS},
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}
ROUTED: dict[str, Any] = {
    "type": "object",
    "properties": {"region": {"type": "string", "x-mcp-header": "Region"}},
    "required": ["region"],
}


def _text(text: str) -> TextContent:
    return TextContent(text=text)


def _embedded(uri: str, media_type: str, text: str) -> EmbeddedResource:
    return EmbeddedResource(resource=TextResourceContents(uri=uri, mime_type=media_type, text=text))


ANSWERS: Mapping[str, list[ContentBlock]] = {
    "test_simple_text": [_text("This is a simple text response for testing.")],
    "test_image_content": [IMAGE],
    "test_audio_content": [AudioContent(data=WAV, mime_type="audio/wav")],
    "test_embedded_resource": [_embedded("test://embedded-resource", "text/plain", "embedded")],
    "test_multiple_content_types": [
        _text("Multiple content types test:"),
        IMAGE,
        _embedded("test://mixed-content-resource", "application/json", '{"test": "data"}'),
    ],
    "test_error_handling": [_text("This tool intentionally returns an error for testing")],
    "json_schema_2020_12_tool": [_text("valid")],
    "test_custom_header": [_text("routed")],
    "test_logging_tool": [_text("nothing logged")],
}
SCHEMAS = {"json_schema_2020_12_tool": SCHEMA_2020_12, "test_custom_header": ROUTED}
REFUSING = "test_missing_capability"
TOOLS = [
    Tool(name=name, description="A fixture.", input_schema=SCHEMAS.get(name, NOTHING))
    for name in (*ANSWERS, REFUSING)
]

RESOURCES: Mapping[str, TextResourceContents | BlobResourceContents] = {
    "test://static-text": TextResourceContents(
        uri="test://static-text", mime_type="text/plain", text="This is static text."
    ),
    "test://static-binary": BlobResourceContents(
        uri="test://static-binary", mime_type="image/png", blob=PNG
    ),
    "test://template/123/data": TextResourceContents(
        uri="test://template/123/data", mime_type="application/json", text='{"id": "123"}'
    ),
}
PROMPTS: Mapping[str, tuple[str, ...]] = {
    "test_simple_prompt": (),
    "test_prompt_with_arguments": ("arg1", "arg2"),
    "test_prompt_with_embedded_resource": ("resourceUri",),
    "test_prompt_with_image": (),
}
CACHED: tuple[CacheableMethod, ...] = (
    "tools/list",
    "prompts/list",
    "resources/list",
    "resources/templates/list",
    "resources/read",
    "server/discover",
)


async def _list_resources(*_: object) -> ListResourcesResult:
    return ListResourcesResult(resources=[Resource(uri=uri, name=uri) for uri in RESOURCES])


async def _list_templates(*_: object) -> ListResourceTemplatesResult:
    template = ResourceTemplate(uri_template="test://template/{id}/data", name="template")
    return ListResourceTemplatesResult(resource_templates=[template])


async def _read_resource(_: Context, params: ReadResourceRequestParams) -> ReadResourceResult:
    if params.uri not in RESOURCES:
        raise MCPError(INVALID_PARAMS, "resource not found", {"uri": params.uri})
    return ReadResourceResult(contents=[RESOURCES[params.uri]])


async def _list_prompts(*_: object) -> ListPromptsResult:
    prompts = [
        Prompt(
            name=name,
            description="A fixture.",
            arguments=[PromptArgument(name=argument, required=True) for argument in arguments],
        )
        for name, arguments in PROMPTS.items()
    ]
    return ListPromptsResult(prompts=prompts)


async def _get_prompt(_: Context, params: GetPromptRequestParams) -> GetPromptResult:
    given = params.arguments or {}
    content: ContentBlock = _text(f"A prompt with {', '.join(given.values()) or 'nothing'}.")
    if params.name == "test_prompt_with_image":
        content = IMAGE
    elif params.name == "test_prompt_with_embedded_resource":
        content = _embedded(given["resourceUri"], "text/plain", "embedded")
    return GetPromptResult(messages=[PromptMessage(role="user", content=content)])


async def _complete(_: Context, __: CompleteRequestParams) -> CompleteResult:
    return CompleteResult(completion=Completion(values=["test"], total=1, has_more=False))


def fixture_servers() -> ServerBuilder:
    """What stands in for the server that offers the four tools; all have the same tasks."""
    fixture_tasks = FixtureTasks()

    async def call_tool(context: Context, params: CallToolRequestParams) -> HandlerResult:
        if params.name in fixture_tasks.tools:
            return await fixture_tasks.tools[params.name](context, params)
        if params.name == REFUSING:
            data: dict[str, Any] = {"requiredCapabilities": {"sampling": {}}}
            raise MCPError(MISSING_REQUIRED_CLIENT_CAPABILITY, "sampling is required", data)
        if params.name not in ANSWERS:
            raise MCPError(INVALID_PARAMS, f"unknown tool {params.name!r}")
        return CallToolResult(
            content=ANSWERS[params.name], is_error=params.name == "test_error_handling"
        )

    async def list_tools(*_: object) -> ListToolsResult:
        more = [
            Tool(name=name, description="A fixture.", input_schema=NOTHING)
            for name in fixture_tasks.tools
        ]
        return ListToolsResult(tools=[*TOOLS, *more])

    def build(*_: object) -> Server[dict[str, Any]]:
        server: Server[dict[str, Any]] = Server(
            "conformance-fixtures",
            version="1.0.0",
            cache_hints=dict.fromkeys(CACHED, CacheHint(ttl_ms=1000, scope="public")),
            get_tool_input_schema=lambda name: SCHEMAS.get(name, NOTHING),
            on_list_tools=list_tools,
            on_list_resources=_list_resources,
            on_list_resource_templates=_list_templates,
            on_read_resource=_read_resource,
            on_list_prompts=_list_prompts,
            on_get_prompt=_get_prompt,
            on_completion=_complete,
        )
        server.add_request_handler("tools/call", CallToolRequestParams, call_tool)
        tasks.offer(server, fixture_tasks)
        return server

    return build
