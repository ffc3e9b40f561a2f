"""The adapter of fal: what it sends, which URLs it follows, and what it reads."""

import json
from typing import Any

import pytest

from handler.core.failures import FailureKind as Kind
from handler.core.generation import Status
from handler.core.ports import Failed, Running
from handler.providers.calls import AskLater, Reply
from handler.providers.fal import read_end, read_result, read_submission
from handler.providers.vendor import Ready
from tests.handler.providers.bench import Bench
from tests.handler.providers.cells.fal import FAL
from tests.vendors.fal import FakeFal
from tests.vendors.server import TOKEN, served


def reply(document: Any, status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, json.dumps(document).encode(), named)


class TestEndToEnd:
    def test_what_is_sent(self) -> None:
        with served(FakeFal()) as fake:
            bench = Bench("fal", FAL.model, fake.base_url)
            ended = bench.finish(bench.admit("a boat", image_url="https://a.example/1.png"))
            assert ended.status is Status.SUCCEEDED
            (sent,) = fake.arrivals.of("POST")
            assert sent.path == "/fal-ai/flux/schnell"
            assert json.loads(sent.body) == {
                "prompt": "a boat",
                "num_images": 1,
                "image_url": "https://a.example/1.png",
            }
            assert sent.headers["x-fal-request-timeout"] == "600"
            lifecycle = json.loads(sent.headers["x-fal-object-lifecycle-preference"])
            assert lifecycle == {"expiration_duration_seconds": 3600}

    def test_only_the_queue_sees_the_token(self) -> None:
        with served(FakeFal()) as fake:
            bench = Bench("fal", FAL.model, fake.base_url)
            bench.finish(bench.admit("a boat"))
            for request in fake.arrivals.requests:
                seen = request.headers.get("authorization")
                assert seen == (None if request.path.startswith("/files/") else f"Key {TOKEN}")

    def test_where_it_is_asked_after_is_what_the_queue_said(self) -> None:
        with served(FakeFal()) as fake:
            bench = Bench("fal", FAL.model, fake.base_url)
            bench.finish(bench.admit("a boat"))
            paths = {request.path for request in fake.arrivals.of("GET")}
            (request_id,) = fake.jobs
            assert f"/fal-ai/flux/requests/{request_id}/status" in paths
            assert f"/fal-ai/flux/requests/{request_id}" in paths

    def test_a_request_that_was_led_astray_is_never_asked_after(self) -> None:
        with served(FakeFal()) as fake:
            bench = Bench("fal", FAL.model, fake.base_url)
            bench.finish(bench.admit("a boat [led astray]"))
            assert fake.arrivals.of("GET") == []

    def test_a_cancel_arrives(self) -> None:
        with served(FakeFal()) as fake:
            bench = Bench("fal", FAL.model, fake.base_url)
            running = bench.run_once(bench.admit("a boat [endless]"))
            assert running.status is Status.PROCESSING
            bench.cancel(running)
            bench.run_once(running)
            assert len(fake.arrivals.of("PUT", "/cancel")) == 1
            assert [job.is_canceled for job in fake.jobs.values()] == [True]


class TestReading:
    @pytest.mark.parametrize(
        "document",
        [
            {},
            {"status_url": "https://a"},
            {"status_url": "https://a", "response_url": "https://b", "cancel_url": None},
            {"status_url": "https://a", "response_url": "https://b c", "cancel_url": "https://d"},
            {"status_url": "https://a", "response_url": "", "cancel_url": "https://d"},
        ],
    )
    def test_a_request_without_all_its_urls_may_have_begun(self, document: Any) -> None:
        answer = read_submission(reply(document))
        assert isinstance(answer, Failed)
        assert (answer.kind, answer.retryable) == (Kind.UNKNOWN_OUTCOME, False)

    def test_its_urls_are_its_reference(self) -> None:
        urls = {"status_url": "https://a", "response_url": "https://b", "cancel_url": "https://c"}
        answer = read_submission(reply(urls))
        assert isinstance(answer, Running)
        assert answer.ref == "https://a https://b https://c"

    @pytest.mark.parametrize(
        ("document", "urls"),
        [
            ({"images": [{"url": "a"}, {"url": "b"}]}, ["a", "b"]),
            ({"images": [{"url": "a"}, None, {"url": ""}, {}]}, ["a"]),
            ({"images": ["a"]}, ["a"]),
            ({"image": {"url": "a"}}, ["a"]),
            ({"image": {"url": "a"}, "has_nsfw_concepts": False}, ["a"]),
            ({"images": [{"url": "a"}], "has_nsfw_concepts": []}, ["a"]),
            ({"images": [{"url": "a"}], "has_nsfw_concepts": [False, True]}, ["a"]),
            ({"images": [{"url": "a"}, {"url": "b"}], "has_nsfw_concepts": [True]}, ["b"]),
        ],
    )
    def test_every_shape_of_result(self, document: Any, urls: list[str]) -> None:
        assert read_result(reply(document)) == Ready(urls)

    @pytest.mark.parametrize(
        ("document", "kind"),
        [
            ({"images": {"url": "a"}}, Kind.NO_OUTPUT),
            ({"video": {"url": "a"}}, Kind.NO_OUTPUT),
            ({"image": {"url": "a"}, "has_nsfw_concepts": True}, Kind.CONTENT_FILTER),
            ([], Kind.UNKNOWN_OUTCOME),
        ],
    )
    def test_a_result_without_images(self, document: Any, kind: Kind) -> None:
        answer = read_result(reply(document))
        assert isinstance(answer, Failed)
        assert answer.kind is kind

    @pytest.mark.parametrize("status", [500, 502, 503, 504])
    def test_what_stands_before_the_queue_does_not_end_a_request(self, status: int) -> None:
        with pytest.raises(AskLater):
            read_result(Reply(status, b"<html>nginx</html>"))

    @pytest.mark.parametrize(
        ("status", "result", "kind", "retryable"),
        [
            ("runner_disconnected", Reply(404), Kind.PROVIDER_ERROR, True),
            ("runner_disconnected", Reply(200, b"{}"), Kind.PROVIDER_ERROR, True),
            ("startup_timeout", Reply(200, b'{"images": []}'), Kind.TIMEOUT, True),
            ("content_policy_violation", Reply(200, b"{}"), Kind.CONTENT_FILTER, False),
            # Where the result says why, it knows best.
            ("internal_error", Reply(422, b'{"detail": "no"}'), Kind.INVALID_INPUT, False),
            ("something_new", Reply(404), Kind.VANISHED_OUTPUT, False),
            (None, Reply(404), Kind.VANISHED_OUTPUT, False),
        ],
    )
    def test_a_status_says_why_where_the_result_does_not(
        self, status: str | None, result: Reply, kind: Kind, retryable: bool
    ) -> None:
        told = {"status": "COMPLETED", "error": "it broke", "error_type": status}
        answer = read_end(Reply(200, json.dumps(told).encode()), read_result(result))
        assert isinstance(answer, Failed)
        assert (answer.kind, answer.retryable) == (kind, retryable)

    def test_images_are_images_whatever_the_status_says(self) -> None:
        ready = Ready(["https://a"])
        told = {"status": "COMPLETED", "error": "it broke", "error_type": "internal_error"}
        assert read_end(Reply(200, json.dumps(told).encode()), ready) == ready

    def test_what_a_submission_says_is_not_repeated_unless_nothing_was_begun(self) -> None:
        error = {"detail": "Internal", "error_type": "internal_error"}
        at_submission, at_the_end = (
            read_submission(reply(error, 500)),
            read_result(reply(error, 500)),
        )
        assert isinstance(at_submission, Failed)
        assert isinstance(at_the_end, Failed)
        assert (at_submission.retryable, at_the_end.retryable) == (False, True)

    @pytest.mark.parametrize("status", [429, 503])
    def test_a_result_that_is_not_told_now_may_be_there_all_the_same(self, status: int) -> None:
        """Nothing is certain of what has no type: it is not submitted again."""
        answer = read_result(reply({"detail": "Service unavailable"}, status))
        assert isinstance(answer, Failed)
        assert not answer.retryable

    def test_the_platform_may_forbid_a_repetition(self) -> None:
        error = {"detail": [{"type": "internal_server_error", "msg": "broke"}]}
        answer = read_result(reply(error, 500, x_fal_retryable="False"))
        assert isinstance(answer, Failed)
        assert not answer.retryable
