"""What the entry modules write, each in a process of its own, as Lambda collects it."""

import os
from collections.abc import Mapping
from typing import Any

import pytest

from handler.adapters.aws import Connect
from handler.adapters.clock import SystemClock
from handler.bootstrap.stores import build_stores
from handler.settings import Settings
from infra.local.environment import aws_environment
from infra.operator.keys import create_key
from tests.handler.telemetry.written import documents
from tests.handler.test_entry_modules import http_event, invoked, sqs_event

TRACE_ID = "1-5e6722a7-cc56ab46db7ae02d4da47eaa"
HEADER = f"Root={TRACE_ID};Parent=53995c3f42cd8ad8;Sampled=0"
NAMESPACE = "TokenFluxImages/dev"


@pytest.fixture
def environ(emulator: str, environment: dict[str, str]) -> dict[str, str]:
    return {
        **aws_environment(os.environ, emulator),
        **environment,
        "WAIT_SECONDS": "0.2",
        "METRICS_NAMESPACE": NAMESPACE,
        "_X_AMZN_TRACE_ID": HEADER,
    }


@pytest.fixture
def secret(environ: dict[str, str], connect: Connect) -> str:
    stores = build_stores(Settings.from_env(environ), connect)
    return create_key(stores.accounts, SystemClock(), 1_000_000)[1]


def lines(module: str, environ: Mapping[str, str], *events: Any) -> list[dict[str, Any]]:
    """What one warm function writes about several events in a row."""
    return documents(invoked(module, environ, events).stderr.splitlines())


def test_the_three_functions_tell_of_one_generation(environ: dict[str, str], secret: str) -> None:
    event = http_event(secret, "tools/call", generate("a hut"))
    event["requestContext"]["requestId"] = "gateway-1"
    first, second = lines("handler.api", environ, event, event)
    assert [line["message"] for line in (first, second)] == ["request"] * 2
    assert [line["cold_start"] for line in (first, second)] == [True, False]
    assert first["xray_trace_id"] == TRACE_ID
    assert (first["request_id"], first["function_request_id"]) == ("gateway-1", "request-1")

    told = [sqs_event(line["generation"]) for line in (first, second)]
    told[0]["Records"][0]["attributes"]["AWSTraceHeader"] = HEADER
    done, other = lines("handler.worker", environ, *told)
    assert [line["message"] for line in (done, other)] == ["job"] * 2
    assert [line["cold_start"] for line in (done, other)] == [True, False]
    assert (done["generation"], done["xray_trace_id"]) == (first["generation"], TRACE_ID)
    assert "xray_trace_id" not in other, "the invocation's own trace is another"
    assert (done["status"], done["charged_micros"]) == ("succeeded", 2_000)
    assert done["function_request_id"] == "request-1"
    assert namespaces(done) == {NAMESPACE}

    sweep = lines("handler.sweeper", environ, {})[-1]
    assert (sweep["message"], sweep["Sweeps"], sweep["cold_start"]) == ("sweep", 1, True)
    assert namespaces(sweep) == {NAMESPACE}


def test_above_info_the_metrics_stay(environ: dict[str, str], secret: str) -> None:
    quiet = {**environ, "LOG_LEVEL": "ERROR"}
    assert lines("handler.api", quiet, http_event(secret, "tools/call", generate("a hut"))) == []
    assert [line["message"] for line in lines("handler.sweeper", quiet, {})] == ["sweep"]


def generate(prompt: str) -> dict[str, Any]:
    arguments = {"model_id": "local/sketch", "input": {"prompt": prompt, "aspect_ratio": "21:9"}}
    return {"name": "generate_image", "arguments": arguments}


def namespaces(line: Mapping[str, Any]) -> set[str]:
    return {directive["Namespace"] for directive in line["_aws"]["CloudWatchMetrics"]}
