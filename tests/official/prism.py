"""Prism as a proxy: it passes on what keeps to a description, both ways, and nothing else."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx2

from infra.local.emulator_process import free_port
from tests.official.programs import running

HERE = Path(__file__).parent
PRISM = HERE / "node_modules" / ".bin" / "prism"
START_SECONDS = 30.0


@contextlib.contextmanager
def checked_by(description: str, upstream: str) -> Iterator[str]:
    """Where `upstream` can be reached through its description, as long as the context lasts."""
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    path = HERE / "descriptions" / f"{description}.json"
    arguments = ["proxy", "--host", "127.0.0.1", "--port", str(port), "--errors"]

    def is_ready(client: httpx2.Client) -> bool:
        # Whatever it answers: that path is in no description.
        client.get(origin)
        return True

    with tempfile.TemporaryDirectory() as directory:
        log = Path(directory) / "prism.log"
        command = [str(PRISM), *arguments, str(path), upstream]
        with running(command, log, is_ready, START_SECONDS):
            yield origin
