"""What a caller gets to see: the core's objects and refusals as MCP results.

The first text block is the wire contract.
"""

import json
from typing import Any

from mcp_types import CallToolResult, TextContent

from handler.core.errors import Refused
from handler.core.generation import Generation, Status
from handler.core.image_types import EXTENSIONS
from handler.core.models import Model
from handler.core.money import json_usd

IMAGES_PATH = "/v1/images/files"


def model_object(model: Model) -> dict[str, Any]:
    """A model as `list_models` shows it."""
    return {
        "id": model.id,
        "name": model.name,
        "description": model.description,
        "pricing": {
            "price": json_usd(model.pricing.price_micros),
            "currency": "USD",
            "unit": model.pricing.unit,
        },
    }


def model_with_schema(model: Model) -> dict[str, Any]:
    """A model as `get_model` shows it."""
    return {**model_object(model), "input_schema": model.input_schema}


def generation_object(generation: Generation, base_url: str) -> dict[str, Any]:
    """What `generate_image` and `get_generation` have in common.

    A key that does not apply is absent.
    """
    shown: dict[str, Any] = {"id": generation.id, "status": generation.status.value}
    if generation.status is Status.SUCCEEDED:
        directory = f"{base_url}{IMAGES_PATH}/{generation.id}"
        shown["images"] = [
            {"url": f"{directory}/{number}.{EXTENSIONS[image.media_type]}"}
            for number, image in enumerate(generation.images, start=1)
        ]
    elif generation.status is Status.FAILED:
        shown["error"] = generation.error or "the generation failed"
    return shown


def generation_details(generation: Generation, base_url: str) -> dict[str, Any]:
    """What `get_generation` shows."""
    shown = generation_object(generation, base_url)
    details = {"id": shown.pop("id"), "model": generation.model_id, **shown}
    if generation.status is Status.SUCCEEDED:
        details["cost"] = json_usd(generation.charged_micros)
    return details


def as_result(document: Any, structured: dict[str, Any] | None = None) -> CallToolResult:
    """A successful result whose text block carries everything.

    `structured` is for results without images alone: several hosts drop an image that comes with
    structured content.
    """
    text = json.dumps(document, ensure_ascii=False, allow_nan=False)
    return CallToolResult(content=[TextContent(text=text)], structured_content=structured)


def as_error(message: str, help_sentence: str | None = None) -> CallToolResult:
    """A tool error: the exact text first, one sentence of help after it."""
    blocks = [TextContent(text=_printable(message))]
    if help_sentence:
        blocks.append(TextContent(text=_printable(help_sentence)))
    return CallToolResult(content=[*blocks], is_error=True)


def refusal(error: Refused) -> CallToolResult:
    """The tool error that a refusal looks like."""
    return as_error(str(error), error.help)


def _printable(text: str) -> str:
    # A lone surrogate in an echoed argument could not be sent back as UTF-8.
    return text.encode("utf-8", "replace").decode()
