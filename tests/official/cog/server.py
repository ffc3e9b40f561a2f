"""cog's HTTP server with the model of `runner`, as a process on the loopback interface."""

import contextlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx2

from infra.local.emulator_process import free_port
from tests.official.programs import running

HERE = Path(__file__).parent
VENV = HERE.parents[2] / ".venv-vendors"
START_SECONDS = 60.0


@contextlib.contextmanager
def running_cog(directory: Path, schema: Mapping[str, Any], upload_url: str) -> Iterator[str]:
    """The server's origin, as long as the context lasts.

    It takes inputs by `schema` and puts the images that it makes below `upload_url`.
    """
    shutil.copy(HERE / "runner.py", directory)
    (directory / ".cog").mkdir()
    (directory / ".cog" / "openapi_schema.json").write_text(json.dumps(_description(schema)))
    port = free_port()
    environ = {
        **os.environ,
        # Its worker is a process of its own, which looks for its interpreter there.
        "PATH": os.pathsep.join([str(VENV / "bin"), os.environ["PATH"]]),
        "PORT": str(port),
        "COG_PREDICT_TYPE_STUB": "runner.py:Runner",
    }
    command = [
        *(str(VENV / "bin" / "python"), "-m", "cog.server.http"),
        *("--host", "127.0.0.1", "--upload-url", upload_url),
    ]
    origin = f"http://127.0.0.1:{port}"

    def is_ready(client: httpx2.Client) -> bool:
        return bool(client.get(f"{origin}/health-check").json()["status"] == "READY")

    with running(command, directory / "cog.log", is_ready, START_SECONDS, environ):
        yield origin


def _description(schema: Mapping[str, Any]) -> dict[str, Any]:
    output = {"type": "array", "items": {"type": "string", "format": "uri"}, "title": "Output"}
    return {
        "openapi": "3.0.2",
        "info": {"title": "Cog", "version": "0.1.0"},
        "paths": {},
        "components": {"schemas": {"Input": dict(schema), "Output": output}},
    }
