"""Models as resources, and the completion of their ids."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp_types import ResourceTemplateReference

from handler.catalogue import live
from handler.tools.model_resources import FRESH_MS, completed
from handler.web.app import MCP_PATH, build_app
from tests.doors import MODERN, REVISIONS, HttpKind, WireDoor, asgi_transport
from tests.world import MODEL_ID, World

pytestmark = pytest.mark.anyio
every_revision = pytest.mark.parametrize("revision", REVISIONS)

TEMPLATE = "model://{+model_id}"
REF = {"type": "ref/resource", "uri": TEMPLATE}
IDS = ("b/flux-dev", "a/Flux", "local/sketch", "flux/one")


@asynccontextmanager
async def entered(world: World, revision: str) -> AsyncIterator[WireDoor]:
    async with HttpKind().open(world.api) as http:
        yield WireDoor(http, world.open_account(1_000_000).secret, revision)


@every_revision
async def test_a_model_is_read_as_get_model_shows_it(shared_world: World, revision: str) -> None:
    async with entered(shared_world, revision) as door:
        (template,) = (await door.rpc("resources/templates/list"))["resourceTemplates"]
        shown = await door.value("get_model", {"model_id": MODEL_ID})
        for uri in (f"model://{MODEL_ID}", f"model://{MODEL_ID.replace('/', '%2F')}"):
            (content,) = (await door.rpc("resources/read", {"uri": uri}))["contents"]
            assert (content["uri"], content["mimeType"]) == (uri, "application/json")
            assert json.loads(content["text"]) == shown
    assert template["uriTemplate"] == TEMPLATE
    assert template["mimeType"] == "application/json"


async def test_a_price_is_not_kept_for_longer_than_it_may_change(shared_world: World) -> None:
    async with entered(shared_world, MODERN) as door:
        read = await door.rpc("resources/read", {"uri": f"model://{MODEL_ID}"})
    assert (read["ttlMs"], read["cacheScope"]) == (FRESH_MS, "public")
    assert FRESH_MS <= live.FRESH_MS


@every_revision
@pytest.mark.parametrize(
    "uri", ["model://", "model://no/such", MODEL_ID, f"MODEL://{MODEL_ID}", f"model://{MODEL_ID}/"]
)
async def test_there_is_no_other_model(shared_world: World, revision: str, uri: str) -> None:
    async with entered(shared_world, revision) as door:
        with pytest.raises(MCPError) as refused:
            await door.rpc("resources/read", {"uri": uri})
    assert refused.value.code == -32602
    assert TEMPLATE in refused.value.message


@every_revision
async def test_an_id_is_completed(shared_world: World, revision: str) -> None:
    async with entered(shared_world, revision) as door:
        for typed, values in (("", [MODEL_ID]), ("EAS", [MODEL_ID]), ("zzz", [])):
            answer = await door.rpc("completion/complete", asking(typed))
            completion = answer["completion"]
            assert completion == {"values": values, "total": len(values), "hasMore": False}


@every_revision
@pytest.mark.parametrize(
    "change",
    [
        {"ref": {"type": "ref/resource", "uri": "model://x"}},
        {"ref": {"type": "ref/prompt", "name": "generate_image"}},
        {"argument": {"name": "input", "value": ""}},
        {"ref": {"type": "ref/tool", "name": "generate_image"}},
        {"argument": {"name": "model_id"}},
    ],
    ids=str,
)
async def test_nothing_else_is(
    shared_world: World, revision: str, change: Mapping[str, Any]
) -> None:
    async with entered(shared_world, revision) as door:
        with pytest.raises(MCPError) as refused:
            await door.rpc("completion/complete", {**asking(""), **change})
    assert refused.value.code == -32602


@pytest.mark.parametrize("mode", ["legacy", MODERN])
async def test_the_official_client_completes_and_reads(shared_world: World, mode: str) -> None:
    headers = {"Authorization": f"Bearer {shared_world.open_account(1_000_000).secret}"}
    transport = asgi_transport(build_app(shared_world.api))
    async with httpx2.AsyncClient(transport=transport, headers=headers) as http:
        connection = streamable_http_client(f"http://127.0.0.1:8787{MCP_PATH}", http_client=http)
        async with Client(connection, mode=mode) as client:
            ref = ResourceTemplateReference(uri=TEMPLATE)
            found = await client.complete(ref, {"name": "model_id", "value": "t"})
            (value,) = found.completion.values
            (content,) = (await client.read_resource(f"model://{value}")).contents
    assert content.mime_type == "application/json"


@pytest.mark.parametrize(
    ("typed", "values"),
    [
        ("", ["a/Flux", "b/flux-dev", "flux/one", "local/sketch"]),
        ("flux", ["flux/one", "a/Flux", "b/flux-dev"]),
        ("FLUX-", ["b/flux-dev"]),
        ("local/sketch", ["local/sketch"]),
        ("nothing", []),
    ],
)
def test_those_that_begin_with_what_was_typed_come_first(typed: str, values: list[str]) -> None:
    assert completed(IDS, typed) == values


def asking(typed: str) -> dict[str, Any]:
    return {"ref": REF, "argument": {"name": "model_id", "value": typed}}
