"""`images-mcp serve` as its user has it: a process that starts, works, dies and comes back."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest

from handler.core.accounts import hash_secret
from handler.core.errors import ConfigurationError
from handler.core.generation import Status, new_generation_id
from infra.local.assistant import connected, fetch
from infra.local.data import DataDirectory, RunningStack
from infra.local.launch import launched
from infra.operator.stores import operator_stores
from tests.infra.local.processes import children, eventually, is_running, kill, mentioning

PRICE = 0.002
# A job that is cut off comes back after seconds here, not after Lambda's minutes.
QUICK = {"WORKER_TIMEOUT_SECONDS": "7", "LEASE_SECONDS": "8", "DISPATCH_GRACE_SECONDS": "3"}


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A data directory; no process that works on it outlives the test."""
    directory = tmp_path / "stack"
    yield directory
    assert eventually(lambda: not mentioning(str(directory)), within_seconds=5)


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "infra.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def keys(data: Path, *arguments: str) -> Any:
    finished = command("keys", *arguments, "--data", str(data), "--json")
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


def saved_key(data: Path) -> str:
    key = DataDirectory(data).saved_key()
    assert key is not None
    return key


def remaining(data: Path) -> float:
    held = keys(data, "list")[0]["credits"]
    assert isinstance(held, float)
    return held


async def generate(stack: RunningStack, key: str, **more: Any) -> dict[str, Any]:
    async with connected(stack.endpoint, key) as assistant:
        wanted = {"prompt": "a lighthouse at dusk", "aspect_ratio": "21:9", **more}
        generation = await assistant.call("generate_image", model_id="local/sketch", input=wanted)
        return await assistant.final(generation)


async def collect(stack: RunningStack, key: str, generation_id: str) -> dict[str, Any]:
    async with connected(stack.endpoint, key) as assistant:
        return await assistant.final(await assistant.call("get_generation", id=generation_id))


def begin(data: Path, stack: RunningStack, **wanted: Any) -> str:
    """Ask for a generation, do not wait for its answer, and return its id once it is worked on."""
    stores, key = operator_stores(data), saved_key(data)
    principal = stores.accounts.principal(hash_secret(key))
    assert principal is not None
    generation_id = new_generation_id(principal.account.id, "begun")
    call = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {
            "name": "generate_image",
            "arguments": {"model_id": "local/sketch", "input": {"prompt": "a harbour", **wanted}},
        },
    }
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "begun"}

    def ask() -> None:
        with contextlib.suppress(httpx2.HTTPError):
            httpx2.post(stack.endpoint, json=call, headers=headers, timeout=60)

    threading.Thread(target=ask, daemon=True).start()

    def is_worked_on() -> bool:
        found = stores.generations.get(generation_id)
        return found is not None and found.status is Status.PROCESSING

    assert eventually(is_worked_on, within_seconds=10)
    return generation_id


def claims(data: Path, generation_id: str) -> int:
    """How often a worker took the generation up."""
    found = operator_stores(data).generations.get(generation_id)
    assert found is not None
    return found.fence


def worker_of(process: subprocess.Popen[bytes]) -> int:
    (pid,) = children(process.pid, naming="infra.local.worker")
    return pid


def test_it_generates_and_stops_within_three_seconds_of_an_interrupt(data: Path) -> None:
    with launched(data, "--port", "0") as (process, stack):
        generation = asyncio.run(generate(stack, saved_key(data)))
        assert generation["status"] == "succeeded"
        family = [process.pid, *children(process.pid)]
        assert len(family) == 3, "the server, the emulator and the worker"

        interrupted = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
        assert time.monotonic() - interrupted < 3
        assert not any(is_running(pid) for pid in family)


def test_it_stops_in_order_on_a_termination_signal_while_a_job_waits(data: Path) -> None:
    with launched(data, "--port", "0") as (process, stack):
        begin(data, stack, delay_seconds=60)
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0


def test_keys_credits_and_images_are_there_after_a_restart(data: Path) -> None:
    with launched(data, "--port", "0") as (_, stack):
        key = saved_key(data)
        generation = asyncio.run(generate(stack, key))
        image = asyncio.run(fetch(generation["images"][0]["url"]))

    with launched(data, "--port", "0", "--credits", "99") as (_, stack):
        assert saved_key(data) == key
        assert remaining(data) == 10 - PRICE, "an account is endowed once"
        again = asyncio.run(collect(stack, key, generation["id"]))
        assert asyncio.run(fetch(again["images"][0]["url"])) == image


def test_a_key_chosen_on_the_command_line_opens_an_account_with_the_credits_given(
    data: Path,
) -> None:
    with launched(data, "--port", "0", "--api-key", "my-own-key", "--credits", "0.004") as (
        _,
        stack,
    ):
        answer = httpx2.post(
            stack.endpoint,
            json={"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}},
            headers={"X-Api-Key": "my-own-key"},
        )
        assert answer.status_code == 403, "0.004 is less than the least balance"
        assert [key["credits"] for key in keys(data, "list")] == [0.004]


def test_a_key_can_be_made_used_listed_and_revoked_while_the_stack_runs(data: Path) -> None:
    with launched(data, "--port", "0") as (_, stack):
        made = keys(data, "create", "--credits", "0.5")
        assert asyncio.run(generate(stack, made["key"]))["status"] == "succeeded"
        listed = {key["id"]: key for key in keys(data, "list")}
        assert listed[made["id"]]["credits"] == 0.5 - PRICE
        assert made["key"] not in json.dumps(list(listed.values()))

        assert keys(data, "revoke", made["id"]) == {"id": made["id"], "status": "revoked"}
        refused = httpx2.post(stack.endpoint, headers={"Authorization": f"Bearer {made['key']}"})
        assert (refused.status_code, refused.json()["code"]) == (401, "API_KEY_DISABLED")


def test_a_worker_that_is_killed_in_the_middle_of_a_job_is_replaced_and_the_job_ends_once(
    data: Path,
) -> None:
    environ = {**os.environ, **QUICK}
    with launched(data, "--port", "0", environ=environ) as (process, stack):
        killed = worker_of(process)
        generation_id = begin(data, stack, num_outputs=4)
        kill(killed)

        ended = asyncio.run(collect(stack, saved_key(data), generation_id))

        assert ended["status"] == "succeeded"
        assert len(ended["images"]) == 4
        assert worker_of(process) != killed
        assert claims(data, generation_id) > 1, "it was cut off and taken up again"
        assert remaining(data) == 10 - 4 * PRICE


def test_a_job_goes_on_after_a_restart_if_the_server_is_killed_in_its_middle(data: Path) -> None:
    environ = {**os.environ, **QUICK}
    with launched(data, "--port", "0", environ=environ) as (process, stack):
        generation_id = begin(data, stack, num_outputs=4)
        family = children(process.pid)
        kill(process.pid)
        process.wait()
        assert eventually(lambda: not any(map(is_running, family)), within_seconds=5)

    with launched(data, "--port", "0", environ=environ) as (_, stack):
        ended = asyncio.run(collect(stack, saved_key(data), generation_id))
        assert ended["status"] == "succeeded"
        assert remaining(data) == 10 - 4 * PRICE
        assert asyncio.run(fetch(ended["images"][3]["url"])).startswith(b"\x89PNG")
        assert claims(data, generation_id) > 1, "it was cut off and taken up again"


def test_a_taken_port_is_named_and_nothing_is_started(data: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        finished = command("serve", "--data", str(data), "--port", str(port))
    assert finished.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in finished.stderr
    assert "--port" in finished.stderr


def test_a_second_stack_on_the_same_data_is_refused_and_leaves_the_first_alone(data: Path) -> None:
    with launched(data, "--port", "0") as (_, stack):
        finished = command("serve", "--data", str(data), "--port", "0")
        assert finished.returncode == 1
        assert "another stack runs on" in finished.stderr
        assert asyncio.run(generate(stack, saved_key(data)))["status"] == "succeeded"


def test_a_dead_emulator_ends_the_stack_and_says_so(data: Path) -> None:
    with launched(data, "--port", "0") as (process, _):
        (emulator,) = children(process.pid, naming="infra.local.emulator")
        kill(emulator)
        assert process.wait(10) == 1
    assert "the AWS emulator has died" in (data / "serve.log").read_text()


def test_commands_say_how_to_start_a_stack_where_none_runs(data: Path) -> None:
    finished = command("keys", "list", "--data", str(data))
    assert finished.returncode == 1
    assert f"images-mcp serve --data {data}" in finished.stderr


@pytest.mark.parametrize("amount", ["many", "-1", "0.0000001", "nan", "1e400", "1e999999999"])
def test_credits_that_are_no_amount_are_refused(amount: str) -> None:
    finished = command("keys", "create", f"--credits={amount}")
    assert finished.returncode == 2
    assert "--credits" in finished.stderr


def test_revoking_an_unknown_key_is_an_error(data: Path) -> None:
    with launched(data, "--port", "0"):
        finished = command("keys", "revoke", "key_unknown", "--data", str(data))
    assert finished.returncode == 1
    assert "no key has the id 'key_unknown'" in finished.stderr


def test_callers_who_wait_when_the_stack_stops_get_their_id_and_not_an_error(data: Path) -> None:
    with launched(data, "--port", "0") as (process, stack):
        key = saved_key(data)

        async def wait_and_stop() -> list[Any]:
            async with connected(stack.endpoint, key) as assistant:
                # Otherwise the client would ask for the schemas after the call.
                await assistant.client.list_tools()
                wanted = {"prompt": "a harbour", "delay_seconds": 60}
                calls = [
                    asyncio.create_task(
                        assistant.call("generate_image", model_id="local/sketch", input=wanted)
                    )
                    for _ in range(4)
                ]
                all_admitted = partial(eventually, lambda: remaining(data) == 10 - 4 * PRICE, 20)
                assert await asyncio.to_thread(all_admitted)
                process.send_signal(signal.SIGINT)
                return await asyncio.gather(*calls)

        answers = asyncio.run(wait_and_stop())
        began = time.monotonic()
        assert process.wait(10) == 0
        assert time.monotonic() - began < 3
        assert {answer["status"] for answer in answers} <= {"starting", "processing"}
        assert "Traceback" not in (data / "serve.log").read_text()


def test_a_saved_key_that_was_revoked_is_replaced_by_a_new_one(data: Path) -> None:
    with launched(data, "--port", "0"):
        old = saved_key(data)
        keys(data, "revoke", keys(data, "list")[0]["id"])
    with launched(data, "--port", "0", "--credits", "7") as (_, stack):
        assert saved_key(data) != old
        assert asyncio.run(generate(stack, saved_key(data)))["status"] == "succeeded"
        assert "credits   7" in (data / "serve.log").read_text()


def test_a_chosen_key_that_was_revoked_is_refused_at_the_start(data: Path) -> None:
    chosen = ("--port", "0", "--api-key", "my-own-key")
    with launched(data, *chosen):
        keys(data, "revoke", keys(data, "list")[0]["id"])
    finished = command("serve", "--data", str(data), *chosen)
    assert finished.returncode == 1
    assert "revoked" in finished.stderr


@pytest.mark.parametrize(
    "chosen", ["", "two words", "tfi_but-not-one-of-ours", "\u00e9", "x" * 201]
)
def test_a_key_that_could_never_work_is_refused_at_the_start(chosen: str) -> None:
    finished = command("serve", f"--api-key={chosen}")
    assert finished.returncode == 2
    assert "a key is" in finished.stderr


@pytest.mark.parametrize("damaged", ["emulator", "logs"])
def test_a_damaged_data_directory_is_told_in_a_line(data: Path, damaged: str) -> None:
    data.mkdir()
    (data / damaged).write_text("not a directory")
    finished = command("serve", "--data", str(data), "--port", "0")
    assert finished.returncode == 1
    assert str(data / damaged) in finished.stderr
    assert "Traceback" not in finished.stderr


def test_it_says_which_vendors_are_on_and_where_the_workers_log_is(data: Path) -> None:
    environ = {**os.environ, "FAL_KEY": "s3cr3t", "BFL_API_KEY": "s3cr3t"}
    with launched(data, "--port", "0", environ=environ):
        said = (data / "serve.log").read_text()
    assert "vendors   fal, Black Forest Labs\n" in said
    assert f"log       {data / 'logs' / 'worker.log'}\n" in said
    assert "s3cr3t" not in said
    assert (data / "logs" / "worker.log").exists()


def test_what_a_worker_would_die_of_is_told_before_anything_runs(data: Path) -> None:
    environ = {**os.environ, "PUBLIC_URL": "http://images.example"}
    with (
        pytest.raises(ConfigurationError, match="PUBLIC_URL must be https://host/path"),
        launched(data, "--port", "0", environ=environ),
    ):
        pass
    assert not (data / "emulator").exists()


def test_a_truncated_announcement_counts_as_none(data: Path) -> None:
    with launched(data, "--port", "0"):
        (data / "stack.json").write_text("{")
        finished = command("keys", "list", "--data", str(data))
    assert finished.returncode == 1
    assert "no stack runs on" in finished.stderr


def test_a_proxy_in_the_environment_is_of_no_concern(data: Path) -> None:
    nowhere = "http://127.0.0.1:9"
    environ = {**os.environ, "http_proxy": nowhere, "HTTP_PROXY": nowhere, "no_proxy": ""}
    with launched(data, "--port", "0", environ=environ) as (_, stack):
        assert asyncio.run(generate(stack, saved_key(data)))["status"] == "succeeded"


def test_what_shows_the_key_is_for_its_owner_alone(data: Path) -> None:
    with launched(data, "--port", "0"):
        for path in (data / "serve.log", data / "key", data / "stack.json"):
            assert path.stat().st_mode & 0o077 == 0
