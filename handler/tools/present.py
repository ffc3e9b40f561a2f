"""What a caller gets to see: the core's objects and refusals as MCP results.

The first text block is the wire contract.
"""

import base64
import json
from collections.abc import Sequence
from typing import Any

from mcp_types import CallToolResult, ContentBlock, ImageContent, TextContent

from handler.core.errors import Refused
from handler.core.generation import Generation, Status
from handler.core.image_types import EXTENSIONS
from handler.core.models import Model
from handler.core.money import json_usd

IMAGES_PATH = "/v1/images/files"
MAX_ANSWER_BYTES = 850_000
"""Several hosts refuse a result of more than a megabyte."""


def model_object(model: Model) -> dict[str, Any]:
    """A model as `list_models` shows it."""
    return {
        "id": model.id,
        "name": model.name,
        "description": model.description_with_prices,
        "pricing": {
            "price": json_usd(model.listed_micros),
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


def as_result(
    document: Any, structured: dict[str, Any] | None = None, previews: Sequence[bytes] = ()
) -> CallToolResult:
    """A successful result whose text block carries everything.

    `structured` is for results without images alone: several hosts drop an image that comes with
    structured content. `previews` are JPEGs; those that would make the answer too large are left
    out.
    """
    text = json.dumps(document, ensure_ascii=False, allow_nan=False)
    content: list[ContentBlock] = [TextContent(text=text)]
    left_bytes = MAX_ANSWER_BYTES - len(text.encode())
    for data in previews:
        encoded = base64.b64encode(data).decode()
        left_bytes -= len(encoded)
        if left_bytes < 0:
            break
        content.append(ImageContent(data=encoded, mime_type="image/jpeg"))
    return CallToolResult(content=content, structured_content=structured)


def as_error(message: str, help_sentence: str | None = None) -> CallToolResult:
    """A tool error: the exact text first, one sentence of help after it."""
    blocks = [TextContent(text=_printable(message))]
    if help_sentence:
        blocks.append(TextContent(text=_printable(help_sentence)))
    return CallToolResult(content=[*blocks], is_error=True)


def refusal(error: Refused, cause: str | None = None) -> CallToolResult:
    """The tool error that a refusal looks like; `cause` is a clause to begin its help with."""
    if cause is None or error.help is None:
        return as_error(str(error), error.help)
    return as_error(str(error), f"{cause}; {error.help[0].lower()}{error.help[1:]}")


def _printable(text: str) -> str:
    # A lone surrogate in an echoed argument could not be sent back as UTF-8.
    return text.encode("utf-8", "replace").decode()
