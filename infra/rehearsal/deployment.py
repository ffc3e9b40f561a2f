"""The deployed stack as its operator and its callers see it."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import httpx2

from infra.local.assistant import connected, fetch
from infra.rehearsal.account import Account
from infra.rehearsal.bridges import ToLoopback
from infra.rehearsal.report import RehearsalFailed

GENERATION_SECONDS = 60.0

LIST_MODELS = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": "list_models", "arguments": {}},
}


@dataclass(frozen=True)
class Deployment:
    """One stack in an account."""

    account: Account
    stack: str
    environ: Mapping[str, str]

    @cached_property
    def outputs(self) -> dict[str, str]:
        """The stack's outputs."""
        api = self.account.client("cloudformation")
        (described,) = api.describe_stacks(StackName=self.stack)["Stacks"]
        return {each["OutputKey"]: each["OutputValue"] for each in described["Outputs"]}

    def physical(self, logical_id: str) -> str:
        """What a resource is called in the account."""
        api = self.account.client("cloudformation")
        answer = api.describe_stack_resource(StackName=self.stack, LogicalResourceId=logical_id)
        return str(answer["StackResourceDetail"]["PhysicalResourceId"])

    def operator(self, *arguments: str) -> Any:
        """What one of the operator's commands prints.

        Raises:
            RehearsalFailed: It failed; with what it said.
        """
        command = [sys.executable, "-m", "infra.cli", *arguments, "--stack", self.stack, "--json"]
        finished = subprocess.run(  # noqa: S603 - our own command
            command,
            env=self.account.environment(self.environ),
            capture_output=True,
            text=True,
            check=False,
        )
        if finished.returncode:
            said = finished.stderr.strip() or finished.stdout.strip()
            raise RehearsalFailed(f"{' '.join(arguments)}: {said}")
        return json.loads(finished.stdout)

    def generate(self, key: str, **wanted: Any) -> Any:
        """A generation by the model that needs no vendor, once it has ended."""
        return self._final(key, "generate_image", model_id="local/sketch", input=wanted)

    def get(self, key: str, generation_id: str) -> Any:
        """An earlier generation."""
        return self._final(key, "get_generation", id=generation_id)

    def _final(self, key: str, tool: str, **arguments: Any) -> Any:
        """The generation that a tool answers with, once it has ended.

        Raises:
            RehearsalFailed: It does not end.
        """

        async def ask() -> Any:
            async with connected(self.outputs["Endpoint"], key, self._transport()) as assistant:
                return await assistant.final(await assistant.call(tool, **arguments))

        try:
            return asyncio.run(asyncio.wait_for(ask(), GENERATION_SECONDS))
        except TimeoutError as error:
            message = f"the generation has not ended in {GENERATION_SECONDS:g} seconds"
            raise RehearsalFailed(message) from error

    def fetch(self, url: str) -> bytes:
        """An image's bytes, over the gateway's redirect to the bucket."""
        return asyncio.run(fetch(url, self._transport()))

    def list_models(self, key: str, origin: str = "") -> httpx2.Response:
        """The answer to one bare call, as a web page of that origin would make it."""

        async def send() -> httpx2.Response:
            headers = {"Authorization": f"Bearer {key}", "Origin": origin}
            async with httpx2.AsyncClient(transport=self._transport(), timeout=60) as client:
                endpoint = self.outputs["Endpoint"]
                return await client.post(endpoint, headers=headers, json=LIST_MODELS)

        return asyncio.run(send())

    def live_version(self) -> str:
        """The version of the API function that callers reach."""
        api, name = self.account.client("lambda"), self.physical("ApiFunction")
        return str(api.get_alias(FunctionName=name, Name="live")["FunctionVersion"])

    def logged(self, logical_id: str) -> Sequence[str]:
        """The lines in a log group."""
        pages = self.account.client("logs").get_paginator("filter_log_events")
        group = self.physical(logical_id)
        return [
            event["message"]
            for page in pages.paginate(logGroupName=group)
            for event in page["events"]
        ]

    def contents(self) -> str:
        """How much the tables and the bucket hold, also once the stack is gone."""
        dynamodb, s3 = self.account.client("dynamodb"), self.account.client("s3")
        held = {
            "credits records": self._count(dynamodb, "CreditsTableName"),
            "generation records": self._count(dynamodb, "GenerationsTableName"),
            "objects": s3.list_objects_v2(Bucket=self.outputs["ImagesBucketName"])["KeyCount"],
        }
        return ", ".join(f"{count} {what}" for what, count in held.items())

    def _count(self, dynamodb: Any, output: str) -> int:
        return int(dynamodb.scan(TableName=self.outputs[output], Select="COUNT")["Count"])

    @contextmanager
    def without_policies(self, logical_id: str) -> Iterator[None]:
        """A role of no rights, as long as the context lasts."""
        api, role = self.account.client("iam"), self.physical(logical_id)
        names = api.list_role_policies(RoleName=role)["PolicyNames"]
        policies = [api.get_role_policy(RoleName=role, PolicyName=name) for name in names]
        for name in names:
            api.delete_role_policy(RoleName=role, PolicyName=name)
        try:
            yield
        finally:
            for policy in policies:
                api.put_role_policy(
                    RoleName=role,
                    PolicyName=policy["PolicyName"],
                    PolicyDocument=json.dumps(policy["PolicyDocument"]),
                )

    def _transport(self) -> ToLoopback:
        return ToLoopback(self.account.tls())
