"""What Stability's models take at Bedrock, by their ids.

From AWS's user guide and Stability's reference, as read on 2026-11-25. The guide lists all that
there is, and Bedrock refuses the rest.
"""

from collections.abc import Mapping

from tests.vendors.schemas import Schema, takes

_TEXT: Schema = {"type": "string", "maxLength": 10_000}
_CORE: dict[str, Schema] = {
    "prompt": _TEXT,
    "negative_prompt": _TEXT,
    "aspect_ratio": {"enum": ["16:9", "1:1", "21:9", "2:3", "3:2", "4:5", "5:4", "9:16", "9:21"]},
    "seed": {"type": "integer", "minimum": 0, "maximum": 4_294_967_294},
    "output_format": {"enum": ["jpeg", "png"]},
}
_EDITING: dict[str, Schema] = {
    "image": {"type": "string"},
    "strength": {"type": "number", "minimum": 0, "maximum": 1},
}
_MODE: Schema = {"enum": ["text-to-image", "image-to-image"]}
_FROM_IMAGE: Schema = {
    "if": {"required": ["mode"], "properties": {"mode": {"const": "image-to-image"}}},
    "then": {"required": ["image", "strength"]},
}

INPUTS: Mapping[str, Schema] = {
    "stability.stable-image-core-v1:1": takes(_CORE, additionalProperties=False),
    "stability.sd3-5-large-v1:0": takes(
        {**_CORE, **_EDITING, "mode": _MODE}, additionalProperties=False, **_FROM_IMAGE
    ),
    "stability.stable-image-ultra-v1:1": takes({**_CORE, **_EDITING}, additionalProperties=False),
}
