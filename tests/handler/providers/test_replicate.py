"""Replicate's adapter: what it sends, and what it makes of recorded answers."""

import json
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

from handler.core.failures import FailureKind as Kind
from handler.core.generation import Status
from handler.core.ports import Failed, Job, Running
from handler.providers.calls import Reply
from handler.providers.replicate import creation, read_creation, read_error, read_state
from handler.providers.vendor import Answer, Ready
from tests.handler.providers.bench import Bench
from tests.handler.providers.cells.replicate import REPLICATE
from tests.vendors.replicate import FakeReplicate
from tests.vendors.server import TOKEN, served

RECORDINGS = json.loads(
    (Path(__file__).parent / "recordings" / "replicate.json").read_text(encoding="utf-8")
)["answers"]


def job(model: str = "black-forest-labs/flux-schnell", **more: Any) -> Job:
    return Job("g-1", model, {"prompt": "a boat", **more}, 1)


def read(recorded: dict[str, Any]) -> Answer:
    reply = Reply(recorded["status"], json.dumps(recorded["body"]).encode(), recorded["headers"])
    is_creation = recorded["method"] == "POST" and recorded["path"].endswith("/predictions")
    return read_creation(reply) if is_creation else read_state(reply)


class TestRecordings:
    @pytest.mark.parametrize(
        "recorded",
        [each for each in RECORDINGS if each["body"]["status"] in ("starting", "processing")],
        ids=lambda recorded: recorded["recording"],
    )
    def test_what_has_not_ended_is_asked_for_again_whatever_output_it_has(
        self, recorded: dict[str, Any]
    ) -> None:
        assert read(recorded) == Running(recorded["body"]["id"], 1.0)

    def test_there_are_some_of_each_kind(self) -> None:
        found = [each["body"]["status"] for each in RECORDINGS]
        assert {*found} == {"starting", "processing", "succeeded", "canceled", 401}
        assert len(found) == 10

    @pytest.mark.parametrize(
        "recorded", [each for each in RECORDINGS if each["body"]["status"] == "succeeded"]
    )
    def test_outputs_are_found(self, recorded: dict[str, Any]) -> None:
        url = "https://replicate.delivery/pbxt/9inf36wjsEWuQ6XTf84iezPftv9QZdePfGySnU5tUai3BOrWE/out-0.png"
        assert read(recorded) == Ready([url])

    def test_a_wrong_token_is_the_operators_concern(self) -> None:
        (recorded,) = (each for each in RECORDINGS if each["status"] == 401)
        answer = read(recorded)
        assert isinstance(answer, Failed)
        assert (answer.kind, answer.retryable) == (Kind.PROVIDER_ACCOUNT, False)
        assert answer.said == "You did not pass a valid authentication token"
        assert "token" not in answer.reason

    def test_nulls_and_absences_are_read_alike(self) -> None:
        (recorded,) = (each for each in RECORDINGS if each["body"]["status"] == "canceled")
        answer = read(recorded)
        assert isinstance(answer, Failed)
        assert answer.kind is Kind.TIMEOUT


class TestRequest:
    def test_an_official_model_has_a_path_of_its_own(self) -> None:
        path, body = creation(job(num_outputs=2))
        assert path == "/models/black-forest-labs/flux-schnell/predictions"
        assert body == {"input": {"prompt": "a boat", "num_outputs": 2}}

    @pytest.mark.parametrize("version", ["acme/paint:" + "5c7d" * 16, "5c7d" * 16])
    def test_a_community_model_goes_by_its_version(self, version: str) -> None:
        path, body = creation(job(version))
        assert path == "/predictions"
        assert body == {"version": version, "input": {"prompt": "a boat"}}

    def test_it_is_bounded_and_does_not_wait(self) -> None:
        with served(FakeReplicate()) as fake:
            bench = Bench("replicate", REPLICATE.model, fake.base_url)
            bench.finish(bench.admit("a boat"))
            (created,) = fake.arrivals.of("POST")
            assert created.headers["cancel-after"] == "10m"
            assert "prefer" not in created.headers
            assert created.headers["authorization"] == f"Bearer {TOKEN}"
            # The description asks for the token with files, too.
            assert fake.arrivals.of("GET", ".webp")[0].headers["authorization"].endswith(TOKEN)


class TestReading:
    @pytest.mark.parametrize(
        "document",
        [
            {},
            {"id": "abc"},
            {"id": 7, "status": "starting"},
            {"id": "../account", "status": "starting"},
            {"id": "", "status": "starting"},
            {"id": "abc", "status": None},
        ],
    )
    def test_a_success_that_says_nothing_may_have_begun_something(
        self, document: dict[str, Any]
    ) -> None:
        answer = read_creation(Reply(201, json.dumps(document).encode()))
        assert isinstance(answer, Failed)
        assert (answer.kind, answer.retryable) == (Kind.UNKNOWN_OUTCOME, False)

    @pytest.mark.parametrize(
        ("document", "kind"),
        [
            ({"detail": "Invalid version or not permitted"}, Kind.MODEL_UNAVAILABLE),
            (
                {
                    "detail": "- input.style: not available in this model version",
                    "invalid_fields": [{"field": "input.style"}],
                },
                Kind.INVALID_INPUT,
            ),
        ],
    )
    def test_a_refused_input_is_not_taken_for_a_missing_model(
        self, document: dict[str, Any], kind: Kind
    ) -> None:
        answer = read_creation(Reply(422, json.dumps(document).encode()))
        assert isinstance(answer, Failed)
        assert answer.kind is kind

    @pytest.mark.parametrize(
        ("output", "urls"),
        [
            ("https://a", ["https://a"]),
            (["https://a", None, "", "https://b"], ["https://a", "https://b"]),
            ({"one": "https://a", "more": ["https://b"], "seed": 7}, ["https://a", "https://b"]),
            ("data:image/png;base64,AA", ["data:image/png;base64,AA"]),
            # Deeper than any that was seen is nothing to search through.
            ({"shots": [{"image": {"url": "https://a"}}], "x": [[[["https://b"]]]]}, ["https://a"]),
        ],
    )
    def test_every_shape_of_output_is_read(self, output: Any, urls: list[str]) -> None:
        document = {"id": "abc", "status": "succeeded", "output": output}
        assert read_state(Reply(200, json.dumps(document).encode())) == Ready(urls)

    @pytest.mark.parametrize(
        ("error", "kind", "retryable"),
        [
            ("", Kind.MODEL_ERROR, False),
            ("E1001", Kind.MODEL_ERROR, False),
            ("E1000", Kind.PROVIDER_ERROR, True),
            ("(E9828)", Kind.PROVIDER_ERROR, True),
            ("(E003)", Kind.CAPACITY, True),
            ("(E0035)", Kind.MODEL_ERROR, False),
        ],
    )
    def test_codes_are_whole_words(self, error: str, kind: Kind, retryable: bool) -> None:
        failure = read_error(error)
        assert (failure.kind, failure.retryable) == (kind, retryable)


class TestLongJob:
    def test_a_cold_boot_of_minutes_costs_no_idle_worker_and_one_prediction(self) -> None:
        with served(FakeReplicate()) as fake:
            bench = Bench("replicate", REPLICATE.model, fake.base_url)
            generation = bench.admit("a boat [cold boot]")
            clock = bench.system.services.clock
            asked, began_ms = 0, clock.now
            while bench.run_once(generation).status is Status.PROCESSING:
                looks = len(fake.arrivals.of("GET", "")) - asked
                # While the vendor boots, a run that takes the job up asks once and lets go.
                assert looks <= (1 if asked else 60)
                asked += looks
                clock.sleep(10)
            assert bench.generation(generation.id).status is Status.SUCCEEDED
            assert clock.now - began_ms > 600_000
            assert len(fake.arrivals.of("POST")) == 1


class Renaming(FakeReplicate):
    """Calls what it is asked after something else, until it has ended."""

    async def get(self, request: Request) -> Response:
        answer = await super().get(request)
        renamed = bytes(answer.body).replace(b'"processing"', b'"processing", "id": "another"')
        return Response(renamed, answer.status_code)


def test_what_is_asked_after_keeps_its_name() -> None:
    """A job has one, which is on record; another would not be taken."""
    with served(Renaming()) as fake:
        bench = Bench("replicate", REPLICATE.model, fake.base_url)
        ended = bench.finish(bench.admit("a boat"))
        assert ended.status is Status.SUCCEEDED
        assert (ended.fence, len(fake.arrivals.of("POST"))) == (1, 1)


class TestCancel:
    def test_the_prediction_is_stopped(self) -> None:
        with served(FakeReplicate()) as fake:
            bench = Bench("replicate", REPLICATE.model, fake.base_url)
            generation = bench.run_once(bench.admit("a boat [endless]"))
            assert generation.status is Status.PROCESSING
            bench.cancel(generation)
            # The queue brings it to a worker once more, who alone can reach the vendor.
            bench.system.worker.run(generation.id, "another")
            (canceled,) = fake.arrivals.of("POST", "/cancel")
            assert canceled.path.endswith(f"/{generation.provider_ref}/cancel")
            assert bench.finish(generation).status is Status.CANCELED

    def test_it_ends_as_well_where_the_vendor_does_not_answer(self) -> None:
        with served(FakeReplicate()) as fake:
            bench = Bench("replicate", REPLICATE.model, fake.base_url)
            generation = bench.run_once(bench.admit("a boat [endless]"))
            bench.cancel(generation)
        bench.system.worker.run(generation.id, "another")
        assert bench.finish(generation).status is Status.CANCELED


class TestReferences:
    @pytest.mark.parametrize(
        "image",
        [
            "http://images.example/cat.png",
            "https://127.0.0.1/cat.png",
            "https://169.254.169.254/latest/meta-data/",
            "file:///etc/passwd",
            "data:text/html;base64,AAAA",
            "data:image/png;base64," + "A" * 400_000,
        ],
    )
    def test_what_a_vendor_must_not_be_sent_to_is_refused(self, image: str) -> None:
        with served(FakeReplicate()) as fake:
            bench = Bench("replicate", REPLICATE.model, fake.base_url)
            ended = bench.finish(bench.admit("a boat", image=image))
            assert ended.status is Status.FAILED
            assert ended.error is not None
            assert ended.error.startswith("a reference in image is not accepted: ")
            assert ended.error.endswith("; nothing was charged")
            assert fake.arrivals.requests == []

    @pytest.mark.parametrize(
        "image", ["https://images.example/cat.png", "data:image/png;base64,iVBORw0KGgo="]
    )
    def test_what_is_fine_goes_to_the_vendor(self, image: str) -> None:
        with served(FakeReplicate()) as fake:
            bench = Bench("replicate", REPLICATE.model, fake.base_url)
            ended = bench.finish(bench.admit("see http://localhost/", image=image))
            assert ended.status is Status.SUCCEEDED
            (created,) = fake.arrivals.of("POST")
            assert json.loads(created.body)["input"]["image"] == image
