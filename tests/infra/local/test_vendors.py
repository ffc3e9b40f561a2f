"""`images-mcp serve` with every vendor turned on: an assistant generates with a model of each.

The vendors are their fakes, at their own addresses; everything else is what a user runs.
"""

import asyncio
import contextlib
import io
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from PIL import Image

from handler.catalogue.load import load_catalogue
from handler.core.models import Model
from handler.settings import PROVIDER_NAMES, TOKENS
from tests.infra.local.stack import Stack, running_stack
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

    stack: Stack
    fakes: dict[str, Fake]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with contextlib.ExitStack() as exits:
        fakes = {name: exits.enter_context(served(fake())) for name, fake in FAKES.items()}
        addresses = {
            f"{name.upper().replace('-', '_')}_BASE_URL": fake.base_url
            for name, fake in fakes.items()
        }
        tokens = dict.fromkeys([*TOKENS.values(), "OPENAI_COMPATIBLE_API_KEY"], TOKEN)
        data = tmp_path_factory.mktemp("vendors")
        variables = {**addresses, **tokens, "BEDROCK": "on"}
        yield Running(exits.enter_context(running_stack(data, variables)), fakes)


def simplest_models() -> list[Model]:
    """Of each provider the first model of the catalogue that a prompt is enough for."""
    found: dict[str, Model] = {}
    for model in load_catalogue(frozenset(PROVIDER_NAMES)).values():
        if model.input_schema.get("required") == ["prompt"] and model.provider in FAKES:
            found.setdefault(model.provider, model)
    return list(found.values())


@pytest.mark.parametrize("model", simplest_models(), ids=lambda model: model.provider)
def test_an_assistant_generates(running: Running, model: Model) -> None:
    stack, fake = running.stack, running.fakes[model.provider]
    before_micros = stack.available_micros
    fake.forget()
    generated = asyncio.run(stack.generate(model.id, prompt=f"a boat by {model.provider}"))
    assert generated.status == "succeeded", generated.error
    assert len(fake.arrivals.of("POST")) == 1
    assert [Image.open(io.BytesIO(image)).size for image in generated.images] == [(64, 48)]
    assert before_micros - stack.available_micros == generated.cost_micros > 0
    assert stack.discrepancies() == []


def test_no_token_is_written_anywhere(running: Running) -> None:
    files = [path for path in running.stack.data.rglob("*") if path.is_file()]
    assert any(path.name == "worker.log" for path in files)
    assert [path for path in files if TOKEN.encode() in path.read_bytes()] == []
