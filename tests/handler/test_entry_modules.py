"""The entry modules, each in a process of its own, configured by the environment as on Lambda."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from handler.adapters.aws import Connect
from handler.adapters.clock import SystemClock
from handler.bootstrap.stores import build_stores
from handler.core.generation import Status
from handler.settings import Settings
from infra.local.environment import aws_environment
from infra.operator.keys import create_key

INVOKE = """
import importlib, json, sys
class Context:
    aws_request_id = "request-1"
    def get_remaining_time_in_millis(self): return 28_000
module = importlib.import_module(sys.argv[1])
answers = [module.handler(event, Context()) for event in json.load(sys.stdin)]
json.dump(answers, sys.stdout)
"""


@pytest.fixture
def lambda_environment(emulator: str, environment: dict[str, str]) -> dict[str, str]:
    return {**aws_environment(os.environ, emulator), **environment, "WAIT_SECONDS": "1"}


def invoked(
    module: str, environ: Mapping[str, str], events: Sequence[Any]
) -> subprocess.CompletedProcess[str]:
    """One function's process, which took several events in a row and ended."""
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-c", INVOKE, module],
        input=json.dumps(events),
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert finished.returncode == 0, finished.stderr
    return finished


def invoke(module: str, environ: Mapping[str, str], *events: dict[str, Any]) -> list[Any]:
    """The answers of one warm function to several events in a row."""
    answers = json.loads(invoked(module, environ, events).stdout)
    assert isinstance(answers, list)
    return answers


def http_event(secret: str, method: str, params: dict[str, Any]) -> dict[str, Any]:
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return {
        "version": "2.0",
        "routeKey": "ANY /v1/images/mcp",
        "rawPath": "/v1/images/mcp",
        "rawQueryString": "",
        "headers": {
            "host": "abc123.execute-api.eu-central-1.amazonaws.com",
            "x-forwarded-proto": "https",
            "content-type": "application/json",
            "authorization": f"Bearer {secret}",
        },
        "requestContext": {
            "http": {"method": "POST", "path": "/v1/images/mcp", "sourceIp": "192.0.2.1"},
            "stage": "$default",
            "timeEpoch": int(time.time() * 1000),
        },
        "body": json.dumps(message),
        "isBase64Encoded": False,
    }


def sqs_event(generation_id: str) -> dict[str, Any]:
    record = {
        "messageId": "11111111-2222-3333-4444-555555555555",
        "receiptHandle": "handle",
        "body": generation_id,
        "attributes": {"ApproximateReceiveCount": "1"},
        "eventSource": "aws:sqs",
    }
    return {"Records": [record]}


def test_the_functions_carry_a_generation_from_admission_to_its_image(
    lambda_environment: dict[str, str], connect: Connect
) -> None:
    stores = build_stores(Settings.from_env(lambda_environment), connect)
    _, secret = create_key(stores.accounts, SystemClock(), 1_000_000)
    arguments = {"model_id": "local/sketch", "input": {"prompt": "a hut", "aspect_ratio": "21:9"}}
    call = {"name": "generate_image", "arguments": arguments}

    first, second = invoke(
        "handler.api",
        lambda_environment,
        http_event(secret, "tools/list", {}),
        http_event(secret, "tools/call", call),
    )

    assert (first["statusCode"], second["statusCode"]) == (200, 200)
    begun = json.loads(json.loads(second["body"])["result"]["content"][0]["text"])
    assert begun["status"] == "starting"

    assert invoke("handler.worker", lambda_environment, sqs_event(begun["id"])) == [
        {"batchItemFailures": []}
    ]
    assert invoke("handler.sweeper", lambda_environment, {}) == [{"redriven": 0, "expired": 0}]

    ended = stores.generations.get(begun["id"])
    assert ended is not None
    assert (ended.status, ended.charged_micros) == (Status.SUCCEEDED, 2_000)


def test_a_function_without_its_settings_names_the_one_that_is_missing(
    lambda_environment: dict[str, str],
) -> None:
    environ = {k: v for k, v in lambda_environment.items() if k != "CREDITS_TABLE"}
    with pytest.raises(AssertionError, match="CREDITS_TABLE must be set"):
        invoke("handler.sweeper", environ, {})
