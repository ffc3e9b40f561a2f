"""The queue of fal."""

from handler.core.failures import FailureKind as Kind
from handler.core.generation import TOO_LATE
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
    VANISHED,
)
from tests.vendors.fal import FakeFal

FOUR = {"num_images": 4}

SUCCESSES = (
    Cell("good", images=1),
    Cell("good", images=4, input=FOUR),
    Cell("one image", images=1),
    Cell("inline", images=2, input={"num_images": 2}),
    Cell("unflagged", images=1),
    Cell("unheard of", images=1),
    Cell("long queue", images=1),
    Cell("blinking", images=1),
    Cell("result blinking", images=1),
    Cell("result throttled", images=1),
    Cell("polls throttled", images=1),
    Cell("slow file", images=1),
    # Partial: the difference is paid back.
    Cell("fewer", images=3, input=FOUR),
    Cell("one flagged", images=3, input=FOUR),
    Cell("one black", images=3, input=FOUR),
    Cell("one removed", images=3, input=FOUR),
    # What passes is tried again: as a new request only where the first one has ended.
    Cell("throttled once", images=1, posts=2),
    Cell("throttled for long once", images=1, submits=2, posts=2),
    Cell("overloaded once", images=1, posts=2),
    Cell("model error once", images=1, submits=2, begun=2),
    Cell("no runner once", images=1, submits=2, begun=2),
    Cell("no connection once", images=1, submits=2, begun=2),
    Cell("disconnected once", images=1, submits=2, begun=2),
    Cell("start timeout once", images=1, submits=2, begun=2),
)
NOT_BEGUN = (
    Cell("unauthenticated", Kind.PROVIDER_ACCOUNT, ACCOUNT, begun=0),
    Cell("unpaid", Kind.PROVIDER_ACCOUNT, ACCOUNT, begun=0),
    Cell("unpaid input", Kind.PROVIDER_ACCOUNT, ACCOUNT, begun=0),
    Cell("no credit", Kind.PROVIDER_ACCOUNT, ACCOUNT, begun=0),
    Cell("no model", Kind.MODEL_UNAVAILABLE, NO_MODEL, begun=0),
    Cell("malformed", Kind.INVALID_INPUT, f"{REFUSED}: The request body is not JSON", begun=0),
    Cell("throttled", Kind.CAPACITY, CAPACITY, submits=2, posts=6, begun=0),
    Cell("throttled for long", Kind.CAPACITY, CAPACITY, submits=2, posts=2, begun=0),
    Cell("overloaded", Kind.CAPACITY, CAPACITY, submits=2, posts=6, begun=0),
    Cell("good", Kind.CAPACITY, CAPACITY, submits=2, posts=0, begun=0, is_down=True),
    # It may have begun, so it is not asked for again.
    Cell("submission error", Kind.PROVIDER_ERROR, THEIR_ERROR, begun=0),
    Cell("gateway", Kind.TIMEOUT, TIMEOUT, begun=0),
    Cell("silent", Kind.UNKNOWN_OUTCOME, LOST, begun=0),
    Cell("broken", Kind.UNKNOWN_OUTCOME, LOST, begun=0),
    Cell("gibberish", Kind.UNKNOWN_OUTCOME, LOST, begun=0),
    Cell("led astray", Kind.UNKNOWN_OUTCOME, LOST),
)
FAILED = (
    Cell("moderated", Kind.CONTENT_FILTER, FILTER),
    Cell("flagged", Kind.CONTENT_FILTER, FILTER),
    Cell("flagged", Kind.CONTENT_FILTER, FILTER, input=FOUR),
    Cell(
        "black",
        Kind.CONTENT_FILTER,
        "the provider returned an empty picture, as its content filter does; "
        "change the prompt and try again",
    ),
    Cell(
        "invalid",
        Kind.INVALID_INPUT,
        f"{REFUSED}: num_steps: ensure this value is less than or equal to 12",
    ),
    Cell(
        "bad reference",
        Kind.INVALID_INPUT,
        f"{REFUSED}: image_url: Failed to download the file",
    ),
    Cell("plain invalid", Kind.INVALID_INPUT, f"{REFUSED}: image_size is too large"),
    Cell("locked meanwhile", Kind.PROVIDER_ACCOUNT, ACCOUNT),
    Cell("model error", Kind.PROVIDER_ERROR, THEIR_ERROR, submits=2, begun=2),
    Cell("model error for good", Kind.PROVIDER_ERROR, THEIR_ERROR),
    Cell("model timeout", Kind.TIMEOUT, TIMEOUT),
    Cell("downstream error", Kind.PROVIDER_ERROR, THEIR_ERROR, submits=2, begun=2),
    Cell("downstream down", Kind.CAPACITY, CAPACITY, submits=2, begun=2),
    Cell("timeout", Kind.TIMEOUT, TIMEOUT, submits=2, begun=2),
    Cell("our timeout", Kind.TIMEOUT, TIMEOUT),
    Cell("start timeout", Kind.TIMEOUT, TIMEOUT, submits=2, begun=2),
    Cell("no runner", Kind.CAPACITY, CAPACITY, submits=2, begun=2),
    Cell("no connection", Kind.PROVIDER_ERROR, THEIR_ERROR, submits=2, begun=2),
    Cell("disconnected", Kind.PROVIDER_ERROR, THEIR_ERROR, submits=2, begun=2),
    Cell("typed by header", Kind.PROVIDER_ERROR, THEIR_ERROR, submits=2, begun=2),
    Cell("broke", Kind.PROVIDER_ERROR, THEIR_ERROR),
    Cell("canceled", Kind.PROVIDER_ERROR, THEIR_ERROR),
    Cell("endless", Kind.TIMEOUT, TOO_LATE),
    Cell("nothing", Kind.NO_OUTPUT, NOTHING),
    Cell("no images", Kind.NO_OUTPUT, NOTHING),
    Cell("no media", Kind.NO_OUTPUT, NOTHING),
    Cell("gone", Kind.VANISHED_OUTPUT, VANISHED),
    Cell("result gone", Kind.VANISHED_OUTPUT, VANISHED),
    Cell("removed", Kind.VANISHED_OUTPUT, "the provider's image is no longer there; try again"),
    Cell("result gibberish", Kind.UNKNOWN_OUTCOME, LOST),
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

FAL = VendorCells(
    provider="fal",
    new_fake=FakeFal,
    posts_to=lambda fake: len(fake.arrivals.of("POST")),
    begun_at=lambda fake: fake.times.get("job", 0),
    model={
        "name": "FLUX.1 [schnell]",
        "description": "Fast text-to-image.",
        "provider": "fal",
        "provider_model": "fal-ai/flux/schnell",
        "pricing": {"price": 0.003, "unit": 1},
        "image_count_property": "num_images",
        "input_schema": {
            "type": "object",
            "required": ["prompt"],
            "properties": {
                "prompt": {"type": "string", "description": "What to paint."},
                "num_images": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": 4,
                    "default": 1,
                    "description": "How many.",
                },
                "image_url": {"type": "string", "description": "A reference image."},
            },
            "additionalProperties": False,
        },
    },
    cells=(*SUCCESSES, *NOT_BEGUN, *FAILED),
)
