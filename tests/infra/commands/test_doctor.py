"""`images-mcp doctor`, as its user types it, with the vendors' fakes in place of the vendors."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from handler.adapters.aws import Connect
from handler.settings import SWITCHES, TOKENS
from infra.local.environment import aws_environment
from infra.local.launch import launched
from infra.template import Template
from tests.infra.operator.deployment import data_template, deploy
from tests.vendors.fal import FakeFal
from tests.vendors.openai import FakeOpenAI
from tests.vendors.replicate import FakeReplicate
from tests.vendors.server import TOKEN, closed_port, served

OURS = {*TOKENS.values(), *SWITCHES.values()}
BARE = {
    name: value
    for name, value in os.environ.items()
    if name not in OURS and not name.endswith("_BASE_URL") and not name.startswith("AWS_")
}
WRONG = "wrong-6d1f"


@dataclass(frozen=True)
class Examination:
    """What the command said."""

    code: int
    text: str

    @property
    def document(self) -> Any:
        return json.loads(self.text)

    @property
    def states(self) -> dict[str, str]:
        return {each["vendor"]: each["state"] for each in self.document["vendors"]}

    @property
    def problems(self) -> list[str]:
        return [each["what"] for each in self.document["problems"]]


def doctor(environment: Mapping[str, str], *arguments: str, is_json: bool = True) -> Examination:
    command = ["doctor", *arguments, *(["--json"] if is_json else [])]
    finished = subprocess.run(
        [sys.executable, "-m", "infra.cli", *command],
        env={**BARE, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert finished.stderr == ""
    assert TOKEN not in finished.stdout
    assert WRONG not in finished.stdout
    return Examination(finished.returncode, finished.stdout)


@pytest.fixture(scope="module")
def replicate() -> Iterator[FakeReplicate]:
    with served(FakeReplicate()) as fake:
        yield fake


class TestOnThisMachine:
    def test_with_no_vendor_on_it_says_so_and_is_content(self, tmp_path: Path) -> None:
        found = doctor({}, "--data", str(tmp_path))
        assert (found.code, found.problems) == (0, [])
        assert set(found.states.values()) == {"off", "on"}
        assert found.states["sketch"] == "on"
        assert any("No vendor is on" in note for note in found.document["notes"])
        assert any("No stack runs on" in note for note in found.document["notes"])

    def test_an_accepted_token_and_what_the_catalogue_lists(
        self, replicate: FakeReplicate, tmp_path: Path
    ) -> None:
        environment = {"REPLICATE_API_TOKEN": TOKEN, "REPLICATE_BASE_URL": replicate.base_url}
        found = doctor(environment, "--data", str(tmp_path))
        assert (found.code, found.problems) == (0, [])
        row = next(each for each in found.document["vendors"] if each["vendor"] == "replicate")
        assert (row["state"], row["said"]) == ("accepted", "account acme")
        assert "black-forest-labs/flux-schnell" in row["models"]
        text = doctor(environment, "--data", str(tmp_path), is_json=False).text
        assert "replicate          accepted  account acme" in text
        assert text.endswith("\n0 things are wrong.\n")

    def test_every_mistake_is_found_in_one_go_and_told_with_what_to_do(
        self, replicate: FakeReplicate, tmp_path: Path
    ) -> None:
        environment = {
            "REPLICATE_API_TOKEN": WRONG,
            "REPLICATE_BASE_URL": replicate.base_url,
            "FAL_KEY": " ",
            "BFL_API_KEY": "",
            "OPENAI_API_KEY": f"{WRONG} {WRONG}",
            "GEMINI_API_KEY": WRONG,
            "GEMINI_BASE_URL": f"{closed_port()}/v1beta",
            "BEDROCK": "yes",
            "OPENAI_COMPATIBLE_BASE_URL": f"http://{WRONG}@127.0.0.1/v1",
        }
        found = doctor(environment, "--data", str(tmp_path))
        assert found.code == 1
        assert found.states == {
            "replicate": "refused",
            "fal": "off",
            "openai": "off",
            "gemini": "unreachable",
            "bfl": "off",
            "bedrock": "off",
            "openai-compatible": "off",
            "sketch": "on",
        }
        said = "\n".join(found.problems)
        for words in (
            "FAL_KEY is set, but blank",
            "BFL_API_KEY is set, but blank",
            "OPENAI_API_KEY must be one word",
            "BEDROCK must be one of",
            "OPENAI_COMPATIBLE_BASE_URL must be https://",
            "Replicate does not let us in: HTTP 401",
            "Gemini cannot be reached",
        ):
            assert words in said
        remedies = [each["remedy"] for each in found.document["problems"]]
        assert any("replicate.com/account/api-tokens" in remedy for remedy in remedies)
        text = doctor(environment, "--data", str(tmp_path), is_json=False).text
        assert f"{len(found.problems)} things are wrong." in text

    def test_a_model_that_the_vendor_does_not_list_is_named_with_how_to_hide_it(
        self, tmp_path: Path
    ) -> None:
        with served(FakeOpenAI()) as openai:
            environment = {"OPENAI_API_KEY": TOKEN, "OPENAI_BASE_URL": openai.base_url}
            found = doctor(environment, "--data", str(tmp_path))
        assert found.states["openai"] == "accepted"

    def test_bedrock_is_not_asked_with_the_emulators_credentials(self, tmp_path: Path) -> None:
        found = doctor({"BEDROCK": "on"}, "--data", str(tmp_path))
        assert (found.code, found.states["bedrock"]) == (1, "refused")
        assert "no AWS credentials but its emulator's" in found.problems[0]

    def test_a_running_stack_is_compared_with_the_environment(
        self, replicate: FakeReplicate, tmp_path: Path
    ) -> None:
        data = tmp_path / "stack"
        variables = {"REPLICATE_API_TOKEN": TOKEN, "REPLICATE_BASE_URL": replicate.base_url}
        with launched(data, "--port", "0", environ={**BARE, **variables}):
            with served(FakeFal()) as fal:
                other = {"FAL_KEY": TOKEN, "FAL_BASE_URL": fal.base_url}
                found = doctor(other, "--data", str(data))
            notes = "\n".join(found.document["notes"])
            assert "The running stack has Replicate on" in notes
            assert "was started without fal" in notes
            assert doctor(variables, "--data", str(data)).document["notes"] == []


def stack_template(
    template: Template, worker: Mapping[str, Any], providers: str, **resources: Any
) -> dict[str, Any]:
    """The deployment's data, and functions that have an environment and do nothing."""
    document = data_template(template)
    function = {
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Role": "arn:aws:iam::000000000000:role/x",
        "Code": {"ZipFile": "def handler(event, context): pass"},
    }
    api = {"PROVIDERS": providers, "LOCAL_SKETCH": "off"}
    document["Resources"] |= {
        "ApiFunction": lambda_function(function, api),
        "WorkerFunction": lambda_function(function, worker),
        "ApiVersion": {
            "Type": "AWS::Lambda::Version",
            "Properties": {"FunctionName": {"Ref": "ApiFunction"}},
        },
        "ApiAlias": {
            "Type": "AWS::Lambda::Alias",
            "Properties": {
                "FunctionName": {"Ref": "ApiFunction"},
                "FunctionVersion": {"Fn::GetAtt": ["ApiVersion", "Version"]},
                "Name": "live",
            },
        },
        **resources,
    }
    return document


def lambda_function(function: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
    properties = {**function, "Environment": {"Variables": variables}}
    return {"Type": "AWS::Lambda::Function", "Properties": properties}


def secret(**tokens: str) -> dict[str, Any]:
    return {
        "Type": "AWS::SecretsManager::Secret",
        "Properties": {"SecretString": json.dumps(tokens)},
    }


class TestOnADeployedStack:
    @pytest.fixture
    def aws(self, emulator: str) -> dict[str, str]:
        return aws_environment({}, emulator)

    def test_tokens_are_read_from_the_secret_and_tried(
        self, aws: dict[str, str], connect: Connect, template: Template, replicate: FakeReplicate
    ) -> None:
        name = f"stack-{secrets.token_hex(4)}"
        worker = {
            "PROVIDER_TOKENS_SECRET": {"Ref": "ProviderTokens"},
            "REPLICATE_BASE_URL": replicate.base_url,
        }
        tokens = secret(REPLICATE_API_TOKEN=TOKEN, FAL_KEY="")
        document = stack_template(template, worker, "replicate,,", ProviderTokens=tokens)
        deploy(connect, name, document)
        found = doctor(aws, "--stack", name)
        assert (found.code, found.problems) == (0, [])
        assert found.states["replicate"] == "accepted"
        assert found.states["fal"] == "off"
        assert found.document["notes"] == ["Alarms are sent to nobody."]
