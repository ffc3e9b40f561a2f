"""Prism as a proxy: it passes on what keeps to a description, both ways, and nothing else."""

import contextlib
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

HERE = Path(__file__).parent
PRISM = HERE / "node_modules" / ".bin" / "prism"
START_SECONDS = 30.0


@contextlib.contextmanager
def checked_by(description: str, upstream: str) -> Iterator[str]:
    """Where `upstream` can be reached through its description, as long as the context lasts."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    path = HERE / "descriptions" / f"{description}.json"
    arguments = ["proxy", "--host", "127.0.0.1", "--port", str(port), "--errors"]
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            [str(PRISM), *arguments, str(path), upstream], stdout=said, stderr=subprocess.STDOUT
        )
        try:
            _wait_for(process, port, said)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(10)


def _wait_for(process: "subprocess.Popen[bytes]", port: int, said: IO[str]) -> None:
    ends = time.monotonic() + START_SECONDS
    while time.monotonic() < ends and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    said.seek(0)
    raise RuntimeError(f"Prism did not start: {said.read()}")
