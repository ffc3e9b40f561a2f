"""How the four tools present themselves to a model: names, descriptions, schemas, annotations."""

from collections.abc import Mapping
from typing import Any

from mcp_types import Tool, ToolAnnotations

from handler.tools import icons
from handler.tools.viewer import TOOL_META

SERVER_NAME = "tokenflux-images"
SERVER_VERSION = "1.0.0"
INSTRUCTIONS = (
    "Generates images. Work in this order: list_models for what there is and what it costs; "
    "get_model for the input schema of the one you choose; generate_image with an input that fits "
    "that schema. If the answer's status is 'starting' or 'processing', call get_generation with "
    "its id until the status is final; never generate again instead. Give the user the image "
    "URLs: they work in any browser, without a key."
)

_PRICING: dict[str, Any] = {
    "type": "object",
    "properties": {
        "price": {"type": "number", "description": "USD for `unit` images."},
        "currency": {"type": "string", "const": "USD"},
        "unit": {"type": "integer", "minimum": 1},
    },
    "required": ["price", "currency", "unit"],
}
_MODEL_PROPERTIES: dict[str, Any] = {
    "id": {"type": "string"},
    "name": {"type": "string"},
    "description": {"type": "string"},
    "pricing": _PRICING,
}
_MODEL_ID = {
    "type": "string",
    "description": "The id of the model, as list_models gives it, for example 'local/sketch'.",
}


def _read_only(title: str, *, open_world: bool) -> ToolAnnotations:
    return ToolAnnotations(
        title=title,
        read_only_hint=True,
        destructive_hint=False,
        idempotent_hint=True,
        open_world_hint=open_world,
    )


TOOLS: tuple[Tool, ...] = (
    Tool(
        name="list_models",
        title="List image models",
        icons=icons.LIST,
        description=(
            "Lists every image model that can be used now, with its id, what it is good at and "
            "what it costs. Takes no arguments. Next: get_model with the id of the one you "
            "choose."
        ),
        input_schema={"type": "object", "properties": {}, "additionalProperties": False},
        output_schema={
            "type": "object",
            "properties": {
                "models": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": _MODEL_PROPERTIES,
                        "required": list(_MODEL_PROPERTIES),
                    },
                }
            },
            "required": ["models"],
        },
        annotations=_read_only("List image models", open_world=False),
    ),
    Tool(
        name="get_model",
        title="Get an image model's input schema",
        icons=icons.BRACES,
        description=(
            "Returns one model with `input_schema`, the JSON Schema of the `input` that "
            "generate_image takes for it. Call this before generate_image: models differ. "
            "Example: get_model(model_id='local/sketch')."
        ),
        input_schema={
            "type": "object",
            "properties": {"model_id": _MODEL_ID},
            "required": ["model_id"],
        },
        output_schema={
            "type": "object",
            "properties": {**_MODEL_PROPERTIES, "input_schema": {"type": "object"}},
            "required": [*_MODEL_PROPERTIES, "input_schema"],
        },
        annotations=_read_only("Get an image model's input schema", open_world=False),
    ),
    Tool(
        name="generate_image",
        title="Generate an image",
        icons=icons.PICTURE,
        description=(
            "Generates one or more images; this costs credits. Call get_model first and build "
            "`input` from its schema, for example generate_image(model_id='local/sketch', "
            "input={'prompt': 'a lighthouse at dusk', 'aspect_ratio': '16:9'}). Waits up to 30 "
            "seconds and returns `status` 'succeeded' with `images` (each with a `url` that works "
            "without a key), or 'failed' with `error` (nothing is charged), or 'processing' with "
            "an `id`: the work goes on, so do not call generate_image again but get_generation "
            "with that id."
        ),
        input_schema={
            "type": "object",
            "properties": {
                "model_id": _MODEL_ID,
                "input": {
                    "type": "object",
                    "description": "The model's input, as its `input_schema` from get_model says.",
                },
            },
            "required": ["model_id", "input"],
        },
        _meta=TOOL_META,
        annotations=ToolAnnotations(
            title="Generate an image",
            read_only_hint=False,
            destructive_hint=False,
            idempotent_hint=False,
            open_world_hint=True,
        ),
    ),
    Tool(
        name="get_generation",
        title="Get a generation's status and images",
        icons=icons.HOURGLASS,
        description=(
            "Returns a generation by the id that generate_image gave: its status, its image URLs "
            "and its cost once it has succeeded, or why it failed. Waits up to 10 seconds for a "
            "running one to end, so call it again at once while the status is 'starting' or "
            "'processing'. Costs nothing."
        ),
        input_schema={
            "type": "object",
            "properties": {
                "id": {"type": "string", "description": "The UUID that generate_image returned."}
            },
            "required": ["id"],
        },
        _meta=TOOL_META,
        annotations=_read_only("Get a generation's status and images", open_world=True),
    ),
)


def input_schema_of(name: str) -> Mapping[str, Any] | None:
    """The arguments' schema of the tool called `name`, or None."""
    return next((tool.input_schema for tool in TOOLS if tool.name == name), None)
