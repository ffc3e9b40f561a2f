"""What Replicate takes of a request, and its models of an input, by owner and name.

The request is its OpenAPI description's (2026-04-09). Models are as recorded in January 2025, where
they were; the others from third parties' copies of their schemas, as read on 2026-11-25. None of
them forbids a property that it does not have.
"""

from collections.abc import Mapping

from tests.infra.operator.importing.descriptions import RECORDED
from tests.vendors.schemas import Schema, takes

_BODY: dict[str, Schema] = {
    "input": {"type": "object"},
    "stream": {"type": "boolean"},
    "webhook": {"type": "string"},
    "webhook_events_filter": {
        "type": "array",
        "items": {"enum": ["start", "output", "logs", "completed"]},
    },
}
OF_A_MODEL = takes(_BODY, ("input",), additionalProperties=False)
"""The body that creates a prediction of a model by its name."""
OF_A_VERSION = takes(
    {**_BODY, "version": {"type": "string"}}, ("version", "input"), additionalProperties=False
)
"""The body that creates one by a version."""

_TEXT: Schema = {"type": "string"}
_BOOLEAN: Schema = {"type": "boolean"}
_WHOLE: Schema = {"type": "integer"}
_COMMON = ["1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3"]
_RATIOS = [*_COMMON, "4:5", "5:4", "21:9", "9:21", "2:1", "1:2"]
_COPIED: Mapping[str, Schema] = {
    "black-forest-labs/flux-kontext-pro": takes(
        {
            "prompt": _TEXT,
            "input_image": _TEXT,
            "aspect_ratio": {"enum": ["match_input_image", *_RATIOS]},
            "seed": _WHOLE,
            "output_format": {"enum": ["jpg", "png"]},
            "safety_tolerance": {"type": "integer", "minimum": 0, "maximum": 6},
            "prompt_upsampling": _BOOLEAN,
        }
    ),
    "bytedance/seedream-4": takes(
        {
            "prompt": _TEXT,
            "image_input": {"type": "array", "items": _TEXT, "maxItems": 10},
            "size": {"enum": ["1K", "2K", "4K", "custom"]},
            "aspect_ratio": {
                "enum": [
                    "match_input_image",
                    "1:1",
                    "4:3",
                    "3:4",
                    "16:9",
                    "9:16",
                    "3:2",
                    "2:3",
                    "21:9",
                ]
            },
            "max_images": {"type": "integer", "minimum": 1, "maximum": 15},
            "enhance_prompt": _BOOLEAN,
        }
    ),
    "ideogram-ai/ideogram-v3-quality": takes(
        {
            "prompt": _TEXT,
            "aspect_ratio": {
                "enum": [
                    "1:3",
                    "3:1",
                    "1:2",
                    "2:1",
                    "9:16",
                    "16:9",
                    "10:16",
                    "16:10",
                    "2:3",
                    "3:2",
                    "3:4",
                    "4:3",
                    "4:5",
                    "5:4",
                    "1:1",
                ]
            },
            "magic_prompt_option": {"enum": ["Auto", "On", "Off"]},
            "style_type": {"enum": ["None", "Auto", "General", "Realistic", "Design"]},
            "seed": {"type": "integer", "maximum": 2_147_483_647},
        }
    ),
}

INPUTS: Mapping[str, Schema] = {
    **{
        name: {"$ref": "#/components/schemas/Input", "components": {"schemas": model["schemas"]}}
        for name, model in RECORDED.items()
    },
    **_COPIED,
    # A community's model of the tests, which takes anything.
    "acme/paint": {},
}
