"""`images-mcp serve` with every vendor turned on, each a fake, and models that are published.

What is published is there before anybody has asked for a model.
"""

import asyncio
import contextlib
import json
import os
from pathlib import Path
from typing import Any

from handler.catalogue.load import built_in
from handler.catalogue.published import encode
from handler.settings import TOKENS
from infra.local.assistant import connected, fetch
from infra.local.data import DataDirectory, RunningStack
from infra.local.launch import launched
from infra.operator.stores import operator_stores
from tests.handler.providers.test_cells import VENDORS
from tests.vendors.server import TOKEN, served

PUBLISHED: dict[str, Any] = {
    "black-forest-labs/flux-dev": {"hidden": True},
    "stability/stable-image-core": {"pricing": {"price": 0.05, "unit": 1}},
}
# At a markup of 1.5.
COSTS = {
    "black-forest-labs/flux-schnell": 0.0045,
    "fal-ai/flux-2-pro": 0.045,
    "openai/gpt-image-2": 0.0795,
    "self-hosted/stable-diffusion": 0.003,
    "google/gemini-3-pro-image": 0.201,
    "bfl/flux-2-klein-4b": 0.021,
    "stability/stable-image-core": 0.075,
}


def everything_on() -> dict[str, str]:
    """The environment with what turns each vendor on, but for where the fakes are."""
    tokens = dict.fromkeys([*TOKENS.values(), "OPENAI_COMPATIBLE_API_KEY"], TOKEN)
    return {**os.environ, **tokens, "BEDROCK": "on", "PRICE_MARKUP": "1.5"}


async def made(stack: RunningStack, key: str, model_id: str) -> dict[str, Any]:
    async with connected(stack.endpoint, key) as assistant:
        wanted = {"prompt": "a boat"}
        begun = await assistant.call("generate_image", model_id=model_id, input=wanted)
        await assistant.final(begun)
        ended: dict[str, Any] = await assistant.call("get_generation", id=begun["id"])
        (image,) = ended["images"]
        assert await fetch(image["url"])
        return ended


async def use(stack: RunningStack, key: str) -> None:
    async with connected(stack.endpoint, key) as assistant:
        offered = {model["id"]: model["pricing"] for model in await assistant.call("list_models")}
    assert "black-forest-labs/flux-dev" not in offered
    assert {model_id: offered[model_id]["price"] for model_id in COSTS} == COSTS
    ended = await asyncio.gather(*(made(stack, key, model_id) for model_id in COSTS))
    assert {each["model"]: each["cost"] for each in ended} == COSTS


def test_a_model_of_each_vendor_makes_an_image_at_the_operators_price(tmp_path: Path) -> None:
    assert {built_in()[model_id]["provider"] for model_id in COSTS} == {v.provider for v in VENDORS}
    data = tmp_path / "stack"
    with contextlib.ExitStack() as running:
        urls = {
            f"{vendor.provider.upper().replace('-', '_')}_BASE_URL": running.enter_context(
                served(vendor.new_fake())
            ).base_url
            for vendor in VENDORS
        }
        environ = {**everything_on(), **urls}
        _, stack = running.enter_context(launched(data, "--port", "0", environ=environ))
        texts = {model_id: json.dumps(entry) for model_id, entry in PUBLISHED.items()}
        operator_stores(data).published.publish(encode(texts))
        key = DataDirectory(data).saved_key()
        assert key is not None
        asyncio.run(use(stack, key))
