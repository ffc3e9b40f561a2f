"""A cancellation by the operator is counted like every other end: once."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from handler.adapters.aws import Connect
from handler.adapters.clock import SystemClock
from handler.core.errors import Unavailable
from handler.settings import Settings
from handler.telemetry.metrics import Metric
from infra.local.environment import aws_environment
from infra.operator.deployed import stack_environment
from infra.operator.meter import Meter
from infra.template import Template
from tests.fakes import ScriptedProvider
from tests.infra.operator.deployment import data_template, deploy
from tests.world import MODEL_ID, PRICE_MICROS, World


@pytest.fixture
def described(connect: Connect, template: Template) -> Mapping[str, Any]:
    return deploy(connect, f"stack-{secrets.token_hex(4)}", data_template(template))


@pytest.fixture
def settings(described: Mapping[str, Any]) -> Settings:
    return Settings.from_env(stack_environment(described))


def sums(connect: Connect, namespace: str) -> dict[tuple[str, ...], float]:
    """Every metric of a namespace, summed up, by its name and the values of its dimensions."""
    api, now = connect("cloudwatch"), datetime.now(UTC)
    found = {}
    for metric in api.list_metrics(Namespace=namespace)["Metrics"]:
        data = api.get_metric_statistics(
            **metric,
            StartTime=now - timedelta(minutes=10),
            EndTime=now + timedelta(minutes=1),
            Period=3600,
            Statistics=["Sum"],
        )["Datapoints"]
        values = (dimension["Value"] for dimension in metric["Dimensions"])
        found[metric["MetricName"], *values] = sum(each["Sum"] for each in data)
    return found


def test_a_cancellation_on_a_deployed_stack_is_counted_once(
    described: Mapping[str, Any], settings: Settings, connect: Connect, emulator: str
) -> None:
    world = World(settings, connect, SystemClock(), ScriptedProvider())
    generation = world.admit(world.open_account(1_000_000), num_outputs=2)
    name = described["StackName"]
    command = ("generations", "cancel", generation.id, "--stack", name, "--json")
    for _ in range(2):
        finished = subprocess.run(
            [sys.executable, "-m", "infra.cli", *command],
            env=aws_environment(os.environ, emulator),
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        assert json.loads(finished.stdout)["status"] == "canceled"
        assert finished.stderr == ""

    counted = sums(connect, f"TokenFluxImages/{name}")
    # The emulator adds what has dimensions to what has none.
    assert counted["Generations", MODEL_ID, "canceled"] == 1
    assert counted["CreditsRefundedMicros",] == 2 * PRICE_MICROS
    assert counted["CreditsChargedMicros",] == 0
    assert counted["WaitMilliseconds",] > 0


class Refusing:
    """CloudWatch, for somebody who may not."""

    def put_metric_data(self, **_: object) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "not allowed"}}, "Put")


def test_metrics_that_are_not_taken_are_an_error_that_says_why() -> None:
    with pytest.raises(Unavailable, match=r"does not take metrics: .*not allowed"):
        Meter(Refusing(), "TokenFluxImages").count([Metric("Generations", 1)])
