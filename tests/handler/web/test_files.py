"""The short, lasting addresses of images."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from handler.core.ports import Done, Failed
from handler.web.app import build_app
from tests.doors import (
    HTTP_API,
    HTTP_KINDS,
    REST_API,
    AsgiDoor,
    HttpAnswer,
    HttpDoor,
    HttpKind,
    WireDoor,
    unworked,
    worked_at_once,
)
from tests.fakes import JPEG, PNG
from tests.world import MODEL_ID, World, manual

pytestmark = pytest.mark.anyio
every_door = pytest.mark.parametrize("kind", HTTP_KINDS, ids=str)

FILES = "/v1/images/files"
WEBP = b"RIFF\x10\x00\x00\x00WEBPVP8 neither is this"


async def _made(http: HttpDoor, world: World, *outputs: bytes) -> dict[str, Any]:
    world.provider.submits.append(Done(outputs))
    door = WireDoor(http, world.open_account(1_000_000).secret)
    wanted = {"prompt": "a boat", "num_outputs": len(outputs)}
    made: dict[str, Any] = await door.value(
        "generate_image", {"model_id": MODEL_ID, "input": wanted}
    )
    assert made["status"] == "succeeded"
    return made


@asynccontextmanager
async def _opened(kind: HttpKind, world: World) -> AsyncIterator[HttpDoor]:
    async with kind.open(worked_at_once(world)) as http:
        yield http


async def _fetch(url: str) -> httpx2.Response:
    async with httpx2.AsyncClient(trust_env=False) as client:
        return await client.get(url)


def _assert_nothing_there(answer: HttpAnswer) -> None:
    assert answer.status == 404
    assert answer.json()["code"] == "NOT_FOUND"
    assert answer.headers["cache-control"] == "no-store"
    assert "location" not in answer.headers


@every_door
async def test_an_image_is_found_under_its_url_without_a_key(world: World, kind: HttpKind) -> None:
    """302 to a freshly signed URL that serves the very bytes, as what they are."""
    async with _opened(kind, world) as http:
        made = await _made(http, world, PNG, JPEG, WEBP)
        expected = [(PNG, "image/png"), (JPEG, "image/jpeg"), (WEBP, "image/webp")]
        assert len(made["images"]) == 3
        for number, (image, (data, media_type)) in enumerate(
            zip(made["images"], expected, strict=True), start=1
        ):
            path = image["url"].removeprefix(http.base_url)
            answer = await http.send("GET", path)
            assert answer.status == 302
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["cache-control"] == "public, max-age=600"
            served = await _fetch(answer.headers["location"])
            assert served.status_code == 200
            assert served.content == data
            assert served.headers["content-type"] == media_type
            name = f"{made['id']}-{number}.{path.rsplit('.', 1)[1]}"
            assert served.headers["content-disposition"] == f'inline; filename="{name}"'
            assert "max-age=" in served.headers["cache-control"]


@pytest.mark.parametrize("kind", [HttpKind(), HttpKind(HTTP_API), HttpKind(REST_API)], ids=str)
async def test_head_describes_the_image_without_sending_it(world: World, kind: HttpKind) -> None:
    async with _opened(kind, world) as http:
        made = await _made(http, world, JPEG)
        answer = await http.send("HEAD", f"{FILES}/{made['id']}/1.jpg")
        missing = await http.send("HEAD", f"{FILES}/{made['id']}/2.jpg")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["content-length"] == str(len(JPEG))
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "public, max-age=600"
    assert missing.status == 404


@every_door
async def test_the_url_is_short_and_on_the_endpoints_own_host(world: World, kind: HttpKind) -> None:
    """What the service itself adds is short; with a gateway API's host it stays under 120."""
    async with _opened(kind, world) as http:
        made = await _made(http, world, PNG)
        base_url = http.base_url
    url = made["images"][0]["url"]
    assert url == f"{base_url}{FILES}/{made['id']}/1.png"
    assert len(url.removeprefix(base_url)) < 60
    if kind.gateway is None or kind.gateway.template != "function_url":
        assert len(url) < 120


@pytest.mark.parametrize("host", ["images.customer.example", "127.0.0.1:8787"])
async def test_a_custom_domain_is_the_images_host_too(world: World, host: str) -> None:
    world.provider.submits.append(Done([PNG]))
    secret = world.open_account(1_000_000).secret
    async with _opened(HttpKind(HTTP_API), world) as http:
        door = WireDoor(http, secret)
        result = await door.rpc(
            "tools/call",
            {
                "name": "generate_image",
                "arguments": {"model_id": MODEL_ID, "input": {"prompt": "a boat"}},
            },
            {"Host": host},
        )
    assert f'"https://{host}{FILES}/' in result["content"][0]["text"]


async def test_the_signed_url_is_fresh_each_time_and_serves_nothing_else(world: World) -> None:
    http = AsgiDoor(build_app(worked_at_once(world)))
    made = await _made(http, world, PNG)
    answer = await http.send("GET", f"{FILES}/{made['id']}/1.png")
    signed = urlsplit(answer.headers["location"])
    assert "X-Amz-Signature=" in signed.query
    assert "X-Amz-Expires=" in signed.query
    validity = int(dict(part.split("=") for part in signed.query.split("&"))["X-Amz-Expires"])
    assert validity > 600, "a kept redirect must not be followed too late"


@pytest.mark.parametrize("kind", [HttpKind(), HttpKind(HTTP_API), HttpKind(REST_API)], ids=str)
async def test_there_is_nothing_under_any_other_name(world: World, kind: HttpKind) -> None:
    async with _opened(kind, world) as http:
        made = await _made(http, world, PNG)
        directory = f"{FILES}/{made['id']}"
        for name in (
            "0.png",
            "2.png",
            "99.png",
            "100.png",
            f"{'9' * 200}.png",
            "-1.png",
            "01.png",
            "+1.png",
            "1.jpg",
            "1.webp",
            "1.PNG",
            "1.svg",
            "1",
            "1.",
            ".png",
            "1.png.png",
            "x.png",
            "1.png/",
            "1.png/1.png",
            "¹.png",
        ):
            answer = await http.send("GET", f"{directory}/{name}")
            assert answer.status == 404, name
            _assert_nothing_there(answer)
        for generation_id in (
            "0a4c1d62-2cd0-4cf1-9e0c-1b2f7f4f5678",
            "x",
            made["id"][:-1],
            f"{made['id']}0",
            made["id"].replace("-", ""),
            f"urn:uuid:{made['id']}",
            "..",
        ):
            answer = await http.send("GET", f"{FILES}/{generation_id}/1.png")
            assert answer.status == 404, generation_id
        assert (await http.send("GET", f"{directory}/1.png")).status == 302


async def test_an_unfinished_or_failed_generation_has_no_image(world: World) -> None:
    opened = world.open_account(1_000_000)
    boat = {"model_id": MODEL_ID, "input": {"prompt": "a boat"}}
    waiting = WireDoor(AsgiDoor(build_app(unworked(world))), opened.secret)
    failing = WireDoor(AsgiDoor(build_app(worked_at_once(world))), opened.secret)
    world.provider.submits.append(Failed("the model broke"))
    for door, status in ((waiting, "starting"), (failing, "failed")):
        made = await door.value("generate_image", boat)
        assert made["status"] == status
        _assert_nothing_there(await door.http.send("GET", f"{FILES}/{made['id']}/1.png"))


async def test_an_image_is_gone_when_its_retention_ends(world: World) -> None:
    http = AsgiDoor(build_app(worked_at_once(world)))
    path = f"{FILES}/{(await _made(http, world, PNG))['id']}/1.png"
    manual(world.clock).advance(world.settings.timing.retention_days * 86_400 - 1)
    assert (await http.send("GET", path)).status == 302
    manual(world.clock).advance(1)
    _assert_nothing_there(await http.send("GET", path))
    assert (await http.send("HEAD", path)).status == 404


async def test_a_key_changes_nothing_about_an_image(world: World) -> None:
    http = AsgiDoor(build_app(worked_at_once(world)))
    path = f"{FILES}/{(await _made(http, world, PNG))['id']}/1.png"
    for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Origin": "https://x.example"}):
        assert (await http.send("GET", path, headers)).status == 302


async def test_an_image_can_only_be_read(world: World) -> None:
    http = AsgiDoor(build_app(worked_at_once(world)))
    path = f"{FILES}/{(await _made(http, world, PNG))['id']}/1.png"
    for method in ("POST", "PUT", "DELETE"):
        answer = await http.send(method, path)
        assert answer.status == 405
        assert "GET" in answer.headers["allow"]
    assert (await http.send("GET", path)).status == 302
