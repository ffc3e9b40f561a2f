"""What a deployed stack says of itself."""

import secrets

import pytest

from handler.adapters.aws import Connect
from handler.core.errors import ConfigurationError
from handler.settings import Settings
from infra.operator.deployed import stack_environment
from infra.template import Template
from tests.infra.operator.deployment import data_template, deploy


def test_the_templates_outputs_and_parameters_are_all_that_is_needed(
    connect: Connect, template: Template
) -> None:
    name = f"stack-{secrets.token_hex(4)}"
    described = deploy(connect, name, data_template(template), RetentionDays="7")
    settings = Settings.from_env(stack_environment(described))
    tables = connect("dynamodb").list_tables()["TableNames"]
    buckets = [each["Name"] for each in connect("s3").list_buckets()["Buckets"]]
    assert {settings.credits_table, settings.generations_table} <= set(tables)
    assert settings.images_bucket in buckets
    assert settings.timing.retention_ms == 7 * 86_400_000
    sent = connect("sqs").send_message(QueueUrl=settings.jobs_queue_url, MessageBody="{}")
    assert sent["MessageId"]


def test_a_stack_without_the_outputs_is_not_taken_for_one_of_ours() -> None:
    described = {"StackName": "shop", "StackStatus": "ROLLBACK_COMPLETE"}
    with pytest.raises(ConfigurationError, match=r"shop \(ROLLBACK_COMPLETE\) is no finished"):
        stack_environment(described)
