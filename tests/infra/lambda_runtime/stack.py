"""A running `images-mcp serve --lambda`, and what tests do with one."""

import contextlib
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from handler.bootstrap.stores import Stores
from handler.bootstrap.sweeper import build_sweeper
from handler.core.accounts import hash_secret
from handler.core.generation import Status, new_generation_id
from handler.settings import Settings
from infra.local.clients import emulator_clients
from infra.local.data import DataDirectory, RunningStack
from infra.local.launch import launched
from infra.operator.stores import operator_stores
from tests.infra.local.processes import children, eventually

needs_artifacts = pytest.mark.skipif(
    "LAMBDA" not in os.environ, reason="make test-lambda builds what this runs"
)

PRICE_MICROS = 2_000
API, WORKER, SWEEPER = "handler.api.handler", "handler.worker.handler", "handler.sweeper.handler"
PROMPT = {"prompt": "a harbour at dusk", "aspect_ratio": "21:9"}


@dataclass(frozen=True)
class System:
    """A running stack."""

    process: "subprocess.Popen[bytes]"
    running: RunningStack
    data: Path

    @property
    def key(self) -> str:
        return DataDirectory(self.data).saved_key() or ""

    @property
    def stores(self) -> Stores:
        return operator_stores(self.data)

    def sandboxes(self, handler: str) -> list[int]:
        """The emulators' process ids."""
        return children(self.process.pid, naming=handler)

    def workers_at_work(self) -> list[int]:
        """The functions' process ids."""
        return [pid for parent in self.sandboxes(WORKER) for pid in children(parent)]

    def log(self, function: str) -> str:
        return DataDirectory(self.data).log(function).read_text()

    def account_id(self) -> str:
        principal = self.stores.accounts.principal(hash_secret(self.key))
        assert principal is not None
        return principal.account.id

    def available_micros(self) -> int:
        principal = self.stores.accounts.principal(hash_secret(self.key))
        assert principal is not None
        return principal.account.available_micros

    def sweep(self) -> None:
        """What the schedule does every minute, now."""
        settings = Settings.from_env(self.running.environment)
        build_sweeper(settings, emulator_clients(self.running.aws_endpoint)).sweep()

    def post(self, arguments: dict[str, Any], **headers: str) -> httpx2.Response:
        """Call `generate_image` without a client."""
        call = {"name": "generate_image", "arguments": arguments}
        return httpx2.post(
            self.running.endpoint,
            json={"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call},
            headers={"Authorization": f"Bearer {self.key}", **headers},
            timeout=60,
            trust_env=False,
        )

    def begin(self, name: str, **wanted: Any) -> str:
        """Ask for a generation, do not wait for its answer; its id once it is worked on."""
        generation_id = new_generation_id(self.account_id(), name)
        arguments = {"model_id": "local/sketch", "input": {**PROMPT, **wanted}}

        def ask() -> None:
            with contextlib.suppress(httpx2.HTTPError):
                self.post(arguments, **{"Idempotency-Key": name})

        threading.Thread(target=ask, daemon=True).start()

        def is_worked_on() -> bool:
            found = self.stores.generations.get(generation_id)
            return found is not None and found.status is Status.PROCESSING

        assert eventually(is_worked_on, within_seconds=15)
        return generation_id

    def ends(self, generation_id: str, within_seconds: float) -> Status | None:
        """The final status, with a sweep now and then as on AWS."""
        gives_up = time.monotonic() + within_seconds
        while time.monotonic() < gives_up:
            found = self.stores.generations.get(generation_id)
            if found is not None and found.status.is_final:
                return found.status
            self.sweep()
            time.sleep(0.5)
        return None


@contextlib.contextmanager
def system_on(data: Path, **environ: str) -> Iterator[System]:
    environment = {**os.environ, **environ}
    with launched(data, "--port", "0", "--lambda", environ=environment) as (process, running):
        yield System(process, running, data)
