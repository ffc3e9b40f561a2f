"""`images-mcp doctor`, as its user types it, with the vendors' fakes in place of the vendors."""

import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from handler.adapters.aws import Connect
from handler.adapters.published import S3PublishedCatalogue
from handler.catalogue.published import encode
from handler.settings import SWITCHES, TOKENS, Settings
from infra.local.environment import aws_environment
from infra.local.launch import launched
from infra.operator.deployed import stack_environment
from infra.template import Template
from tests.infra.commands.typed import typed
from tests.infra.operator.deployment import data_template, deploy, stack_template
from tests.vendors.bedrock import FakeBedrock
from tests.vendors.fal import FakeFal, public_key
from tests.vendors.openai import FakeOpenAI
from tests.vendors.replicate import WEBHOOK_SECRET, FakeReplicate
from tests.vendors.server import TOKEN, closed_port, served

OURS = {*TOKENS.values(), *SWITCHES.values()}
BARE = {
    name: value
    for name, value in os.environ.items()
    if name not in OURS and not name.endswith("_BASE_URL") and not name.startswith("AWS_")
}
WRONG = "wrong-6d1f"
COMPATIBLE_IS_OFF = (
    "OPENAI_COMPATIBLE_BASE_URL, which turns the OpenAI-compatible server on, is not set."
)

Deployed = Callable[..., Any]
"""Deploys a stack with these variables of the API and of the worker; what AWS says of it."""


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

    @property
    def remedies(self) -> list[str]:
        return [each["remedy"] for each in self.document["problems"]]


def doctor(environment: Mapping[str, str], *arguments: str, is_json: bool = True) -> Examination:
    command = ["doctor", *arguments, *(["--json"] if is_json else [])]
    finished = typed({**BARE, **environment}, *command)
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

    def test_what_serve_would_not_start_with_is_told_in_words(self, tmp_path: Path) -> None:
        environment = {
            "PRICE_MARKUP": "free",
            "PUBLIC_URL": "http://images.example",
            "REPLICATE_WEBHOOK_SECRET": WRONG,
            "FAL_WEBHOOK_KEYS": WRONG,
        }
        found = doctor(environment, "--data", str(tmp_path))
        assert found.code == 1
        assert [each.partition(" must ")[0] for each in found.problems] == [*environment]
        assert all("serve does not start with it" in text for text in found.remedies)

    def test_the_markup_that_serve_would_have_is_read(self, tmp_path: Path) -> None:
        assert doctor({"PRICE_MARKUP": "1.5"}, "--data", str(tmp_path)).code == 0

    def test_what_is_set_and_does_nothing_is_noted(
        self, replicate: FakeReplicate, tmp_path: Path
    ) -> None:
        environment = {
            "OPENAI_COMPATIBLE_API_KEY": TOKEN,
            "OPENAI_COMPATIBLE_SERVER": "vllm",
            "FAL_BASE_URL": "https://fal.example",
            "BEDROCK": "off",
            "BEDROCK_BASE_URL": "https://bedrock.example",
            "FAL_WEBHOOK_KEYS": public_key(),
            "REPLICATE_API_TOKEN": TOKEN,
            "REPLICATE_BASE_URL": replicate.base_url,
            "REPLICATE_WEBHOOK_SECRET": WEBHOOK_SECRET,
        }
        found = doctor(environment, "--data", str(tmp_path))
        assert (found.code, found.problems) == (0, [])
        notes = [note for note in found.document["notes"] if " does nothing: " in note]
        told = dict(note.split(" does nothing: ") for note in notes)
        assert told == {
            "FAL_BASE_URL": "FAL_KEY, which turns fal on, is not set.",
            "FAL_WEBHOOK_KEYS": "FAL_KEY, which turns fal on, is not set.",
            "BEDROCK_BASE_URL": "BEDROCK, which turns Amazon Bedrock on, is not on.",
            "OPENAI_COMPATIBLE_API_KEY": COMPATIBLE_IS_OFF,
            "OPENAI_COMPATIBLE_SERVER": COMPATIBLE_IS_OFF,
            "REPLICATE_WEBHOOK_SECRET": "PUBLIC_URL, where vendors report to, is not set.",
        }
        reachable = {**environment, "PUBLIC_URL": "https://images.example"}
        notes = doctor(reachable, "--data", str(tmp_path)).document["notes"]
        assert not any(note.startswith("REPLICATE") for note in notes)
        alone = {"PUBLIC_URL": "https://images.example"}
        notes = doctor(alone, "--data", str(tmp_path)).document["notes"]
        assert any(note.startswith("PUBLIC_URL does nothing: no vendor is on") for note in notes)

    def test_a_model_that_the_vendor_does_not_list_is_named_with_how_to_hide_it(
        self, tmp_path: Path
    ) -> None:
        with served(FakeOpenAI()) as openai:
            openai.listed = ("gpt-image-2.5-flare",)
            environment = {"OPENAI_API_KEY": TOKEN, "OPENAI_BASE_URL": openai.base_url}
            found = doctor(environment, "--data", str(tmp_path))
        assert (found.code, found.states["openai"]) == (1, "accepted")
        (problem,) = found.document["problems"]
        assert (
            "OpenAI does not list gpt-image-2, which openai/gpt-image-2 is made by"
            in (problem["what"])
        )
        assert '{"hidden": true}' in problem["remedy"]

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
            assert "Not asked: Replicate. The running stack has what turns them on" in notes
            (alone,) = doctor({}, "--data", str(data)).document["notes"]
            assert alone.startswith("Not asked: Replicate.")
            assert "was started without fal" in notes
            assert doctor(variables, "--data", str(data)).document["notes"] == []


def secret(**tokens: str) -> dict[str, Any]:
    return {
        "Type": "AWS::SecretsManager::Secret",
        "Properties": {"SecretString": json.dumps(tokens)},
    }


class TestOnADeployedStack:
    @pytest.fixture
    def aws(self, emulator: str) -> dict[str, str]:
        return aws_environment({}, emulator)

    @pytest.fixture
    def name(self) -> str:
        return f"stack-{secrets.token_hex(4)}"

    @pytest.fixture
    def worker(self, replicate: FakeReplicate) -> dict[str, Any]:
        return {
            "PROVIDER_TOKENS_SECRET": {"Ref": "ProviderTokens"},
            "REPLICATE_BASE_URL": replicate.base_url,
        }

    @pytest.fixture
    def deployed(self, connect: Connect, template: Template, name: str) -> Deployed:
        def deployed(
            api: Mapping[str, Any],
            worker: Mapping[str, Any],
            parameters: Mapping[str, str] = MappingProxyType({}),
            **more: Any,
        ) -> Any:
            document = stack_template(template, api, worker, **more)
            return deploy(connect, name, document, **parameters)

        return deployed

    def test_tokens_are_read_from_the_secret_and_tried(
        self, aws: dict[str, str], name: str, worker: dict[str, Any], deployed: Deployed
    ) -> None:
        tokens = secret(REPLICATE_API_TOKEN=TOKEN, FAL_KEY="")
        api = {"PROVIDERS": "replicate,,"}
        deployed(api, worker, ProviderTokens=tokens)
        found = doctor(aws, "--stack", name)
        assert (found.code, found.problems) == (0, [])
        assert found.states["replicate"] == "accepted"
        assert found.states["fal"] == "off"
        assert found.document["notes"] == ["Alarms are sent to nobody."]
        assert f"the stack {name}" in doctor(aws, "--stack", name, is_json=False).text

    def test_this_machines_own_tokens_and_urls_are_not_taken_for_the_stacks(
        self, aws: dict[str, str], name: str, worker: dict[str, Any], deployed: Deployed
    ) -> None:
        tokens = secret(REPLICATE_API_TOKEN=TOKEN)
        api = {"PROVIDERS": "replicate"}
        deployed(api, worker, ProviderTokens=tokens)
        own = {"REPLICATE_API_TOKEN": WRONG, "REPLICATE_BASE_URL": closed_port(), "FAL_KEY": WRONG}
        found = doctor({**aws, **own}, "--stack", name)
        assert (found.code, found.states["replicate"], found.states["fal"]) == (
            0,
            "accepted",
            "off",
        )

    def test_a_token_that_is_refused_is_to_be_deployed_anew(
        self, aws: dict[str, str], name: str, worker: dict[str, Any], deployed: Deployed
    ) -> None:
        tokens = secret(REPLICATE_API_TOKEN=WRONG)
        api = {"PROVIDERS": "replicate"}
        deployed(api, worker, ProviderTokens=tokens)
        found = doctor(aws, "--stack", name)
        assert (found.code, found.states["replicate"]) == (1, "refused")
        (problem,) = found.document["problems"]
        assert 'sam deploy --parameter-overrides ReplicateApiToken="$TOKEN"' in problem["remedy"]

    def test_a_stack_without_a_secret_has_no_vendor_and_nothing_to_offer(
        self, aws: dict[str, str], name: str, deployed: Deployed
    ) -> None:
        worker = {"PROVIDER_TOKENS_SECRET": ""}
        deployed({"PROVIDERS": ",,"}, worker)
        found = doctor(aws, "--stack", name)
        assert (found.code, found.problems) == (1, ["No model is offered."])
        assert set(found.states.values()) == {"off"}

    def test_functions_that_do_not_agree_and_a_secret_that_is_gone(
        self, aws: dict[str, str], name: str, deployed: Deployed
    ) -> None:
        worker = {"PROVIDER_TOKENS_SECRET": f"{name}-gone", "BEDROCK": "off"}
        api = {"PROVIDERS": "replicate,bedrock", "LOCAL_SKETCH": "on"}
        deployed(api, worker)
        found = doctor(aws, "--stack", name)
        assert found.code == 1
        said = "\n".join(found.problems)
        assert f"{name}-gone cannot be read (ResourceNotFoundException)" in said
        assert "The models of Replicate are offered, and the worker does not have it on" in said
        assert "The models of Amazon Bedrock are offered" in said
        remedies = [each["remedy"] for each in found.document["problems"]]
        assert any("--parameter-overrides Bedrock=on" in remedy for remedy in remedies)

    def test_a_token_whose_models_are_not_offered(
        self, aws: dict[str, str], name: str, worker: dict[str, Any], deployed: Deployed
    ) -> None:
        tokens = secret(REPLICATE_API_TOKEN=TOKEN)
        api = {"PROVIDERS": "", "LOCAL_SKETCH": "on"}
        deployed(api, worker, ProviderTokens=tokens)
        found = doctor(aws, "--stack", name)
        assert any("the API does not offer its models" in problem for problem in found.problems)

    def test_bedrock_is_asked_with_the_operators_own_credentials(
        self, aws: dict[str, str], name: str, deployed: Deployed
    ) -> None:
        with served(FakeBedrock()) as bedrock:
            worker = {"BEDROCK": "on", "BEDROCK_BASE_URL": bedrock.base_url}
            deployed({"PROVIDERS": "bedrock"}, worker)
            found = doctor(aws, "--stack", name)
            assert (found.code, found.states["bedrock"]) == (0, "accepted")
            (asked,) = bedrock.arrivals.requests
        assert "Credential=test/" in asked.headers["authorization"]

    def test_alarms_that_nobody_has_confirmed(
        self, aws: dict[str, str], connect: Connect, name: str, deployed: Deployed
    ) -> None:
        topic = {"Type": "AWS::SNS::Topic", "Properties": {}}
        api = {"PROVIDERS": "", "LOCAL_SKETCH": "on"}
        deployed(api, {}, {"AlarmEmail": "ops@example.com"}, AlarmTopic=topic)
        found = doctor(aws, "--stack", name)
        assert found.document["notes"] == [
            "No vendor is on; docs/providers.md says how to turn one on."
        ]
        assert found.problems == [
            "Alarms do not reach ops@example.com, which has not confirmed that it wants them."
        ]
        arn = connect("cloudformation").describe_stack_resource(
            StackName=name, LogicalResourceId="AlarmTopic"
        )["StackResourceDetail"]["PhysicalResourceId"]
        subscribed = connect("sns").subscribe(
            TopicArn=arn, Protocol="email", Endpoint="ops@example.com", ReturnSubscriptionArn=True
        )
        assert subscribed["SubscriptionArn"].startswith("arn:")
        assert doctor(aws, "--stack", name).problems == []

    def test_a_webhooks_secret_that_is_none_is_named_and_not_shown(
        self, aws: dict[str, str], name: str, deployed: Deployed
    ) -> None:
        api = {"PROVIDERS": "", "LOCAL_SKETCH": "on", "REPLICATE_WEBHOOK_SECRET": WRONG}
        deployed(api, {})
        (problem,) = doctor(aws, "--stack", name).problems
        assert problem.startswith("REPLICATE_WEBHOOK_SECRET must be whsec_ and base64")

    def test_a_price_by_what_this_kind_of_server_is_not_sent(
        self, aws: dict[str, str], connect: Connect, name: str, deployed: Deployed
    ) -> None:
        text = {"price": 0.001, "bytes": 1000, "in": ["prompt"]}
        pricing = {"unit": 1, "by": ["size"], "prices": {"512x512": 0.001}, "text": text}
        entry = json.dumps({"pricing": pricing})
        with served(FakeOpenAI()) as fake:
            fake.listed = ("stable-diffusion",)
            worker = {
                "OPENAI_COMPATIBLE_BASE_URL": fake.base_url,
                "OPENAI_COMPATIBLE_API_KEY": TOKEN,
                "OPENAI_COMPATIBLE_SERVER": "together",
            }
            api = {"PROVIDERS": "openai-compatible"}
            described = deployed(api, worker)
            bucket = Settings.from_env(stack_environment(described)).images_bucket
            published = S3PublishedCatalogue(connect("s3"), bucket)
            published.publish(encode({"self-hosted/stable-diffusion": entry}))
            found = doctor(aws, "--stack", name)
        assert found.problems == [
            (
                "The price of self-hosted/stable-diffusion depends on size, which a server of the"
                " kind together is never sent."
            )
        ]
        assert "OPENAI_COMPATIBLE_SERVER" in found.remedies[0]

    def test_published_models_that_cannot_be_used(
        self, aws: dict[str, str], connect: Connect, name: str, deployed: Deployed
    ) -> None:
        api = {"PROVIDERS": "", "LOCAL_SKETCH": "on"}
        described = deployed(api, {})
        published = S3PublishedCatalogue(
            connect("s3"), Settings.from_env(stack_environment(described)).images_bucket
        )
        published.publish(encode({"local/sketch": '{"pricing": {"price": -1, "unit": 1}}'}))
        found = doctor(aws, "--stack", name)
        assert found.problems[0].startswith(
            "What is published for local/sketch cannot be used, so it is not offered:"
        )
        published.publish(encode({"local/sketch": '{"provider": "nobody"}'}))
        assert 'unknown provider "nobody"' in doctor(aws, "--stack", name).problems[0]
        published.publish(b"[]")
        assert "The list of models cannot be made" in doctor(aws, "--stack", name).problems[0]

    def test_a_stack_without_functions_and_none_at_all_are_told_in_a_line(
        self, aws: dict[str, str], connect: Connect, template: Template, name: str
    ) -> None:
        def refused() -> str:
            finished = typed({**BARE, **aws}, "doctor", "--stack", name)
            assert (finished.returncode, finished.stdout) == (1, "")
            return finished.stderr

        assert f"no stack named {name}" in refused()
        deploy(connect, name, data_template(template))
        assert "has no ApiFunction; deploy it again" in refused()
