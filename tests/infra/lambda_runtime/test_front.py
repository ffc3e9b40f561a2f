"""The gateway as its callers see it, before functions that return what they are told."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from infra.lambda_runtime.front import MAX_EVENT_BYTES, MAX_REQUEST_BYTES, Front
from infra.lambda_runtime.http_api import HttpApi, Route
from infra.lambda_runtime.outcome import FunctionFailed, Throttled
from tests.doors import AsgiDoor, HttpAnswer

pytestmark = pytest.mark.anyio

PATH = "/v1/images/mcp"
INTERNAL_ERROR = {"message": "Internal Server Error"}


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as executor:
        yield executor


def door(
    threads: ThreadPoolExecutor, invoke: Callable[[bytes], bytes], timeout_seconds: float = 30
) -> AsgiDoor:
    api = HttpApi((Route(f"ANY {PATH}", "F", timeout_seconds),))
    return AsgiDoor(Front(api, {"F": invoke}, threads))


def returning(result: Any) -> Callable[[bytes], bytes]:
    return lambda _: json.dumps(result).encode()


def raising(error: Exception) -> Callable[[bytes], bytes]:
    def invoke(_: bytes) -> bytes:
        raise error

    return invoke


def echo(event: bytes) -> bytes:
    return json.dumps({"statusCode": 200, "body": event.decode()}).encode()


async def ask(door: AsgiDoor, method: str = "POST", **more: Any) -> HttpAnswer:
    return await door.send(method, more.pop("path", PATH), **more)


async def test_the_function_gets_the_request_as_an_event(threads: ThreadPoolExecutor) -> None:
    before_ms = time.time() * 1000
    answer = await ask(
        door(threads, echo),
        headers={"X-Api-Key": "k", "Content-Type": "application/json"},
        body=b'{"a": 1}',
        query="x=1",
    )
    event = answer.json()
    assert (event["routeKey"], event["rawPath"]) == (f"ANY {PATH}", PATH)
    assert (event["headers"]["x-api-key"], event["body"]) == ("k", '{"a": 1}')
    assert event["queryStringParameters"] == {"x": "1"}
    assert before_ms - 1 <= event["requestContext"]["timeEpoch"] <= time.time() * 1000
    assert answer.headers["apigw-requestid"] == event["requestContext"]["requestId"]


async def test_the_caller_gets_the_functions_answer(threads: ThreadPoolExecutor) -> None:
    result = {"statusCode": 418, "headers": {"X-Tea": "green"}, "cookies": ["a=1"], "body": "é"}
    answer = await ask(door(threads, returning(result)))
    assert (answer.status, answer.body.decode()) == (418, "é")
    assert (answer.headers["x-tea"], answer.headers["set-cookie"]) == ("green", "a=1")
    assert answer.headers["content-length"] == "2"


async def test_the_answer_to_head_has_headers_only(threads: ThreadPoolExecutor) -> None:
    result = {"statusCode": 200, "headers": {"content-length": "321"}, "body": "not to be seen"}
    answer = await ask(door(threads, returning(result)), "HEAD")
    assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"", "321")


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (FunctionFailed("ValueError", sandbox_survives=True), 500, "Internal Server Error"),
        (FunctionFailed("Sandbox.Timedout", sandbox_survives=False), 500, "Internal Server Error"),
        (Throttled(), 503, "Service Unavailable"),
    ],
    ids=repr,
)
async def test_a_failure_tells_the_caller_nothing_of_itself(
    threads: ThreadPoolExecutor, error: Exception, status: int, message: str
) -> None:
    answer = await ask(door(threads, raising(error)))
    assert (answer.status, answer.json()) == (status, {"message": message})


async def test_a_malformed_result_is_an_internal_error(threads: ThreadPoolExecutor) -> None:
    answer = await ask(door(threads, returning({"statusCode": "often"})))
    assert (answer.status, answer.json()) == (500, INTERNAL_ERROR)


async def test_an_unknown_path_is_not_found(threads: ThreadPoolExecutor) -> None:
    answer = await ask(door(threads, echo), path="/v1/other")
    assert (answer.status, answer.json()) == (404, {"message": "Not Found"})


async def test_a_function_that_takes_too_long_is_not_waited_for(
    threads: ThreadPoolExecutor,
) -> None:
    released = threading.Event()

    def invoke(_: bytes) -> bytes:
        assert released.wait(10)
        raise FunctionFailed("ValueError", sandbox_survives=True)

    answer = await ask(door(threads, invoke, timeout_seconds=0.2))
    released.set()
    assert (answer.status, answer.json()) == (503, {"message": "Service Unavailable"})


async def test_the_clock_runs_from_the_requests_beginning(threads: ThreadPoolExecutor) -> None:
    """A slow upload leaves the function less time."""
    sent: list[Any] = []
    released = threading.Event()

    def invoke(_: bytes) -> bytes:
        assert released.wait(10)
        return b"{}"

    parts = iter([(b"a", True), (b"b", False)])

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0.3)
        body, more = next(parts)
        return {"type": "http.request", "body": body, "more_body": more}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "raw_path": PATH.encode(),
        "query_string": b"",
        "headers": [],
        "scheme": "http",
        "http_version": "1.1",
    }
    api = HttpApi((Route(f"ANY {PATH}", "F", 1.0),))
    began = time.monotonic()
    await Front(api, {"F": invoke}, threads)(scope, receive, send)
    took = time.monotonic() - began
    released.set()
    assert sent[0]["status"] == 503
    assert took < 1.5, "0.6 seconds of upload are part of the one second"


@pytest.mark.parametrize(
    ("size", "status"),
    [(MAX_EVENT_BYTES - 4096, 200), (MAX_EVENT_BYTES, 413), (MAX_REQUEST_BYTES + 1, 413)],
)
async def test_requests_have_a_limit(threads: ThreadPoolExecutor, size: int, status: int) -> None:
    answer = await ask(
        door(threads, returning({"statusCode": 200})),
        headers={"Content-Type": "text/plain"},
        body=b"x" * size,
    )
    assert answer.status == status
    if status == 413:
        assert answer.json() == {"message": "Request Entity Too Large"}
