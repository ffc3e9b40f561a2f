"""The emulator as an AWS account."""

import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from infra.local.clients import config
from infra.rehearsal.account import Account, account_environment, emulated_account, end_group
from infra.rehearsal.report import RehearsalFailed
from tests.infra.local.processes import mentioning


def test_it_speaks_tls_alone(account: Account) -> None:
    assert account.client("sts").get_caller_identity()["Account"] == "000000000000"
    port = account.endpoint.rpartition(":")[2]
    with pytest.raises(OSError, match=r"."):
        urllib.request.urlopen(f"http://127.0.0.1:{port}", timeout=5)


def test_who_has_no_right_is_refused(account: Account) -> None:
    iam = account.client("iam")
    iam.create_user(UserName="nobody")
    key = iam.create_access_key(UserName="nobody")["AccessKey"]
    nobody = boto3.client(
        "dynamodb",
        endpoint_url=account.endpoint,
        verify=str(account.certificate),
        region_name="us-east-1",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        config=config("dynamodb"),
    )
    with pytest.raises(ClientError, match="AccessDenied"):
        nobody.list_tables()
    assert account.client("dynamodb").list_tables()["TableNames"] == []


def test_tools_are_pointed_at_it_and_at_nothing_else(account: Account) -> None:
    shown = account.environment({"PATH": "/bin", "AWS_PROFILE": "mine", "AWS_REGION": "eu-west-1"})
    assert shown["AWS_ENDPOINT_URL"] == account.endpoint
    assert Path(shown["AWS_CA_BUNDLE"]).is_file()
    assert "AWS_PROFILE" not in shown
    assert shown["AWS_REGION"] == "us-east-1"


def test_functions_inherit_nothing_of_the_developers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEASE_SECONDS", "7")
    monkeypatch.setenv("AWS_PROFILE", "mine")
    inherited = account_environment(tmp_path, 1)
    assert not inherited.keys() & {"LEASE_SECONDS", "AWS_PROFILE", "AWS_ENDPOINT_URL", "HOME"}


def test_one_that_cannot_start_says_why(tmp_path: Path) -> None:
    impostor = tmp_path / "python"
    impostor.write_text("#!/bin/sh\necho no emulator in here; exit 3\n")
    impostor.chmod(0o700)
    with (
        pytest.raises(RehearsalFailed, match="no emulator in here"),
        emulated_account(tmp_path, impostor),
    ):
        pass


def test_nothing_of_it_is_left(tmp_path: Path) -> None:
    with emulated_account(tmp_path, Path(sys.executable)) as running:
        port = running.endpoint.rpartition(":")[2]
        assert running.client("sqs").list_queues().get("QueueUrls", []) == []
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"http://127.0.0.1:{port}", timeout=5)


def test_what_outlives_the_emulator_is_killed_and_told(tmp_path: Path) -> None:
    marker = f"outliving-{os.getpid()}"
    script = f"(exec -a {marker} sleep 300) & echo started"
    # Its output is its sleeper's too: closed here, or reading it would wait for both.
    leader = subprocess.Popen(
        ["/bin/bash", "-c", script], start_new_session=True, stdout=subprocess.DEVNULL
    )
    leader.wait()
    assert mentioning(marker)
    assert end_group(leader.pid, patience_seconds=0.1) is True
    assert end_group(leader.pid, patience_seconds=5) is False
    assert not mentioning(marker)
