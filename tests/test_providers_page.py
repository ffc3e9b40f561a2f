"""docs/providers.md: its tables are those of the code, and its adapter works."""

import types
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from handler.core.failures import FailureKind as Kind
from handler.core.generation import Generation, Status
from handler.providers.failing import failed
from handler.settings import COMPATIBLE_SERVERS, PROVIDER_NAMES, SWITCHES, TOKENS, WEBHOOK_SECRETS
from infra.template import Template
from tests.handler.providers.bench import Bench
from tests.handler.providers.cells.replicate import REPLICATE
from tests.markdown import blocks
from tests.providers_page import NAMES, PAGE, renewed
from tests.vendors.server import TOKEN, Fake, picture, scenario_of, served

MOST_LINES = 80
TEXT = PAGE.read_text(encoding="utf-8")


def test_its_tables_are_those_of_the_code() -> None:
    assert renewed(TEXT) == TEXT, "python -m tests.providers_page renews them"


def test_every_vendor_is_there_with_what_turns_it_on(template: Template) -> None:
    assert set(PROVIDER_NAMES) == {*NAMES, "sketch"}
    for variable in [*TOKENS.values(), SWITCHES["bedrock"], *WEBHOOK_SECRETS.values()]:
        assert f"`{variable}" in TEXT
    parameters = template.document["Parameters"]
    tokens = {name for name in parameters if name.endswith(("Token", "ApiKey", "Secret", "Keys"))}
    assert {name for name in tokens if f"`{name}`" in TEXT} == tokens


def test_every_kind_of_server_is_there() -> None:
    assert [name for name in COMPATIBLE_SERVERS if f"| `{name}`" not in TEXT] == []


class FakeExample(Fake):
    """What the page's adapter is written for."""

    base_path = "/v1"

    def __init__(self) -> None:
        super().__init__()
        self.jobs: dict[str, dict[str, Any]] = {}

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v1/jobs", self.create, methods=["POST"]),
                Route("/v1/jobs/{id}", self.get),
                Route("/v1/jobs/{id}", self.delete, methods=["DELETE"]),
                Route("/files/{number}", self.file),
            ]
        )

    async def create(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return JSONResponse({"detail": "who are you?"}, 401)
        job = await request.json()
        scenario = scenario_of(job["prompt"])
        if scenario == "invalid":
            return JSONResponse({"detail": "no such size"}, 422)
        if scenario == "busy once" and self.count("busy") == 1:
            return JSONResponse({"detail": "busy"}, 429, headers={"retry-after": "2"})
        if scenario == "gibberish":
            return Response("ok")
        ref = f"j-{self.count('job')}"
        self.jobs[ref] = {**job, "scenario": scenario}
        return JSONResponse({"id": ref, "state": "queued"}, 202)

    async def get(self, request: Request) -> Response:
        ref = request.path_params["id"]
        job = self.jobs[ref]
        if job["scenario"] == "gone":
            return JSONResponse({"detail": "no such job"}, 404)
        if job["scenario"] == "endless" or self.count(ref) == 1:
            return JSONResponse({"id": ref, "state": "running"})
        if job["scenario"] in ("blocked", "broke"):
            return JSONResponse({"id": ref, "state": "failed", "reason": job["scenario"]})
        count = 0 if job["scenario"] == "nothing" else job["num_outputs"]
        urls = [self.url(f"/files/{number}") for number in range(count)]
        return JSONResponse({"id": ref, "state": "done", "urls": urls})

    async def delete(self, request: Request) -> Response:
        self.count("canceled")
        return Response(status_code=204)

    async def file(self, request: Request) -> Response:
        return Response(picture(int(request.path_params["number"])))


@pytest.fixture(scope="module")
def adapter() -> types.ModuleType:
    (text,) = blocks(PAGE, "python")
    assert len(text.splitlines()) < MOST_LINES
    module = types.ModuleType("handler.providers.example")
    exec(compile(text, str(PAGE), "exec"), module.__dict__)  # noqa: S102 - the page is ours
    return module


@pytest.fixture
def fake() -> Iterator[FakeExample]:
    with served(FakeExample()) as fake:
        yield fake


@pytest.fixture
def bench(adapter: types.ModuleType, fake: FakeExample) -> Bench:
    model = {**REPLICATE.model, "provider": "example", "provider_model": "painter-1"}
    return Bench("example", model, fake.base_url, adapter=adapter.build)


def ended(bench: Bench, prompt: str, **more: Any) -> Generation:
    return bench.finish(bench.admit(prompt, **more))


class TestTheAdapter:
    def test_images_arrive_and_are_charged(self, bench: Bench, fake: FakeExample) -> None:
        generation = ended(bench, "a boat", num_outputs=3)
        assert generation.status is Status.SUCCEEDED
        assert len(bench.stored(generation)) == 3
        assert generation.charged_micros == 3 * 3_000
        assert fake.jobs["j-1"]["model"] == "painter-1"

    @pytest.mark.parametrize(
        ("scenario", "kind"),
        [
            ("blocked", Kind.CONTENT_FILTER),
            ("broke", Kind.MODEL_ERROR),
            ("nothing", Kind.NO_OUTPUT),
            ("gone", Kind.VANISHED_OUTPUT),
            ("gibberish", Kind.UNKNOWN_OUTCOME),
        ],
    )
    def test_a_failure_is_told_by_its_kind_and_costs_nothing(
        self, bench: Bench, scenario: str, kind: Kind
    ) -> None:
        generation = ended(bench, f"a boat [{scenario}]")
        assert (generation.error, generation.charged_micros) == (failed(kind).reason, 0)

    def test_what_the_vendor_says_of_an_input_is_passed_on(self, bench: Bench) -> None:
        generation = ended(bench, "a boat [invalid]")
        assert generation.error == failed(Kind.INVALID_INPUT, "no such size").reason

    def test_what_was_not_begun_is_asked_for_again(self, bench: Bench, fake: FakeExample) -> None:
        assert ended(bench, "a boat [busy once]").status is Status.SUCCEEDED
        assert len(fake.arrivals.of("POST")) == 2
        assert len(fake.jobs) == 1

    def test_a_cancel_arrives(self, bench: Bench, fake: FakeExample) -> None:
        running = bench.run_once(bench.admit("a boat [endless]"))
        bench.cancel(running)
        bench.run_once(running)
        assert fake.times["canceled"] == 1
