"""Small versions of images: made once, stored beside them, shown to who wants them."""

import base64
import io
import json
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image

from handler.core import errors
from handler.core.generation import Image as StoredImage
from handler.core.generation import Status
from handler.core.ports import Done, ImageStore
from handler.previews import LONGEST_SIDE, MAX_BYTES, make_preview
from handler.tools.present import MAX_ANSWER_BYTES, as_result
from handler.web.gate import wants_previews
from handler.web.services import ApiServices
from tests.doors import MODERN, HttpKind, WireDoor, request, unworked
from tests.world import MODEL_ID, Opened, World


def picture(
    size: tuple[int, int] = (1024, 640), mode: str = "RGB", kind: str = "PNG", **options: Any
) -> bytes:
    """Coarse noise, which compresses badly, as pictures go."""
    small = Image.effect_noise((max(1, size[0] // 2), max(1, size[1] // 2)), 120)
    buffer = io.BytesIO()
    small.resize(size).convert(mode).save(buffer, format=kind, **options)
    return buffer.getvalue()


def opened_image(data: bytes | None) -> Image.Image:
    assert data is not None
    return Image.open(io.BytesIO(data))


class TestMaking:
    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
    @pytest.mark.parametrize("size", [(1024, 640), (640, 1024), (2048, 2048), (300, 200), (1, 1)])
    def test_it_is_a_small_jpeg_of_the_same_shape(self, kind: str, size: tuple[int, int]) -> None:
        data = make_preview(picture(size, kind=kind))
        preview = opened_image(data)
        assert preview.format == "JPEG"
        assert max(preview.size) == min(LONGEST_SIDE, max(size))
        assert preview.width / preview.height == pytest.approx(size[0] / size[1], rel=0.02)
        assert len(data or b"") <= MAX_BYTES

    @pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
    def test_every_mode_that_a_png_has_becomes_a_picture(self, mode: str) -> None:
        source = Image.new("I;16", (600, 600), 30_000) if mode == "I;16" else None
        buffer = io.BytesIO()
        (source or Image.new("RGBA", (600, 600), (200, 30, 30, 128)).convert(mode)).save(
            buffer, format="PNG"
        )
        assert opened_image(make_preview(buffer.getvalue())).mode == "RGB"

    def test_what_is_transparent_shows_white(self) -> None:
        buffer = io.BytesIO()
        Image.new("RGBA", (64, 64), (0, 0, 0, 0)).save(buffer, format="PNG")
        preview = opened_image(make_preview(buffer.getvalue()))
        assert preview.getpixel((32, 32)) == (255, 255, 255)

    def test_a_picture_that_lies_on_its_side_is_put_upright(self) -> None:
        exif = Image.Exif()
        exif[0x0112] = 6
        preview = opened_image(make_preview(picture((800, 400), kind="JPEG", exif=exif)))
        assert preview.size == (LONGEST_SIDE // 2, LONGEST_SIDE)

    @pytest.mark.parametrize(
        "data", [b"", b"no image", picture()[:300], b"GIF89a" + b"\0" * 50, picture()[:-2000]]
    )
    def test_what_cannot_be_read_has_none(self, data: bytes) -> None:
        assert make_preview(data) is None


@pytest.fixture
def opened(world: World) -> Opened:
    return world.open_account(1_000_000)


def generated(world: World, opened: Opened, *outputs: bytes) -> str:
    world.provider.submits = [Done(list(outputs))]
    generation = world.admit(opened, num_outputs=len(outputs))
    world.worker.run(generation.id, "run-1")
    assert world.generation(generation.id).status is Status.SUCCEEDED
    return generation.id


async def blocks(
    services: ApiServices, opened: Opened, generation_id: str, query: str = ""
) -> list[dict[str, Any]]:
    """The content of `get_generation`'s result."""
    call = {"name": "get_generation", "arguments": {"id": generation_id}}
    message, headers = request("tools/call", call, MODERN)
    async with HttpKind().open(services) as http:
        answer = await http.send(
            "POST",
            headers={
                **headers,
                "Content-Type": "application/json",
                "Authorization": f"Bearer {opened.secret}",
            },
            body=json.dumps(message).encode(),
            query=query,
        )
    result = answer.json()["result"]
    assert "structuredContent" not in result
    content: list[dict[str, Any]] = result["content"]
    return content


def images(content: list[dict[str, Any]]) -> list[bytes]:
    assert content[0]["type"] == "text"
    assert all(b["type"] == "image" and b["mimeType"] == "image/jpeg" for b in content[1:])
    return [base64.b64decode(block["data"]) for block in content[1:]]


@pytest.mark.anyio
class TestShowing:
    async def test_each_image_comes_with_a_small_one_in_order(
        self, world: World, opened: Opened
    ) -> None:
        wide, tall = picture((800, 400)), picture((400, 800))
        shown = images(await blocks(unworked(world), opened, generated(world, opened, wide, tall)))
        assert [opened_image(data).size for data in shown] == [(512, 256), (256, 512)]

    async def test_generate_image_shows_them_too(self, world: World, opened: Opened) -> None:
        generation_id = generated(world, opened, picture())
        world.provider.submits = [Done([picture()])]
        async with HttpKind().open(unworked(world)) as http:
            door = WireDoor(http, opened.secret, MODERN)
            arguments = {"model_id": MODEL_ID, "input": {"prompt": "again"}}
            begun = await door.value("generate_image", arguments, idempotency_key="k")
            world.worker.run(begun["id"], "run-2")
            result = await door.call("generate_image", arguments, idempotency_key="k")
        assert begun["id"] != generation_id
        assert [block["type"] for block in result["content"]] == ["text", "image"]

    @pytest.mark.parametrize("query", ["preview=none", "x=1&preview=none"])
    async def test_a_client_may_do_without(self, world: World, opened: Opened, query: str) -> None:
        generation_id = generated(world, opened, picture())
        assert images(await blocks(unworked(world), opened, generation_id, query)) == []
        assert (
            len(images(await blocks(unworked(world), opened, generation_id, "preview=small"))) == 1
        )

    async def test_a_deployment_may_do_without(self, world: World, opened: Opened) -> None:
        world.settings = replace(world.settings, previews=False)
        generation_id = generated(world, opened, picture())
        (image,) = world.generation(generation_id).images
        assert not image.has_preview
        assert images(await blocks(unworked(world), opened, generation_id)) == []

    async def test_an_image_that_cannot_be_shown_small_is_still_an_image(
        self, world: World, opened: Opened
    ) -> None:
        broken = picture()[:-2000]
        shown = await blocks(unworked(world), opened, generated(world, opened, broken, picture()))
        assert len(json.loads(shown[0]["text"])["images"]) == 2
        assert len(images(shown)) == 1

    async def test_one_that_is_gone_is_left_out(self, world: World, opened: Opened) -> None:
        generation_id = generated(world, opened, picture())
        store: Any = world.stores.images
        for entry in store.api.list_objects_v2(Bucket=store.bucket)["Contents"]:
            if entry["Key"].endswith(".preview.jpg"):
                store.api.delete_object(Bucket=store.bucket, Key=entry["Key"])
        assert images(await blocks(unworked(world), opened, generation_id)) == []

    async def test_a_bucket_that_does_not_answer_costs_the_preview_only(
        self, world: World, opened: Opened
    ) -> None:
        generation_id = generated(world, opened, picture())
        away: Any = Away(world.stores.images)
        services = replace(unworked(world), lookup=replace(world.lookup, images=away))
        shown = await blocks(services, opened, generation_id)
        assert json.loads(shown[0]["text"])["status"] == "succeeded"
        assert images(shown) == []


class Away:
    """A store whose previews cannot be read now."""

    def __init__(self, store: ImageStore) -> None:
        self._store = store

    def preview(self, generation_id: str, number: int, image: StoredImage) -> bytes:
        raise errors.Unavailable("the service is busy")


def test_an_answer_stays_under_its_limit_however_many_there_are() -> None:
    result = as_result({"id": "x"}, previews=[b"\xff" * MAX_BYTES] * 20)
    size = len(result.model_dump_json())
    assert 0.8 * MAX_ANSWER_BYTES < size < 900_000
    assert len(result.content) > 5


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        (b"", True),
        (b"preview=none", False),
        (b"preview=", True),
        (b"preview=none&preview=all", True),
        (b"PREVIEW=none", True),
        (b"\xff\xfe=%zz", True),
    ],
)
def test_only_the_exact_words_turn_them_off(query: bytes, wanted: bool) -> None:
    assert wants_previews(query) is wanted
