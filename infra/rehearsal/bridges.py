"""Where the emulator falls short of AWS, each place bridged in the open.

The template is written for AWS alone; nothing in it is there for the emulator's sake.
"""

import json
import ssl
from collections.abc import Callable
from typing import Any

import httpx2

NUMBERS = "the emulator keeps a parameter's number as text, on which its queue poller stumbles"
SECRETS = (
    "the emulator refers to a secret by its name, and AWS by its ARN, as the role's policy needs"
)
NAMES = "the gateway's host names are in no DNS here; requests go to 127.0.0.1 with the right Host"


def convert_numbers(api: Any, worker: str, concurrency: int) -> None:
    """Set the worker's concurrency again, as a number; `api` is a client of Lambda."""
    for mapping in api.list_event_source_mappings(FunctionName=worker)["EventSourceMappings"]:
        api.update_event_source_mapping(
            UUID=mapping["UUID"], ScalingConfig={"MaximumConcurrency": concurrency}
        )


def name_secret_in_policies(client: Callable[[str], Any], role: str, secret: str) -> None:
    """Let a role's policies name a secret by its ARN; `client` makes clients of services."""
    iam = client("iam")
    arn = client("secretsmanager").describe_secret(SecretId=secret)["ARN"]
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        policy = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        document = json.dumps(policy).replace(json.dumps(secret), json.dumps(arn))
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=document)


class ToLoopback(httpx2.AsyncHTTPTransport):
    """Sends every request to this machine, whatever host it names."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        super().__init__(verify=tls, trust_env=False)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send it; the `Host` header stays."""
        here = httpx2.Request(
            request.method,
            request.url.copy_with(host="127.0.0.1"),
            headers=request.headers,
            stream=request.stream,
            extensions=request.extensions,
        )
        return await super().handle_async_request(here)
