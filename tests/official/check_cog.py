"""An assistant's images, made by cog: the whole stack, Replicate's adapter, the real server."""

import asyncio
import contextlib
import io
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from PIL import Image

from handler.catalogue.load import built_in, parse_model
from tests.handler.providers.cells.texts import MODEL_FAILED
from tests.infra.local.processes import eventually
from tests.infra.local.stack import Stack, running_stack
from tests.official.cog.facade import ReplicateOverCog
from tests.official.cog.server import running_cog
from tests.vendors.server import TOKEN, served

MODEL_ID = "black-forest-labs/flux-schnell"
MODEL = parse_model(MODEL_ID, built_in()[MODEL_ID])


@dataclass(frozen=True)
class Running:
    """The stack, and what stands for Replicate."""

    stack: Stack
    replicate: ReplicateOverCog

    def statuses(self) -> list[str]:
        """Of all predictions, as cog last reported them."""
        return [each["status"] for each in self.replicate.predictions.values()]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with contextlib.ExitStack() as exits:
        replicate = exits.enter_context(served(ReplicateOverCog()))
        directory = tmp_path_factory.mktemp("cog")
        uploads = replicate.url("/upload/")
        replicate.cog = exits.enter_context(running_cog(directory, MODEL.input_schema, uploads))
        variables = {
            "REPLICATE_API_TOKEN": TOKEN,
            "REPLICATE_BASE_URL": replicate.base_url,
            # What takes longer is collected.
            "WAIT_SECONDS": "2",
        }
        data = tmp_path_factory.mktemp("stack")
        yield Running(exits.enter_context(running_stack(data, variables)), replicate)


@pytest.fixture(autouse=True)
def forgotten(running: Running) -> Iterator[None]:
    running.replicate.predictions.clear()
    yield
    assert running.stack.discrepancies() == []


def test_its_images_arrive(running: Running) -> None:
    before_micros = running.stack.available_micros
    generated = asyncio.run(running.stack.generate(MODEL.id, prompt="a boat", num_outputs=3))
    assert generated.status == "succeeded", generated.error
    assert [Image.open(io.BytesIO(image)).size for image in generated.images] == [(64, 48)] * 3
    assert len(set(generated.images)) == 3
    assert generated.cost_micros == MODEL.amount_micros({"prompt": "a boat", "num_outputs": 3})
    assert before_micros - running.stack.available_micros == generated.cost_micros
    assert running.statuses() == ["succeeded"]


def test_an_exception_in_the_model_is_the_models_failure(running: Running) -> None:
    before_micros = running.stack.available_micros
    generated = asyncio.run(running.stack.generate(MODEL.id, prompt="a boat [exception]"))
    assert generated.status == "failed"
    assert generated.error == f"{MODEL_FAILED}; nothing was charged"
    assert running.stack.available_micros == before_micros
    assert running.statuses() == ["failed"]
    (prediction,) = running.replicate.predictions.values()
    assert "could not broadcast" in prediction["error"]


def test_while_it_is_busy_there_is_no_capacity_and_a_cancel_frees_it(running: Running) -> None:
    before_micros = running.stack.available_micros

    async def keep_busy_and_try_another() -> None:
        endless = asyncio.create_task(running.stack.generate(MODEL.id, prompt="a boat [endless]"))
        assert await asyncio.to_thread(
            eventually, lambda: running.statuses() == ["processing"], within_seconds=20
        )
        another = await running.stack.generate(MODEL.id, prompt="another boat")
        assert another.status == "failed"
        assert another.error is not None
        assert another.error.startswith("the provider has no capacity at the moment")

        (processing,) = [
            ref
            for ref, each in running.replicate.predictions.items()
            if each["status"] == "processing"
        ]
        await asyncio.to_thread(cancel_what_runs, running.stack)
        canceled = await endless
        assert canceled.status == "canceled"
        assert await asyncio.to_thread(
            eventually,
            lambda: running.replicate.predictions[processing]["status"] == "canceled",
            within_seconds=20,
        )

    asyncio.run(keep_busy_and_try_another())
    assert running.stack.available_micros == before_micros
    assert asyncio.run(running.stack.generate(MODEL.id, prompt="a boat")).status == "succeeded"


def cancel_what_runs(stack: Stack) -> None:
    """As the operator does."""
    (account,) = stack.stores.accounts.list_accounts()
    found = stack.stores.generations.of_account(account.id, {})
    (running,) = [each.id for each in found if each.status.value == "processing"]
    command = ["generations", "cancel", running, "--data", str(stack.data)]
    subprocess.run([sys.executable, "-m", "infra.cli", *command], check=True, timeout=60)
