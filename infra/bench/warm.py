"""`make bench-lambda`: the built functions in AWS's Runtime Interface Emulator, warm and crowded.

Prints figures and fails if a promise is broken. One client measures what one sandbox does; a job of
36 seconds is answered inside the gateway's 30, by a cold start as by a warm one; 50 callers at once
are answered without an error by anybody, and collect everything they paid for.
"""

import asyncio
import json
import re
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from infra.load import (
    MODEL,
    PRICE_MICROS,
    PROMPTS,
    Memory,
    available_micros,
    percentiles,
    sampled,
    verdict,
)
from infra.local.data import DataDirectory, RunningStack
from infra.local.launch import launched
from infra.operator.stores import operator_stores

WARM_CALLS = 1000
CALLERS = 50
JOB_SECONDS = 36
EARLIEST_SECONDS, LATEST_SECONDS = 25.0, 29.5
OPEN = ("starting", "processing")
WORKERS = 5
START_SECONDS = 180.0
VENDOR_SECONDS = 2
"""How long the vendor of each caller's job takes; a worker waits for it."""
_DURATION = re.compile(r"INVOKE RTDONE\(status: success, produced bytes: 0, duration: ([0-9.]+)ms")


@dataclass
class Callers:
    """HTTP clients of one key, and the statuses of all their answers."""

    http: httpx2.AsyncClient
    endpoint: str
    statuses: Counter[int]

    async def ask(self, method: str, params: dict[str, Any]) -> Any:
        """The result of one request; None if it was not answered with 200."""
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        answer = await self.http.post(self.endpoint, json=message)
        self.statuses[answer.status_code] += 1
        return answer.json()["result"] if answer.status_code == 200 else None

    async def call(self, tool: str, **arguments: Any) -> Any:
        """What a tool's text block says; None if it was not answered."""
        result = await self.ask("tools/call", {"name": tool, "arguments": arguments})
        return None if result is None else json.loads(result["content"][0]["text"])

    async def generate(self, number: int, **wanted: Any) -> tuple[Any, float]:
        """What `generate_image` says, and after how many seconds."""
        prompt = PROMPTS[number % len(PROMPTS)]
        asked = time.monotonic()
        generation = await self.call(
            "generate_image",
            model_id=MODEL,
            input={"prompt": prompt, "seed": number, "aspect_ratio": "21:9", **wanted},
        )
        return generation, time.monotonic() - asked

    async def collect(self, generation: Any) -> str:
        """How a generation ends; `unanswered` if its caller got no id."""
        while generation is not None and generation["status"] in OPEN:
            generation = await self.call("get_generation", id=generation["id"])
        return "unanswered" if generation is None else str(generation["status"])


async def warm_calls(callers: Callers, log: Path) -> None:
    """One client, one sandbox: how long a call takes, and what of it the function does."""
    for name, method, params in (
        ("tools/list", "tools/list", {}),
        ("list_models", "tools/call", {"name": "list_models", "arguments": {}}),
    ):
        for _ in range(20):
            await callers.ask(method, params)
        before = len(invocations_ms(log))
        took_ms = []
        for _ in range(WARM_CALLS):
            began = time.perf_counter()
            await callers.ask(method, params)
            took_ms.append((time.perf_counter() - began) * 1000)
        inside_ms = invocations_ms(log)[before:]
        cuts = statistics.quantiles(took_ms, n=100)
        print(
            f"{name}: p50 {statistics.median(took_ms):.1f} ms, p99 {cuts[98]:.1f} ms,"
            f" {1000 / statistics.fmean(took_ms):.0f} requests a second by one sandbox;"
            f" in the function p50 {statistics.median(inside_ms):.1f} ms"
        )


def invocations_ms(log: Path) -> list[float]:
    """How long each of the function's invocations took."""
    return [float(found) for found in _DURATION.findall(log.read_text(errors="replace"))]


async def long_job(callers: Callers, name: str, checks: dict[str, bool]) -> None:
    """A job that nobody can wait for is handed over in time, and ends."""
    generation, seconds = await callers.generate(0, delay_seconds=JOB_SECONDS)
    in_time = EARLIEST_SECONDS <= seconds <= LATEST_SECONDS
    status = "none" if generation is None else generation["status"]
    print(f"job of {JOB_SECONDS} s, {name}: answered after {seconds:.1f} s with {status}")
    checks[f"{name}: an id after {EARLIEST_SECONDS} to {LATEST_SECONDS} s"] = (
        in_time and status in OPEN
    )
    checks[f"{name}: the job succeeded"] = await callers.collect(generation) == "succeeded"


async def crowd(callers: Callers, checks: dict[str, bool]) -> None:
    """Callers at once, each in a sandbox of its own and with a job; the workers are fewer."""
    began = time.monotonic()

    async def caller(number: int) -> tuple[float, bool, str]:
        generation, seconds = await callers.generate(number, delay_seconds=VENDOR_SECONDS)
        at_once = generation is not None and generation["status"] not in OPEN
        return seconds, at_once, await callers.collect(generation)

    told = await asyncio.gather(*(caller(number) for number in range(CALLERS)))
    took = time.monotonic() - began
    ends = Counter(status for _, _, status in told)
    print(
        f"{CALLERS} callers, {WORKERS} workers: first answer"
        f" {percentiles([seconds for seconds, _, _ in told], 's')},"
        f" longest {max(seconds for seconds, _, _ in told):.1f} s,"
        f" {sum(final for _, final, _ in told)} of them final; all collected after {took:.1f} s;"
        f" answers {dict(callers.statuses)}, ends {dict(ends)}"
    )
    checks["crowd: no answer but 200"] = set(callers.statuses) == {200}
    checks["crowd: all collected"] = ends == {"succeeded": CALLERS}


@asynccontextmanager
async def callers_of(stack: RunningStack, data: Path) -> AsyncIterator[Callers]:
    """As many clients as there are callers, with the stack's key."""
    headers = {"Authorization": f"Bearer {DataDirectory(data).saved_key()}"}
    limits = httpx2.Limits(max_connections=CALLERS)
    async with httpx2.AsyncClient(
        headers=headers, timeout=60, trust_env=False, limits=limits
    ) as http:
        yield Callers(http, stack.endpoint, Counter())


def one_at_a_time(data: Path, checks: dict[str, bool]) -> None:
    """Cold first, then warm."""

    async def measure(stack: RunningStack) -> None:
        async with callers_of(stack, data) as callers:
            await long_job(callers, "cold", checks)
            await long_job(callers, "warm", checks)
            await warm_calls(callers, DataDirectory(data).log("ApiFunction"))

    with launched(data, "--port", "0", "--lambda") as (_, stack):
        asyncio.run(measure(stack))


def all_at_once(data: Path, checks: dict[str, bool]) -> None:
    """Every caller has a sandbox of its own, which is warm by then."""

    async def measure(stack: RunningStack) -> None:
        async with callers_of(stack, data) as callers:
            await start_together(callers)
        started = wait_until_started(DataDirectory(data).log("ApiFunction"))
        print(f"{started} sandboxes are warm")
        async with callers_of(stack, data) as callers:
            await crowd(callers, checks)

    arguments = ("--port", "0", "--lambda", "--workers", str(WORKERS))
    with launched(data, *arguments) as (process, stack):
        key, stores = DataDirectory(data).saved_key() or "", operator_stores(data)
        before_micros, memory = available_micros(stores, key), Memory(process.pid)
        with sampled(memory):
            asyncio.run(measure(stack))
        spent_micros = before_micros - available_micros(stores, key)
        checks["crowd: credits exact"] = spent_micros == PRICE_MICROS * CALLERS
        print(f"peak memory of all processes {memory.peak_mb:.0f} MB")


async def start_together(callers: Callers) -> None:
    """As many cold starts at once as there are callers.

    On AWS each has a processor of its own; here they share this machine's, so not all need to be
    answered in time.
    """
    began = time.monotonic()
    await asyncio.gather(*(callers.ask("tools/list", {}) for _ in range(CALLERS)))
    took = time.monotonic() - began
    print(f"{CALLERS} cold starts at once: {took:.1f} s, answers {dict(callers.statuses)}")


def wait_until_started(log: Path) -> int:
    """Wait for the end of all initializations that have begun; how many there were."""
    gives_up = time.monotonic() + START_SECONDS
    while time.monotonic() < gives_up:
        text = log.read_text(errors="replace")
        if text.count("INIT REPORT") == text.count("INIT START"):
            return text.count("INIT REPORT")
        time.sleep(0.2)
    raise RuntimeError(f"not all sandboxes have started within {START_SECONDS} s")


def main(arguments: Sequence[str] = ()) -> int:
    """Measure, print, judge; each part on a fresh stack."""
    if arguments:
        print(__doc__)
        return 2
    checks: dict[str, bool] = {}
    for part in (one_at_a_time, all_at_once):
        with tempfile.TemporaryDirectory(prefix="images-lambda-") as directory:
            part(Path(directory), checks)
    return verdict(checks)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
