"""A function in real sandboxes behind the gateway: AWS's emulator, AWS's runtime client."""

import asyncio
import base64
import json
import os
import secrets
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from infra.lambda_runtime.front import Front
from infra.lambda_runtime.functions import Function
from infra.lambda_runtime.http_api import HttpApi, Route
from infra.lambda_runtime.installation import Installation
from infra.lambda_runtime.marks import end, marked
from infra.lambda_runtime.pool import Pool
from infra.lambda_runtime.sandbox import Launch
from tests.doors import AsgiDoor, HttpAnswer
from tests.infra.local.processes import eventually, is_running, kill

pytestmark = pytest.mark.anyio

TIMEOUT_SECONDS = 2
INTERNAL_ERROR = {"message": "Internal Server Error"}
PROBE = """
import base64, json, os, time

STARTED = f"{os.getpid()}-{time.monotonic()}"

def handler(event, context):
    body = event.get("body") or "{}"
    if event["isBase64Encoded"]:
        return {"statusCode": 200, "headers": {"content-type": "image/png"}, "body": body,
                "isBase64Encoded": True}
    return DO[json.loads(body).get("do", "tell")](event, context)

def tell(event, context):
    return {"statusCode": 200, "body": json.dumps({
        "started": STARTED, "pid": os.getpid(), "event": event, "environment": dict(os.environ),
        "remaining_ms": context.get_remaining_time_in_millis(), "name": context.function_name,
        "memory": context.memory_limit_in_mb, "cwd": os.getcwd()})}

def fail(event, context):
    raise ValueError("a secret")

def leave(event, context):
    os._exit(3)

def sleep(event, context):
    time.sleep(60)

def swell(event, context):
    return {"statusCode": 200, "body": "x" * 7_000_000}

def set_cookies(event, context):
    return {"statusCode": 200, "cookies": event.get("cookies", []) + ["b=2; Secure"]}

def mumble(event, context):
    return {"statusCode": "often"}

def infer(event, context):
    return {"message": "hello"}

def nap(event, context):
    time.sleep(0.5)
    return tell(event, context)

DO = {f.__name__: f for f in (tell, fail, leave, sleep, swell, set_cookies, mumble, infer, nap)}
"""


@dataclass
class Gateway:
    """One function behind an HTTP API."""

    door: AsgiDoor
    pool: Pool
    mark: str
    log: Path

    async def ask(self, do: str = "tell", **headers: str) -> HttpAnswer:
        given = {"Content-Type": "application/json", **headers}
        return await self.door.send("POST", "/probe", given, json.dumps({"do": do}).encode())

    async def told(self, do: str = "tell") -> dict[str, Any]:
        answer = await self.ask(do)
        assert answer.status == 200, (answer.body, self.log.read_text())
        told: dict[str, Any] = answer.json()
        return told

    def starts(self) -> int:
        return self.log.read_text().count("INIT START")


Deploy = Callable[..., Gateway]


def files_of(gateway: Gateway) -> list[str]:
    return [path.name for path in (gateway.log.parent / "ProbeFunction").iterdir()]


@pytest.fixture
def deploy(installation: Installation, tmp_path: Path) -> Iterator[Deploy]:
    """Makes a gateway before `code`; whatever it started has ended after the test."""
    mark = f"test-{secrets.token_hex(4)}"

    with ThreadPoolExecutor(8) as threads:
        pools: list[Pool] = []

        def deployed(code: str = PROBE, limit: int = 4) -> Gateway:
            task_root = tmp_path / "ProbeFunction"
            task_root.mkdir()
            (task_root / "app.py").write_text(code)
            function = Function("ProbeFunction", "app.handler", TIMEOUT_SECONDS, 256, {"OWN": "1"})
            launch = Launch(
                function,
                replace(installation, artifacts=tmp_path),
                task_root,
                "http://127.0.0.1:1",
                tmp_path / "probe.log",
            )
            pool = Pool(lambda number: launch.start(f"{mark}/{number}"), limit)
            pools.append(pool)
            api = HttpApi((Route("ANY /probe", "ProbeFunction", 30),))
            front = Front(api, {"ProbeFunction": pool.invoke}, threads)
            return Gateway(AsgiDoor(front), pool, mark, launch.log)

        try:
            yield deployed
            for pool in pools:
                pool.close()
            assert marked(mark) == [], "closing the pool ends every process"
        finally:
            end(mark)


async def test_the_function_sees_what_it_would_see_on_lambda(deploy: Deploy) -> None:
    gateway = deploy()
    told = await gateway.told()
    environment = told["environment"]
    assert environment["OWN"] == "1"
    assert environment["_HANDLER"] == "app.handler"
    assert (
        environment["AWS_LAMBDA_FUNCTION_NAME"] == told["name"] == "tokenflux-images-ProbeFunction"
    )
    assert (environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"], told["memory"]) == ("256", "256")
    assert environment["AWS_LAMBDA_INITIALIZATION_TYPE"] == "on-demand"
    assert environment["LAMBDA_TASK_ROOT"] == told["cwd"]
    assert "HOME" not in environment
    assert "VIRTUAL_ENV" not in environment
    assert told["event"]["rawPath"] == "/probe"
    assert 0 < told["remaining_ms"] <= TIMEOUT_SECONDS * 1000


async def test_a_warm_sandbox_is_used_again(deploy: Deploy) -> None:
    gateway = deploy()
    told = [await gateway.told() for _ in range(20)]
    assert len({one["started"] for one in told}) == 1
    assert gateway.starts() == 1


async def test_calls_at_once_start_further_sandboxes_up_to_the_limit(deploy: Deploy) -> None:
    gateway = deploy(limit=3)
    answers = await asyncio.gather(*(gateway.ask("nap") for _ in range(4)))
    assert sorted(answer.status for answer in answers) == [200, 200, 200, 503]
    started = {answer.json()["started"] for answer in answers if answer.status == 200}
    assert len(started) == 3
    assert (await gateway.told())["started"] in started
    assert gateway.starts() == 3


async def test_an_exception_is_an_internal_error_and_the_sandbox_goes_on(deploy: Deploy) -> None:
    gateway = deploy()
    before = await gateway.told()
    answer = await gateway.ask("fail")
    assert (answer.status, answer.json()) == (500, INTERNAL_ERROR)
    assert (await gateway.told())["started"] == before["started"]
    assert "ValueError" in gateway.log.read_text()


@pytest.mark.parametrize("do", ["leave", "swell", "sleep"])
async def test_a_sandbox_that_crashes_or_runs_out_of_time_is_replaced(
    deploy: Deploy, do: str
) -> None:
    gateway = deploy()
    before = await gateway.told()
    began = time.monotonic()
    answer = await gateway.ask(do)
    assert (answer.status, answer.json()) == (500, INTERNAL_ERROR)
    assert time.monotonic() - began < TIMEOUT_SECONDS + 3
    assert not is_running(before["pid"])
    assert (await gateway.told())["started"] != before["started"]


async def test_a_sandbox_that_is_killed_at_work_fails_its_call_only(deploy: Deploy) -> None:
    gateway = deploy()
    told = await gateway.told()
    working = asyncio.create_task(gateway.ask("sleep"))
    await asyncio.sleep(0.1)
    kill(told["pid"])
    assert (await working).status == 500
    assert (await gateway.told())["started"] != told["started"]


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "the function's process"])
async def test_a_sandbox_that_is_killed_while_idle_is_not_noticed(
    deploy: Deploy, *, whole: bool
) -> None:
    gateway = deploy()
    told = await gateway.told()
    for pid in marked(gateway.mark) if whole else [told["pid"]]:
        kill(pid)
    assert eventually(lambda: not is_running(told["pid"]), within_seconds=5)
    assert (await gateway.told())["started"] != told["started"]


async def test_cookies_go_both_ways(deploy: Deploy) -> None:
    answer = await deploy().ask("set_cookies", Cookie="a=1")
    assert answer.headers["set-cookie"] == "a=1, b=2; Secure"


async def test_bytes_go_both_ways(deploy: Deploy) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + os.urandom(1000)
    answer = await deploy().door.send("POST", "/probe", {"Content-Type": "image/png"}, picture)
    assert (answer.status, answer.body) == (200, picture)
    assert answer.headers["content-type"] == "image/png"
    assert base64.b64encode(picture) != answer.body


async def test_a_malformed_answer_is_an_internal_error(deploy: Deploy) -> None:
    answer = await deploy().ask("mumble")
    assert (answer.status, answer.json()) == (500, INTERNAL_ERROR)


async def test_an_answer_without_a_status_is_inferred(deploy: Deploy) -> None:
    answer = await deploy().ask("infer")
    assert (answer.status, answer.json()) == (200, {"message": "hello"})


@pytest.mark.parametrize("code", ["import nothing_of_this_name", "raise SystemExit(3)", "x ="])
async def test_a_function_that_cannot_be_imported_is_an_internal_error(
    deploy: Deploy, code: str
) -> None:
    gateway = deploy(code)
    answer = await gateway.ask()
    assert (answer.status, answer.json()) == (500, INTERNAL_ERROR)


async def test_nothing_is_written_beside_the_code(deploy: Deploy) -> None:
    gateway = deploy()
    await gateway.told()
    assert files_of(gateway) == ["app.py"]
