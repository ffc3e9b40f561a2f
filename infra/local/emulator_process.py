"""Starts the emulator's process on a free loopback port and waits until it answers."""

import contextlib
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping

from handler.core.errors import ConfigurationError
from infra.local.data import DataDirectory
from infra.local.environment import emulator_environment
from infra.local.lifeline import Child, uninterrupted

# A proxy would look for the emulator on its own loopback.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))

START_SECONDS = 20.0
STOP_SECONDS = 2.0


@contextlib.contextmanager
def running_emulator(
    data: DataDirectory, environ: Mapping[str, str]
) -> Iterator[tuple[Child, str]]:
    """The emulator and its endpoint, as long as the context lasts; its state is in `data`.

    Raises:
        ConfigurationError: It did not start; with what it said.
    """
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    environment = emulator_environment(environ, port, data.emulator.resolve())
    child = Child("infra.local.emulator", environment, data.log("emulator"))
    try:
        _wait_until_ready(child, endpoint)
        yield child, endpoint
    finally:
        uninterrupted(lambda: child.stop(STOP_SECONDS))


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(child: Child, endpoint: str) -> None:
    gives_up = time.monotonic() + START_SECONDS
    while time.monotonic() < gives_up:
        if child.has_ended():
            break
        try:
            with _DIRECT.open(f"{endpoint}/_ministack/ready", timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    said = "\n  ".join(child.last_words())
    raise ConfigurationError(f"the AWS emulator did not start; {child.log} says:\n  {said}")
