"""Runs a program of somebody else's on the loopback interface, for as long as a test needs it."""

import contextlib
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import httpx2

STOP_SECONDS = 15.0
_LOOK_SECONDS = 0.1


@contextlib.contextmanager
def running(
    command: Sequence[str],
    log: Path,
    is_ready: Callable[[httpx2.Client], bool],
    start_seconds: float,
    environ: Mapping[str, str] | None = None,
) -> Iterator[None]:
    """A program that is ready, as long as the context lasts; it runs in the directory of its log.

    Raises:
        RuntimeError: It did not start; with what it said.
    """
    with log.open("wb") as said:
        process = subprocess.Popen(
            command, cwd=log.parent, env=environ, stdout=said, stderr=subprocess.STDOUT
        )
    try:
        _wait_for(process, is_ready, time.monotonic() + start_seconds, log)
        yield
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(
    process: "subprocess.Popen[bytes]",
    is_ready: Callable[[httpx2.Client], bool],
    gives_up: float,
    log: Path,
) -> None:
    with httpx2.Client(trust_env=False) as client:
        while time.monotonic() < gives_up and process.poll() is None:
            with contextlib.suppress(httpx2.TransportError):
                if is_ready(client):
                    return
            time.sleep(_LOOK_SECONDS)
    raise RuntimeError(f"{log.stem} did not start:\n{log.read_text()}")
