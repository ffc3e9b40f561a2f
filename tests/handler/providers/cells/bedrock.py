"""Amazon Bedrock."""

from handler.core.failures import FailureKind as Kind
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
)
from tests.vendors.bedrock import FakeBedrock

SUCCESSES = (
    Cell("good", images=1),
    Cell("jpeg", images=1),
    # One was asked for.
    Cell("several", images=1),
    Cell("throttled once", images=1, posts=2),
    Cell("throttled for long once", images=1, submits=2, posts=2),
    Cell("not ready once", images=1, posts=2),
    Cell("unavailable once", images=1, posts=2),
    # The model was run, and has ended.
    Cell("model error once", images=1, submits=2, begun=1),
    Cell("model timeout once", images=1, submits=2, begun=1),
    Cell("inference error once", images=1, submits=2, begun=2),
)
NOT_MADE = (
    Cell("prompt filtered", Kind.CONTENT_FILTER, FILTER),
    Cell("output filtered", Kind.CONTENT_FILTER, FILTER),
    Cell("output withheld", Kind.CONTENT_FILTER, FILTER),
    Cell("input filtered", Kind.CONTENT_FILTER, FILTER),
    Cell("filtered words", Kind.CONTENT_FILTER, FILTER, begun=0),
    Cell("filtered request", Kind.CONTENT_FILTER, FILTER, begun=0),
    Cell(
        "invalid",
        Kind.INVALID_INPUT,
        f"{REFUSED}: Malformed input request: #/seed: 9 is not less or equal to 3, please reformat "
        "your input.",
        begun=0,
    ),
    Cell(
        "too large",
        Kind.INVALID_INPUT,
        f"{REFUSED}: RequestEntityTooLargeException: Request body is too large",
        begun=0,
    ),
    Cell("unpaid", Kind.PROVIDER_ACCOUNT, ACCOUNT, begun=0),
    Cell("no credit", Kind.PROVIDER_ACCOUNT, ACCOUNT, begun=0),
    Cell("no access", Kind.PROVIDER_ACCOUNT, ACCOUNT, begun=0),
    Cell("expired", Kind.PROVIDER_ACCOUNT, ACCOUNT, begun=0),
    Cell("unknown key", Kind.PROVIDER_ACCOUNT, ACCOUNT, begun=0),
    Cell("not allowed", Kind.PROVIDER_ACCOUNT, ACCOUNT, begun=0),
    Cell("quota", Kind.PROVIDER_ACCOUNT, ACCOUNT, begun=0),
    Cell("no model", Kind.MODEL_UNAVAILABLE, NO_MODEL, begun=0),
    Cell("end of life", Kind.MODEL_UNAVAILABLE, NO_MODEL, begun=0),
    Cell("no such model", Kind.MODEL_UNAVAILABLE, NO_MODEL, begun=0),
    Cell("no on demand", Kind.MODEL_UNAVAILABLE, NO_MODEL, begun=0),
    Cell("throttled", Kind.CAPACITY, CAPACITY, submits=2, posts=6, begun=0),
    Cell("throttled for long", Kind.CAPACITY, CAPACITY, submits=2, posts=2, begun=0),
    Cell("not ready", Kind.CAPACITY, CAPACITY, submits=2, posts=6, begun=0),
    Cell("unavailable", Kind.CAPACITY, CAPACITY, submits=2, posts=6, begun=0),
    Cell("good", Kind.CAPACITY, CAPACITY, submits=2, posts=0, begun=0, is_down=True),
    Cell("model error", Kind.MODEL_ERROR, MODEL_FAILED, submits=2, begun=0),
    Cell("model timeout", Kind.TIMEOUT, TIMEOUT, submits=2, begun=0),
    # It may have begun, so it is not asked for again.
    Cell("server error", Kind.PROVIDER_ERROR, THEIR_ERROR, begun=0),
    Cell("silent", Kind.UNKNOWN_OUTCOME, LOST),
    Cell("broken", Kind.UNKNOWN_OUTCOME, LOST),
    Cell("gibberish", Kind.UNKNOWN_OUTCOME, LOST),
)
NOT_USABLE = (
    Cell("inference error", Kind.MODEL_ERROR, MODEL_FAILED, submits=2, begun=2),
    Cell("unheard of", Kind.MODEL_ERROR, MODEL_FAILED, submits=2, begun=2),
    Cell("nothing", Kind.NO_OUTPUT, NOTHING),
    Cell("empty", Kind.NO_OUTPUT, NOTHING),
    Cell(
        "black",
        Kind.CONTENT_FILTER,
        "the provider returned an empty picture, as its content filter does; "
        "change the prompt and try again",
    ),
    Cell(
        "no image",
        Kind.BAD_OUTPUT,
        "the provider returned no PNG, WebP, JPEG or GIF image; try again, or another model",
    ),
    Cell(
        "not base64",
        Kind.BAD_OUTPUT,
        "the provider's image is not accepted: its URL is not a data URL in base64; "
        "try again, or another model",
    ),
)

BEDROCK = VendorCells(
    provider="bedrock",
    new_fake=FakeBedrock,
    posts_to=lambda fake: len(fake.arrivals.of("POST")),
    begun_at=lambda fake: fake.times.get("made", 0),
    model={
        "name": "Stable Diffusion 3.5 Large",
        "description": "Paints and edits.",
        "provider": "bedrock",
        "provider_model": "stability.sd3-5-large-v1:0",
        "pricing": {"price": 0.08, "unit": 1},
        "input_schema": {
            "type": "object",
            "required": ["prompt"],
            "properties": {
                "prompt": {"type": "string", "description": "What to paint."},
                "aspect_ratio": {"type": "string", "default": "1:1", "description": "Shape."},
                "mode": {
                    "type": "string",
                    "default": "text-to-image",
                    "description": "How to begin.",
                },
                "image": {"type": "string", "description": "An image to begin with."},
                "strength": {"type": "number", "default": 0.6, "description": "How far from it."},
            },
            "additionalProperties": False,
        },
    },
    cells=(*SUCCESSES, *NOT_MADE, *NOT_USABLE),
)
