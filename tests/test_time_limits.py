"""The order of the time-outs, read off `template.yaml`: who may outlast whom."""

from typing import Any

import pytest

from handler.adapters.dynamodb.client import RETRY_BUDGET_MS
from handler.core.work import MAX_DELAY_SECONDS, PATIENCE_SECONDS
from handler.settings import Settings
from handler.tools.calls import GET_GENERATION_WAIT_MS
from handler.web.deadline import GATEWAY_LIMIT_MS
from infra.template import Template

PROVIDER_KEEPS_RESULTS_SECONDS = 3_600
"""The shortest that a provider keeps a result: Replicate deletes after an hour."""


@pytest.fixture(scope="module")
def settings(template: Template) -> Settings:
    """What the functions run with, by the template's defaults."""
    names = ("AWS::StackName", "CreditsTable", "GenerationsTable", "JobsQueue", "ImagesBucket")
    environment = template.resolve(template.environment(), {name: name for name in names})
    return Settings.from_env({name: str(value) for name, value in environment.items()})


def function(template: Template, name: str) -> Any:
    return template.resources("AWS::Serverless::Function")[name]


def test_the_api_answers_before_the_function_ends_and_the_function_before_the_gateway(
    template: Template, settings: Settings
) -> None:
    timeout_ms = function(template, "ApiFunction")["Timeout"] * 1000
    assert RETRY_BUDGET_MS < GET_GENERATION_WAIT_MS < timeout_ms < GATEWAY_LIMIT_MS
    assert settings.wait_seconds * 1000 <= GATEWAY_LIMIT_MS


def test_a_worker_is_gone_before_its_lease_and_its_lease_before_the_deadline(
    template: Template, settings: Settings
) -> None:
    timing = settings.timing
    timeout_ms = function(template, "WorkerFunction")["Timeout"] * 1000
    assert timeout_ms == timing.worker_ms
    assert timing.worker_ms < timing.lease_ms < timing.deadline_ms
    assert timing.polling_ms > PATIENCE_SECONDS * 1000


def test_a_vendor_may_take_five_minutes_and_leaves_time_to_store_what_it_made(
    settings: Settings,
) -> None:
    timing = settings.timing
    assert 300_000 <= timing.answer_ms <= timing.worker_ms - 60_000
    assert timing.polling_ms <= timing.worker_ms - 60_000


def test_a_message_comes_back_later_than_the_sweeper_sends_a_new_one(
    template: Template, settings: Settings
) -> None:
    """As AWS asks for: six times the function's time-out, and no dead letter after a few tries."""
    queue = template.resources("AWS::SQS::Queue")["JobsQueue"]
    worker_seconds = function(template, "WorkerFunction")["Timeout"]
    assert queue["VisibilityTimeout"] >= 6 * worker_seconds
    assert queue["VisibilityTimeout"] * 1000 > settings.timing.lease_ms
    assert queue["RedrivePolicy"]["maxReceiveCount"] >= 5
    deliveries = queue["RedrivePolicy"]["maxReceiveCount"]
    lasting = MAX_DELAY_SECONDS + deliveries * queue["VisibilityTimeout"]
    assert queue["MessageRetentionPeriod"] > lasting, "else nothing would ever be a dead letter"


def test_a_sweep_ends_before_the_next_one_begins(template: Template) -> None:
    sweeper = function(template, "SweeperFunction")
    assert sweeper["Events"]["EveryMinute"]["Properties"]["Schedule"] == "rate(1 minute)"
    assert sweeper["Timeout"] < 60


def test_a_generation_has_ended_before_its_provider_forgets_it_and_long_before_its_retention(
    settings: Settings,
) -> None:
    timing = settings.timing
    ends_by_ms = timing.deadline_ms + timing.deadline_grace_ms
    assert timing.dispatch_grace_ms < timing.deadline_ms
    assert timing.lease_ms < timing.deadline_grace_ms, "a worker may still be at the ending"
    assert ends_by_ms < PROVIDER_KEEPS_RESULTS_SECONDS * 1000 < timing.retention_ms
