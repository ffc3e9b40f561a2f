"""LiteLLM's proxy as a process on the loopback interface, as docs/providers.md configures it."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2

from infra.local.emulator_process import free_port
from tests.markdown import blocks
from tests.official.programs import running

ROOT = Path(__file__).parent.parent.parent
LITELLM = ROOT / ".venv-gateway" / "bin" / "litellm"
START_SECONDS = 120.0


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
    port = free_port()
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
    origin = f"http://127.0.0.1:{port}"

    def is_ready(client: httpx2.Client) -> bool:
        return client.get(f"{origin}/health/liveliness").status_code == 200

    with running([str(LITELLM), *arguments], log, is_ready, START_SECONDS, environ):
        yield Gateway(f"{origin}/v1", log)
