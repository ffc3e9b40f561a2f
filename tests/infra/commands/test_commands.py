"""The operator's commands, as their user types them."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from infra.local.assistant import connected
from infra.local.data import RunningStack
from infra.local.launch import launched

PRICE = 0.002


class Operator:
    """Types commands about one stack."""

    def __init__(self, data: Path, stack: RunningStack) -> None:
        self.data = data
        self.stack = stack

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "infra.cli", *arguments, "--data", str(self.data)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    def json(self, *arguments: str) -> Any:
        finished = self.run(*arguments, "--json")
        assert finished.returncode == 0, finished.stderr
        return json.loads(finished.stdout)

    def refused(self, *arguments: str) -> str:
        finished = self.run(*arguments)
        assert finished.returncode == 1
        assert "Traceback" not in finished.stderr
        return finished.stderr


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    data = tmp_path_factory.mktemp("commands") / "stack"
    with launched(data, "--port", "0") as (_, stack):
        yield Operator(data, stack)


def generate(operator: Operator, key: str, **more: Any) -> Any:
    async def ask() -> Any:
        async with connected(operator.stack.endpoint, key) as assistant:
            wanted = {"prompt": "a hut", "aspect_ratio": "21:9", **more}
            made = await assistant.call("generate_image", model_id="local/sketch", input=wanted)
            return await assistant.final(made)

    return asyncio.run(ask())


def test_an_account_lives_from_its_first_key_to_a_statement_that_adds_up(
    operator: Operator,
) -> None:
    made = operator.json("keys", "create", "--credits", "1")
    account = made["account"]
    topup = ("accounts", "topup", account, "--credits", "0.5", "--payment-id", "pay-1")
    assert operator.json(*topup)["booked"] is True
    again = operator.json(*topup)
    assert (again["booked"], again["available"]) == (False, 1.5)
    adjusted = operator.json(
        "accounts", "adjust", account, "--credits=-0.25", "--reason", "a mistake"
    )
    assert adjusted["granted"] == 1.25

    paid = generate(operator, made["key"])
    failed = generate(operator, made["key"], fail_with="the model broke")

    stated = operator.json("accounts", "statement", account)
    assert stated["adds_up"] is True
    assert stated["available"] == 1.25 - PRICE
    assert [line["kind"] for line in stated["lines"]] == [
        "grant",
        "payment",
        "adjustment",
        "charge",
    ]
    listed = operator.json("generations", "list", "--account", account)
    assert [each["id"] for each in listed] == [failed["id"], paid["id"]]
    assert operator.json("generations", "show", failed["id"])["error"] == "the model broke"
    assert operator.json("accounts", "show", account)["available"] == 1.25 - PRICE
    assert account in [each["id"] for each in operator.json("accounts", "list")]


def test_a_key_is_rotated_and_shown_without_its_secret(operator: Operator) -> None:
    made = operator.json("keys", "create", "--credits", "1")
    rotated = operator.json("keys", "rotate", made["id"], "--overlap-hours", "1")
    assert rotated["account"] == made["account"]
    assert generate(operator, made["key"])["status"] == "succeeded"
    assert generate(operator, rotated["key"])["status"] == "succeeded"
    shown = operator.json("keys", "show", made["id"])
    assert shown["expires_at"] is not None
    assert made["key"] not in json.dumps(shown)
    second = operator.json("keys", "create", "--account", made["account"])
    assert second["credits"] == 1 - 2 * PRICE


def test_a_generation_is_canceled_and_paid_back(operator: Operator) -> None:
    made = operator.json("keys", "create", "--credits", "1")
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(generate, operator, made["key"], delay_seconds=60)
        listed: list[Any] = []
        while not listed:
            listed = operator.json("generations", "list", "--account", made["account"])
        canceled = operator.json("generations", "cancel", listed[0]["id"])
        assert canceled["status"] == "canceled"
        assert call.result()["status"] == "canceled"
    assert operator.json("accounts", "show", made["account"])["available"] == 1


def test_the_books_are_right_while_jobs_run(operator: Operator) -> None:
    made = operator.json("keys", "create", "--credits", "1")
    with ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(generate, operator, made["key"], seed=n) for n in range(12)]
        while not all(call.done() for call in calls):
            checked = operator.run("books", "check", "--json")
            assert checked.returncode in (0, 3), checked.stdout
            assert json.loads(checked.stdout)["discrepancies"] == []
    checked = operator.json("books", "check")
    assert (checked["discrepancies"], checked["unchecked"]) == ([], [])


def test_tables_are_for_people(operator: Operator) -> None:
    made = operator.json("keys", "create", "--credits", "1")
    assert made["id"] in operator.run("keys", "list").stdout
    assert "grant" in operator.run("accounts", "statement", made["account"]).stdout
    assert "available" in operator.run("accounts", "list").stdout
    assert "0 discrepancies" in operator.run("books", "check").stdout
    assert operator.run("generations", "list", "--limit", "1").returncode == 0


def test_what_is_not_there_is_told_in_a_line(operator: Operator) -> None:
    nothing = "0a4c1d62-2cd0-4cf1-9e0c-1b2f7f4f5678"
    assert "no key has the id" in operator.refused("keys", "revoke", "key_0")
    assert "no key has the id" in operator.refused("keys", "show", "key_0")
    assert "no account" in operator.refused("accounts", "show", "acct_0")
    assert "no account" in operator.refused("accounts", "statement", "acct_0")
    assert "not found" in operator.refused("generations", "show", nothing)
    assert "not found" in operator.refused("generations", "cancel", nothing)
    topup = ("accounts", "topup", "acct_0", "--credits", "1", "--payment-id", "x")
    assert "no account" in operator.refused(*topup)
