"""Gemini's adapter: what it sends, and what it makes of answers and refusals."""

import base64
import json
import zlib
from typing import Any

import pytest

from handler.core.failures import FailureKind as Kind
from handler.core.generation import Status
from handler.core.ports import Done, Failed, Job, Outcome
from handler.core.vendors import Secret, VendorAccess
from handler.providers.calls import Reply, new_client
from handler.providers.gemini import build, is_not_begun, read, request_body
from handler.providers.inlining import Reference
from handler.providers.setup import Setup
from handler.providers.vendor import Ready
from tests.fakes import ManualClock
from tests.handler.providers.bench import Bench
from tests.handler.providers.cells.gemini import GEMINI
from tests.handler.providers.images.files import png_header, png_of
from tests.vendors.gemini import PROBLEMS, FakeGemini
from tests.vendors.server import TOKEN, picture, served


def reply(document: Any, status: int = 200) -> Reply:
    return Reply(status, json.dumps(document).encode())


def problem(scenario: str) -> Reply:
    status, document = PROBLEMS[scenario]
    return reply(document, status)


def data_url(data: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


class TestRequest:
    def test_a_prompt_alone(self) -> None:
        assert request_body(Job("g-1", "model", {"prompt": "a boat"}, 1)) == {
            "contents": [{"role": "user", "parts": [{"text": "a boat"}]}],
            "generationConfig": {"responseModalities": ["IMAGE"]},
        }

    def test_shape_size_and_references(self) -> None:
        given = {"prompt": "p", "aspect_ratio": "16:9", "image_size": "2K", "images": ["…"]}
        body = request_body(Job("g-1", "model", given, 1), [Reference("image/webp", "AAAA")])
        assert body["contents"][0]["parts"] == [
            {"text": "p"},
            {"inlineData": {"mimeType": "image/webp", "data": "AAAA"}},
        ]
        assert body["generationConfig"]["imageConfig"] == {"aspectRatio": "16:9", "imageSize": "2K"}


class TestEndToEnd:
    def test_a_reference_and_the_token_arrive(self) -> None:
        with served(FakeGemini()) as fake:
            bench = Bench("gemini", GEMINI.model, fake.base_url)
            ended = bench.finish(bench.admit("more boats", images=[data_url(picture(5))]))
            assert ended.status is Status.SUCCEEDED
            (sent,) = fake.arrivals.requests
            assert sent.path == "/v1beta/models/gemini-nano-banana-2.1:generateContent"
            assert sent.headers["x-goog-api-key"] == TOKEN
            inline = json.loads(sent.body)["contents"][0]["parts"][1]["inlineData"]
            assert inline["mimeType"] == "image/png"
            assert base64.b64decode(inline["data"]) == picture(5)

    @pytest.mark.parametrize(
        ("url", "told"),
        [
            (
                "data:image/png;base64,iVBORw0KGgo=",
                "a reference image is no whole PNG, WebP, JPEG or GIF image",
            ),
            (
                "http://pictures.example.com/1.png",
                "a reference in images is not accepted: its URL is not an https URL",
            ),
            (
                "https://169.254.169.254/latest/meta-data/",
                "a reference in images is not accepted: its URL names an address instead of a host",
            ),
        ],
    )
    def test_a_bad_reference_ends_it_before_anything_is_begun(self, url: str, told: str) -> None:
        with served(FakeGemini()) as fake:
            bench = Bench("gemini", GEMINI.model, fake.base_url)
            ended = bench.finish(bench.admit("a boat", images=[url]))
            assert ended.error == f"{told}; nothing was charged"
            assert fake.arrivals.requests == []


def grey(pixels: int, rows: int = 1) -> bytes:
    """A PNG of lines of pixels, none of them packed: one pixel more is one byte more."""
    lines = zlib.compress((b"\0" + bytes(range(256)) * (pixels // 256 + 1))[: pixels + 1] * rows, 0)
    header = png_header(pixels, rows, colour=0)
    return png_of([(b"IHDR", header), (b"IDAT", lines), (b"IEND", b"")])


def images_of(size: int, count: int) -> list[bytes]:
    """Images that hold so many bytes together."""
    share, width = (size - 1_000) // (count - 1), 14_336 // count
    surplus = len(grey(width, share // width)) - share
    large = grey(width, share // width - surplus // width - 1)
    rest = size - len(large) * (count - 1)
    images = [large] * (count - 1) + [grey(rest - len(grey(1)) + 1)]
    assert sum(map(len, images)) == size
    return images


class TestReferences:
    """What all of them hold, as they are sent."""

    def submitted(self, images: list[bytes], fake: FakeGemini) -> Outcome:
        access = VendorAccess(Secret(TOKEN), fake.base_url)
        provider = build(Setup("gemini", access, ManualClock(), new_client(), 20))
        given = {
            # Nothing takes more bytes in JSON.
            "prompt": "\N{SAILBOAT}\N{ROWBOAT}" * 5_000,
            "aspect_ratio": "16:9",
            "image_size": "4K",
            "images": [data_url(image) for image in images],
        }
        return provider.submit(Job("g-1", "gemini-3-pro-image", given, 1))

    @pytest.mark.parametrize("count", [2, 14])
    def test_as_much_as_is_taken_fits_into_a_request(self, count: int) -> None:
        images = images_of(14 * 1024 * 1024, count)
        with served(FakeGemini()) as fake:
            assert isinstance(self.submitted(images, fake), Done)
            (sent,) = fake.arrivals.requests
        assert len(sent.body) < 20_000_000
        _, *parts = json.loads(sent.body)["contents"][0]["parts"]
        assert [base64.b64decode(part["inlineData"]["data"]) for part in parts] == images

    @pytest.mark.parametrize("count", [2, 14])
    def test_a_byte_more_is_refused_before_anything_is_asked(self, count: int) -> None:
        with served(FakeGemini()) as fake:
            answer = self.submitted(images_of(14 * 1024 * 1024 + 1, count), fake)
            assert isinstance(answer, Failed)
            assert (answer.kind, answer.retryable) == (Kind.INVALID_INPUT, False)
            assert answer.reason == (
                "the reference images hold more than 14,680,064 bytes together; nothing was charged"
            )
            assert fake.arrivals.requests == []


class TestReading:
    @pytest.mark.parametrize(
        "document",
        [
            {"candidates": [{"content": None, "finishReason": "STOP"}]},
            {"candidates": [{"content": {"parts": None}}]},
            {"candidates": [{"content": {"parts": [None, {"inlineData": None}]}}]},
            {"candidates": [None]},
            {"candidates": []},
            {"usageMetadata": {}},
            {"usageMetadata": {}, "candidates": "none", "promptFeedback": {}},
        ],
    )
    def test_an_answer_without_an_image_has_ended(self, document: Any) -> None:
        answer = read(reply(document))
        assert isinstance(answer, Failed)
        assert (answer.kind, answer.retryable) == (Kind.NO_OUTPUT, True)

    def test_what_the_filter_took_for_bad_is_not_delivered(self) -> None:
        image = {"inlineData": {"data": "AAAA"}}
        candidate = {"content": {"parts": [image]}, "finishReason": "IMAGE_SAFETY"}
        answer = read(reply({"candidates": [candidate]}))
        assert isinstance(answer, Failed)
        assert answer.kind is Kind.CONTENT_FILTER

    def test_an_image_is_an_image_whatever_the_reason(self) -> None:
        image = {"inlineData": {"data": "AAAA"}}
        candidate = {"content": {"parts": [image]}, "finishReason": "MAX_TOKENS"}
        assert read(reply({"candidates": [candidate]})) == Ready(["data:;base64,AAAA"])

    def test_that_the_model_talked_instead_is_for_the_log_and_what_it_said_for_nobody(self) -> None:
        """It repeats what the caller asked for."""
        parts = [{"text": "I would rather not paint a boat."}]
        candidate = {"content": {"parts": parts}, "finishReason": "STOP"}
        answer = read(reply({"candidates": [candidate]}))
        assert isinstance(answer, Failed)
        assert answer.said == "stopped: STOP with 32 characters of text"
        assert "boat" not in answer.reason


class TestRefusals:
    def test_a_delay_in_googles_own_way_is_kept(self) -> None:
        answer = read(problem("throttled per minute"))
        assert isinstance(answer, Failed)
        assert (answer.retryable, answer.retry_after_seconds) == (True, 35.5)
        assert not is_not_begun(problem("throttled per minute"))

    @pytest.mark.parametrize("delay", ["", "soon", "-3s", "1e999s", "9999999999s", "1.2.3s", None])
    def test_a_delay_that_is_none(self, delay: Any) -> None:
        error = {"error": {"status": "RESOURCE_EXHAUSTED", "details": [{"retryDelay": delay}]}}
        answer = read(reply(error, 429))
        assert isinstance(answer, Failed)
        assert (answer.kind, answer.retry_after_seconds) == (Kind.CAPACITY, None)

    @pytest.mark.parametrize("reason", ["API_KEY_INVALID", "API_KEY_SERVICE_BLOCKED"])
    def test_a_key_is_the_operators_concern_whatever_the_words(self, reason: str) -> None:
        error = {"error": {"message": "Clé refusée", "details": [{"reason": reason}]}}
        answer = read(reply(error, 400))
        assert isinstance(answer, Failed)
        assert answer.kind is Kind.PROVIDER_ACCOUNT

    @pytest.mark.parametrize("error", [None, "no", [], {"details": "none"}, {"details": [None]}])
    def test_an_error_of_any_shape(self, error: Any) -> None:
        answer = read(reply({"error": error}, 400))
        assert isinstance(answer, Failed)
        assert answer.kind is Kind.INVALID_INPUT

    @pytest.mark.parametrize("violations", [None, {}, [None], [{"quotaId": None}]])
    def test_a_quota_of_any_shape(self, violations: Any) -> None:
        error = {"error": {"message": "slow down", "details": [{"violations": violations}]}}
        answer = read(reply(error, 429))
        assert isinstance(answer, Failed)
        assert (answer.kind, answer.retryable) == (Kind.CAPACITY, True)
