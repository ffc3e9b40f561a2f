"""What the server says of itself: its identity, its tools, and what it does not offer."""

import base64
import io
import json
from typing import Any

import pytest
from mcp.shared.exceptions import MCPError
from PIL import Image

from handler.tools.definitions import SERVER_NAME, SERVER_VERSION
from tests.doors import (
    DOORS,
    HANDSHAKE_REVISIONS,
    HTTP_KINDS,
    MODERN,
    ONE_OF_EACH,
    REVISIONS,
    DoorKind,
    HttpKind,
    WireDoor,
    initialize,
)
from tests.world import World

pytestmark = pytest.mark.anyio

SERVER_INFO = "io.modelcontextprotocol/serverInfo"

REQUIRED: dict[str, set[str]] = {
    "list_models": set(),
    "get_model": {"model_id"},
    "generate_image": {"model_id", "input"},
    "get_generation": {"id"},
}


@pytest.mark.parametrize("kind", DOORS, ids=str)
async def test_there_are_exactly_four_tools_in_the_documented_order(
    shared_world: World, kind: DoorKind
) -> None:
    """On the stateless revision the list says how long and for whom it may be kept."""
    async with kind.open(shared_world.api, shared_world.open_account(1_000_000)) as door:
        result, revision = await door.list_tools(), door.revision
    tools = {tool["name"]: tool for tool in result["tools"]}
    assert list(tools) == list(REQUIRED)
    assert len(result["tools"]) == 4
    for name, tool in tools.items():
        schema = tool["inputSchema"]
        assert schema["type"] == "object"
        assert set(schema.get("required", [])) == set(schema["properties"]) == REQUIRED[name]
        assert len(tool["description"]) > 20
    if revision == MODERN:
        assert isinstance(result["ttlMs"], int)
        assert result["ttlMs"] > 0
        assert result["cacheScope"] == "public"


@pytest.mark.parametrize("revision", HANDSHAKE_REVISIONS)
async def test_no_handshake_is_needed_and_its_revisions_know_no_cache_hints(
    shared_world: World, revision: str
) -> None:
    async with HttpKind().open(shared_world.api) as http:
        result = await WireDoor(
            http, shared_world.open_account(1_000_000).secret, revision
        ).list_tools()
    assert len(result["tools"]) == 4
    assert not {"ttlMs", "cacheScope"} & set(result)


@pytest.mark.parametrize("kind", ONE_OF_EACH, ids=str)
async def test_tools_carry_titles_and_annotations_and_two_an_output_schema(
    shared_world: World, kind: DoorKind
) -> None:
    """Three only read; `generate_image` neither only reads nor may be repeated, and is open-world.

    Results that carry images are not structured, so only the other two declare a schema.
    """
    async with kind.open(shared_world.api, shared_world.open_account(1_000_000)) as door:
        tools = {tool["name"]: tool for tool in (await door.list_tools())["tools"]}
    for name, tool in tools.items():
        assert tool["title"]
        assert tool["annotations"]["title"] == tool["title"]
        assert tool["annotations"]["readOnlyHint"] is (name != "generate_image")
    assert tools["generate_image"]["annotations"]["idempotentHint"] is False
    assert tools["generate_image"]["annotations"]["openWorldHint"] is True
    with_schema = {name for name, tool in tools.items() if "outputSchema" in tool}
    assert with_schema == {"list_models", "get_model"}
    assert {tools[name]["outputSchema"]["type"] for name in with_schema} == {"object"}


@pytest.mark.parametrize("revision", REVISIONS)
async def test_tools_and_server_have_icons(shared_world: World, revision: str) -> None:
    """The server's only where a client asks who it is, and all small: everybody gets them.

    Revisions before 2025-11-25 do not know them, and ignore them.
    """
    async with HttpKind().open(shared_world.api) as http:
        door = WireDoor(http, shared_world.open_account(1_000_000).secret, revision)
        listed = await door.list_tools()
        models = await door.call("list_models")
        if revision == MODERN:
            known_by = (await door.rpc("server/discover"))["_meta"][SERVER_INFO]
        else:
            known_by = (await http.post(initialize(revision), door.secret)).json()["result"][
                "serverInfo"
            ]
    shown = [tool["icons"] for tool in listed["tools"] if "icons" in tool]
    shown += [known_by["icons"]] if "icons" in known_by else []
    assert "icons" not in models.get("_meta", {}).get(SERVER_INFO, {})
    assert len(shown) == 5
    for (icon,) in shown:
        assert icon["mimeType"] == "image/png"
        assert icon["sizes"] == ["32x32"]
        data = base64.b64decode(icon["src"].removeprefix("data:image/png;base64,"))
        with Image.open(io.BytesIO(data)) as picture:
            pixels = picture.convert("RGBA")
        assert pixels.size == (32, 32)
        assert pixels.getchannel("A").getextrema() == (0, 255)
    assert len({icon["src"] for (icon,) in shown}) == 4
    assert len(json.dumps(shown)) < 1_400


@pytest.mark.parametrize("kind", HTTP_KINDS, ids=str)
async def test_initialize_agrees_to_every_handshake_revision_and_names_the_server(
    shared_world: World, kind: HttpKind
) -> None:
    secret = shared_world.open_account(1_000_000).secret
    async with kind.open(shared_world.api) as http:
        for revision in HANDSHAKE_REVISIONS:
            answer = await http.post(initialize(revision), secret)
            assert answer.status == 200
            result = answer.json()["result"]
            assert result["protocolVersion"] == revision
            assert result["serverInfo"]["name"] == "tokenflux-images"
            assert result["serverInfo"]["version"] == "1.0.0"
            _assert_offers_no_streams(result["capabilities"])
            assert "list_models" in result["instructions"]


def _assert_offers_no_streams(capabilities: dict[str, dict[str, Any]]) -> None:
    assert {"tools", "resources"} <= set(capabilities)
    assert set(capabilities) <= {"tools", "resources", "completions", "extensions", "experimental"}
    assert not capabilities["tools"].get("listChanged")
    assert not capabilities["resources"].get("listChanged")
    assert not capabilities["resources"].get("subscribe")


async def test_initialize_answers_an_unknown_revision_with_one_that_it_speaks(
    shared_world: World,
) -> None:
    secret = shared_world.open_account(1_000_000).secret
    async with HttpKind().open(shared_world.api) as http:
        answer = await http.post(initialize("2099-01-01"), secret)
    assert answer.json()["result"]["protocolVersion"] in HANDSHAKE_REVISIONS


@pytest.mark.parametrize("kind", HTTP_KINDS, ids=str)
async def test_discover_names_the_server_and_offers_no_subscriptions(
    shared_world: World, kind: HttpKind
) -> None:
    """A stream cannot live on a function."""
    async with kind.open(shared_world.api) as http:
        door = WireDoor(http, shared_world.open_account(1_000_000).secret, MODERN)
        result = await door.rpc("server/discover")
    assert MODERN in result["supportedVersions"]
    identity = result["_meta"]["io.modelcontextprotocol/serverInfo"]
    assert (identity["name"], identity["version"]) == (SERVER_NAME, SERVER_VERSION)
    assert (identity["name"], identity["version"]) == ("tokenflux-images", "1.0.0")
    _assert_offers_no_streams(result["capabilities"])
    assert "subscriptions" not in str(result)
    assert isinstance(result["ttlMs"], int)
    assert result["cacheScope"] == "public"


@pytest.mark.parametrize("kind", HTTP_KINDS, ids=str)
async def test_a_subscription_is_refused_at_once_instead_of_streamed(
    shared_world: World, kind: HttpKind
) -> None:
    async with kind.open(shared_world.api) as http:
        door = WireDoor(http, shared_world.open_account(1_000_000).secret, MODERN)
        with pytest.raises(MCPError) as refused:
            await door.rpc("subscriptions/listen", {"notifications": {"toolsListChanged": True}})
    assert refused.value.code == -32601
