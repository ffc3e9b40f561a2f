"""Creates the template's tables, queues and bucket in an emulator.

What exists already is left as it is, so that a stack can be started again on its old data.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError

from handler.adapters.aws import Connect, code_of
from infra.template import Template

DEFAULT_PREFIX = "tokenflux-images"
_EXISTS = frozenset({"ResourceInUseException", "BucketAlreadyOwnedByYou", "QueueAlreadyExists"})


def provision(template: Template, connect: Connect, prefix: str = DEFAULT_PREFIX) -> dict[str, str]:
    """Create what is missing, named `prefix` and its logical id; the functions' environment."""
    return common_environment(template, create_resources(template, connect, prefix))


def common_environment(template: Template, attributes: Mapping[str, str]) -> dict[str, str]:
    """The environment that all functions have in common."""
    environment = template.resolve(template.environment(), attributes)
    return {name: str(value) for name, value in environment.items()}


def create_resources(
    template: Template, connect: Connect, prefix: str = DEFAULT_PREFIX
) -> dict[str, str]:
    """Create what is missing; the resources' attributes, as `Template.resolve` takes them."""
    attributes = {"AWS::StackName": prefix}
    _create_tables(template, connect("dynamodb"), prefix, attributes)
    _create_queues(template, connect("sqs"), prefix, attributes)
    _create_buckets(template, connect("s3"), prefix, attributes)
    return attributes


def _create_tables(template: Template, api: Any, prefix: str, attributes: dict[str, str]) -> None:
    for logical_id, properties in template.resources("AWS::DynamoDB::Table").items():
        name = attributes[logical_id] = f"{prefix}-{logical_id}"
        wanted = {
            key: properties[key]
            for key in (
                "AttributeDefinitions",
                "KeySchema",
                "GlobalSecondaryIndexes",
                "BillingMode",
            )
            if key in properties
        }
        with _unless_it_exists():
            api.create_table(TableName=name, **wanted)
            ttl = properties.get("TimeToLiveSpecification")
            if ttl:
                api.update_time_to_live(TableName=name, TimeToLiveSpecification=ttl)


def _create_queues(template: Template, api: Any, prefix: str, attributes: dict[str, str]) -> None:
    # A queue with dead letters refers to the queue that takes them, which must exist first.
    queues = sorted(
        template.resources("AWS::SQS::Queue").items(), key=lambda entry: "RedrivePolicy" in entry[1]
    )
    for logical_id, properties in queues:
        name = f"{prefix}-{logical_id}"
        resolved = template.resolve(properties, attributes)
        with _unless_it_exists():
            api.create_queue(QueueName=name, Attributes=_queue_attributes(resolved))
        url = attributes[logical_id] = api.get_queue_url(QueueName=name)["QueueUrl"]
        answer = api.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        attributes[f"{logical_id}.Arn"] = answer["Attributes"]["QueueArn"]


def _queue_attributes(properties: Mapping[str, Any]) -> dict[str, str]:
    # SQS takes every attribute as a string, a policy as JSON in one.
    return {
        name: json.dumps(value) if isinstance(value, Mapping | bool) else str(value)
        for name, value in properties.items()
    }


def _create_buckets(template: Template, api: Any, prefix: str, attributes: dict[str, str]) -> None:
    for logical_id in template.resources("AWS::S3::Bucket"):
        name = attributes[logical_id] = f"{prefix}-{logical_id}".lower()
        with _unless_it_exists():
            api.create_bucket(Bucket=name)


@contextmanager
def _unless_it_exists() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if code_of(error) not in _EXISTS:
            raise
