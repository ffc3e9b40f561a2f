"""The emulator's resources are the template's."""

import json
import secrets
from typing import Any

import pytest

from handler.adapters.aws import Connect
from handler.settings import Settings
from infra.provision import provision
from infra.template import Template


@pytest.fixture
def prefix() -> str:
    return f"p{secrets.token_hex(4)}"


def described(connect: Connect, environment: dict[str, str]) -> dict[str, Any]:
    """Everything there is of the resources that the environment names."""
    dynamodb, sqs, s3 = connect("dynamodb"), connect("sqs"), connect("s3")
    tables = {}
    for name in ("CREDITS_TABLE", "GENERATIONS_TABLE"):
        table = dynamodb.describe_table(TableName=environment[name])["Table"]
        ttl = dynamodb.describe_time_to_live(TableName=environment[name])
        tables[name] = {**table, "ttl": ttl["TimeToLiveDescription"]}
    queue = sqs.get_queue_attributes(QueueUrl=environment["JOBS_QUEUE_URL"], AttributeNames=["All"])
    buckets = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    return {
        "tables": tables,
        "queue": queue["Attributes"],
        "bucket": environment["IMAGES_BUCKET"] in buckets,
    }


def test_the_environment_is_complete(template: Template, connect: Connect, prefix: str) -> None:
    environment = provision(template, connect, prefix)
    assert set(environment) == set(template.environment())
    assert all(isinstance(value, str) for value in environment.values())
    settings = Settings.from_env(environment)
    assert settings.credits_table == f"{prefix}-CreditsTable"
    assert settings.images_bucket == f"{prefix}-imagesbucket"


def test_tables_have_the_templates_keys_and_indexes(
    template: Template, connect: Connect, prefix: str
) -> None:
    tables = described(connect, provision(template, connect, prefix))["tables"]
    for name, logical_id in (
        ("CREDITS_TABLE", "CreditsTable"),
        ("GENERATIONS_TABLE", "GenerationsTable"),
    ):
        wanted = template.resources("AWS::DynamoDB::Table")[logical_id]
        assert tables[name]["KeySchema"] == wanted["KeySchema"]
        assert tables[name]["TableStatus"] == "ACTIVE"
        indexes = [
            {key: index[key] for key in ("IndexName", "KeySchema", "Projection")}
            for index in tables[name].get("GlobalSecondaryIndexes", [])
        ]
        assert indexes == wanted.get("GlobalSecondaryIndexes", [])
    assert len(tables["GENERATIONS_TABLE"]["GlobalSecondaryIndexes"]) == 2


def test_only_generations_are_deleted_by_time(
    template: Template, connect: Connect, prefix: str
) -> None:
    tables = described(connect, provision(template, connect, prefix))["tables"]
    assert tables["GENERATIONS_TABLE"]["ttl"] == {
        "TimeToLiveStatus": "ENABLED",
        "AttributeName": "ttl",
    }
    assert tables["CREDITS_TABLE"]["ttl"]["TimeToLiveStatus"] == "DISABLED"


def test_the_queue_hands_dead_messages_on(
    template: Template, connect: Connect, prefix: str
) -> None:
    queue = described(connect, provision(template, connect, prefix))["queue"]
    wanted = template.resources("AWS::SQS::Queue")["JobsQueue"]
    redrive = json.loads(queue["RedrivePolicy"])
    assert redrive["deadLetterTargetArn"].endswith(f":{prefix}-DeadJobsQueue")
    assert int(redrive["maxReceiveCount"]) == wanted["RedrivePolicy"]["maxReceiveCount"]
    assert queue["VisibilityTimeout"] == str(wanted["VisibilityTimeout"])
    assert queue["MessageRetentionPeriod"] == str(wanted["MessageRetentionPeriod"])


def test_doing_it_again_changes_nothing_and_keeps_what_is_stored(
    template: Template, connect: Connect, prefix: str
) -> None:
    environment = provision(template, connect, prefix)
    connect("dynamodb").put_item(
        TableName=environment["CREDITS_TABLE"], Item={"pk": {"S": "ACCOUNT#x"}}
    )
    connect("s3").put_object(Bucket=environment["IMAGES_BUCKET"], Key="k", Body=b"bytes")
    connect("sqs").send_message(QueueUrl=environment["JOBS_QUEUE_URL"], MessageBody="id")
    before = described(connect, environment)
    assert provision(template, connect, prefix) == environment
    assert described(connect, environment) == before
    kept = connect("s3").get_object(Bucket=environment["IMAGES_BUCKET"], Key="k")
    assert kept["Body"].read() == b"bytes"
    assert before["queue"]["ApproximateNumberOfMessages"] == "1"


def test_two_prefixes_share_nothing(template: Template, connect: Connect, prefix: str) -> None:
    one = provision(template, connect, prefix)
    other = provision(template, connect, f"{prefix}b")
    names = ("CREDITS_TABLE", "GENERATIONS_TABLE", "JOBS_QUEUE_URL", "IMAGES_BUCKET")
    assert not {one[name] for name in names} & {other[name] for name in names}
