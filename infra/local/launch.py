"""Runs `images-mcp serve` as a process of its own, for whatever wants a whole stack for a while."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from handler.core.errors import ConfigurationError
from infra.local.data import DataDirectory, RunningStack

START_SECONDS = 30.0
STOP_SECONDS = 10.0


@contextlib.contextmanager
def launched(
    data: Path, *arguments: str, environ: Mapping[str, str] | None = None
) -> Iterator[tuple[subprocess.Popen[bytes], RunningStack]]:
    """A stack on `data`, as long as the context lasts; it is stopped the way Ctrl-C stops it.

    Raises:
        ConfigurationError: It did not start; with what it said.
    """
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    log = data / "serve.log"
    command = [sys.executable, "-m", "infra.cli", "serve", "--data", str(data), *arguments]
    # The banner shows the key.
    with open(log, "wb", opener=partial(os.open, mode=0o600)) as output:
        process = subprocess.Popen(  # noqa: S603 - our own command
            command, stdout=output, stderr=subprocess.STDOUT, env=environ, start_new_session=True
        )
    try:
        yield process, _started(process, data, log)
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Interrupt a process and wait for it to end; use force if it does not."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _started(process: subprocess.Popen[bytes], data: Path, log: Path) -> RunningStack:
    directory = DataDirectory(data)
    gives_up = time.monotonic() + START_SECONDS
    while time.monotonic() < gives_up and process.poll() is None:
        with contextlib.suppress(ConfigurationError):
            stack = directory.running_stack()
            # An earlier stack that was killed may have left its announcement behind.
            if stack.pid == process.pid:
                return stack
        time.sleep(0.05)
    raise ConfigurationError(f"the stack did not start:\n{log.read_text(errors='replace')}")
