"""Replicate."""

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
    THEIR_ERROR,
    TIMEOUT,
    VANISHED,
)
from tests.vendors.replicate import FakeReplicate

FOUR = {"num_outputs": 4}

SUCCESSES = (
    Cell("good", images=1),
    Cell("good", images=4, input=FOUR),
    Cell("at once", images=1),
    Cell("unheard of", images=1),
    Cell("early output", images=1),
    Cell("single", images=1),
    Cell("object", images=2, input={"num_outputs": 2}),
    Cell("inline", images=2, input={"num_outputs": 2}),
    Cell("cold boot", images=1),
    Cell("slow file", images=1),
    Cell("blinking", images=1),
    Cell("blinking for long", images=1),
    Cell("polls throttled", images=1),
    # Partial: the difference is paid back.
    Cell("fewer", images=3, input=FOUR),
    Cell("one removed", images=3, input=FOUR),
    Cell("one black", images=3, input=FOUR),
    # What passes is tried again: as a new prediction only where the first one has ended.
    Cell("throttled once", images=1, posts=2),
    Cell("throttled for long once", images=1, submits=2, posts=2),
    Cell("overloaded once", images=1, posts=2),
    Cell("interrupted once", images=1, submits=2, begun=2),
    Cell("director once", images=1, submits=2, begun=2),
    Cell("unavailable once", images=1, submits=2, begun=2),
    Cell("at capacity once", images=1, submits=2, begun=2),
    Cell("boot once", images=1, submits=2, begun=2),
    Cell("start timeout once", images=1, submits=2, begun=2),
    Cell("unknown error once", images=1, submits=2, begun=2),
    Cell("upload once", images=1, submits=2, begun=2),
)
REFUSED = (
    Cell("unauthenticated", Kind.PROVIDER_ACCOUNT, ACCOUNT, begun=0),
    Cell("unpaid", Kind.PROVIDER_ACCOUNT, ACCOUNT, begun=0),
    Cell("unpaid input", Kind.PROVIDER_ACCOUNT, ACCOUNT, begun=0),
    Cell("no credit", Kind.PROVIDER_ACCOUNT, ACCOUNT, begun=0),
    Cell("forbidden", Kind.PROVIDER_ACCOUNT, ACCOUNT, begun=0),
    Cell("no model", Kind.MODEL_UNAVAILABLE, NO_MODEL, begun=0),
    Cell("no version", Kind.MODEL_UNAVAILABLE, NO_MODEL, begun=0),
    Cell(
        "invalid",
        Kind.INVALID_INPUT,
        "the provider refused the input: - input.aspect_ratio: aspect_ratio must be one of the "
        'following: "1:1", "16:9"',
        begun=0,
    ),
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
)
FAILED = (
    Cell("flagged", Kind.CONTENT_FILTER, FILTER),
    Cell("nsfw", Kind.CONTENT_FILTER, FILTER),
    Cell("all nsfw", Kind.CONTENT_FILTER, FILTER),
    Cell(
        "black",
        Kind.CONTENT_FILTER,
        "the provider returned an empty picture, as its content filter does; "
        "change the prompt and try again",
    ),
    Cell("memory", Kind.MODEL_ERROR, MODEL_FAILED),
    Cell("exception", Kind.MODEL_ERROR, MODEL_FAILED),
    Cell("no webhook", Kind.PROVIDER_ERROR, THEIR_ERROR),
    Cell("interrupted", Kind.PROVIDER_ERROR, THEIR_ERROR, submits=2, begun=2),
    Cell("director", Kind.PROVIDER_ERROR, THEIR_ERROR, submits=2, begun=2),
    Cell("unavailable", Kind.CAPACITY, CAPACITY, submits=2, begun=2),
    Cell("at capacity", Kind.CAPACITY, CAPACITY, submits=2, begun=2),
    Cell("boot", Kind.CAPACITY, CAPACITY, submits=2, begun=2),
    Cell("start timeout", Kind.TIMEOUT, TIMEOUT, submits=2, begun=2),
    Cell("aborted", Kind.TIMEOUT, TIMEOUT),
    Cell("canceled by deadline", Kind.TIMEOUT, TIMEOUT),
    Cell("endless", Kind.TIMEOUT, TOO_LATE),
    Cell("nothing", Kind.NO_OUTPUT, NOTHING),
    Cell("empty list", Kind.NO_OUTPUT, NOTHING),
    Cell("empty text", Kind.NO_OUTPUT, NOTHING),
    Cell("data removed", Kind.VANISHED_OUTPUT, VANISHED),
    Cell("gone", Kind.VANISHED_OUTPUT, VANISHED),
    Cell("all removed", Kind.VANISHED_OUTPUT, "the provider's image is no longer there; try again"),
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

REPLICATE = VendorCells(
    provider="replicate",
    new_fake=FakeReplicate,
    posts_to=lambda fake: len(fake.arrivals.of("POST", "/predictions")),
    begun_at=lambda fake: fake.times.get("prediction", 0),
    model={
        "name": "FLUX.1 [schnell]",
        "description": "Fast text-to-image.",
        "provider": "replicate",
        "provider_model": "black-forest-labs/flux-schnell",
        "pricing": {"price": 0.003, "unit": 1},
        "image_count_property": "num_outputs",
        "input_schema": {
            "type": "object",
            "required": ["prompt"],
            "properties": {
                "prompt": {"type": "string", "description": "What to paint."},
                "num_outputs": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": 4,
                    "default": 1,
                    "description": "How many.",
                },
                "image": {"type": "string", "description": "A reference image."},
            },
            "additionalProperties": False,
        },
    },
    cells=(*SUCCESSES, *REFUSED, *FAILED),
)
