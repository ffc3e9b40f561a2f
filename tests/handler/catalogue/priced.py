"""Catalogue documents that are priced in every form."""

from typing import Any

from tests.world import MODEL_DOCUMENT

PROPERTIES: dict[str, Any] = {
    "prompt": {"type": "string", "description": "What to paint."},
    "size": {"type": "string", "enum": ["small", "large"], "default": "small", "description": "S."},
    "quality": {"type": "string", "enum": ["low", "high"], "description": "Q."},
    "fast": {"type": "boolean", "default": True, "description": "F."},
    "steps": {"enum": [1, 2.5, "1x"], "default": 1, "description": "T."},
    "width": {
        "type": "integer",
        "minimum": 256,
        "maximum": 2048,
        "default": 1024,
        "description": "W.",
    },
    "height": {
        "type": "integer",
        "minimum": 256,
        "maximum": 2048,
        "default": 1024,
        "description": "H.",
    },
    "n": {"type": "integer", "minimum": 1, "maximum": 10, "default": 1, "description": "N."},
    "image": {"type": "string", "description": "An image."},
    "images": {"type": "array", "items": {"type": "string"}, "description": "Images."},
}

BY_VALUES: dict[str, Any] = {
    "currency": "USD",
    "unit": 1,
    "by": ["size", "quality"],
    "prices": {"small": {"low": 0.006, "high": 0.053}, "large": {"high": 0.211}},
}
BY_SIDES: dict[str, Any] = {
    "currency": "USD",
    "per": "megapixel",
    "price": 0.015,
    "first_price": 0.03,
    "megapixel": 1_048_576,
    "size": ["width", "height"],
}
BY_NAMED_SIZE: dict[str, Any] = {
    "per": "megapixel",
    "price": 0.003,
    "megapixel": 1_000_000,
    "size": "size",
    "sizes": {"small": [512, 512], "large": [1024, 1024]},
}
REFERENCES: dict[str, Any] = {"price": 0.0011, "in": ["image", "images"]}
TEXT: dict[str, Any] = {"price": 0.005, "bytes": 1000, "in": ["prompt"]}


def document(pricing: Any) -> dict[str, Any]:
    """A model of ten images at most, priced like that."""
    schema = {
        "type": "object",
        "required": ["prompt", "quality"],
        "properties": PROPERTIES,
        "additionalProperties": False,
    }
    changed = {"pricing": pricing, "input_schema": schema, "image_count_property": "n"}
    return {**MODEL_DOCUMENT, **changed}
