"""Models that are published in a stack that `images-mcp serve` runs, and its markup.

What is published is there before anybody has asked for a model.
"""

import asyncio
import contextlib
import json
from pathlib import Path
from typing import Any

from handler.catalogue.published import encode
from infra.local.assistant import connected
from tests.infra.local.stack import Stack, running_stack
from tests.vendors.bedrock import FakeBedrock
from tests.vendors.replicate import FakeReplicate
from tests.vendors.server import TOKEN, served

PUBLISHED: dict[str, Any] = {
    "black-forest-labs/flux-dev": {"hidden": True},
    "stability/stable-image-core": {"pricing": {"price": 0.05, "unit": 1}},
}
COSTS_MICROS = {"black-forest-labs/flux-schnell": 4_500, "stability/stable-image-core": 75_000}
"""At a markup of 1.5."""


async def use(stack: Stack) -> None:
    async with connected(stack.running.endpoint, stack.key) as assistant:
        offered = {model["id"]: model["pricing"] for model in await assistant.call("list_models")}
    assert "black-forest-labs/flux-dev" not in offered
    for model_id, cost_micros in COSTS_MICROS.items():
        assert offered[model_id]["price"] == cost_micros / 1_000_000
        generated = await stack.generate(model_id, prompt="a boat")
        assert (generated.status, generated.cost_micros) == ("succeeded", cost_micros)


def test_they_are_offered_and_charged_at_the_operators_price(tmp_path: Path) -> None:
    with contextlib.ExitStack() as running:
        variables = {
            "REPLICATE_API_TOKEN": TOKEN,
            "REPLICATE_BASE_URL": running.enter_context(served(FakeReplicate())).base_url,
            "BEDROCK": "on",
            "BEDROCK_BASE_URL": running.enter_context(served(FakeBedrock())).base_url,
            "PRICE_MARKUP": "1.5",
        }
        stack = running.enter_context(running_stack(tmp_path / "stack", variables))
        texts = {model_id: json.dumps(entry) for model_id, entry in PUBLISHED.items()}
        stack.stores.published.publish(encode(texts))
        asyncio.run(use(stack))
        assert stack.discrepancies() == []
