"""What OpenAI's image models take, by their names.

From its OpenAPI description (2026-08-21), the types of openai 3.57.0 and its guide. `style` and
`response_format` are the description's, and of models that are gone.
"""

from collections.abc import Mapping

from tests.vendors.schemas import Schema, takes

_BOTH: dict[str, Schema] = {
    "model": {"type": "string"},
    "prompt": {"type": "string", "maxLength": 32_000},
    "n": {"type": ["integer", "null"], "minimum": 1, "maximum": 10},
    "size": {"type": ["string", "null"]},
    "background": {"enum": ["transparent", "opaque", "auto", None]},
    "moderation": {"enum": ["low", "auto", None]},
    "output_format": {"enum": ["png", "jpeg", "webp", None]},
    "output_compression": {"type": ["integer", "null"], "minimum": 0, "maximum": 100},
    "stream": {"type": ["boolean", "null"]},
    "partial_images": {"type": ["integer", "null"], "minimum": 0, "maximum": 3},
    "user": {"type": "string"},
}
_REFERENCE: Schema = {"type": "object"}
_EDITING: dict[str, Schema] = {
    "images": {"type": "array", "items": _REFERENCE, "minItems": 1, "maxItems": 16},
    "mask": _REFERENCE,
    "input_fidelity": {"enum": ["high", "low", None]},
}
_QUALITIES = ["low", "medium", "high", "auto", None]
_FINER = [*_QUALITIES[:-2], "xhigh", "max", *_QUALITIES[-2:]]
_BY_MODEL = {
    "gpt-image-2": _QUALITIES,
    "gpt-image-2-2026-04-21": _QUALITIES,
    **{
        f"gpt-image-{version}-{name}": _FINER
        for version in ("2.5", "2.6")
        for name in ("sunburst", "flare")
    },
}


def _of(qualities: list[str | None], **more: Schema) -> Schema:
    return takes({**_BOTH, "quality": {"enum": qualities}, **more}, additionalProperties=False)


GENERATIONS: Mapping[str, Schema] = {name: _of(qualities) for name, qualities in _BY_MODEL.items()}
EDITS: Mapping[str, Schema] = {
    name: {**_of(qualities, **_EDITING), "required": ["prompt", "images"]}
    for name, qualities in _BY_MODEL.items()
}


def is_size(size: str) -> bool:
    """Whether `auto`, or multiples of 16 that are neither too long, too narrow, large nor small."""
    width, _, height = size.partition("x")
    if size == "auto":
        return True
    if not (width.isdecimal() and height.isdecimal()):
        return False
    sides = sorted((int(width), int(height)))
    return (
        all(side % 16 == 0 for side in sides)
        and 0 < sides[1] <= 3840
        and sides[1] <= 3 * sides[0]
        and 655_360 <= sides[0] * sides[1] <= 8_294_400
    )
