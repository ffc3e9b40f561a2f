"""Drives a fake of Bedrock with boto3: `bedrock_client ORIGIN`."""

# ruff: noqa: T201 - what it prints is its result

import base64
import json
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

MODEL = "stability.stable-image-core-v1:1"


def main(origin: str) -> None:
    """Print what the client makes of each situation."""
    client = connected(origin, "us-west-2")

    def invoked(scenario: str) -> Any:
        body = json.dumps({"prompt": f"a boat [{scenario}]"})
        return json.loads(client.invoke_model(modelId=MODEL, body=body)["body"].read())

    def magic(scenario: str) -> str:
        (image,) = invoked(scenario)["images"]
        return base64.b64decode(image)[1:4].decode("latin-1")

    def caught() -> str:
        try:
            invoked("throttled")
        except client.exceptions.ThrottlingException:
            return "as botocore knows it"
        return "not at all"

    results = {
        "png": told(lambda: magic("good")),
        "caught": told(caught),
        **{
            scenario: told(partial(invoked, scenario))
            for scenario in (
                "prompt filtered",
                "invalid",
                "no access",
                "no model",
                "throttled",
                "not ready",
                "unavailable",
                "server error",
                "model timeout",
                "model error",
                "quota",
            )
        },
        "other region": told(
            lambda: connected(origin, "eu-central-1").invoke_model(modelId=MODEL, body=b"{}")
        ),
    }
    print(json.dumps(results))


def connected(origin: str, region: str) -> Any:
    """A client that tries once."""
    return boto3.client(
        "bedrock-runtime",
        region_name=region,
        endpoint_url=origin,
        aws_access_key_id="nobody",
        aws_secret_access_key="nothing",  # noqa: S106 - nobody's
        config=Config(retries={"total_max_attempts": 1}),
    )


def told(call: Callable[[], Any]) -> Any:
    """The result, or the error that a user of the client would see."""
    try:
        return call()
    except ClientError as error:
        return {
            "code": error.response["Error"]["Code"],
            "message": error.response["Error"]["Message"],
            "status": error.response["ResponseMetadata"]["HTTPStatusCode"],
        }


if __name__ == "__main__":
    main(*sys.argv[1:])
