"""The emulator as an AWS account: over TLS, with the roles' policies enforced, and with functions.

Functions run as processes of the emulator's own Python, which must therefore be the functions'.
"""

import contextlib
import os
import signal
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.local.clients import emulator_clients
from infra.local.emulator_process import free_port
from infra.local.environment import aws_environment, emulator_environment
from infra.local.lifeline import Child, uninterrupted
from infra.rehearsal.report import RehearsalFailed

START_SECONDS = 30.0
STOP_SECONDS = 5.0
# Until a deployment is bridged, and with every one.
_USUAL = ("ESM SQS poller error", "unpublished metrics", "client_connected_cb", "cryptography")


@dataclass(frozen=True)
class Account:
    """A running one."""

    endpoint: str
    certificate: Path
    log: Path

    def environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """`environ`, with every AWS tool pointed here."""
        return {**aws_environment(environ, self.endpoint), "AWS_CA_BUNDLE": str(self.certificate)}

    def client(self, service: str) -> Any:
        """A client of the account's owner."""
        return emulator_clients(self.endpoint, self.certificate)(service)

    def complaints(self) -> list[str]:
        """The end of what it logged as wrong, which includes functions that do not start."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        wrong = [line for line in lines if " ERROR " in line or " WARNING " in line]
        return [line for line in wrong if not any(each in line for each in _USUAL)][-8:]

    def tls(self) -> ssl.SSLContext:
        """Trust in the account's certificate alone."""
        return ssl.create_default_context(cafile=str(self.certificate))


@contextlib.contextmanager
def emulated_account(directory: Path, python: Path) -> Iterator[Account]:
    """An empty account whose state is in `directory`, as long as the context lasts.

    `python` is the interpreter of an environment with the emulator in it.

    Raises:
        RehearsalFailed: It did not start, or left a process behind.
    """
    port = free_port()
    environment = account_environment(directory, port)
    certificate = Path(environment["TMPDIR"], "ministack-tls", "server.crt")
    account = Account(f"https://127.0.0.1:{port}", certificate, directory / "emulator.log")
    child = Child("infra.local.emulator", environment, account.log, python)
    try:
        _wait_until_ready(child, account)
        yield account
    finally:
        uninterrupted(lambda: child.stop(2))
        left_behind = end_group(child.process.pid, STOP_SECONDS)
    if left_behind:
        raise RehearsalFailed("the emulator left processes of functions behind; they were killed")


def account_environment(directory: Path, port: int) -> dict[str, str]:
    """What the emulator runs with, and its functions inherit: nothing of the developer's."""
    environment = emulator_environment({"PATH": os.defpath}, port, directory)
    # A function is given the endpoint, and trust in its certificate, only if it has none yet.
    del environment["AWS_ENDPOINT_URL"]
    return {
        **environment,
        "PERSIST_STATE": "0",
        "S3_PERSIST": "0",
        "LAMBDA_EXECUTOR": "local",
        "AUTH": "true",
        "USE_SSL": "1",
    }


def _wait_until_ready(child: Child, account: Account) -> None:
    gives_up = time.monotonic() + START_SECONDS
    while time.monotonic() < gives_up and not child.has_ended():
        # The emulator makes its certificate first.
        with contextlib.suppress(urllib.error.URLError, OSError):
            opener = urllib.request.build_opener(
                urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=account.tls())
            )
            with opener.open(f"{account.endpoint}/_ministack/ready", timeout=1):
                return
        time.sleep(0.05)
    said = "\n".join(child.last_words(10))
    raise RehearsalFailed(f"the AWS emulator did not start; it says:\n{said}")


def end_group(leader: int, patience_seconds: float) -> bool:
    """Whether a process group, whose leader has ended, had to be killed to end as well."""
    gives_up = time.monotonic() + patience_seconds
    while time.monotonic() < gives_up:
        if not _signal(leader, 0):
            return False
        time.sleep(0.05)
    return _signal(leader, signal.SIGKILL)


def _signal(group: int, number: int) -> bool:
    """Whether there is anybody to receive it."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    return True
