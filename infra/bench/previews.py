"""`make bench-previews`: what previews cost, in the answers and in the worker.

Over the local stack and real HTTP, with the painter's pictures of 1024 pixels a side. The bucket is
the emulator's, on this machine: Amazon's takes its own time for a read and a write, which these
figures leave out. Prints figures and fails if an answer had not the previews that it should.
"""

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from handler.core.image_types import examine_all
from handler.core.ports import ImageStore
from handler.previews import make_preview
from infra.load import MODEL, PROMPTS, percentiles, verdict
from infra.local.assistant import OPEN, fetch
from infra.local.data import DataDirectory
from infra.local.launch import launched
from infra.operator.stores import operator_stores

COUNTS = (1, 4)
"""Images of a generation."""
ROUNDS = 100
"""Calls with previews, and as many without, for each count."""
WARM_UP_ROUNDS = 10
REPEATS = 3
"""How often a preview is made of each picture."""
KILOBYTE = 1000
WITH, WITHOUT = "", "?preview=none"


@dataclass(frozen=True)
class Answer:
    """One answer as it came over the wire."""

    body: bytes
    took_ms: float


@dataclass(frozen=True)
class Asked:
    """A generation that has ended, and how to ask for it again."""

    id: str
    image_urls: Sequence[str]
    arguments: Mapping[str, Any]
    idempotency_key: str


@dataclass(frozen=True)
class Added:
    """What the previews of one answer add to it."""

    image_count: int
    size_bytes: float
    took_ms: float


@dataclass(frozen=True)
class Caller:
    """A client with a key."""

    http: httpx2.Client
    endpoint: str

    def call(
        self, query: str, tool: str, arguments: Mapping[str, Any], idempotency_key: str = ""
    ) -> Answer:
        """Call a tool; the clock stops when the answer's last byte is there."""
        params = {"name": tool, "arguments": arguments}
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        began = time.perf_counter()
        answer = self.http.post(self.endpoint + query, json=message, headers=headers)
        took_ms = (time.perf_counter() - began) * 1000
        answer.raise_for_status()
        return Answer(answer.content, took_ms)

    def ended(self, arguments: Mapping[str, Any], idempotency_key: str) -> Asked:
        """The generation of these arguments, once it has succeeded."""
        answer = self.call(WITHOUT, "generate_image", arguments, idempotency_key)
        generation = document_in(answer.body)
        while generation["status"] in OPEN:
            answer = self.call(WITHOUT, "get_generation", {"id": generation["id"]})
            generation = document_in(answer.body)
        if generation["status"] != "succeeded":
            raise RuntimeError(f"a generation ended as {generation['status']}")
        urls = [image["url"] for image in generation["images"]]
        return Asked(generation["id"], urls, arguments, idempotency_key)


def document_in(body: bytes) -> Any:
    """What the text block of an answer says."""
    return json.loads(json.loads(body)["result"]["content"][0]["text"])


def previews_in(body: bytes) -> int:
    """How many previews an answer carries."""
    content = json.loads(body)["result"]["content"]
    return sum(block["type"] == "image" for block in content)


def for_each_image(added: Sequence[Added]) -> tuple[float, float]:
    """Bytes and milliseconds that an image adds to an answer; each image weighs the same."""
    images = sum(one.image_count for one in added)
    return (
        sum(one.size_bytes for one in added) / images,
        sum(one.took_ms for one in added) / images,
    )


def closing_line(added: Sequence[Added], worker_ms: float) -> str:
    """The line that sums it up."""
    size_bytes, took_ms = for_each_image(added)
    return (
        f"previews: {size_bytes / KILOBYTE:+.0f} kB and {took_ms:+.1f} ms an image in an answer,"
        f" {worker_ms:.0f} ms an image in the worker"
    )


def generated(caller: Caller, count: int) -> list[Asked]:
    """A generation of `count` images for each prompt."""
    return [
        caller.ended(
            {
                "model_id": MODEL,
                "input": {"prompt": prompt, "seed": 7, "aspect_ratio": "1:1", "num_outputs": count},
            },
            f"previews-{count}-{number}",
        )
        for number, prompt in enumerate(PROMPTS)
    ]


def in_the_worker(pictures: list[bytes], generation_id: str, images: ImageStore) -> float:
    """Milliseconds of an image, making the preview and storing it."""
    making_ms, storing_ms, sizes = [], [], []
    for number, picture in enumerate(pictures * REPEATS, start=1):
        began = time.perf_counter()
        preview = make_preview(picture)
        made = time.perf_counter()
        if preview is None:
            raise RuntimeError("no preview could be made of a picture")
        (image,) = examine_all([picture])
        examined = time.perf_counter()
        images.put_preview(generation_id, number, preview, image)
        storing_ms.append((time.perf_counter() - examined) * 1000)
        making_ms.append((made - began) * 1000)
        sizes.append(len(preview))
    print(f"worker, an image: making {percentiles(making_ms)}; storing {percentiles(storing_ms)}")
    print(
        f"previews: {min(sizes) / KILOBYTE:.1f} to {max(sizes) / KILOBYTE:.1f} kB, mean"
        f" {statistics.fmean(sizes) / KILOBYTE:.1f} kB, of pictures of"
        f" {statistics.fmean(map(len, pictures)) / KILOBYTE:.0f} kB"
    )
    return statistics.median(making_ms) + statistics.median(storing_ms)


def in_answers(
    caller: Caller, count: int, generations: Sequence[Asked], checks: dict[str, bool]
) -> Added:
    """Ask for the same with and without, in turns, so that a busy moment meets both."""

    def generate(query: str, number: int) -> Answer:
        asked = generations[number % len(generations)]
        return caller.call(query, "generate_image", asked.arguments, asked.idempotency_key)

    def collect(query: str, number: int) -> Answer:
        asked = generations[number % len(generations)]
        return caller.call(query, "get_generation", {"id": asked.id})

    told = alternating(generate, len(generations))
    report(f"generate_image, images: {count}", told)
    alternating(collect, WARM_UP_ROUNDS)
    collected = alternating(collect, ROUNDS)
    report(f"get_generation, images: {count}", collected)
    for query, answers in collected.items():
        expected, name = (0, "without") if query else (count, "with")
        checks[f"{name} previews, images: {count}: every answer has {expected}"] = all(
            previews_in(answer.body) == expected for answer in (*told[query], *answers)
        )
    took_ms = {query: _median_ms(answers) for query, answers in collected.items()}
    print(
        f"get_generation, images: {count}: p50 {took_ms[WITH]:.1f} ms with previews,"
        f" {took_ms[WITHOUT]:.1f} ms without, {ROUNDS} calls each"
    )
    sizes = {query: _mean_bytes(answers) for query, answers in collected.items()}
    return Added(count, sizes[WITH] - sizes[WITHOUT], took_ms[WITH] - took_ms[WITHOUT])


def alternating(ask: Callable[[str, int], Answer], rounds: int) -> dict[str, list[Answer]]:
    """The answers with and without previews; who is first changes with every round."""
    answers: dict[str, list[Answer]] = {WITH: [], WITHOUT: []}
    for number in range(rounds):
        for query in (WITH, WITHOUT) if number % 2 else (WITHOUT, WITH):
            answers[query].append(ask(query, number))
    return answers


def report(name: str, answers: Mapping[str, Sequence[Answer]]) -> None:
    """Print how large answers are."""
    print(
        f"{name}: {_mean_bytes(answers[WITH]):,.0f} bytes with previews,"
        f" {_mean_bytes(answers[WITHOUT]):,.0f} bytes without"
    )


def _mean_bytes(answers: Sequence[Answer]) -> float:
    return statistics.fmean(len(answer.body) for answer in answers)


def _median_ms(answers: Sequence[Answer]) -> float:
    return statistics.median(answer.took_ms for answer in answers)


def run(data: Path) -> int:
    """Measure, print, judge."""
    checks: dict[str, bool] = {}
    environ = {**os.environ, "PREVIEWS": "on"}
    with launched(data, "--port", "0", environ=environ) as (_, stack):
        headers = {"Authorization": f"Bearer {DataDirectory(data).saved_key()}"}
        with httpx2.Client(headers=headers, timeout=60, trust_env=False) as http:
            caller = Caller(http, stack.endpoint)
            generations = {count: generated(caller, count) for count in COUNTS}
            added = [in_answers(caller, count, generations[count], checks) for count in COUNTS]
        asked = [one for of_count in generations.values() for one in of_count]
        pictures = [asyncio.run(fetch(url)) for one in asked for url in one.image_urls]
        worker_ms = in_the_worker(pictures, asked[0].id, operator_stores(data).images)
    failed = verdict(checks)
    print(closing_line(added, worker_ms))
    return failed


def main() -> int:
    """Run on a fresh directory."""
    with tempfile.TemporaryDirectory(prefix="images-previews-") as directory:
        return run(Path(directory))


if __name__ == "__main__":
    sys.exit(main())
