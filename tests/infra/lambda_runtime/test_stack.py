"""The whole system as built, in real sandboxes: clients, reuse, deaths, and its end."""

import json
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import TextContent

from handler.core.generation import Status, new_generation_id
from infra.lambda_runtime.installation import Installation
from infra.local.assistant import connected, fetch
from infra.operator.books import check_account
from tests.doors import MODERN
from tests.infra.lambda_runtime.stack import (
    API,
    PRICE_MICROS,
    PROMPT,
    WORKER,
    System,
    needs_artifacts,
    system_on,
)
from tests.infra.local.processes import children, eventually, is_running, kill, mentioning
from tests.vendors.replicate import FakeReplicate
from tests.vendors.server import TOKEN, served

pytestmark = [pytest.mark.anyio, needs_artifacts]

# A job that is cut off comes back after seconds here, not after minutes. A cold start is part of
# the worker's time.
QUICK = {"WORKER_TIMEOUT_SECONDS": "10", "LEASE_SECONDS": "11", "DISPATCH_GRACE_SECONDS": "5"}


@pytest.fixture(scope="module")
def system(
    installation: Installation, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    data = tmp_path_factory.mktemp("lambda") / "stack"
    with system_on(data, **QUICK) as running:
        yield running
        assert check_account(running.stores, running.account_id()) == []
    assert mentioning(str(data)) == []


def said(result: Any) -> Any:
    # A preview of the image may follow.
    block = result.content[0]
    assert isinstance(block, TextContent)
    assert not result.is_error, block.text
    return json.loads(block.text)


@pytest.mark.parametrize("mode", ["legacy", MODERN])
async def test_the_official_client_generates_and_downloads(system: System, mode: str) -> None:
    headers = {"Authorization": f"Bearer {system.key}"}
    async with httpx2.AsyncClient(headers=headers, timeout=60, trust_env=False) as http:
        transport = streamable_http_client(system.running.endpoint, http_client=http)
        async with Client(transport, mode=mode) as client:
            tools = [tool.name for tool in (await client.list_tools()).tools]
            assert tools == ["list_models", "get_model", "generate_image", "get_generation"]
            arguments = {"model_id": "local/sketch", "input": PROMPT}
            made = said(await client.call_tool("generate_image", arguments))
            for _ in range(3):
                if made["status"] in ("starting", "processing"):
                    made = said(await client.call_tool("get_generation", {"id": made["id"]}))
    assert made["status"] == "succeeded"
    url = made["images"][0]["url"]
    assert url.startswith(system.running.endpoint.removesuffix("mcp") + "files/")
    assert (await fetch(url)).startswith(b"\x89PNG")


async def test_sandboxes_are_reused_when_warm_and_started_when_needed(system: System) -> None:
    async with connected(system.running.endpoint, system.key) as assistant:
        await assistant.call("list_models")
        before = system.sandboxes(API)
        for _ in range(10):
            await assistant.call("list_models")
        assert system.sandboxes(API) == before

    with ThreadPoolExecutor(len(before) + 1) as threads:
        slow = {"model_id": "local/sketch", "input": {**PROMPT, "delay_seconds": 3}}
        answers = list(threads.map(lambda _: system.post(slow), range(len(before) + 1)))
    assert {answer.status_code for answer in answers} == {200}
    assert len(system.sandboxes(API)) == len(before) + 1
    assert set(before) < set(system.sandboxes(API))


def test_a_worker_that_is_killed_at_work_is_replaced_and_the_job_ends_once(
    system: System,
) -> None:
    before_micros = system.available_micros()
    generation_id = system.begin("killed", num_outputs=4)
    for pid in system.workers_at_work():
        kill(pid)
    assert system.ends(generation_id, within_seconds=40) is Status.SUCCEEDED
    found = system.stores.generations.get(generation_id)
    assert found is not None
    assert found.fence > 1, "it was cut off and taken up again"
    assert len(found.images) == 4
    assert before_micros - system.available_micros() == 4 * PRICE_MICROS


def test_a_caller_whose_sandbox_is_killed_can_collect_later(system: System) -> None:
    arguments = {"model_id": "local/sketch", "input": {**PROMPT, "delay_seconds": 4}}
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(system.post, arguments, **{"Idempotency-Key": "cut-off"})
        generation_id = new_generation_id(system.account_id(), "cut-off")
        assert eventually(
            lambda: system.stores.generations.get(generation_id) is not None, within_seconds=15
        )
        for pid in system.sandboxes(API):
            kill(pid)
        answer = asked.result()
    assert (answer.status_code, answer.json()) == (500, {"message": "Internal Server Error"})
    again = system.post(arguments, **{"Idempotency-Key": "cut-off"})
    assert again.status_code == 200
    assert generation_id in again.text
    assert system.ends(generation_id, within_seconds=20) is Status.SUCCEEDED


def test_an_unknown_path_is_the_gateways_to_answer(system: System) -> None:
    url = system.running.endpoint.removesuffix("/v1/images/mcp") + "/favicon.ico"
    answer = httpx2.get(url, trust_env=False)
    assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})


def test_a_store_that_hangs_does_not_cost_the_caller_the_id(
    installation: Installation, tmp_path: Path
) -> None:
    with (
        system_on(tmp_path / "stack", WAIT_SECONDS="5") as system,
        ThreadPoolExecutor(1) as threads,
    ):
        (emulator,) = children(system.process.pid, naming="infra.local.emulator")
        arguments = {"model_id": "local/sketch", "input": {**PROMPT, "delay_seconds": 60}}
        generation_id = new_generation_id(system.account_id(), "hung")
        asked = threads.submit(system.post, arguments, **{"Idempotency-Key": "hung"})
        assert eventually(
            lambda: system.stores.generations.get(generation_id) is not None, within_seconds=15
        )
        os.kill(emulator, signal.SIGSTOP)
        try:
            answer = asked.result()
        finally:
            os.kill(emulator, signal.SIGCONT)
    assert answer.status_code == 200
    assert generation_id in answer.text


def test_a_vendors_model_is_offered_and_only_the_worker_has_the_token(
    installation: Installation, tmp_path: Path
) -> None:
    with (
        served(FakeReplicate()) as fake,
        system_on(
            tmp_path / "stack", REPLICATE_API_TOKEN=TOKEN, REPLICATE_BASE_URL=fake.base_url
        ) as system,
    ):
        answer = system.post(
            {"model_id": "black-forest-labs/flux-schnell", "input": {"prompt": "a boat"}}
        )
        generation = json.loads(answer.json()["result"]["content"][0]["text"])
        assert system.ends(generation["id"], within_seconds=60) is Status.SUCCEEDED
        for handler, has_token in ((API, False), (WORKER, True)):
            (emulator,) = system.sandboxes(handler)
            environment = Path(f"/proc/{emulator}/environ").read_bytes()
            assert (TOKEN.encode() in environment) == has_token
        assert TOKEN not in system.log("ApiFunction") + system.log("WorkerFunction")


def family(system: System) -> list[int]:
    below = children(system.process.pid)
    return [system.process.pid, *below, *(pid for parent in below for pid in children(parent))]


def test_it_stops_within_five_seconds_while_callers_wait_and_leaves_nothing(
    installation: Installation, tmp_path: Path
) -> None:
    with system_on(tmp_path / "stack") as system:
        arguments = {"model_id": "local/sketch", "input": {**PROMPT, "delay_seconds": 60}}
        with ThreadPoolExecutor(2) as threads:
            asked = [threads.submit(system.post, arguments) for _ in range(2)]
            full = 10_000_000
            admitted = lambda: full - system.available_micros() == 2 * PRICE_MICROS  # noqa: E731
            assert eventually(admitted, within_seconds=20)
            processes = family(system)
            interrupted = time.monotonic()
            system.process.send_signal(signal.SIGINT)
            assert system.process.wait(10) == 0
            assert time.monotonic() - interrupted < 5
            assert {answer.result().status_code for answer in asked} == {500}
        assert not any(map(is_running, processes))
        assert "Traceback" not in (system.data / "serve.log").read_text()


def test_nothing_outlives_a_kill(installation: Installation, tmp_path: Path) -> None:
    with system_on(tmp_path / "stack") as system:
        system.begin("killed", delay_seconds=60)
        processes = family(system)
        assert len(processes) >= 6, "the server, the emulator, the reaper, sandboxes of two"
        kill(system.process.pid)
        system.process.wait()
        assert eventually(lambda: not any(map(is_running, processes)), within_seconds=5)
