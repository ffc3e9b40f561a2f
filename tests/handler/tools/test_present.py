"""The core's objects as callers get to see them."""

import json
from typing import Any

import pytest
from mcp_types import CallToolResult, TextContent

from handler.core.errors import Refused
from handler.core.generation import Generation, Image, Status
from handler.core.models import Model
from handler.core.pricing import Flat, Pricing
from handler.tools import present

BASE = "https://images.example/prod"
ID = "0a4c1d62-2cd0-4cf1-9e0c-1b2f7f4f5678"


def _generation(
    status: Status,
    *,
    images: tuple[Image, ...] = (),
    error: str | None = None,
    charged_micros: int = 0,
) -> Generation:
    return Generation(
        id=ID,
        account_id="acct_1",
        model_id="test/easel",
        provider="scripted",
        provider_model="m-1",
        status=status,
        amount_micros=25_000,
        image_count=1,
        fingerprint="f",
        created_at_ms=0,
        deadline_at_ms=1,
        images=images,
        error=error,
        charged_micros=charged_micros,
        provider_ref="vendor-7",
        lease_owner="worker-1",
    )


def _image(media_type: str) -> Image:
    return Image(media_type, "00" * 32, 10)


@pytest.mark.parametrize("status", [Status.STARTING, Status.PROCESSING, Status.CANCELED])
def test_without_a_result_there_is_only_the_status(status: Status) -> None:
    generation = _generation(status)
    assert present.generation_object(generation, BASE) == {"id": ID, "status": status.value}
    assert present.generation_details(generation, BASE) == {
        "id": ID,
        "model": "test/easel",
        "status": status.value,
    }


def test_images_are_numbered_from_one_and_end_as_their_type_does() -> None:
    media_types = ("image/png", "image/webp", "image/jpeg")
    generation = _generation(
        Status.SUCCEEDED, images=tuple(map(_image, media_types)), charged_micros=75_000
    )
    images = [
        {"url": f"{BASE}/v1/images/files/{ID}/{name}"} for name in ("1.png", "2.webp", "3.jpg")
    ]
    assert present.generation_object(generation, BASE) == {
        "id": ID,
        "status": "succeeded",
        "images": images,
    }
    details = present.generation_details(generation, BASE)
    assert details == {
        "id": ID,
        "model": "test/easel",
        "status": "succeeded",
        "images": images,
        "cost": 0.075,
    }
    assert list(details) == ["id", "model", "status", "images", "cost"]


def test_a_failure_says_why_even_if_nobody_knows() -> None:
    known = present.generation_object(_generation(Status.FAILED, error="the model broke"), BASE)
    assert known == {"id": ID, "status": "failed", "error": "the model broke"}
    unknown = present.generation_object(_generation(Status.FAILED), BASE)
    assert isinstance(unknown["error"], str)
    assert unknown["error"]


def test_a_model_shows_its_price_as_a_number_and_no_provider() -> None:
    schema: dict[str, Any] = {"type": "object", "properties": {}}
    model = Model("a/b", "B", "Paints.", Pricing(Flat(25_000), 2), "secret-vendor", "v-1", schema)
    shown = present.model_with_schema(model)
    assert shown == {
        "id": "a/b",
        "name": "B",
        "description": "Paints.",
        "pricing": {"price": 0.025, "currency": "USD", "unit": 2},
        "input_schema": schema,
    }
    assert {name: shown[name] for name in shown if name != "input_schema"} == present.model_object(
        model
    )


def test_a_result_is_readable_json_in_one_block() -> None:
    result = present.as_result({"name": "Ölbild 🖼"})
    assert _texts(result) == ['{"name": "Ölbild 🖼"}']
    assert not result.is_error
    assert result.structured_content is None


def test_a_result_that_json_cannot_hold_is_a_defect_not_an_answer() -> None:
    with pytest.raises(ValueError, match="JSON"):
        present.as_result({"cost": float("nan")})


def test_structured_content_stands_beside_the_same_text() -> None:
    result = present.as_result([1], structured={"models": [1]})
    assert [json.loads(text) for text in _texts(result)] == [[1]]
    assert result.structured_content == {"models": [1]}


def test_a_refusal_is_its_message_then_its_help() -> None:
    assert _texts(present.refusal(Refused("no", help="Say please."))) == ["no", "Say please."]
    assert _texts(present.refusal(Refused("no"))) == ["no"]
    assert present.refusal(Refused("no")).is_error


def test_what_no_utf8_can_hold_is_shown_as_a_question_mark() -> None:
    result = present.as_error("model not found: a\ud800b", "Did you mean '\udfff'?")
    assert _texts(result) == ["model not found: a?b", "Did you mean '?'?"]
    assert result.model_dump_json()


def _texts(result: CallToolResult) -> list[str]:
    return [block.text for block in result.content if isinstance(block, TextContent)]
