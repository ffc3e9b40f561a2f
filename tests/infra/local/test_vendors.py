"""`images-mcp serve` with every vendor turned on: an assistant generates with a model of each.

The vendors are their fakes, at their own addresses; everything else is what a user runs.
"""

import asyncio
import contextlib
import io
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from PIL import Image

from handler.catalogue.load import built_in, parse_model
from handler.core.models import Model
from handler.settings import TOKENS
from tests.infra.local.processes import eventually
from tests.infra.local.stack import Generated, Stack, running_stack
from tests.vendors.fakes import FAKES
from tests.vendors.fal import FakeFal, public_key
from tests.vendors.replicate import WEBHOOK_SECRET, FakeReplicate
from tests.vendors.server import TOKEN, Fake, closed_port, served


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
    paid_micros: int
    generated: dict[str, Generated]
    """By provider."""
    asked: dict[str, int]
    """How many requests that make something arrived, by provider."""


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
        public_url = closed_port()
        variables = {
            **addresses,
            **tokens,
            "BEDROCK": "on",
            "PUBLIC_URL": public_url,
            "REPLICATE_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "FAL_WEBHOOK_KEYS": public_key(),
        }
        port = int(public_url.rpartition(":")[2])
        stack = exits.enter_context(running_stack(data, variables, port))
        before_micros = stack.available_micros
        generated = asyncio.run(generate_all(stack))
        asked = {name: len(fake.arrivals.of("POST")) for name, fake in fakes.items()}
        yield Ran(stack, fakes, before_micros - stack.available_micros, generated, asked)


def prompt_for(model: Model) -> str:
    return f"a boat by {model.provider}"


async def generate_all(stack: Stack) -> dict[str, Generated]:
    asked = [stack.generate(model.id, prompt=prompt_for(model)) for model in MODELS]
    answers = await asyncio.gather(*asked)
    return {model.provider: answer for model, answer in zip(MODELS, answers, strict=True)}


def test_every_vendor_has_a_model() -> None:
    assert {model.provider for model in MODELS} == set(FAKES)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.provider)
def test_an_assistant_generates(ran: Ran, model: Model) -> None:
    generated = ran.generated[model.provider]
    assert generated.status == "succeeded", generated.error
    assert [Image.open(io.BytesIO(image)).size for image in generated.images] == [(64, 48)]
    price_micros = model.amount_micros(model.validated({"prompt": prompt_for(model)}))
    assert generated.cost_micros == price_micros > 0
    assert ran.asked[model.provider] == 1


def test_the_account_paid_for_them_and_the_books_are_right(ran: Ran) -> None:
    assert ran.paid_micros == sum(each.cost_micros for each in ran.generated.values())
    assert ran.stack.discrepancies() == []


@pytest.mark.parametrize("provider", ["replicate", "fal"])
def test_a_report_of_its_vendor_ends_a_job_that_was_put_aside(ran: Ran, provider: str) -> None:
    stack, fake = ran.stack, ran.fakes[provider]
    assert isinstance(fake, FakeReplicate | FakeFal)
    (model,) = [each for each in MODELS if each.provider == provider]

    async def generate_and_report() -> Generated:
        prompt = f"a boat that takes long by {provider} [put off]"
        asked = asyncio.create_task(stack.generate(model.id, prompt=prompt))
        assert await asyncio.to_thread(eventually, lambda: bool(parked(stack)), within_seconds=20)
        (ref,) = parked(stack)
        answered = await asyncio.to_thread(fake.report, ref, int(time.time()))
        assert answered == 200
        # Without the report it would be looked at in ten minutes.
        return await asyncio.wait_for(asked, 30)

    assert asyncio.run(generate_and_report()).status == "succeeded"
    assert stack.discrepancies() == []


def parked(stack: Stack) -> list[str]:
    """What the vendors call the jobs that no worker looks at now: these are put off for minutes."""
    (account,) = stack.stores.accounts.list_accounts()
    found = stack.stores.generations.of_account(account.id, {})
    return [
        each.provider_ref
        for each in found
        if each.provider_ref and not each.status.is_final and each.lease_until_ms == 0
    ]


def test_no_token_is_written_anywhere(ran: Ran) -> None:
    files = [path for path in ran.stack.data.rglob("*") if path.is_file()]
    assert any(path.name == "worker.log" for path in files)
    assert [path for path in files if TOKEN.encode() in path.read_bytes()] == []


def test_the_fakes_can_be_started_by_hand() -> None:
    command = [sys.executable, "-m", "tests.vendors"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as fakes:
        assert fakes.stdout is not None
        exported = ""
        while "OPENAI_COMPATIBLE_BASE_URL" not in exported:
            line = fakes.stdout.readline()
            assert line.startswith("export ")
            exported += line
        assert all(f"export {variable}={TOKEN}" in exported for variable in TOKENS.values())
        assert exported.count("_BASE_URL=http://127.0.0.1:") == len(FAKES)
        fakes.terminate()
    assert fakes.returncode == 0
