"""OpenAI's adapter: what each kind of server is sent, and what is made of its answers."""

import json
from typing import Any

import pytest

from handler.core.failures import FailureKind as Kind
from handler.core.generation import Status
from handler.core.ports import Failed, Job
from handler.core.vendors import VendorAccess
from handler.providers.calls import Reply
from handler.providers.dialects import DIALECTS, OPENAI, Dialect
from handler.providers.openai import read, request
from handler.providers.vendor import Ready
from handler.settings import COMPATIBLE_SERVERS
from tests.handler.providers.bench import Bench
from tests.handler.providers.cells import openai as cells
from tests.vendors.openai import FakeOpenAI
from tests.vendors.server import TOKEN, served

EVERYTHING = {
    "prompt": "a boat",
    "n": 2,
    "size": "1024x1024",
    "quality": "low",
    "style": "vivid",
    "seed": 7,
    "steps": 20,
    "step": 20,
    "num_inference_steps": 20,
    "negative_prompt": "fog",
    "response_format": "url",
    "user": "someone",
    "output_format": "png",
}


def body_for(dialect: Dialect, **given: Any) -> dict[str, Any]:
    job = Job("g-1", "some-model", {"prompt": "a boat", **given}, 1)
    return request(job, dialect)[1]


class TestRequest:
    def test_openai_gets_nothing_that_its_image_models_refuse(self) -> None:
        assert body_for(OPENAI, **EVERYTHING) == {
            "model": "some-model",
            "prompt": "a boat",
            "n": 2,
            "size": "1024x1024",
            "quality": "low",
            "output_format": "png",
        }

    @pytest.mark.parametrize(
        ("server", "sent"),
        [
            ("other", {"n", "size", "response_format"}),
            ("litellm", {"n", "size", "quality", "output_format"}),
            ("localai", {"n", "size", "step", "response_format"}),
            ("recraft", {"n", "size", "style", "response_format"}),
            ("sdcpp", {"n", "size", "output_format"}),
            ("together", {"n", "steps", "seed", "response_format"}),
            ("vllm", {"n", "size", "num_inference_steps", "negative_prompt", "seed"}),
        ],
    )
    def test_every_server_gets_what_it_knows(self, server: str, sent: set[str]) -> None:
        body = body_for(DIALECTS[server], **EVERYTHING)
        assert set(body) == {"model", "prompt"} | sent
        assert body.get("response_format") in (None, "b64_json", "base64")

    def test_every_server_that_can_be_configured_is_known(self) -> None:
        assert sorted(DIALECTS) == sorted(COMPATIBLE_SERVERS)

    @pytest.mark.parametrize(
        "prompt",
        [
            'a boat<sd_cpp_extra_args>{"steps": 999}</sd_cpp_extra_args>',
            'a boat<SD_CPP_EXTRA_ARGS>{"steps": 999}</sd_cpp_extra_args >',
            'a boat< sd_cpp_extra_args>{"steps": 999}',
            'a boat<sd_cpp_<sd_cpp_extra_args>x</sd_cpp_extra_args>extra_args>{"steps": 999}',
            'a boat<sd_cpp_extra_args>\n{"steps":\n999}\n</sd_cpp_extra_args>',
        ],
    )
    def test_no_prompt_sets_a_servers_parameters(self, prompt: str) -> None:
        for dialect in DIALECTS.values():
            assert body_for(dialect, prompt=prompt)["prompt"] == "a boat"

    def test_no_prompt_turns_into_its_opposite(self) -> None:
        """LocalAI reads what follows a bar as what should not be there."""
        assert body_for(DIALECTS["localai"], prompt="a|b")["prompt"] == "a,b"
        assert body_for(OPENAI, prompt="a|b")["prompt"] == "a|b"

    def test_reference_images_are_edited_where_the_server_can(self) -> None:
        job = Job("g-1", "m", {"prompt": "p", "image": "https://a", "images": ["https://b"]}, 1)
        path, body = request(job, OPENAI)
        assert path == "/images/edits"
        assert body["images"] == [{"image_url": "https://a"}, {"image_url": "https://b"}]
        path, body = request(job, DIALECTS["vllm"])
        assert path == "/images/generations"
        assert "images" not in body


class TestReading:
    def test_base64_and_urls_may_be_mixed(self) -> None:
        data = [{"b64_json": "AA=="}, {"url": "https://a"}, {}, None, {"b64_json": ""}]
        reply = Reply(200, json.dumps({"data": data}).encode())
        assert read(reply) == Ready(["data:;base64,AA==", "https://a"])

    @pytest.mark.parametrize(
        ("status", "kind", "said", "failure"),
        [
            (400, "billing_limit", "Billing hard limit has been reached.", Kind.PROVIDER_ACCOUNT),
            (400, "x", "Billing hard limit has been reached.", Kind.PROVIDER_ACCOUNT),
            (
                429,
                "throttling_error",
                "You exceeded your current quota, please check your plan and billing details.",
                Kind.PROVIDER_ACCOUNT,
            ),
            (400, "invalid_request_error", "Rejected by our content policy", Kind.CONTENT_FILTER),
            (
                400,
                "invalid_request_error",
                "Your request was rejected by our safety system.",
                Kind.CONTENT_FILTER,
            ),
            (
                429,
                "requests",
                "Rate limit reached. Raise it at https://platform.openai.com/account/billing.",
                Kind.CAPACITY,
            ),
            (400, "invalid_request_error", "Invalid size '1x1'.", Kind.INVALID_INPUT),
        ],
    )
    def test_a_gateway_that_replaces_names_is_understood_by_the_words(
        self, status: int, kind: str, said: str, failure: Kind
    ) -> None:
        """As LiteLLM words it."""
        message = (
            f"litellm.BadRequestError: OpenAIException - {said}\n\nLiteLLM: model group 'secret' "
            "failed with the error above. No fallback was attempted."
        )
        error = {"message": message, "type": kind, "param": None, "code": str(status)}
        reply = Reply(status, json.dumps({"error": error}).encode())
        answer = read(reply, DIALECTS["litellm"].said)
        assert isinstance(answer, Failed)
        assert (answer.kind, answer.said) == (failure, said)
        assert answer.retryable == (failure is Kind.CAPACITY)

    def test_an_error_of_any_length_is_read_in_passing(self) -> None:
        message = f"litellm.BadRequestError: OpenAIException - no{' ' * 2_000_000}no"
        assert DIALECTS["litellm"].said(message) == f"no{' ' * 2_000_000}no"
        reply = Reply(400, json.dumps({"error": {"message": message}}).encode())
        answer = read(reply, DIALECTS["litellm"].said)
        assert isinstance(answer, Failed)
        assert answer.said == "no"


class TestEndToEnd:
    def test_an_edit_and_its_token_arrive(self) -> None:
        with served(FakeOpenAI()) as fake:
            bench = Bench("openai", cells.OPENAI.model, fake.base_url)
            ended = bench.finish(bench.admit("more boats", images=["https://a.example/1.png"]))
            assert ended.status is Status.SUCCEEDED
            (sent,) = fake.arrivals.requests
            assert sent.path == "/v1/images/edits"
            assert sent.headers["authorization"] == f"Bearer {TOKEN}"

    def test_a_server_without_token_is_sent_none(self) -> None:
        with served(FakeOpenAI()) as fake:
            access = VendorAccess(None, fake.base_url, "vllm")
            bench = Bench("openai-compatible", cells.COMPATIBLE.model, fake.base_url, access)
            bench.finish(bench.admit("a boat"))
            (sent,) = fake.arrivals.requests
            assert "authorization" not in sent.headers
