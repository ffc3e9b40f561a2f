"""LiteLLM's proxy as a process on the loopback interface, as docs/providers.md configures it."""

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2

from tests.markdown import blocks

ROOT = Path(__file__).parent.parent.parent
LITELLM = ROOT / ".venv-gateway" / "bin" / "litellm"
START_SECONDS = 120.0
STOP_SECONDS = 15.0


@dataclass(frozen=True)
class Gateway:
    """One that runs."""

    base_url: str
    log: Path

    def requests(self) -> int:
        """How many generations it was asked for."""
        return self.log.read_text().count('"POST /v1/images/generations HTTP/1.1"')


@contextlib.contextmanager
def running_gateway(
    directory: Path, upstream: str, upstream_key: str, key: str
) -> Iterator[Gateway]:
    """A gateway to `upstream` that wants to see `key`, as long as the context lasts."""
    (text,) = blocks(ROOT / "docs" / "providers.md", "yaml")
    configuration = directory / "litellm.yaml"
    # The vendor's own address is what the page leaves out.
    addressed = "    litellm_params:\n      api_base: " + upstream
    configuration.write_text(text.replace("    litellm_params:", addressed))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(directory),
        "OPENAI_API_KEY": upstream_key,
        "LITELLM_MASTER_KEY": key,
        # It would ask the network for prices.
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }
    log = directory / "litellm.log"
    arguments = ["--config", str(configuration), "--host", "127.0.0.1", "--port", str(port)]
    with log.open("wb") as said:
        process = subprocess.Popen(
            [str(LITELLM), *arguments],
            cwd=directory,
            env=environ,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
    origin = f"http://127.0.0.1:{port}"
    try:
        _wait_for(process, origin, log)
        yield Gateway(f"{origin}/v1", log)
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(process: "subprocess.Popen[bytes]", origin: str, log: Path) -> None:
    ends = time.monotonic() + START_SECONDS
    with httpx2.Client(trust_env=False) as client:
        while time.monotonic() < ends and process.poll() is None:
            with contextlib.suppress(httpx2.TransportError):
                if client.get(f"{origin}/health/liveliness").status_code == 200:
                    return
            time.sleep(0.2)
    raise RuntimeError(f"LiteLLM did not start:\n{log.read_text()}")
