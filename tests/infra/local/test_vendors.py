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

from handler.catalogue.load import built_in, parse_model
from handler.core.models import Model
from handler.settings import TOKENS
from tests.infra.local.stack import Generated, Stack, running_stack
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


def simplest_models() -> list[Model]:
    """Of each provider the first model of the catalogue that a prompt is enough for."""
    found: dict[str, Model] = {}
    for model_id, document in built_in().items():
        model = parse_model(model_id, document)
        if model.input_schema.get("required") == ["prompt"] and model.provider in FAKES:
            found.setdefault(model.provider, model)
    return list(found.values())


MODELS = simplest_models()


@dataclass(frozen=True)
class Ran:
    """The stack, who it talks to, and what came of asking for an image of each model at once."""

    stack: Stack
    fakes: dict[str, Fake]
    credits_micros: int
    generated: dict[str, Generated]
    """By provider."""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    with contextlib.ExitStack() as exits:
        fakes = {name: exits.enter_context(served(fake())) for name, fake in FAKES.items()}
        addresses = {
            f"{name.upper().replace('-', '_')}_BASE_URL": fake.base_url
            for name, fake in fakes.items()
        }
        tokens = dict.fromkeys([*TOKENS.values(), "OPENAI_COMPATIBLE_API_KEY"], TOKEN)
        data = tmp_path_factory.mktemp("vendors")
        variables = {**addresses, **tokens, "BEDROCK": "on"}
        stack = exits.enter_context(running_stack(data, variables))
        credits_micros = stack.available_micros
        yield Ran(stack, fakes, credits_micros, asyncio.run(generate_all(stack)))


async def generate_all(stack: Stack) -> dict[str, Generated]:
    asked = [stack.generate(model.id, prompt=f"a boat by {model.provider}") for model in MODELS]
    answers = await asyncio.gather(*asked)
    return {model.provider: answer for model, answer in zip(MODELS, answers, strict=True)}


def test_every_vendor_has_a_model() -> None:
    assert {model.provider for model in MODELS} == set(FAKES)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.provider)
def test_an_assistant_generates(ran: Ran, model: Model) -> None:
    generated = ran.generated[model.provider]
    assert generated.status == "succeeded", generated.error
    assert [Image.open(io.BytesIO(image)).size for image in generated.images] == [(64, 48)]
    price_micros = model.amount_micros(model.validated({"prompt": "a boat"}))
    assert generated.cost_micros == price_micros > 0
    assert len(ran.fakes[model.provider].arrivals.of("POST")) == 1


def test_the_account_paid_for_them_and_the_books_are_right(ran: Ran) -> None:
    charged_micros = sum(generated.cost_micros for generated in ran.generated.values())
    assert ran.credits_micros - ran.stack.available_micros == charged_micros
    assert ran.stack.discrepancies() == []


def test_no_token_is_written_anywhere(ran: Ran) -> None:
    files = [path for path in ran.stack.data.rglob("*") if path.is_file()]
    assert any(path.name == "worker.log" for path in files)
    assert [path for path in files if TOKEN.encode() in path.read_bytes()] == []
