"""Descriptions of models, in the forms that vendors give them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

RECORDED: Mapping[str, Any] = json.loads(
    (Path(__file__).parent / "recordings" / "replicate.json").read_text(encoding="utf-8")
)
"""Inputs and outputs of real models of Replicate's (January 2025), without their texts."""


def replicate_model(
    model_id: str, schemas: Mapping[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    """What `GET /models/{owner}/{name}` says, of a recorded model or one with these schemas."""
    owner, name = model_id.split("/")
    recorded = RECORDED.get(model_id, {"version": "a" * 64, "created_at": "2026-01-02T03:04:05Z"})
    components = {"schemas": recorded["schemas"] if schemas is None else schemas}
    return {
        "url": f"https://replicate.com/{model_id}",
        "owner": owner,
        "name": name,
        "description": "Paints. Quickly.",
        "visibility": "public",
        "is_official": True,
        "latest_version": {
            "id": recorded["version"],
            "created_at": recorded["created_at"],
            "cog_version": "0.13.0",
            "openapi_schema": {"openapi": "3.0.2", "components": components},
        },
        **more,
    }


def schemas_of(properties: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """The schemas of a model that takes these properties and answers with a list of files."""
    return {
        "Input": {"type": "object", "properties": properties},
        "Output": {"type": "array", "items": {"type": "string", "format": "uri"}},
        **more,
    }


FAL_ID = "fal-ai/painter/fast"
FAL_SCHEMAS: Mapping[str, Any] = {
    "FastInput": {
        "type": "object",
        "title": "FastInput",
        "required": ["prompt"],
        "x-fal-order-properties": ["prompt", "image_size", "num_images"],
        "properties": {
            "prompt": {"type": "string", "description": "What to paint.", "examples": ["a boat"]},
            "image_size": {
                "anyOf": [
                    {"$ref": "#/components/schemas/ImageSize"},
                    {"type": "string", "enum": ["square_hd", "square", "landscape_4_3", "auto"]},
                ],
                "default": "landscape_4_3",
                "description": "How large it is.",
            },
            "num_images": {"type": "integer", "minimum": 1, "maximum": 4, "default": 1},
            "seed": {"anyOf": [{"type": "integer"}, {"type": "null"}], "title": "Seed"},
            "sync_mode": {"type": "boolean", "default": False},
            "enable_safety_checker": {"type": "boolean", "default": True},
            "loras": {
                "type": "array",
                "items": {"$ref": "#/components/schemas/LoraWeight"},
                "default": [],
            },
        },
    },
    "ImageSize": {
        "type": "object",
        "properties": {"width": {"type": "integer"}, "height": {"type": "integer"}},
    },
    "LoraWeight": {"type": "object", "properties": {"path": {"type": "string"}}},
    "Image": {"type": "object", "required": ["url"], "properties": {"url": {"type": "string"}}},
    "FastOutput": {
        "type": "object",
        "properties": {
            "images": {"type": "array", "items": {"$ref": "#/components/schemas/Image"}},
            "seed": {"type": "integer"},
        },
    },
    "QueueStatus": {"type": "object", "properties": {"status": {"type": "string"}}},
}


def fal_model(
    schemas: Mapping[str, Any] = FAL_SCHEMAS, endpoint_id: str = FAL_ID, **metadata: Any
) -> dict[str, Any]:
    """A model of `GET /models?expand=openapi-3.0`."""

    def answer(name: str) -> dict[str, Any]:
        schema = {"$ref": f"#/components/schemas/{name}"}
        return {"content": {"application/json": {"schema": schema}}, "description": "."}

    request = f"/{endpoint_id}/requests/{{request_id}}"
    return {
        "endpoint_id": endpoint_id,
        "metadata": {
            "display_name": "Painter [fast]",
            "category": "text-to-image",
            "description": "Paints fast.",
            "status": "active",
            "updated_at": "2026-10-15T12:00:00Z",
            **metadata,
        },
        "openapi": {
            "openapi": "3.0.4",
            "paths": {
                f"{request}/status": {"get": {"responses": {"200": answer("QueueStatus")}}},
                f"{request}/cancel": {"put": {"responses": {"200": answer("QueueStatus")}}},
                f"/{endpoint_id}": {
                    "post": {
                        "requestBody": answer("FastInput"),
                        "responses": {"200": answer("QueueStatus")},
                    }
                },
                request: {"get": {"responses": {"200": answer("FastOutput")}}},
            },
            "components": {"schemas": schemas},
        },
    }
