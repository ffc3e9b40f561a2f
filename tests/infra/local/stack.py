"""A local stack whose vendors are somewhere on this machine, an assistant at it, and its books."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handler.bootstrap.stores import Stores
from handler.core.money import parse_usd
from infra.local.assistant import connected, fetch
from infra.local.data import DataDirectory, RunningStack
from infra.local.launch import launched
from infra.operator.books import Discrepancy, check_account
from infra.operator.stores import operator_stores


@dataclass(frozen=True)
class Generated:
    """What an assistant got."""

    id: str
    status: str
    error: str | None
    images: list[bytes]
    cost_micros: int


@dataclass(frozen=True)
class Stack:
    """One that runs."""

    running: RunningStack
    data: Path

    @property
    def key(self) -> str:
        key = DataDirectory(self.data).saved_key()
        assert key is not None
        return key

    async def generate(self, model_id: str, **wanted: Any) -> Generated:
        """As an assistant does: list, look at the model, generate, collect, fetch."""
        async with connected(self.running.endpoint, self.key) as assistant:
            listed = await assistant.call("list_models")
            assert model_id in [each["id"] for each in listed]
            shown = await assistant.call("get_model", model_id=model_id)
            assert set(wanted) <= set(shown["input_schema"]["properties"])
            begun = await assistant.call("generate_image", model_id=model_id, input=wanted)
            ended = await assistant.final(begun)
            collected = await assistant.call("get_generation", id=ended["id"])
        assert collected["model"] == model_id
        return Generated(
            ended["id"],
            ended["status"],
            ended.get("error"),
            [await fetch(image["url"]) for image in ended.get("images", [])],
            parse_usd(collected.get("cost", 0)),
        )

    @property
    def stores(self) -> Stores:
        """What the operator's commands work on."""
        return operator_stores(self.data)

    @property
    def available_micros(self) -> int:
        """What is left on the one account."""
        (account,) = self.stores.accounts.list_accounts()
        return account.available_micros

    def discrepancies(self) -> list[Discrepancy]:
        """What `images-mcp books check` finds."""
        stores = self.stores
        return [
            found
            for account in stores.accounts.list_accounts()
            for found in check_account(stores, account.id)
        ]


@contextlib.contextmanager
def running_stack(data: Path, variables: Mapping[str, str], port: int = 0) -> Iterator[Stack]:
    """One on `data` with these variables, as long as the context lasts."""
    environ = {**os.environ, **variables}
    with launched(data, "--port", str(port), environ=environ) as (_, running):
        yield Stack(running, data)
