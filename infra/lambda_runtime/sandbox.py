"""One sandbox: a process of the Runtime Interface Emulator and the function's process under it.

Takes one invocation at a time; two at once crash the emulator. Who calls it sees to that.
"""

import contextlib
import http.client
import os
import random
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from handler.core.errors import ConfigurationError
from infra.lambda_runtime.functions import Function, sandbox_environment
from infra.lambda_runtime.installation import Installation
from infra.lambda_runtime.marks import VARIABLE, end, marked
from infra.lambda_runtime.outcome import FunctionFailed, result_of

START_SECONDS = 10.0
ATTEMPTS = 5
MARGIN_SECONDS = 5.0
"""How much longer than the function's time-out its sandbox may be silent."""
# Below the ports that systems hand out to outgoing connections, so that none is taken between
# looking and listening.
_PORTS = range(10_000, 32_000)
_INVOKE = "/2015-03-31/functions/function/invocations"


@dataclass(frozen=True)
class Launch:
    """What every sandbox of a function is started with."""

    function: Function
    installation: Installation
    task_root: Path
    """The directory of the function's code."""
    aws_endpoint: str
    log: Path

    def start(self, mark: str) -> "Sandbox":
        """A new sandbox, its initialization under way.

        Raises:
            FunctionFailed: The emulator did not start.
        """
        for _ in range(ATTEMPTS):
            with contextlib.suppress(_NotListening):
                return Sandbox(self, mark)
        raise FunctionFailed("Sandbox.NotStarted", sandbox_survives=False)

    def command(self, emulator_port: int, runtime_port: int) -> list[str]:
        """The emulator's command line."""
        return [
            str(self.installation.emulator),
            *("--log-level", "info"),
            *("--runtime-interface-emulator-address", f"127.0.0.1:{emulator_port}"),
            *("--runtime-api-address", f"127.0.0.1:{runtime_port}"),
            *(str(self.installation.python), "-m", "awslambdaric", self.function.handler),
        ]

    def environment(self) -> Mapping[str, str]:
        """What its processes see."""
        return sandbox_environment(self.function, str(self.task_root), self.aws_endpoint)


class _NotListening(Exception):
    """The emulator has ended at once, most likely because its port was taken."""


class Sandbox:
    """Started by `Launch.start`."""

    def __init__(self, launch: Launch, mark: str) -> None:
        self.mark = mark
        self._pids: list[int] = []
        port, runtime_port = _free_ports()
        with launch.log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - AWS's emulator with our own code
                launch.command(port, runtime_port),
                cwd=launch.task_root,
                env={**launch.environment(), VARIABLE: mark},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # Ctrl-C is for whoever runs the sandboxes.
                start_new_session=True,
            )
        silent_seconds = launch.function.timeout_seconds + MARGIN_SECONDS
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=silent_seconds)
        try:
            self._wait_until_listening(port)
        except BaseException:
            self.stop()
            raise

    @property
    def pid(self) -> int:
        """The emulator's process id."""
        return self._process.pid

    def is_alive(self) -> bool:
        """Whether all its processes run; to be asked between invocations."""
        return self._process.poll() is None and all(map(_runs, self._pids))

    def invoke(self, event: bytes) -> bytes:
        """Hand the function an event, as JSON; what it returned, as JSON.

        Raises:
            FunctionFailed: It returned nothing.
        """
        try:
            self._connection.request("POST", _INVOKE, body=event)
            answer = self._connection.getresponse()
            result = result_of(answer.status, answer.read())
        except (OSError, http.client.HTTPException) as error:
            raise FunctionFailed("Sandbox.Crashed", sandbox_survives=False) from error
        # Now the function's own process is there too.
        self._pids = self._pids or marked(self.mark)
        return result

    def stop(self) -> None:
        """End its processes. Not to be called while an invocation runs."""
        end(self.mark)
        self._process.wait()
        self._connection.close()

    def _wait_until_listening(self, port: int) -> None:
        gives_up = time.monotonic() + START_SECONDS
        while time.monotonic() < gives_up and self._process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                return
            time.sleep(0.002)
        raise _NotListening


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        return _bound(one), _bound(other)


def _bound(listening: socket.socket) -> int:
    for _ in range(100):
        port = random.choice(_PORTS)  # noqa: S311 - not a secret
        with contextlib.suppress(OSError):
            listening.bind(("127.0.0.1", port))
            return port
    raise ConfigurationError("no port is free for a sandbox")
