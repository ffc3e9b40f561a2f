"""What the models of Black Forest Labs take, by the last part of their path.

From the OpenAPI description of api.bfl.ai, in a copy of tryAGI's C# client; that sides of FLUX.2
are multiples of 16, and that JPEG and PNG are what it makes, are from docs.bfl.ai in excerpts, read
on 2026-11-25. A property that is not there is let through, as the description does not forbid it.
"""

from collections.abc import Mapping

from tests.vendors.schemas import Schema, takes

_OPTIONAL = {"type": ["string", "null"]}
_FORMAT: Schema = {"enum": ["jpeg", "png", None]}
_SEED: Schema = {"type": ["integer", "null"]}


def _tolerance(most: int) -> Schema:
    return {"type": "integer", "minimum": 0, "maximum": most}


def _images(most: int) -> dict[str, Schema]:
    names = ["input_image", *(f"input_image_{number}" for number in range(2, most + 1))]
    return dict.fromkeys(names, _OPTIONAL)


_SIDE_1: Schema = {"type": "integer", "minimum": 256, "maximum": 1440, "multipleOf": 32}
_SIDE_2: Schema = {"type": ["integer", "null"], "minimum": 64, "multipleOf": 16}
_FLUX_1: dict[str, Schema] = {
    "prompt": _OPTIONAL,
    "seed": _SEED,
    "safety_tolerance": _tolerance(6),
    "output_format": _FORMAT,
    "prompt_upsampling": {"type": "boolean"},
}
_FLUX_2: dict[str, Schema] = {
    "prompt": {"type": "string"},
    "width": _SIDE_2,
    "height": _SIDE_2,
    "seed": _SEED,
    "safety_tolerance": _tolerance(5),
    "output_format": _FORMAT,
}
_SIZED = takes({**_FLUX_1, "width": _SIDE_1, "height": _SIDE_1, "image_prompt": _OPTIONAL}, ())
_KONTEXT = takes({**_FLUX_1, **_images(4), "prompt": {"type": "string"}})
_LARGE, _KLEIN = takes({**_FLUX_2, **_images(8)}), takes({**_FLUX_2, **_images(4)})

INPUTS: Mapping[str, Schema] = {
    "flux-2-pro": _LARGE,
    "flux-2-max": _LARGE,
    "flux-2-flex": _LARGE,
    "flux-2-klein-4b": _KLEIN,
    "flux-2-klein-9b": _KLEIN,
    "flux-pro-1.1": _SIZED,
    "flux-pro-1.1-ultra": takes(_FLUX_1, ()),
    "flux-dev": _SIZED,
    "flux-kontext-pro": _KONTEXT,
    "flux-kontext-max": _KONTEXT,
}
