"""`make clients`: every client of the roster against one local stack, two at a time.

Each has a proxy of its own before the server, so that what is written down of it is what the server
saw of it and of no other. The drivers get no way to the network beyond this machine.
"""

# ruff: noqa: T201 - a command that prints its figures

import argparse
import contextlib
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.local.launch import launched
from tests.clients.evidence import connection
from tests.clients.install import install, python_of
from tests.clients.matrix import Row, inserted, table
from tests.clients.outcome import outcome
from tests.clients.roster import HERE, ROSTER, Entry
from tests.proxy import proxied

AT_ONCE = 2
LIMIT_SECONDS = 180
NODE = HERE.parent / "node" / "node_modules" / ".bin" / "node"
DOCUMENT = HERE.parent.parent / "docs" / "clients.md"
NO_NETWORK = "http://127.0.0.1:9"
"""A proxy that is not there."""
QUIET = {
    "MCP_USE_ANONYMIZED_TELEMETRY": "false",
    "SCARF_NO_ANALYTICS": "true",
    "OPENAI_AGENTS_DISABLE_TRACING": "1",
}


@dataclass(frozen=True)
class Stack:
    """Where the service runs, and what is asked of it."""

    endpoint: str
    key: str
    input: dict[str, Any]


@dataclass(frozen=True)
class Result:
    """What came of a client's run; `problem` is empty if all went well."""

    row: Row
    problem: str
    seconds: float


def main() -> int:
    """Run the clients; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.clients.run")
    parser.add_argument("names", nargs="*", help="drivers to run, instead of all")
    parser.add_argument(
        "--delay-seconds",
        type=float,
        metavar="N",
        help="let the picture take longer, to see what the clients' own limits are",
    )
    options = parser.parse_args()
    chosen = [one for one in ROSTER if not options.names or one.driver in options.names]
    asked: dict[str, Any] = {"aspect_ratio": "16:9"}
    if options.delay_seconds:
        asked["delay_seconds"] = options.delay_seconds
    key = secrets.token_hex()
    with tempfile.TemporaryDirectory() as data:
        arguments = ("--port", "0", "--api-key", key)
        with launched(Path(data) / "stack", *arguments) as (_, stack):
            results = _run_all(chosen, Stack(stack.endpoint, key, asked))
    if len(chosen) == len(ROSTER) and not options.delay_seconds:
        rows = table(result.row for result in results)
        DOCUMENT.write_text(inserted(DOCUMENT.read_text(), rows))
    failed = sum(bool(result.problem) for result in results)
    print(f"clients: {len(results) - failed} passed, {failed} failed")
    return 1 if failed else 0


def _run_all(entries: Sequence[Entry], stack: Stack) -> list[Result]:
    drivers = list({entry.driver: entry for entry in entries}.values())
    with ThreadPoolExecutor(AT_ONCE) as pool:
        began = time.monotonic()
        for entry, _ in zip(drivers, pool.map(install, drivers), strict=True):
            print(f"  installed {entry.driver} ({time.monotonic() - began:.0f} s)", flush=True)
        results = []
        for result in pool.map(lambda entry: _run(entry, stack), entries):
            mark = "!!" if result.problem else "ok"
            print(f"  {mark} {result.row.entry.name} ({result.seconds:.1f} s)", flush=True)
            if result.problem:
                print(f"     {result.problem}", flush=True)
            results.append(result)
    return results


def _run(entry: Entry, stack: Stack) -> Result:
    began = time.monotonic()
    found = seen = None
    problem = ""
    with proxied(stack.endpoint) as (endpoint, exchanges), tempfile.TemporaryDirectory() as home:
        try:
            said = _drive(entry, stack, endpoint, home)
            found = outcome(json.loads(said.splitlines()[-1]), _fetch)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this client's result
            problem = f"{type(error).__name__}: {error}"
        with contextlib.suppress(ValueError):
            seen = connection(exchanges)
    return Result(Row(entry, seen, found), problem, time.monotonic() - began)


def _drive(entry: Entry, stack: Stack, endpoint: str, home: str) -> str:
    script = next(entry.directory.glob("driver.*"))
    interpreter = NODE if script.suffix == ".mjs" else python_of(entry)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": home,
        "PYTHONPATH": str(HERE / "shared"),
        "HTTP_PROXY": NO_NETWORK,
        "HTTPS_PROXY": NO_NETWORK,
        "NO_PROXY": "127.0.0.1,localhost",
        "DRIVE_ENDPOINT": endpoint,
        "DRIVE_KEY": stack.key,
        "DRIVE_INPUT": json.dumps(stack.input),
        "DRIVE_NODE": str(NODE),
        "DRIVE_PROTOCOL": entry.protocol,
        **QUIET,
    }
    done = subprocess.run(
        [interpreter, script],
        env=environment,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"exit code {done.returncode}\n{done.stdout}{done.stderr}"[-4000:])
    return done.stdout.strip()


def _fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - the service's own
        content: bytes = answer.read()
    return content


if __name__ == "__main__":
    sys.exit(main())
