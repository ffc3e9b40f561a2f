"""`make load`: many generations at once, and what the path around the painter costs.

Prints figures and fails if a promise is broken: every generation succeeds, no answer takes longer
than 31 seconds, the credits are exact, no process was replaced, memory stays under its limit.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from handler.bootstrap.stores import Stores
from handler.core.accounts import hash_secret
from handler.core.money import format_usd
from infra.local.assistant import Assistant, connected
from infra.local.data import DataDirectory, RunningStack
from infra.local.launch import launched
from infra.operator.stores import operator_stores

MODEL = "local/sketch"
PRICE_MICROS = 2_000
LONGEST_ANSWER_SECONDS = 31.0
MEMORY_LIMIT_MB = 600
QUIET_RUNS = 20
PROMPTS = (
    "a beautiful sunset over snow-capped mountains",
    "a city skyline at night, reflected in a lake",
    "a sailing boat on a teal sea under clouds",
    "pine forest in falling snow",
    "desert dunes under the milky way",
)


@dataclass
class Answer:
    """One call of `generate_image`, as its caller saw it."""

    id: str
    status: str
    asked_ms: float
    answered_ms: float

    @property
    def seconds(self) -> float:
        """How long the caller waited."""
        return (self.answered_ms - self.asked_ms) / 1000


@dataclass
class Memory:
    """The stack's resident memory, sampled: the sum over all its processes."""

    pid: int
    peak_mb: float = 0
    processes: set[int] = field(default_factory=set)

    def sample(self) -> None:
        """Look once."""
        tree = dict(process_tree(self.pid))
        self.processes |= set(tree)
        self.peak_mb = max(self.peak_mb, sum(tree.values()) / 1024)


def process_tree(pid: int) -> Iterator[tuple[int, int]]:
    """Process ids and resident kilobytes of a process and all its descendants."""
    table = subprocess.run(
        ["/bin/ps", "-A", "-o", "pid=,ppid=,rss="], capture_output=True, text=True, check=True
    ).stdout
    rows = [tuple(map(int, line.split())) for line in table.splitlines()]
    family, before = {pid}, 0
    while len(family) > before:
        before = len(family)
        family |= {process for process, parent, _ in rows if parent in family}
    for process, _, resident in rows:
        if process in family:
            yield process, resident


@contextmanager
def sampled(memory: Memory) -> Iterator[None]:
    """Sample in the background."""
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.25):
            memory.sample()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


async def generate(assistant: Assistant, number: int) -> Answer:
    """One generation, with a picture of its own."""
    asked_ms = time.time() * 1000
    generation = await assistant.call(
        "generate_image",
        model_id=MODEL,
        input={"prompt": PROMPTS[number % len(PROMPTS)], "seed": number, "aspect_ratio": "16:9"},
    )
    answered_ms = time.time() * 1000
    final = await assistant.final(generation)
    return Answer(final["id"], final["status"], asked_ms, answered_ms)


async def one_after_the_other(stack: RunningStack, key: str, count: int) -> list[Answer]:
    """Generations that wait for nothing but their own work."""
    async with connected(stack.endpoint, key) as assistant:
        return [await generate(assistant, number) for number in range(count)]


async def many_at_once(stack: RunningStack, key: str, count: int, width: int) -> list[Answer]:
    """`count` generations by `width` clients."""
    numbers = iter(range(count))

    async def client() -> list[Answer]:
        async with connected(stack.endpoint, key) as assistant:
            return [await generate(assistant, number) for number in numbers]

    answers = await asyncio.gather(*(client() for _ in range(width)))
    return [answer for found in answers for answer in found]


def provider_ms(log: Path) -> dict[str, int]:
    """What the painter itself took, by generation, from the worker's log."""
    lines = (json.loads(line) for line in log.read_text().splitlines() if line.startswith("{"))
    return {line["generation"]: line["provider_ms"] for line in lines if "provider_ms" in line}


def percentiles(values: Sequence[float], unit: str = "ms") -> str:
    """Median and 95th percentile."""
    cuts = statistics.quantiles(values, n=20)
    return f"p50 {statistics.median(values):.0f} {unit}, p95 {cuts[-1]:.0f} {unit}"


def report_overhead(name: str, answers: Sequence[Answer], stores: Stores, log: Path) -> None:
    """How long callers waited beyond what the work took."""
    painted = provider_ms(log)
    waited = [a for a in answers if a.seconds < LONGEST_ANSWER_SECONDS - 2]
    late = [a.answered_ms - finished_ms(stores, a.id) for a in waited]
    beyond = [a.seconds * 1000 - painted[a.id] for a in waited]
    print(f"{name}: capture to answer       {percentiles(late)}")
    print(f"{name}: total minus painting    {percentiles(beyond)}")
    print(f"{name}: painting                {percentiles([painted[a.id] for a in waited])}")


def finished_ms(stores: Stores, generation_id: str) -> int:
    """When the worker captured a generation."""
    generation = stores.generations.get(generation_id)
    if generation is None or generation.finished_at_ms is None:
        raise RuntimeError(f"generation {generation_id} has not finished")
    return generation.finished_at_ms


def available_micros(stores: Stores, key: str) -> int:
    """What the key's account holds."""
    principal = stores.accounts.principal(hash_secret(key))
    if principal is None:
        raise RuntimeError("the key is gone")
    return principal.account.available_micros


def verdict(checks: dict[str, bool]) -> int:
    """Print every promise and whether it was kept; the exit code."""
    for promise, kept in checks.items():
        print(f"{'ok  ' if kept else 'FAIL'}  {promise}")
    return 0 if all(checks.values()) else 1


def run(data: Path, count: int, width: int) -> int:
    """Measure, print, judge."""
    with launched(data, "--port", "0", "--credits", "10") as (process, stack):
        key = DataDirectory(data).saved_key() or ""
        stores, log = operator_stores(data), DataDirectory(data).log("worker")
        before_micros, memory = available_micros(stores, key), Memory(process.pid)
        with sampled(memory):
            quiet = asyncio.run(one_after_the_other(stack, key, QUIET_RUNS))
            print(f"{QUIET_RUNS} generations, one after the other")
            report_overhead("quiet", quiet, stores, log)
            began = time.monotonic()
            busy = asyncio.run(many_at_once(stack, key, count, width))
            took = time.monotonic() - began
        print(f"{count} generations, {width} at a time: {took:.1f} s, {count / took:.1f} a second")
        report_overhead("busy", busy, stores, log)
        answers: list[Answer] = [*quiet, *busy]
        spent_micros = before_micros - available_micros(stores, key)
        longest = max(answer.seconds for answer in answers)
        succeeded = sum(answer.status == "succeeded" for answer in answers)
        print(f"longest answer {longest:.1f} s; peak memory {memory.peak_mb:.0f} MB")
        print(f"spent {format_usd(spent_micros)} credits")
        return verdict(
            {
                f"all succeeded ({succeeded} of {len(answers)})": succeeded == len(answers),
                f"no answer over {LONGEST_ANSWER_SECONDS} s": longest <= LONGEST_ANSWER_SECONDS,
                "credits exact": spent_micros == PRICE_MICROS * len(answers),
                "no process was replaced": still_alive(memory.processes),
                f"memory under {MEMORY_LIMIT_MB} MB": memory.peak_mb < MEMORY_LIMIT_MB,
            }
        )


def still_alive(processes: set[int]) -> bool:
    """Whether every process that was ever seen is there now."""
    return all(_is_alive(pid) for pid in processes)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and run on a fresh directory."""
    parser = argparse.ArgumentParser(prog="load", description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=200, help="generations (default: %(default)s)")
    parser.add_argument("--width", type=int, default=32, help="at a time (default: %(default)s)")
    options: Any = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="images-load-") as directory:
        return run(Path(directory), options.count, options.width)


if __name__ == "__main__":
    sys.exit(main())
