"""Black Forest Labs."""

from handler.core.failures import FailureKind as Kind
from handler.core.generation import TOO_LATE
from tests.handler.providers.cells.cell import Cell, VendorCells
from tests.handler.providers.cells.texts import (
    ACCOUNT,
    CAPACITY,
    FILTER,
    LOST,
    MODEL_FAILED,
    NO_MODEL,
    NOTHING,
    REFUSED,
    THEIR_ERROR,
    TIMEOUT,
    VANISHED,
)
from tests.vendors.bfl import FakeBfl

SUCCESSES = (
    Cell("good", images=1),
    Cell("unheard of", images=1),
    Cell("blank answer", images=1),
    Cell("blinking", images=1),
    Cell("polls throttled", images=1),
    # A region may not know at once what another took.
    Cell("known late", images=1),
    Cell("throttled once", images=1, posts=2),
    Cell("throttled for long once", images=1, submits=2, posts=2),
    Cell("overloaded once", images=1, posts=2),
    Cell("error once", images=1, submits=2, begun=2),
)
NOT_BEGUN = (
    Cell("unauthenticated", Kind.PROVIDER_ACCOUNT, ACCOUNT, begun=0),
    Cell("unpaid", Kind.PROVIDER_ACCOUNT, ACCOUNT, begun=0),
    Cell("unpaid input", Kind.PROVIDER_ACCOUNT, ACCOUNT, begun=0),
    Cell("no credit", Kind.PROVIDER_ACCOUNT, ACCOUNT, begun=0),
    Cell("no model", Kind.MODEL_UNAVAILABLE, NO_MODEL, begun=0),
    Cell(
        "invalid",
        Kind.INVALID_INPUT,
        f"{REFUSED}: width: Input should be a multiple of 16",
        begun=0,
    ),
    Cell("bad reference", Kind.INVALID_INPUT, f"{REFUSED}: Unable to load input_image", begun=0),
    Cell("throttled", Kind.CAPACITY, CAPACITY, submits=2, posts=6, begun=0),
    Cell("throttled for long", Kind.CAPACITY, CAPACITY, submits=2, posts=2, begun=0),
    Cell("overloaded", Kind.CAPACITY, CAPACITY, submits=2, posts=6, begun=0),
    Cell("good", Kind.CAPACITY, CAPACITY, submits=2, posts=0, begun=0, is_down=True),
    # It may have begun, so it is not asked for again.
    Cell("server error", Kind.PROVIDER_ERROR, THEIR_ERROR, begun=0),
    Cell("gateway", Kind.TIMEOUT, TIMEOUT, begun=0),
    Cell("silent", Kind.UNKNOWN_OUTCOME, LOST, begun=0),
    Cell("broken", Kind.UNKNOWN_OUTCOME, LOST, begun=0),
    Cell("gibberish", Kind.UNKNOWN_OUTCOME, LOST, begun=0),
    Cell("no url", Kind.UNKNOWN_OUTCOME, LOST),
    Cell("led astray", Kind.UNKNOWN_OUTCOME, LOST),
    Cell("led inside", Kind.UNKNOWN_OUTCOME, LOST),
)
FAILED = (
    Cell("request moderated", Kind.CONTENT_FILTER, FILTER),
    Cell("content moderated", Kind.CONTENT_FILTER, FILTER),
    Cell(
        "black",
        Kind.CONTENT_FILTER,
        "the provider returned an empty picture, as its content filter does; "
        "change the prompt and try again",
    ),
    Cell("error", Kind.MODEL_ERROR, MODEL_FAILED, submits=2, begun=2),
    Cell("bare error", Kind.MODEL_ERROR, MODEL_FAILED, submits=2, begun=2),
    Cell("key revoked", Kind.PROVIDER_ACCOUNT, ACCOUNT),
    Cell("endless", Kind.TIMEOUT, TOO_LATE),
    Cell("nothing", Kind.NO_OUTPUT, NOTHING),
    Cell("no result", Kind.NO_OUTPUT, NOTHING),
    Cell("gone", Kind.VANISHED_OUTPUT, VANISHED),
    Cell("gone politely", Kind.VANISHED_OUTPUT, VANISHED),
    # Its signature has expired.
    Cell("removed", Kind.VANISHED_OUTPUT, "the provider's image is no longer there; try again"),
    Cell(
        "elsewhere",
        Kind.BAD_OUTPUT,
        "the provider's image is not accepted: its URL is at a host that is not on the list; "
        "try again, or another model",
    ),
    Cell(
        "no image",
        Kind.BAD_OUTPUT,
        "the provider returned no PNG, WebP, JPEG or GIF image; try again, or another model",
    ),
)

BFL = VendorCells(
    provider="bfl",
    new_fake=FakeBfl,
    posts_to=lambda fake: len(fake.arrivals.of("POST")),
    begun_at=lambda fake: fake.times.get("task", 0),
    model={
        "name": "FLUX.2 [pro]",
        "description": "Paints and edits.",
        "provider": "bfl",
        "provider_model": "flux-2-pro",
        "pricing": {"price": 0.03, "unit": 1},
        "input_schema": {
            "type": "object",
            "required": ["prompt"],
            "properties": {
                "prompt": {"type": "string", "description": "What to paint."},
                "width": {"type": "integer", "description": "Width in pixels."},
                "input_image": {"type": "string", "description": "An image to edit."},
            },
            "additionalProperties": False,
        },
    },
    cells=(*SUCCESSES, *NOT_BEGUN, *FAILED),
)
