"""OpenAI, and a server that speaks its language."""

from dataclasses import replace
from typing import Any

from handler.core.failures import FailureKind as Kind
from tests.handler.providers.cells.cell import Cell, VendorCells
from tests.handler.providers.cells.texts import (
    ACCOUNT,
    CAPACITY,
    FILTER,
    LOST,
    NO_MODEL,
    NOTHING,
    REFUSED,
    THEIR_ERROR,
    TIMEOUT,
)
from tests.vendors.openai import FakeOpenAI

THREE = {"n": 3}

SUCCESSES = (
    Cell("good", images=1),
    Cell("good", images=3, input=THREE),
    Cell("jpeg", images=1),
    Cell("data urls", images=1),
    Cell("urls", images=3, input=THREE),
    Cell("fewer", images=2, input=THREE),
    Cell("one null", images=2, input=THREE),
    Cell("one black", images=2, input=THREE),
    Cell("throttled once", images=1, posts=2),
    Cell("throttled for long once", images=1, submits=2, posts=2),
    Cell("overloaded once", images=1, posts=2),
)
NOT_MADE = (
    Cell("moderated", Kind.CONTENT_FILTER, FILTER, begun=0),
    Cell("moderated by a gateway", Kind.CONTENT_FILTER, FILTER, begun=0),
    Cell("policy", Kind.CONTENT_FILTER, FILTER, begun=0),
    Cell("invalid", Kind.INVALID_INPUT, f"{REFUSED}: Invalid size '1x1'.", begun=0),
    Cell("detail", Kind.INVALID_INPUT, f"{REFUSED}: size: no such size", begun=0),
    Cell("detail text", Kind.INVALID_INPUT, f"{REFUSED}: steps must be at most 50", begun=0),
    Cell("large", Kind.INVALID_INPUT, f"{REFUSED}: Payload too large", begun=0),
    Cell("unauthenticated", Kind.PROVIDER_ACCOUNT, ACCOUNT, begun=0),
    Cell("unverified", Kind.PROVIDER_ACCOUNT, ACCOUNT, begun=0),
    Cell("unpaid", Kind.PROVIDER_ACCOUNT, ACCOUNT, begun=0),
    Cell("unpaid input", Kind.PROVIDER_ACCOUNT, ACCOUNT, begun=0),
    Cell("over budget", Kind.PROVIDER_ACCOUNT, ACCOUNT, begun=0),
    Cell("no credit", Kind.PROVIDER_ACCOUNT, ACCOUNT, begun=0),
    Cell("no quota by type", Kind.PROVIDER_ACCOUNT, ACCOUNT, begun=0),
    Cell("no quota in words", Kind.PROVIDER_ACCOUNT, ACCOUNT, begun=0),
    Cell("hard limit", Kind.PROVIDER_ACCOUNT, ACCOUNT, begun=0),
    Cell("no model", Kind.MODEL_UNAVAILABLE, NO_MODEL, begun=0),
    Cell("no model any more", Kind.MODEL_UNAVAILABLE, NO_MODEL, begun=0),
    Cell("throttled", Kind.CAPACITY, CAPACITY, submits=2, posts=6, begun=0),
    Cell("throttled for long", Kind.CAPACITY, CAPACITY, submits=2, posts=2, begun=0),
    Cell("do not retry", Kind.CAPACITY, CAPACITY, submits=1, begun=0),
    Cell("overloaded", Kind.CAPACITY, CAPACITY, submits=2, posts=6, begun=0),
    Cell("good", Kind.CAPACITY, CAPACITY, submits=2, posts=0, begun=0, is_down=True),
    # It may have begun, so it is not asked for again.
    Cell("server error", Kind.PROVIDER_ERROR, THEIR_ERROR, begun=0),
    Cell("bad gateway", Kind.PROVIDER_ERROR, THEIR_ERROR, begun=0),
    Cell("gateway", Kind.TIMEOUT, TIMEOUT, begun=0),
    Cell("silent", Kind.UNKNOWN_OUTCOME, LOST),
    Cell("broken", Kind.UNKNOWN_OUTCOME, LOST),
    Cell("gibberish", Kind.UNKNOWN_OUTCOME, LOST),
)
NOT_USABLE = (
    Cell("nothing", Kind.NO_OUTPUT, NOTHING),
    Cell("no data", Kind.UNKNOWN_OUTCOME, LOST),
    Cell(
        "black",
        Kind.CONTENT_FILTER,
        "the provider returned an empty picture, as its content filter does; "
        "change the prompt and try again",
    ),
    Cell(
        "not base64",
        Kind.BAD_OUTPUT,
        "the provider's image is not accepted: its URL is not a data URL in base64; "
        "try again, or another model",
    ),
    Cell(
        "no image",
        Kind.BAD_OUTPUT,
        "the provider returned no PNG, WebP, JPEG or GIF image; try again, or another model",
    ),
    Cell("removed", Kind.VANISHED_OUTPUT, "the provider's image is no longer there; try again"),
    Cell(
        "elsewhere",
        Kind.BAD_OUTPUT,
        "the provider's image is not accepted: its URL is at a host that is not on the list; "
        "try again, or another model",
    ),
    Cell(
        "inside",
        Kind.BAD_OUTPUT,
        "the provider's image is not accepted: its URL is not an https URL; "
        "try again, or another model",
    ),
)

EVERYWHERE = tuple(
    cell
    for cell in (*SUCCESSES, *NOT_MADE)
    if cell.scenario in ("good", "fewer", "moderated", "invalid", "unauthenticated", "no credit")
    and not cell.is_down
)
"""Those that also run with each kind of server: success, in part, filter, input and account."""

OPENAI = VendorCells(
    provider="openai",
    new_fake=FakeOpenAI,
    posts_to=lambda fake: len(fake.arrivals.of("POST")),
    begun_at=lambda fake: fake.times.get("made", 0),
    model={
        "name": "GPT Image 2",
        "description": "Follows long prompts.",
        "provider": "openai",
        "provider_model": "gpt-image-2",
        "pricing": {"price": 0.053, "unit": 1},
        "image_count_property": "n",
        "input_schema": {
            "type": "object",
            "required": ["prompt"],
            "properties": {
                "prompt": {"type": "string", "description": "What to paint."},
                "n": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": 10,
                    "default": 1,
                    "description": "How many.",
                },
                "size": {"type": "string", "description": "Width x height."},
                "style": {"type": "string", "description": "Style."},
                "images": {"type": "array", "description": "Images to edit."},
                "image": {"type": "string", "description": "An image to edit."},
            },
            "additionalProperties": False,
        },
    },
    cells=(*SUCCESSES, *NOT_MADE, *NOT_USABLE),
)


def _of_another_server(document: dict[str, Any]) -> dict[str, Any]:
    return {**document, "provider": "openai-compatible", "provider_model": "stable-diffusion"}


COMPATIBLE = replace(
    OPENAI,
    provider="openai-compatible",
    model=_of_another_server(dict(OPENAI.model)),
)
