"""`images-mcp serve` with every vendor turned on: an assistant generates with a model of each.

The vendors are their fakes, at their own addresses; everything else is what a user runs.
"""

import asyncio
import contextlib
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from handler.catalogue.load import load_catalogue
from handler.core.models import Model
from handler.core.money import parse_usd
from handler.settings import PROVIDER_NAMES, TOKENS
from infra.local.assistant import connected, fetch
from infra.local.data import DataDirectory, RunningStack
from infra.local.launch import launched
from infra.operator.books import Discrepancy, check_account
from infra.operator.stores import operator_stores
from tests.vendors.bedrock import FakeBedrock
from tests.vendors.bfl import FakeBfl
from tests.vendors.fal import FakeFal
from tests.vendors.gemini import FakeGemini
from tests.vendors.openai import FakeOpenAI
from tests.vendors.replicate import FakeReplicate
from tests.vendors.server import TOKEN, Fake, served

FAKES: dict[str, type[Fake]] = {
    "replicate": FakeReplicate,
    "fal": FakeFal,
    "openai": FakeOpenAI,
    "gemini": FakeGemini,
    "bfl": FakeBfl,
    "bedrock": FakeBedrock,
    "openai-compatible": FakeOpenAI,
}


@dataclass(frozen=True)
class Running:
    """The stack, and who it talks to."""

    stack: RunningStack
    data: Path
    fakes: dict[str, Fake]

    @property
    def key(self) -> str:
        key = DataDirectory(self.data).saved_key()
        assert key is not None
        return key

    @property
    def available_micros(self) -> int:
        (account,) = operator_stores(self.data).accounts.list_accounts()
        return account.available_micros

    def discrepancies(self) -> list[Discrepancy]:
        """What `images-mcp books check` finds."""
        stores = operator_stores(self.data)
        return [
            found
            for account in stores.accounts.list_accounts()
            for found in check_account(stores, account.id)
        ]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with contextlib.ExitStack() as exits:
        fakes = {name: exits.enter_context(served(fake())) for name, fake in FAKES.items()}
        addresses = {
            f"{name.upper().replace('-', '_')}_BASE_URL": fake.base_url
            for name, fake in fakes.items()
        }
        tokens = dict.fromkeys([*TOKENS.values(), "OPENAI_COMPATIBLE_API_KEY"], TOKEN)
        environ = {**os.environ, **addresses, **tokens, "BEDROCK": "on"}
        data = tmp_path_factory.mktemp("vendors")
        _, stack = exits.enter_context(launched(data, "--port", "0", environ=environ))
        yield Running(stack, data, fakes)


def simplest_models() -> list[Model]:
    """Of each provider the first model of the catalogue that a prompt is enough for."""
    found: dict[str, Model] = {}
    for model in load_catalogue(frozenset(PROVIDER_NAMES)).values():
        if model.input_schema.get("required") == ["prompt"] and model.provider in FAKES:
            found.setdefault(model.provider, model)
    return list(found.values())


@pytest.mark.parametrize("model", simplest_models(), ids=lambda model: model.provider)
def test_an_assistant_generates(running: Running, model: Model) -> None:
    before_micros = running.available_micros
    fake = running.fakes[model.provider]
    fake.forget()

    async def generate() -> tuple[dict[str, Any], dict[str, Any], list[bytes]]:
        async with connected(running.stack.endpoint, running.key) as assistant:
            listed = await assistant.call("list_models")
            assert model.id in [each["id"] for each in listed]
            shown = await assistant.call("get_model", model_id=model.id)
            wanted = {"prompt": f"a boat by {model.provider}"}
            assert set(wanted) <= set(shown["input_schema"]["properties"])
            begun = await assistant.call("generate_image", model_id=model.id, input=wanted)
            ended = await assistant.final(begun)
            collected = await assistant.call("get_generation", id=ended["id"])
            return ended, collected, [await fetch(image["url"]) for image in ended["images"]]

    ended, collected, images = asyncio.run(generate())
    assert ended["status"] == "succeeded", ended
    assert len(fake.arrivals.of("POST")) == 1
    assert [Image.open(io.BytesIO(image)).size for image in images] == [(64, 48)]
    assert collected["model"] == model.id
    charged_micros = before_micros - running.available_micros
    assert charged_micros == parse_usd(collected["cost"]) > 0
    assert running.discrepancies() == []


def test_no_token_is_written_anywhere(running: Running) -> None:
    files = [path for path in running.data.rglob("*") if path.is_file()]
    assert any(path.name == "worker.log" for path in files)
    assert [path for path in files if TOKEN.encode() in path.read_bytes()] == []
