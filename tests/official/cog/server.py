"""cog's HTTP server with the model of `runner`, as a process on the loopback interface."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx2

HERE = Path(__file__).parent
VENV = HERE.parents[2] / ".venv-vendors"
START_SECONDS = 60.0
STOP_SECONDS = 10.0


@contextlib.contextmanager
def running_cog(directory: Path, schema: Mapping[str, Any], upload_url: str) -> Iterator[str]:
    """The server's origin, as long as the context lasts.

    It takes inputs by `schema` and puts the images that it makes below `upload_url`.
    """
    shutil.copy(HERE / "runner.py", directory)
    (directory / ".cog").mkdir()
    (directory / ".cog" / "openapi_schema.json").write_text(json.dumps(_description(schema)))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = {
        **os.environ,
        # Its worker is a process of its own, which looks for its interpreter there.
        "PATH": os.pathsep.join([str(VENV / "bin"), os.environ["PATH"]]),
        "PORT": str(port),
        "COG_PREDICT_TYPE_STUB": "runner.py:Runner",
    }
    log = directory / "cog.log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [
                *(str(VENV / "bin" / "python"), "-m", "cog.server.http"),
                *("--host", "127.0.0.1", "--upload-url", upload_url),
            ],
            cwd=directory,
            env=environ,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
    origin = f"http://127.0.0.1:{port}"
    try:
        _wait_for(process, origin, log)
        yield origin
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _description(schema: Mapping[str, Any]) -> dict[str, Any]:
    output = {"type": "array", "items": {"type": "string", "format": "uri"}, "title": "Output"}
    return {
        "openapi": "3.0.2",
        "info": {"title": "Cog", "version": "0.1.0"},
        "paths": {},
        "components": {"schemas": {"Input": dict(schema), "Output": output}},
    }


def _wait_for(process: "subprocess.Popen[bytes]", origin: str, log: Path) -> None:
    ends = time.monotonic() + START_SECONDS
    with httpx2.Client(trust_env=False) as client:
        while time.monotonic() < ends and process.poll() is None:
            with contextlib.suppress(httpx2.TransportError):
                if client.get(f"{origin}/health-check").json()["status"] == "READY":
                    return
            time.sleep(0.1)
    raise RuntimeError(f"cog did not start:\n{log.read_text()}")
