"""Google's Gemini API."""

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
from tests.vendors.gemini import BLOCKS, STOPS, FakeGemini

SUCCESSES = (
    Cell("good", images=1),
    Cell("jpeg", images=1),
    Cell("lying type", images=1),
    Cell("talkative", images=1),
    Cell("draft", images=1),
    # One was asked for.
    Cell("several", images=1),
    Cell("throttled once", images=1, posts=2),
    Cell("throttled per minute once", images=1, submits=2, posts=2),
    Cell("overloaded once", images=1, posts=2),
    # It has ended without one, and the next time there often is one.
    Cell("words once", images=1, submits=2, begun=2),
    Cell("no image once", images=1, submits=2, begun=2),
)
NOT_MADE = (
    *(Cell(scenario, Kind.CONTENT_FILTER, FILTER) for scenario in BLOCKS),
    *(
        Cell(scenario, Kind.CONTENT_FILTER, FILTER)
        for scenario in STOPS
        if scenario not in ("account limited", "image other", "no image", "used all tokens")
    ),
    Cell("account limited", Kind.PROVIDER_ACCOUNT, ACCOUNT),
    Cell(
        "invalid",
        Kind.INVALID_INPUT,
        f"{REFUSED}: Aspect ratio 7:7 is not supported for this model",
        begun=0,
    ),
    Cell(
        "too large",
        Kind.INVALID_INPUT,
        f"{REFUSED}: Request payload size exceeds the limit",
        begun=0,
    ),
    Cell("unauthenticated", Kind.PROVIDER_ACCOUNT, ACCOUNT, begun=0),
    Cell("leaked key", Kind.PROVIDER_ACCOUNT, ACCOUNT, begun=0),
    Cell("expired key", Kind.PROVIDER_ACCOUNT, ACCOUNT, begun=0),
    Cell("wrong country", Kind.PROVIDER_ACCOUNT, ACCOUNT, begun=0),
    Cell("unpaid", Kind.PROVIDER_ACCOUNT, ACCOUNT, begun=0),
    Cell("no credit", Kind.PROVIDER_ACCOUNT, ACCOUNT, begun=0),
    Cell("used up", Kind.PROVIDER_ACCOUNT, ACCOUNT, begun=0),
    Cell("no quota", Kind.PROVIDER_ACCOUNT, ACCOUNT, begun=0),
    Cell("no model", Kind.MODEL_UNAVAILABLE, NO_MODEL, begun=0),
    Cell("throttled", Kind.CAPACITY, CAPACITY, submits=2, posts=6, begun=0),
    Cell("throttled per minute", Kind.CAPACITY, CAPACITY, submits=2, posts=2, begun=0),
    Cell("overloaded", Kind.CAPACITY, CAPACITY, submits=2, posts=6, begun=0),
    Cell("good", Kind.CAPACITY, CAPACITY, submits=2, posts=0, begun=0, is_down=True),
    # It may have begun, so it is not asked for again.
    Cell("server error", Kind.PROVIDER_ERROR, THEIR_ERROR, begun=0),
    Cell("deadline", Kind.TIMEOUT, TIMEOUT, begun=0),
    Cell("silent", Kind.UNKNOWN_OUTCOME, LOST),
    Cell("broken", Kind.UNKNOWN_OUTCOME, LOST),
    Cell("gibberish", Kind.UNKNOWN_OUTCOME, LOST),
)
NOT_USABLE = (
    Cell("image other", Kind.NO_OUTPUT, NOTHING, submits=2, begun=2),
    Cell("no image", Kind.NO_OUTPUT, NOTHING, submits=2, begun=2),
    Cell("used all tokens", Kind.NO_OUTPUT, NOTHING, submits=2, begun=2),
    Cell("words", Kind.NO_OUTPUT, NOTHING, submits=2, begun=2),
    Cell("empty", Kind.NO_OUTPUT, NOTHING, submits=2, begun=2),
    Cell("draft alone", Kind.NO_OUTPUT, NOTHING, submits=2, begun=2),
    Cell("no candidates", Kind.NO_OUTPUT, NOTHING, submits=2, begun=2),
    Cell(
        "black",
        Kind.CONTENT_FILTER,
        "the provider returned an empty picture, as its content filter does; "
        "change the prompt and try again",
    ),
    Cell(
        "svg",
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

GEMINI = VendorCells(
    provider="gemini",
    new_fake=FakeGemini,
    posts_to=lambda fake: len(fake.arrivals.of("POST")),
    begun_at=lambda fake: fake.times.get("made", 0),
    model={
        "name": "Nano Banana 2.1",
        "description": "Paints and edits.",
        "provider": "gemini",
        "provider_model": "gemini-nano-banana-2.1",
        "pricing": {"price": 0.0336, "unit": 1},
        "input_schema": {
            "type": "object",
            "required": ["prompt"],
            "properties": {
                "prompt": {"type": "string", "description": "What to paint."},
                "aspect_ratio": {"type": "string", "default": "1:1", "description": "Shape."},
                "image_size": {"type": "string", "description": "Size."},
                "images": {"type": "array", "description": "Images to edit."},
            },
            "additionalProperties": False,
        },
    },
    cells=(*SUCCESSES, *NOT_MADE, *NOT_USABLE),
)
