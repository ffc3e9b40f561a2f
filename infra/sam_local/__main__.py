"""Runs `sam local start-api` over a local stack, whose worker and sweeper do what it cannot.

What is given besides `--sam` and `--port` goes to `sam local start-api` as it is.
"""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from handler.core.accounts import hash_secret
from handler.core.errors import ConfigurationError, ServiceError
from handler.web.app import MCP_PATH
from infra.lambda_runtime.installation import ARTIFACTS
from infra.local.banner import banner
from infra.local.data import DEFAULT_DATA, DataDirectory, RunningStack
from infra.local.environment import aws_environment
from infra.local.launch import launched, stop
from infra.local.lifeline import uninterrupted
from infra.machine import lambda_architecture
from infra.operator.stores import operator_stores
from infra.sam_local.bridge import bridge_address, forwarding
from infra.sam_local.template import FUNCTION, local_template
from infra.template import load_template

DATA = DEFAULT_DATA / "sam"
ARTIFACT = ARTIFACTS / FUNCTION


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until Ctrl-C or until `sam local` ends; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m infra.sam_local", allow_abbrev=False)
    parser.add_argument("--sam", type=Path, required=True, help="the SAM CLI")
    parser.add_argument("--port", type=int, default=3000, help="where it listens (default: 3000)")
    options, passed_on = parser.parse_known_args(arguments)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        with contextlib.ExitStack() as running:
            artifact, address = _built(ARTIFACT), bridge_address()
            _, stack = running.enter_context(launched(DATA, "--port", "0"))
            port = int(stack.aws_endpoint.rpartition(":")[2])
            running.enter_context(forwarding(address, port))
            # A variable of the shell's goes before the template's, so sam gets it as well.
            environment = aws_environment(os.environ, f"http://{address}:{port}")
            where = ("--template", str(_write_template(artifact, stack, environment)))
            print(_banner(options.port), flush=True)
            command = (options.sam, "local", "start-api", "--port", str(options.port), *where)
            return _until_it_ends([*command, *passed_on], environment)
    except ServiceError as error:
        print(f"sam-local: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


def _built(artifact: Path) -> Path:
    if not artifact.is_dir():
        raise ConfigurationError(f"{artifact} has not been built; use: make sam-local")
    return artifact.resolve()


def _write_template(artifact: Path, stack: RunningStack, shell: Mapping[str, str]) -> Path:
    environment = {**stack.environment, "AWS_ENDPOINT_URL": shell["AWS_ENDPOINT_URL"]}
    document = local_template(load_template(), lambda_architecture(), artifact, environment)
    path = DATA / "template.json"
    path.write_text(json.dumps(document, indent=2), encoding="utf-8")
    return path


def _banner(port: int) -> str:
    key = DataDirectory(DATA).saved_key() or ""
    principal = operator_stores(DATA).accounts.principal(hash_secret(key))
    available_micros = 0 if principal is None else principal.account.available_micros
    return banner(f"http://127.0.0.1:{port}{MCP_PATH}", key, available_micros, DATA)


def _until_it_ends(command: Sequence[str | Path], environment: Mapping[str, str]) -> int:
    process = subprocess.Popen(  # noqa: S603 - our own command
        command, env={**environment, "SAM_CLI_TELEMETRY": "0"}, start_new_session=True
    )
    try:
        return process.wait()
    finally:
        # It removes its containers when it is interrupted.
        uninterrupted(lambda: stop(process))


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
