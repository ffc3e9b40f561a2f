"""The MCP App: which tools point at it, and how hosts get it and its policy."""

import re
from urllib.parse import urlsplit

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from handler.core.ports import Done
from handler.viewer.page import page
from handler.web.app import MCP_PATH, build_app
from tests.doors import (
    HTTP_API,
    HTTP_KINDS,
    LATEST_HANDSHAKE,
    MODERN,
    ONE_OF_EACH,
    REST_API,
    REVISIONS,
    DoorKind,
    HttpKind,
    WireDoor,
    asgi_transport,
    worked_at_once,
)
from tests.fakes import PNG
from tests.world import MODEL_ID, World

pytestmark = pytest.mark.anyio

URI = "ui://tokenflux-images/viewer"
MEDIA_TYPE = "text/html;profile=mcp-app"
EXTENSION = "io.modelcontextprotocol/ui"


@pytest.mark.parametrize("kind", ONE_OF_EACH, ids=str)
async def test_the_two_tools_that_have_images_point_at_it(
    shared_world: World, kind: DoorKind
) -> None:
    """Under the specified name, and under the one that came before it."""
    async with kind.open(shared_world.api, shared_world.open_account(1_000_000)) as door:
        tools = {tool["name"]: tool for tool in (await door.list_tools())["tools"]}
    assert {name for name, tool in tools.items() if "_meta" in tool} == {
        "generate_image",
        "get_generation",
    }
    for name in ("generate_image", "get_generation"):
        assert tools[name]["_meta"] == {"ui": {"resourceUri": URI}, "ui/resourceUri": URI}


@pytest.mark.parametrize("revision", REVISIONS)
async def test_it_is_listed_and_read(shared_world: World, revision: str) -> None:
    async with HttpKind().open(shared_world.api) as http:
        door = WireDoor(http, shared_world.open_account(1_000_000).secret, revision)
        listed = await door.rpc("resources/list")
        templates = await door.rpc("resources/templates/list")
        read = await door.rpc("resources/read", {"uri": URI})
    (resource,), (content,) = listed["resources"], read["contents"]
    for shown in (resource, content):
        assert (shown["uri"], shown["mimeType"]) == (URI, MEDIA_TYPE)
    assert (resource["name"], resource["title"]) == ("viewer", "Image viewer")
    assert content["text"] == page()
    # Hosts read the policy from either.
    assert resource["_meta"] == content["_meta"]
    if revision == MODERN:
        for result in (listed, templates, read):
            assert (result["ttlMs"] > 0, result["cacheScope"]) == (True, "public")


@pytest.mark.parametrize("kind", HTTP_KINDS, ids=str)
async def test_its_policy_lets_images_through_and_nothing_else(
    shared_world: World, kind: HttpKind
) -> None:
    """The service's own origin, which images' addresses name, and the bucket's, which follows."""
    async with kind.open(shared_world.api) as http:
        door = WireDoor(http, shared_world.open_account(1_000_000).secret)
        read = await door.rpc("resources/read", {"uri": URI})
    ui = read["contents"][0]["_meta"]["ui"]
    public = urlsplit(http.base_url)
    assert ui["csp"] == {
        "connectDomains": [],
        "resourceDomains": [
            f"{public.scheme}://{public.netloc}",
            shared_world.stores.images.origin(),
        ],
    }
    assert ui["permissions"] == {"clipboardWrite": {}}
    assert ui["prefersBorder"] is True
    # Hosts disagree about what a domain looks like, and have one of their own.
    assert set(ui) == {"csp", "permissions", "prefersBorder"}


async def test_an_image_comes_from_no_other_place(world: World) -> None:
    """What the policy names is where an image's address and its redirect lead."""
    world.provider.submits.append(Done([PNG]))
    async with HttpKind(HTTP_API).open(worked_at_once(world)) as http:
        door = WireDoor(http, world.open_account(1_000_000).secret)
        read = await door.rpc("resources/read", {"uri": URI})
        generation = {"model_id": MODEL_ID, "input": {"prompt": "a boat"}}
        (image,) = (await door.value("generate_image", generation))["images"]
        answer = await http.send("GET", urlsplit(image["url"]).path)
    assert answer.status == 302
    visited = [urlsplit(url) for url in (image["url"], answer.headers["location"])]
    allowed = read["contents"][0]["_meta"]["ui"]["csp"]["resourceDomains"]
    assert [f"{url.scheme}://{url.netloc}" for url in visited] == allowed


@pytest.mark.parametrize("revision", [LATEST_HANDSHAKE, MODERN])
@pytest.mark.parametrize(
    "uri", ["ui://tokenflux-images/other", "file:///etc/passwd", "", "x" * 9000]
)
async def test_there_is_no_other_resource(shared_world: World, revision: str, uri: str) -> None:
    async with HttpKind().open(shared_world.api) as http:
        door = WireDoor(http, shared_world.open_account(1_000_000).secret, revision)
        with pytest.raises(MCPError) as refused:
            await door.rpc("resources/read", {"uri": uri})
    assert refused.value.code == -32602
    assert URI in refused.value.message
    assert len(refused.value.message) < 500


@pytest.mark.parametrize("kind", [HttpKind(), HttpKind(REST_API)], ids=str)
async def test_the_extension_is_declared(shared_world: World, kind: HttpKind) -> None:
    """Where the protocol has a place for it: a handshake's capabilities know no extensions."""
    secret = shared_world.open_account(1_000_000).secret
    async with kind.open(shared_world.api) as http:
        discovered = await WireDoor(http, secret, MODERN).rpc("server/discover")
    assert discovered["capabilities"]["extensions"][EXTENSION] == {}


@pytest.mark.parametrize("mode", ["legacy", MODERN])
async def test_the_official_client_reads_it(shared_world: World, mode: str) -> None:
    headers = {"Authorization": f"Bearer {shared_world.open_account(1_000_000).secret}"}
    transport = asgi_transport(build_app(shared_world.api))
    async with httpx2.AsyncClient(transport=transport, headers=headers) as http:
        connection = streamable_http_client(f"http://127.0.0.1:8787{MCP_PATH}", http_client=http)
        async with Client(connection, mode=mode) as client:
            (resource,) = (await client.list_resources()).resources
            (content,) = (await client.read_resource(resource.uri)).contents
    assert (content.mime_type, content.meta) == (MEDIA_TYPE, resource.meta)


class TestPage:
    def test_it_is_one_document_that_loads_nothing(self) -> None:
        document = page()
        assert document.startswith("<!doctype html>")
        loaded = re.findall(r"<(?:link|script|img|iframe)[^>]*\b(?:src|href)=[^>]*>", document)
        assert loaded == []
        assert not re.search(r"@import|url\(|https?://(?!www\.w3\.org)", document)

    def test_its_parts_cannot_end_early(self) -> None:
        document = page()
        assert document.count("<script>") == document.count("</script>") == 8
        assert document.count("<style>") == document.count("</style>") == 1

    def test_it_is_read_once(self) -> None:
        assert page() is page()

    def test_it_stays_small(self) -> None:
        """A host loads it for every conversation."""
        assert len(page().encode()) < 64_000
