"""The adapter of Black Forest Labs: which hosts it follows, what it sends and reads."""

import json
from typing import Any

import httpx2
import pytest

from handler.core.failures import FailureKind as Kind
from handler.core.generation import Status
from handler.core.ports import Failed, Job, Running
from handler.core.vendors import Secret
from handler.providers.bfl import (
    BASE_URL,
    HOSTS,
    BflVendor,
    read_state,
    read_submission,
    request_body,
)
from handler.providers.calls import Calls, Reply
from handler.providers.fetch.urls import matches
from handler.providers.vendor import Answer, Ready
from tests.fakes import ManualClock
from tests.handler.providers.bench import Bench
from tests.handler.providers.cells.bfl import BFL
from tests.vendors.bfl import FakeBfl
from tests.vendors.server import TOKEN, served

JOB = Job("g-1", "flux-2-pro", {"prompt": "a boat"}, 1)
SAMPLE = "https://delivery-eu1.bfl.ai/results/1/sample.jpeg"


class Regions:
    """BFL as a whole: the submission names where to ask; every host answers that it is ready."""

    def __init__(self, polling_url: str) -> None:
        self.polling_url = polling_url
        self.seen: list[httpx2.Request] = []

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        self.seen.append(request)
        if request.method == "POST":
            return httpx2.Response(200, json={"id": "1", "polling_url": self.polling_url})
        return httpx2.Response(200, json={"status": "Ready", "result": {"sample": SAMPLE}})

    def vendor(self) -> BflVendor:
        client = httpx2.Client(transport=httpx2.MockTransport(self.answer))
        credentials = {"x-key": Secret(TOKEN)}
        return BflVendor(Calls(BASE_URL, credentials, client, ManualClock(), 5))

    def lived(self) -> Answer:
        vendor = self.vendor()
        answer = vendor.submit(JOB)
        return vendor.poll(answer.ref) if isinstance(answer, Running) else answer


class TestRegions:
    @pytest.mark.parametrize(
        "url",
        [
            "https://api.bfl.ai/v1/get_result?id=1",
            "https://api.eu1.bfl.ai/v1/get_result?id=1",
            "https://api.us.bfl.ai/v1/get_result?id=1",
            "https://api.us4.bfl.ai:443/v1/get_result?id=1",
        ],
    )
    def test_its_own_hosts_are_asked_with_the_key(self, url: str) -> None:
        regions = Regions(url)
        assert regions.lived() == Ready([SAMPLE])
        asked = regions.seen[-1]
        assert str(asked.url) == url.replace(":443", "")
        assert asked.headers["x-key"] == TOKEN

    @pytest.mark.parametrize(
        "url",
        [
            "http://api.eu1.bfl.ai/v1/get_result?id=1",
            "https://api.eu1.bfl.ai:8443/v1/get_result?id=1",
            "https://api.bfl.ai.example.com/v1/get_result?id=1",
            "https://bfl.ai/v1/get_result?id=1",
            "https://evilbfl.ai/v1/get_result?id=1",
            "https://api.bfl.ai@evil.example/v1/get_result?id=1",
            "https://evil.example/?.bfl.ai",
            "https://evil.example/#.bfl.ai",
            "https://evil.example\\.bfl.ai/v1/get_result?id=1",
            "https://169.254.169.254/latest/meta-data",
            "//api.eu1.bfl.ai/v1/get_result?id=1",
            "/v1/get_result?id=1",
            "",
            None,
            7,
        ],
    )
    def test_nobody_else_is_asked_nor_sees_the_key(self, url: Any) -> None:
        regions = Regions(url)
        answer = regions.lived()
        assert isinstance(answer, Failed)
        assert (answer.kind, answer.retryable) == (Kind.UNKNOWN_OUTCOME, False)
        assert [request.method for request in regions.seen] == ["POST"]

    def test_a_job_of_a_former_configuration_is_given_up(self) -> None:
        answer = Regions("").vendor().poll("http://127.0.0.1:4000/v1/get_result?id=1 0")
        assert isinstance(answer, Failed)
        assert answer.kind is Kind.VANISHED_OUTPUT


class TestRequest:
    def test_references_go_as_they_are_taken(self) -> None:
        given = {
            "prompt": "data:not an image, but a prompt",
            "input_image": "data:image/png;base64,AAAA",
            "image_prompt": "data:image/png;base64,BBBB",
            "input_image_2": "https://pictures.example.com/1.png",
            "width": 1024,
        }
        body = request_body(Job("g-1", "flux-2-pro", given, 1))
        assert body == {**given, "input_image": "AAAA", "image_prompt": "BBBB"}

    def test_what_is_sent(self) -> None:
        with served(FakeBfl()) as fake:
            bench = Bench("bfl", BFL.model, fake.base_url)
            ended = bench.finish(bench.admit("a boat", width=1024))
            assert ended.status is Status.SUCCEEDED
            (sent,) = fake.arrivals.of("POST")
            assert sent.path == "/v1/flux-2-pro"
            assert sent.headers["x-key"] == TOKEN
            assert json.loads(sent.body) == {"prompt": "a boat", "width": 1024}
            (fetched,) = fake.arrivals.of("GET", "/sample.jpeg")
            assert "x-key" not in fetched.headers

    def test_it_cannot_be_stopped_and_ends_all_the_same(self) -> None:
        with served(FakeBfl()) as fake:
            bench = Bench("bfl", BFL.model, fake.base_url)
            generation = bench.run_once(bench.admit("a boat [endless]"))
            bench.cancel(generation)
            asked = len(fake.arrivals.requests)
            bench.run_once(generation)
            assert len(fake.arrivals.requests) == asked
            assert bench.finish(generation).status is Status.CANCELED


class TestReading:
    @pytest.mark.parametrize(
        "host",
        [
            "delivery-eu1.bfl.ai",
            "bfldeliveryprod.blob.core.windows.net",
            "bfldeliverysc.blob.core.windows.net",
            "bfldeliveryscus.blob.core.windows.net",
        ],
    )
    def test_its_images_may_be_wherever_they_were_seen(self, host: str) -> None:
        assert matches(host, HOSTS)

    @pytest.mark.parametrize("host", ["blob.core.windows.net", "x.blob.core.windows.net", "bfl.ai"])
    def test_and_nowhere_else(self, host: str) -> None:
        assert not matches(host, HOSTS)

    def test_its_url_and_time_are_its_reference(self) -> None:
        answer = read_submission(Reply(200, b'{"polling_url": "https://a"}', at_ms=17))
        assert isinstance(answer, Running)
        assert answer.ref == "https://a 17"

    @pytest.mark.parametrize(("seconds", "is_running"), [(0, True), (9.9, True), (10, False)])
    def test_a_region_may_not_know_it_yet(self, seconds: float, is_running: bool) -> None:
        reply = Reply(200, b'{"status": "Task not found"}', at_ms=1000 + int(seconds * 1000))
        answer = read_state(reply, "https://a 1000")
        assert isinstance(answer, Running if is_running else Failed)

    def test_why_it_was_withheld_is_for_the_log(self) -> None:
        details = {"Moderation Reasons": ["Derivative Works Filter"]}
        body = json.dumps({"status": "Request Moderated", "details": details}).encode()
        answer = read_state(Reply(200, body), "https://a 0")
        assert isinstance(answer, Failed)
        assert "Derivative Works Filter" in answer.said
        assert "Derivative Works Filter" not in answer.reason

    @pytest.mark.parametrize("result", [None, {}, {"sample": None}, {"sample": ""}, "sample", []])
    def test_ready_without_an_image(self, result: Any) -> None:
        body = json.dumps({"status": "Ready", "result": result}).encode()
        answer = read_state(Reply(200, body), "https://a 0")
        assert isinstance(answer, Failed)
        assert answer.kind is Kind.NO_OUTPUT
