"""Bedrock's adapter: what it sends, for which region, in whose name, and what it reads."""

import base64
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from starlette.requests import Request
from starlette.responses import Response

from handler.adapters.aws import model_client
from handler.core.failures import FailureKind as Kind
from handler.core.generation import Status
from handler.core.ports import Failed, Job
from handler.core.vendors import VendorAccess
from handler.providers.bedrock import (
    MAX_REFERENCE_BYTES,
    BedrockVendor,
    read,
    read_error,
    region_of,
    request_body,
)
from handler.providers.calls import AnswerLost, Reply, new_client
from handler.providers.inlining import Reference, References
from handler.providers.signing import sent_by
from handler.providers.vendor import Ready
from tests.fakes import ManualClock
from tests.handler.providers.bench import Bench
from tests.handler.providers.cells.bedrock import BEDROCK
from tests.vendors.bedrock import FakeBedrock
from tests.vendors.server import picture, served

IMAGE = Reference("image/png", "AAAA")


def body(*references: Reference, **given: Any) -> dict[str, Any]:
    return request_body(Job("g-1", "model", {"prompt": "a boat", **given}, 1), references)


def reply(document: Any) -> Reply:
    return Reply(200, json.dumps(document).encode())


class TestRequest:
    def test_a_model_without_images(self) -> None:
        assert body(seed=7, aspect_ratio="1:1") == {
            "prompt": "a boat",
            "seed": 7,
            "aspect_ratio": "1:1",
        }

    def test_a_model_with_a_mode(self) -> None:
        given = {"mode": "text-to-image", "aspect_ratio": "16:9", "strength": 0.6}
        assert body(**given) == {
            "prompt": "a boat",
            "mode": "text-to-image",
            "aspect_ratio": "16:9",
        }
        assert body(IMAGE, image="https://a", **given) == {
            "prompt": "a boat",
            "mode": "image-to-image",
            "strength": 0.6,
            "image": "AAAA",
        }

    def test_a_model_that_takes_an_image_without_being_told(self) -> None:
        given = {"aspect_ratio": "16:9", "strength": 0.6}
        assert body(**given) == {"prompt": "a boat", "aspect_ratio": "16:9"}
        assert body(IMAGE, image="https://a", **given) == {
            "prompt": "a boat",
            "aspect_ratio": "16:9",
            "strength": 0.6,
            "image": "AAAA",
        }

    @pytest.mark.parametrize(
        ("url", "region"),
        [
            ("https://bedrock-runtime.us-west-2.amazonaws.com", "us-west-2"),
            ("https://bedrock-runtime.eu-central-1.amazonaws.com", "eu-central-1"),
            ("https://bedrock-runtime-fips.us-east-1.amazonaws.com", "us-east-1"),
            ("https://bedrock-runtime.us-gov-west-1.api.aws", "us-gov-west-1"),
            ("http://127.0.0.1:4000", "us-west-2"),
            ("https://gateway.example.com/bedrock", "us-west-2"),
        ],
    )
    def test_it_is_signed_for_the_region_of_its_endpoint(self, url: str, region: str) -> None:
        assert region_of(url) == region


def test_the_largest_reference_leaves_room_in_a_request() -> None:
    """25,000,000 bytes, says the description."""
    largest = Reference("image/png", "A" * (-(-MAX_REFERENCE_BYTES // 3) * 4))
    longest = {"prompt": "é" * 10_000, "negative_prompt": "é" * 10_000, "image": "https://a"}
    job = Job("g-1", "model", longest, 1)
    assert len(json.dumps(request_body(job, [largest])).encode()) < 25_000_000


class TestClient:
    def test_it_waits_for_a_picture_and_asks_once(self) -> None:
        config = model_client("us-west-2", "https://bedrock.example", 300).meta.config
        assert config.read_timeout == 300
        assert config.retries["total_max_attempts"] == 1


class TestEndToEnd:
    def test_what_is_sent(self) -> None:
        with served(FakeBedrock()) as fake:
            bench = Bench("bedrock", BEDROCK.model, fake.base_url)
            url = f"data:image/png;base64,{base64.b64encode(picture(5)).decode()}"
            ended = bench.finish(bench.admit("more boats", image=url))
            assert ended.status is Status.SUCCEEDED
            (sent,) = fake.arrivals.requests
            assert sent.path == "/model/stability.sd3-5-large-v1:0/invoke"
            assert sent.headers["content-type"] == "application/json"
            assert base64.b64decode(json.loads(sent.body)["image"]) == picture(5)

    def test_a_bad_reference_ends_it_before_anything_is_begun(self) -> None:
        with served(FakeBedrock()) as fake:
            bench = Bench("bedrock", BEDROCK.model, fake.base_url)
            ended = bench.finish(bench.admit("a boat", image="https://10.0.0.1/a.png"))
            assert ended.error is not None
            assert ended.error.startswith("a reference in image is not accepted: its URL ")
            assert fake.arrivals.requests == []

    def test_without_a_role_it_is_the_operators_concern(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name)
        with served(FakeBedrock()) as fake:
            bench = Bench("bedrock", BEDROCK.model, fake.base_url)
            ended = bench.finish(bench.admit("a boat"))
            assert ended.error is not None
            assert "the operator of this server has been told" in ended.error
            assert fake.arrivals.requests == []

    def test_a_local_stacks_endpoint_is_not_taken_for_bedrocks(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The emulator has no models, and is not to be asked for any."""
        with served(FakeBedrock()) as emulator, served(FakeBedrock()) as bedrock:
            monkeypatch.setenv("AWS_ENDPOINT_URL", emulator.base_url)
            access = VendorAccess(None, bedrock.base_url)
            bench = Bench("bedrock", BEDROCK.model, bedrock.base_url, access)
            assert bench.finish(bench.admit("a boat")).status is Status.SUCCEEDED
            assert emulator.arrivals.requests == []


def vendor_at(base_url: str, clock: ManualClock) -> BedrockVendor:
    signing = model_client("us-west-2", base_url, 90)
    client = sent_by(new_client(), clock, 90, signing)
    return BedrockVendor(client, clock, References.up_to(1024))


def job(prompt: str) -> Job:
    return Job("g-1", str(BEDROCK.model["provider_model"]), {"prompt": prompt}, 1)


class Slow(FakeBedrock):
    """Takes its time for whatever it answers."""

    def __init__(self, clock: ManualClock, seconds: float) -> None:
        super().__init__()
        self.clock = clock
        self.seconds = seconds

    async def invoke(self, request: Request) -> Response:
        self.clock.advance(self.seconds)
        return await super().invoke(request)


class TestAttempts:
    """They share a worker's run with what comes after them."""

    @pytest.mark.parametrize(("seconds", "attempts"), [(1, 3), (15, 2), (30, 1)])
    def test_what_is_refused_late_is_not_tried_again_at_once(
        self, seconds: float, attempts: int
    ) -> None:
        clock = ManualClock()
        with served(Slow(clock, seconds)) as fake:
            answer = vendor_at(fake.base_url, clock).submit(job("a boat [throttled]"))
            assert isinstance(answer, Failed)
            assert (answer.kind, answer.retryable) == (Kind.CAPACITY, True)
            assert len(fake.arrivals.requests) == attempts


class Answering(FakeBedrock):
    """Says the same to everything, or what it was sent."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__()
        self.status = status
        self.body = body

    async def invoke(self, request: Request) -> Response:
        sent = " ".join(f"{name}={value}" for name, value in request.headers.items())
        return Response(self.body.replace(b"SENT", sent.encode()), self.status)


def answered(status: int, body: bytes) -> Failed:
    with served(Answering(status, body)) as fake:
        answer = vendor_at(fake.base_url, ManualClock()).submit(job("a boat"))
    assert isinstance(answer, Failed)
    return answer


class TestErrors:
    @pytest.mark.parametrize("body", [b"[]", b"null", b"<html>", b"[" + b"{}," * 40_000 + b"{}]"])
    def test_one_that_is_no_object_is_not_read(self, body: bytes) -> None:
        assert answered(500, body).kind is Kind.PROVIDER_ERROR

    def test_a_gateway_that_was_hung_up_on_does_not_know_what_was_begun(self) -> None:
        clock = ManualClock()
        lost = Answering(503, b"upstream connect error or disconnect/reset before headers")
        with served(lost) as fake, pytest.raises(AnswerLost):
            vendor_at(fake.base_url, clock).submit(job("a boat"))
        assert len(fake.arrivals.requests) == 1

    def test_one_that_repeats_the_signature_does_not_carry_it_on(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AWS_SESSION_TOKEN", "session-0123456789")
        body = b'{"__type": "ValidationException", "message": "bad header: SENT"}'
        failure = answered(400, body)
        assert "x-amz-security-token=(the token)" in failure.said
        assert "authorization=(the token)" in failure.said
        assert "session-0123456789" not in f"{failure}"


class TestReading:
    def test_each_image_has_its_reason(self) -> None:
        document = {"images": ["AAAA", "BBBB"], "finish_reasons": ["Filter reason: prompt", None]}
        assert read(reply(document)) == Ready(["data:;base64,BBBB"])
        assert read(reply({"images": ["AAAA"]})) == Ready(["data:;base64,AAAA"])

    @pytest.mark.parametrize(
        ("document", "kind"),
        [
            ({}, Kind.UNKNOWN_OUTCOME),
            ({"images": None}, Kind.UNKNOWN_OUTCOME),
            ({"images": []}, Kind.NO_OUTPUT),
            ({"images": [None, 7]}, Kind.NO_OUTPUT),
            ({"finish_reasons": []}, Kind.NO_OUTPUT),
            ({"finish_reasons": ["Filter reason: prompt"]}, Kind.CONTENT_FILTER),
            ({"finish_reasons": [{}]}, Kind.MODEL_ERROR),
        ],
    )
    def test_a_success_without_images(self, document: Any, kind: Kind) -> None:
        answer = read(reply(document))
        assert isinstance(answer, Failed)
        assert answer.kind is kind

    @pytest.mark.parametrize(
        ("status", "code", "kind"),
        [
            (418, "TeapotException", Kind.PROVIDER_ERROR),
            (403, "SomethingNew", Kind.PROVIDER_ACCOUNT),
            (504, "GatewayTimeout", Kind.TIMEOUT),
            (500, "", Kind.PROVIDER_ERROR),
        ],
    )
    def test_an_error_that_nobody_described(self, status: int, code: str, kind: Kind) -> None:
        error = ClientError(
            {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}},
            "InvokeModel",
        )
        answer = read_error(error)
        assert (answer.kind, answer.retryable) == (kind, False)
