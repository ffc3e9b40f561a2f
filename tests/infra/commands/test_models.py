"""`images-mcp models`, as its user types it: on this machine's stack, and on a deployed one."""

import asyncio
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from handler.adapters.aws import Connect
from handler.adapters.published import S3PublishedCatalogue
from handler.catalogue.published import encode
from handler.settings import Settings
from infra.local.assistant import connected
from infra.local.environment import aws_environment
from infra.local.launch import launched
from infra.operator.deployed import stack_environment
from infra.template import Template
from tests.infra.commands.typed import Finished, typed
from tests.infra.operator.deployment import deploy, stack_template
from tests.infra.operator.importing.descriptions import FAL_ID, fal_model, replicate_model
from tests.vendors.fal import FakeFal
from tests.vendors.replicate import FakeReplicate
from tests.vendors.server import TOKEN, served

SCHNELL = "black-forest-labs/flux-schnell"
QUALITIES = {"unit": 1, "by": ["quality"], "prices": {"medium": 0.05}}
CHEAPER = {"pricing": {"price": 0.002, "unit": 1}}


@dataclass(frozen=True)
class Models:
    """Types commands about models."""

    directory: Path
    target: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)

    def type(self, action: str, *arguments: str) -> Finished:
        target = () if action in ("validate", "import") else self.target
        finished = typed({**os.environ, **self.environment}, "models", action, *arguments, *target)
        assert TOKEN not in finished.stdout + finished.stderr
        return finished

    def json(self, *arguments: str) -> Any:
        finished = self.type(*arguments, "--json")
        assert finished.returncode == 0, finished.stderr
        return json.loads(finished.stdout)

    def refused(self, *arguments: str) -> str:
        finished = self.type(*arguments)
        assert finished.returncode == 1, finished.stdout
        return finished.stderr

    def write(self, model_id: str, document: object) -> Path:
        path = self.directory / f"{model_id}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document), encoding="utf-8")
        return path

    def publish(self) -> Any:
        return self.json("publish", str(self.directory), "--empty")

    def listed(self, *options: str) -> dict[str, Any]:
        return {each["id"]: each for each in self.json("list", *options)}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    data = tmp_path_factory.mktemp("models") / "stack"
    environ = {**os.environ, "REPLICATE_API_TOKEN": TOKEN, "PRICE_MARKUP": "1.5"}
    with launched(data, "--port", "0", environ=environ) as (_, running):
        yield data, running.endpoint


@pytest.fixture
def models(stack: tuple[Path, str], tmp_path: Path) -> Models:
    found = Models(tmp_path / "own", ("--data", str(stack[0])))
    found.directory.mkdir()
    found.publish()
    return found


def test_what_is_offered_is_listed_with_its_price(models: Models) -> None:
    listed = models.listed()
    assert listed[SCHNELL] == {
        "id": SCHNELL,
        "vendor": "replicate",
        "price": 0.0045,
        "unit": 1,
        "varies": False,
        "status": "offered",
        "origin": "built in",
        "problem": None,
    }
    assert {each["status"] for each in listed.values()} == {"offered"}
    everything = models.listed("--all")
    assert everything["openai/gpt-image-2"]["status"] == "vendor is off"
    assert everything["openai/gpt-image-2"]["varies"] is True
    text = models.type("list").stdout
    assert "0.0045 USD" in text
    assert f"{len(everything) - len(listed)} more are not offered" in text


def test_one_is_shown_with_the_schema_of_its_input(models: Models) -> None:
    shown = models.json("show", SCHNELL)
    assert shown["provider_model"] == SCHNELL
    assert shown["pricing"] == {"price": 0.003, "currency": "USD", "unit": 1}
    assert shown["price"] == 0.0045
    assert "prompt" in shown["input_schema"]["properties"]
    assert "Replicate" in shown["source"]["schema"]
    assert SCHNELL in models.type("show", SCHNELL).stdout
    assert "no model has the id nothing" in models.refused("show", "nothing")


def test_an_operators_own_directory_adds_changes_replaces_and_hides(models: Models) -> None:
    models.write(SCHNELL, CHEAPER)
    models.write("black-forest-labs/flux-dev", {"hidden": True})
    whole = models.json("show", SCHNELL)
    fields = ("name", "description", "provider_model", "input_schema", "image_count_property")
    own = {**{name: whole[name] for name in fields}, "provider": "replicate", **CHEAPER}
    models.write("mine/painter", own)
    models.write("recraft-ai/recraft-v3", own)
    effects = {
        "black-forest-labs/flux-dev": "hides",
        SCHNELL: "changes",
        "mine/painter": "adds",
        "recraft-ai/recraft-v3": "replaces",
    }
    checked = models.json("validate", str(models.directory))
    assert {each["id"]: each["effect"] for each in checked["models"]} == effects
    done = models.publish()
    assert (done["published"], done["taken_back"], done["problems"]) == (True, [], [])
    listed = models.listed("--all")
    assert (listed[SCHNELL]["origin"], listed[SCHNELL]["price"]) == ("changed", 0.003)
    assert (listed["mine/painter"]["origin"], listed["mine/painter"]["status"]) == (
        "own",
        "offered",
    )
    assert listed["black-forest-labs/flux-dev"]["status"] == "hidden"
    assert "black-forest-labs/flux-dev" not in models.listed()

    (models.directory / f"{SCHNELL}.json").unlink()
    text = models.type("publish", str(models.directory)).stdout
    assert f"taken back: {SCHNELL}" in text
    assert "in effect within a minute" in text
    assert models.listed()[SCHNELL]["origin"] == "built in"


def test_a_mistake_is_told_and_nothing_is_published(models: Models) -> None:
    models.write(SCHNELL, CHEAPER)
    models.write("mine/painter", CHEAPER)
    models.write("local/sketch", {"provider": "nobody"})
    models.write("bfl/flux-2-pro", {"pricing": {"price": 0.0000001, "unit": 1}})
    (models.directory / "bfl" / "flux-2-max.JSON").write_text("{}")
    for action in ("validate", "publish"):
        finished = models.type(action, str(models.directory), "--json")
        assert finished.returncode == 1
        found = json.loads(finished.stdout)
        said = {each["model_id"]: each["message"] for each in found["problems"]}
        assert set(said) == {"mine/painter", "local/sketch", "bfl/flux-2-pro", "bfl/flux-2-max"}
        assert "1e-07 is finer than one micro-dollar" in said["bfl/flux-2-pro"]
        assert "rename it to end in .json" in said["bfl/flux-2-max"]
        assert 'none has the id "mine/painter"' in said["mine/painter"]
        assert said["local/sketch"].startswith('unknown provider "nobody" (allowed: bedrock, ')
        assert [each["id"] for each in found["models"]] == [SCHNELL]
    assert models.listed()[SCHNELL]["origin"] == "built in"
    finished = models.type("publish", str(models.directory))
    assert "mine/painter.json: without description," in finished.stdout
    assert "nothing was published" in finished.stderr


def test_what_has_no_price_is_told_and_which_prices_are_meant(models: Models) -> None:
    models.write("openai/gpt-image-2", {"pricing": QUALITIES})
    for action in ("validate", "publish"):
        found = models.json(action, str(models.directory))
        assert found["prices"] == "before markup"
        (row,) = found["models"]
        assert (row["price"], row["unpriced"]) == (0.05, ["quality: low, high"])
        text = models.type(action, str(models.directory)).stdout
        assert "price before markup" in text
        assert "openai/gpt-image-2 has no price for quality: low, high; whoever asks" in text
    shown = models.json("show", "openai/gpt-image-2")
    assert (shown["price"], set(shown["source"])) == (0.075, {"schema"})
    models.write("openai/gpt-image-2", {"pricing": QUALITIES, "hidden": True})
    (row,) = models.json("validate", str(models.directory))["models"]
    assert row["unpriced"] == []


def test_an_empty_directory_is_published_on_purpose_alone(models: Models, tmp_path: Path) -> None:
    models.write(SCHNELL, CHEAPER)
    models.publish()
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "holds no .json file" in models.refused("publish", str(empty))
    assert models.listed()[SCHNELL]["origin"] == "changed"
    assert models.json("publish", str(empty), "--empty")["taken_back"] == [SCHNELL]
    assert "is no directory" in models.refused("publish", str(tmp_path / "nowhere"))


def test_what_is_published_reaches_callers(stack: tuple[Path, str], models: Models) -> None:
    """The first call of this stack: a later one could be answered from what is a minute old."""
    models.write(SCHNELL, {"hidden": True})
    models.write("local/sketch", CHEAPER)
    models.publish()
    made = typed(os.environ, "keys", "create", "--credits", "1", "--json", *models.target)

    async def ask() -> Any:
        async with connected(stack[1], json.loads(made.stdout)["key"]) as assistant:
            return await assistant.call("list_models")

    offered = {each["id"]: each for each in asyncio.run(ask())}
    assert SCHNELL not in offered
    assert offered["local/sketch"]["pricing"]["price"] == 0.003
    assert set(offered) == set(models.listed())


def test_a_deployed_stacks_models(
    emulator: str, connect: Connect, template: Template, tmp_path: Path
) -> None:
    name = f"stack-{secrets.token_hex(4)}"
    api = {"PROVIDERS": "replicate", "LOCAL_SKETCH": "off", "PRICE_MARKUP": "2"}
    described = deploy(connect, name, stack_template(template, api, {}))
    models = Models(tmp_path, ("--stack", name), aws_environment({}, emulator))
    assert models.listed()[SCHNELL]["price"] == 0.006
    models.write(SCHNELL, {"hidden": True})
    assert models.publish()["published"] is True
    assert SCHNELL not in models.listed()
    assert models.listed("--all")[SCHNELL]["status"] == "hidden"

    unknown = '{"provider": "nobody"}'
    half = r'{"name": "\ud800", "provider": "\ud800", "source": {"price": "\ud800"}}'
    changed = {SCHNELL: '{"pricing": {"price": 1}}', "local/sketch": unknown}
    broken = encode({**changed, "acme/none": "[]", "acme/half": half})
    S3PublishedCatalogue(connect("s3"), bucket_of(described)).publish(broken)
    listed = models.listed("--all")
    for model_id, why in (
        (SCHNELL, "unit"),
        ("acme/none", "an object"),
        ("local/sketch", "unknown provider"),
        ("acme/half", "not valid Unicode text"),
    ):
        assert (listed[model_id]["status"], listed[model_id]["price"]) == ("unusable", None)
        assert why in listed[model_id]["problem"]
        assert f"{model_id} cannot be used: " in models.type("list").stdout
        assert models.json("show", model_id)["status"] == "unusable"
        assert models.type("show", model_id).stdout.encode()
        assert models.type("list", "--all").stdout.encode()
    S3PublishedCatalogue(connect("s3"), bucket_of(described)).publish(b"?")
    assert "cannot be read: " in models.refused("list")
    assert models.publish()["taken_back"] == []


def bucket_of(described: Mapping[str, Any]) -> str:
    return Settings.from_env(stack_environment(described)).images_bucket


class TestImport:
    def test_a_model_of_replicates_is_imported_published_and_offered(self, models: Models) -> None:
        with served(FakeReplicate()) as replicate:
            replicate.models["acme/painter"] = replicate_model(
                "acme/painter", replicate_schemas("stability-ai/sdxl"), is_official=False
            )
            importing = Models(
                models.directory,
                environment={
                    "REPLICATE_API_TOKEN": TOKEN,
                    "REPLICATE_BASE_URL": replicate.base_url,
                },
            )
            arguments = ["import", "replicate", "acme/painter"]
            arguments += ["--directory", str(models.directory)]
            assert "give --price USD" in importing.refused(*arguments)
            assert "replicate.com/acme/painter" in importing.refused(*arguments)
            arguments += ["--price", "0.012"]
            done = importing.json(*arguments)
            assert done["file"] == str(models.directory / "acme" / "painter.json")
            assert "is there already; to write it anew, add --replace" in importing.refused(
                *arguments
            )
            text = importing.type(*arguments, "--replace").stdout
            assert "disable_safety_checker is left out" in text
            assert "Read it before you publish it" in text
            unknown = importing.refused("import", "replicate", "acme/other", "--price", "1")
            assert "Replicate does not know acme/other" in unknown
            wrong = Models(
                models.directory,
                environment={**importing.environment, "REPLICATE_API_TOKEN": "wrong-6d1f"},
            )
            said = wrong.refused(*arguments)
            assert "REPLICATE_API_TOKEN was refused" in said
            assert "wrong-6d1f" not in said
        models.publish()
        assert models.listed()["acme/painter"]["price"] == 0.018

    def test_a_model_of_fals_comes_with_its_price(self, models: Models) -> None:
        with served(FakeFal()) as fal:
            fal.models = [fal_model()]
            fal.prices = [
                {"endpoint_id": FAL_ID, "unit_price": 0.02, "unit": "image", "currency": "USD"}
            ]
            importing = Models(
                models.directory, environment={"FAL_KEY": TOKEN, "FAL_BASE_URL": fal.base_url}
            )
            importing.json("import", "fal", FAL_ID, "--directory", str(models.directory))
        models.publish()
        listed = models.listed("--all")[FAL_ID]
        assert (listed["status"], listed["price"]) == ("vendor is off", 0.03)

    def test_without_a_token_replicate_tells_nothing(self, models: Models) -> None:
        bare = Models(models.directory, environment={"REPLICATE_API_TOKEN": ""})
        said = bare.refused("import", "replicate", "a/b", "--price", "1")
        assert "set REPLICATE_API_TOKEN" in said
        assert "is named OWNER/NAME" in bare.refused("import", "replicate", "../b", "--price", "1")


def replicate_schemas(model_id: str) -> Any:
    latest = replicate_model(model_id)["latest_version"]
    return latest["openapi_schema"]["components"]["schemas"]
