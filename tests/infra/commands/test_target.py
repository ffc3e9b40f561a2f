"""The operator's commands on a deployed stack, as their user types them."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from handler.adapters.aws import Connect
from infra.local.environment import aws_environment
from infra.template import Template
from tests.infra.operator.deployment import data_template, deploy

BUCKET_ALONE = {"Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}}}


@dataclass(frozen=True)
class Terminal:
    """Where commands are typed."""

    environment: Mapping[str, str]

    def type(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "infra.cli", *arguments],
            env=dict(self.environment),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def json(self, *arguments: str) -> Any:
        finished = self.type(*arguments, "--json")
        assert finished.returncode == 0, finished.stderr
        return json.loads(finished.stdout)

    def refused(self, *arguments: str) -> str:
        finished = self.type(*arguments)
        assert finished.returncode == 1
        assert finished.stderr.startswith("images-mcp: ")
        assert "Traceback" not in finished.stderr
        return finished.stderr

    def without(self, *names: str) -> "Terminal":
        kept = {name: value for name, value in self.environment.items() if name not in names}
        return Terminal(kept)


@pytest.fixture
def terminal(emulator: str) -> Terminal:
    return Terminal(aws_environment(os.environ, emulator))


@pytest.fixture
def stack(connect: Connect, template: Template) -> str:
    name = f"stack-{secrets.token_hex(4)}"
    deploy(connect, name, data_template(template))
    return name


def test_a_key_is_made_and_its_books_are_kept_on_the_named_stack(
    terminal: Terminal, stack: str
) -> None:
    made = terminal.json("keys", "create", "--credits", "5", "--stack", stack)
    account = made["account"]
    topup = ("accounts", "topup", account, "--credits", "1", "--payment-id", "p-1")
    assert terminal.json(*topup, "--stack", stack)["available"] == 6
    assert terminal.json("accounts", "statement", account, "--stack", stack)["adds_up"] is True
    assert terminal.json("keys", "list", "--stack", stack)[0]["id"] == made["id"]
    assert terminal.json("generations", "list", "--stack", stack) == []
    assert terminal.json("books", "check", "--stack", stack)["discrepancies"] == []


def test_a_region_can_be_named_in_place_of_the_environments(terminal: Terminal, stack: str) -> None:
    lost = terminal.without("AWS_REGION", "AWS_DEFAULT_REGION")
    assert "--region" in lost.refused("keys", "list", "--stack", stack)
    assert lost.json("keys", "list", "--stack", stack, "--region", "us-east-1") == []
    elsewhere = lost.refused("keys", "list", "--stack", stack, "--region", "eu-west-1")
    assert f"no stack named {stack} in eu-west-1" in elsewhere


def test_a_profile_lends_its_credentials(terminal: Terminal, stack: str, tmp_path: Path) -> None:
    file = tmp_path / "credentials"
    file.write_text("[shop]\naws_access_key_id = test\naws_secret_access_key = test\n")
    bare = terminal.without("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    shop = Terminal({**bare.environment, "AWS_SHARED_CREDENTIALS_FILE": str(file)})
    assert "no AWS credentials were found" in shop.refused("keys", "list", "--stack", stack)
    assert shop.json("keys", "list", "--stack", stack, "--profile", "shop") == []
    unknown = shop.refused("keys", "list", "--stack", stack, "--profile", "shpo")
    assert "no AWS profile named shpo" in unknown


def test_what_cannot_be_used_is_told_in_a_line(
    terminal: Terminal, stack: str, connect: Connect
) -> None:
    assert "no stack named tokenflux" in terminal.refused("keys", "list", "--stack", "tokenflux")
    other = f"other-{secrets.token_hex(4)}"
    deploy(connect, other, BUCKET_ALONE)
    assert "no output CreditsTableName" in terminal.refused("keys", "list", "--stack", other)
    nowhere = Terminal({**terminal.environment, "AWS_ENDPOINT_URL": "http://127.0.0.1:1"})
    assert "AWS cannot be used" in nowhere.refused("keys", "list", "--stack", stack)

    made = terminal.json("keys", "create", "--credits", "1", "--stack", stack)
    for table in connect("dynamodb").list_tables()["TableNames"]:
        if table.startswith(f"{stack}-CreditsTable"):
            connect("dynamodb").delete_table(TableName=table)
    assert "AWS refused" in terminal.refused("keys", "show", made["id"], "--stack", stack)


def test_one_stack_is_meant_not_two(terminal: Terminal) -> None:
    finished = terminal.type("keys", "list", "--stack", "a", "--data", "b")
    assert (finished.returncode, "not allowed with" in finished.stderr) == (2, True)
    assert "go with --stack" in terminal.refused("keys", "list", "--region", "us-east-1")
    assert "--stack" in terminal.refused("keys", "list", "--data", "/nonexistent")
