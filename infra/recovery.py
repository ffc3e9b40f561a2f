"""`make recovery`: kills processes of a running stack in the middle of jobs.

Measures how long the jobs then take.

Each kill falls at another moment of a job's life, from admission to its end. Afterwards every job
must have ended well, once, and the books must be right.
"""

import argparse
import asyncio
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from handler.bootstrap.stores import Stores
from handler.core.accounts import Principal, hash_secret
from handler.core.errors import ServiceError
from handler.core.generation import Status, new_generation_id
from infra.local.assistant import connected
from infra.local.data import DataDirectory, RunningStack
from infra.local.launch import launched
from infra.operator.books import check_account
from infra.operator.stores import operator_stores

MODEL = "local/sketch"
# Between a kill and the next claim lies a lease; Lambda's is 150 seconds.
TIMING = {"WORKER_TIMEOUT_SECONDS": "7", "LEASE_SECONDS": "8", "DISPATCH_GRACE_SECONDS": "4"}
LONGEST_OFFSET_SECONDS = 1.5
GIVES_UP_SECONDS = 60.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Kill workers and servers; the exit code."""
    parser = argparse.ArgumentParser(prog="recovery", description="Kills and measures.")
    parser.add_argument("--workers", type=int, default=16, help="workers to kill")
    parser.add_argument("--servers", type=int, default=6, help="servers to kill")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="images-recovery-") as directory:
        data = Path(directory) / "stack"
        seconds = kill_workers(data, options.workers)
        seconds += kill_servers(data, options.servers)
        wrong = wrong_books(data)
    print(f"lease {TIMING['LEASE_SECONDS']} s, sweep every 2 s")
    p50, longest = statistics.median(seconds), max(seconds)
    right = len(seconds) - wrong
    print(f"recovery: {len(seconds)} kills, p50 {p50:.1f} s, max {longest:.1f} s, right {right}")
    return 1 if wrong else 0


def kill_workers(data: Path, count: int) -> list[float]:
    """Seconds from each kill to the end of the job that was cut off."""
    seconds = []
    with running(data) as (process, stack):
        for number in range(count):
            generation_id = begin(data, stack, f"worker-{number}")
            time.sleep(LONGEST_OFFSET_SECONDS * number / count)
            os.kill(worker_of(process.pid), signal.SIGKILL)
            seconds.append(until_final(operator_stores(data), generation_id))
            print(f"worker killed: {seconds[-1]:.1f} s", flush=True)
    return seconds


def kill_servers(data: Path, count: int) -> list[float]:
    """The same for the server with all its children, from the restart on."""
    seconds = []
    for number in range(count):
        with running(data) as (process, stack):
            generation_id = begin(data, stack, f"server-{number}")
            time.sleep(LONGEST_OFFSET_SECONDS * number / count)
            process.kill()
            process.wait()
        with running(data):
            seconds.append(until_final(operator_stores(data), generation_id))
            print(f"server killed: {seconds[-1]:.1f} s after its restart", flush=True)
    return seconds


def wrong_books(data: Path) -> int:
    """How many things are wrong in the end."""
    with running(data):
        stores = operator_stores(data)
        found = [
            problem
            for account in stores.accounts.list_accounts()
            for problem in check_account(stores, account.id)
        ]
    for problem in found:
        print(problem)
    return len(found)


def running(data: Path) -> Any:
    """A stack whose jobs come back soon."""
    return launched(data, "--port", "0", environ={**os.environ, **TIMING})


def worker_of(server: int) -> int:
    """The process id of the server's worker."""
    listing = subprocess.run(
        ["/bin/ps", "-A", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    )
    for line in listing.stdout.splitlines():
        pid, parent, command = line.split(None, 2)
        if int(parent) == server and "infra.local.worker" in command:
            return int(pid)
    raise RuntimeError("there is no worker")


def begin(data: Path, stack: RunningStack, idempotency_key: str) -> str:
    """Admit a job of two pictures and hang up."""
    key = DataDirectory(data).saved_key() or ""
    principal = operator_stores(data).accounts.principal(hash_secret(key))
    if principal is None:
        raise RuntimeError("the key is gone")
    asyncio.run(ask(stack, key, idempotency_key, principal, operator_stores(data)))
    return new_generation_id(principal.account.id, idempotency_key)


async def ask(
    stack: RunningStack, key: str, idempotency_key: str, principal: Principal, stores: Stores
) -> None:
    """Call, and leave as soon as the call is admitted."""
    arguments = {
        "model_id": MODEL,
        "input": {"prompt": "a harbour under snow-capped mountains", "num_outputs": 2},
    }
    generation_id = new_generation_id(principal.account.id, idempotency_key)
    async with connected(stack.endpoint, key) as assistant:
        meta: Any = {"tokenflux/idempotencyKey": idempotency_key}
        call = asyncio.create_task(
            assistant.client.call_tool("generate_image", arguments, meta=meta)
        )
        await asyncio.to_thread(until_admitted, stores, generation_id)
        call.cancel()


def until_admitted(stores: Stores, generation_id: str) -> None:
    """Wait for the record."""
    while stores.generations.get(generation_id) is None:
        time.sleep(0.01)


def until_final(stores: Stores, generation_id: str) -> float:
    """Seconds until the generation has succeeded."""
    began = time.monotonic()
    while time.monotonic() - began < GIVES_UP_SECONDS:
        try:
            generation = stores.generations.get(generation_id)
        except ServiceError:
            generation = None
        if generation is not None and generation.status is Status.SUCCEEDED:
            return time.monotonic() - began
        time.sleep(0.02)
    raise RuntimeError(f"generation {generation_id} did not recover")


if __name__ == "__main__":
    sys.exit(main())
