"""How the four tools present themselves to a model: names, descriptions, schemas, annotations."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from mcp_types import Tool, ToolAnnotations

from handler.core.models import Model
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
        "price": {
            "type": "number",
            "description": "USD for `unit` images, if the input leaves all to the defaults.",
        },
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
_EXAMPLE_INPUT = {"prompt": "a lighthouse at dusk"}
_USUAL_EXAMPLE = "local/sketch"


def _read_only(title: str, *, open_world: bool) -> ToolAnnotations:
    return ToolAnnotations(
        title=title,
        read_only_hint=True,
        destructive_hint=False,
        idempotent_hint=True,
        open_world_hint=open_world,
    )


def example_id(models: Mapping[str, Model]) -> str:
    """The id of a model that there is and that takes the example's input, for descriptions."""
    takes = [
        model.id
        for model in models.values()
        if set(model.input_schema.get("required", [])) <= set(_EXAMPLE_INPUT)
        and set(_EXAMPLE_INPUT) <= set(model.input_schema["properties"])
    ]
    return _USUAL_EXAMPLE if _USUAL_EXAMPLE in takes else min(takes, default=_USUAL_EXAMPLE)


@lru_cache(maxsize=2)
def tools_naming(example: str) -> tuple[Tool, ...]:
    """The four tools, in their order; `example` is the model's id in what they give as examples."""
    model_id = {
        "type": "string",
        "description": f"The id of the model, as list_models gives it, for example {example!r}.",
    }
    return (
        Tool(
            name="list_models",
            title="List image models",
            icons=icons.LIST,
            description=(
                "Lists every image model that can be used now, with its id, what it is good at "
                "and what it costs. Takes no arguments. Next: get_model with the id of the one "
                "you choose."
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
                f"Example: get_model(model_id={example!r})."
            ),
            input_schema={
                "type": "object",
                "properties": {"model_id": model_id},
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
                f"`input` from its schema, for example generate_image(model_id={example!r}, "
                f"input={_EXAMPLE_INPUT}). Waits up to 30 seconds and returns `status` 'succeeded' "
                "with `images` (each with a `url` that works without a key), or 'failed' with "
                "`error` (nothing is charged), or 'starting' or 'processing' with an `id`: the "
                "work goes on, so do not call generate_image again but get_generation with that id."
            ),
            input_schema={
                "type": "object",
                "properties": {
                    "model_id": model_id,
                    "input": {
                        "type": "object",
                        "description": (
                            "The prompt and all else about the image, in an object that fits the "
                            "model's `input_schema` from get_model."
                        ),
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
                "Returns a generation by the id that generate_image gave: its status, its image "
                "URLs and its cost once it has succeeded, or why it failed. Waits up to 10 "
                "seconds for a running one to end, so call it again at once while the status is "
                "'starting' or 'processing'. Costs nothing."
            ),
            input_schema={
                "type": "object",
                "properties": {
                    "id": {
                        "type": "string",
                        "description": "The UUID that generate_image returned.",
                    }
                },
                "required": ["id"],
            },
            _meta=TOOL_META,
            annotations=_read_only("Get a generation's status and images", open_world=True),
        ),
    )


def input_schema_of(name: str) -> Mapping[str, Any] | None:
    """The arguments' schema of the tool called `name`, or None."""
    return next(
        (tool.input_schema for tool in tools_naming(_USUAL_EXAMPLE) if tool.name == name), None
    )
