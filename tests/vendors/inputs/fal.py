"""What fal's endpoints take, by their ids.

From the endpoint types of npm @fal-ai/client 1.10.1. They have no maxima: those are from third
parties' copies of fal's pages, as read on 2026-11-29, and the widest of them. A property that is
not there is let through, as by every model that nobody told to refuse it.
"""

from collections.abc import Mapping

from tests.vendors.schemas import Schema, takes

_SIDE: Schema = {"type": "integer", "minimum": 1}
_SIZES = ["square_hd", "square", "portrait_4_3", "portrait_16_9", "landscape_4_3", "landscape_16_9"]
_RATIOS = ["21:9", "16:9", "4:3", "3:2", "1:1", "2:3", "3:4", "9:16", "9:21"]
_ALL: dict[str, Schema] = {
    "prompt": {"type": "string"},
    "seed": {"type": ["integer", "null"]},
    "output_format": {"enum": ["jpeg", "png"]},
    "sync_mode": {"type": "boolean"},
    "enable_safety_checker": {"type": "boolean"},
    "image_size": {
        "anyOf": [{"enum": _SIZES}, takes({"width": _SIDE, "height": _SIDE}, ("width", "height"))]
    },
}


def _flux(most_steps: int) -> Schema:
    return takes(
        {
            **_ALL,
            "num_images": {"type": "integer", "minimum": 1, "maximum": 4},
            "num_inference_steps": {"type": "integer", "minimum": 1, "maximum": most_steps},
            "guidance_scale": {"type": "number", "minimum": 0, "maximum": 20},
            "acceleration": {"enum": ["none", "regular", "high"]},
        }
    )


INPUTS: Mapping[str, Schema] = {
    "fal-ai/flux/schnell": _flux(12),
    "fal-ai/flux/dev": _flux(50),
    "fal-ai/flux-pro/kontext": takes(
        {
            "prompt": {"type": "string"},
            "image_url": {"type": "string"},
            "num_images": {"type": "integer", "minimum": 1, "maximum": 4},
            "aspect_ratio": {"enum": _RATIOS},
            "guidance_scale": {"type": "number", "minimum": 1, "maximum": 20},
            "safety_tolerance": {"enum": ["1", "2", "3", "4", "5", "6"]},
            "output_format": {"enum": ["jpeg", "png"]},
            "seed": {"type": ["integer", "null"]},
        },
        ("prompt", "image_url"),
    ),
    "fal-ai/flux-2-pro": takes({**_ALL, "safety_tolerance": {"enum": ["1", "2", "3", "4", "5"]}}),
}
