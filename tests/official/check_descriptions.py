"""Every request of ours and every answer of a fake keeps to the vendor's own OpenAPI description.

Each situation is lived through twice, directly and through Prism, which answers with an error of
its own in place of what breaks the description: so both must end alike. Statuses that a description
does not know pass unchecked.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from starlette.responses import JSONResponse, Response

from handler.core.ports import Job, Running
from handler.core.vendors import Secret, VendorAccess
from handler.providers.calls import AskLater, Calls, new_client
from handler.providers.dialects import OPENAI
from handler.providers.openai import OpenAIVendor
from handler.providers.replicate import ReplicateVendor
from handler.providers.vendor import Answer, Vendor
from infra.operator.doctor.probes import ask_all
from infra.operator.importing.replicate import draft_of
from tests.fakes import ManualClock
from tests.handler.providers.cells.openai import OPENAI as OPENAI_CELLS
from tests.handler.providers.cells.replicate import REPLICATE as REPLICATE_CELLS
from tests.infra.operator.importing.descriptions import replicate_model
from tests.official.prism import checked_by
from tests.vendors.openai import FakeOpenAI
from tests.vendors.replicate import FakeReplicate, Prediction
from tests.vendors.server import TOKEN, Fake, served

WEBHOOK = "https://images.example/v1/images/webhooks/replicate/g-1"
WRONG = "Request/Response not valid"
NO_ANSWERS = {"silent", "broken", "gibberish", "unheard of", "no data", "one null"}
"""What no description allows: that is what these situations are about."""


def situations(cells: Any) -> list[str]:
    return sorted({cell.scenario for cell in cells.cells} - NO_ANSWERS)


@dataclass
class Reached:
    """A fake, directly and through the description."""

    fake: Fake
    checked_url: str

    def calls(self, base_url: str) -> Calls:
        credentials = {"authorization": Secret(f"Bearer {TOKEN}")}
        return Calls(base_url, credentials, new_client(), ManualClock(), answer_seconds=20)


def lived(vendor: Vendor, job: Job) -> list[str]:
    """Every different answer, from the submission to the end, without what differs by chance."""
    answers: list[Answer] = [vendor.submit(job)]
    for _ in range(150):
        last = answers[-1]
        if not isinstance(last, Running):
            break
        try:
            answers.append(vendor.poll(last.ref))
        except AskLater:
            continue
    told = [re.sub(r"p\d+x\d+|127\.0\.0\.1:\d+", "*", repr(answer)) for answer in answers]
    return list(dict.fromkeys(told))


@pytest.fixture(scope="module")
def replicate() -> Iterator[Reached]:
    with served(FakeReplicate()) as fake, checked_by("replicate", fake.base_url) as url:
        yield Reached(fake, url)


@pytest.fixture(scope="module")
def openai() -> Iterator[Reached]:
    with served(FakeOpenAI()) as fake, checked_by("openai", fake.base_url) as url:
        yield Reached(fake, url)


class TestReplicate:
    @pytest.mark.parametrize("scenario", situations(REPLICATE_CELLS))
    @pytest.mark.parametrize(
        ("model", "webhook"),
        [("black-forest-labs/flux-schnell", None), ("acme/paint:" + "5c7d" * 16, WEBHOOK)],
        ids=["official", "community"],
    )
    def test_it_ends_alike(
        self, replicate: Reached, scenario: str, model: str, webhook: str | None
    ) -> None:
        job = Job("g-1", model, {"prompt": f"a boat [{scenario}]", "num_outputs": 2}, 2)
        ends = []
        for base_url in (replicate.fake.base_url, replicate.checked_url):
            replicate.fake.forget()
            calls = replicate.calls(base_url)
            ends.append(lived(ReplicateVendor(calls, lambda _: webhook), job))
        assert ends[0] == ends[1]

    def test_a_cancel_is_understood(self, replicate: Reached) -> None:
        replicate.fake.forget()
        vendor = ReplicateVendor(replicate.calls(replicate.checked_url), lambda _: None)
        running = vendor.submit(Job("g-1", "acme/paint", {"prompt": "[endless]"}, 1))
        assert isinstance(running, Running)
        vendor.cancel(running.ref)
        assert replicate.fake.arrivals.of("POST", "/cancel")

    def test_the_operators_questions_are_answered_alike(self, replicate: Reached) -> None:
        fake = replicate.fake
        assert isinstance(fake, FakeReplicate)
        model_id = "black-forest-labs/flux-schnell"
        fake.models[model_id] = replicate_model(model_id)
        for base_url in (fake.base_url, replicate.checked_url):
            access = VendorAccess(Secret(TOKEN), base_url)
            assert ask_all({"replicate": access}, None)["replicate"].said == "account acme"
            draft = draft_of(model_id, access, 3_000, "2026-11-25")
            assert draft.document["provider_model"] == model_id

    def test_a_wrong_request_is_found(self, replicate: Reached) -> None:
        calls = replicate.calls(replicate.checked_url)
        assert calls.make("/models/acme/paint/predictions", {"inputs": {}}).status == 422
        reply = calls.make("/predictions", {"input": {}, "version": "x", "webhooks": "y"})
        assert reply.status == 422

    def test_a_wrong_answer_is_found(self) -> None:
        with served(Careless()) as fake, checked_by("replicate", fake.base_url) as url:
            calls = Reached(fake, url).calls(url)
            body = {"input": {"prompt": "a boat"}}
            reply = calls.make("/models/acme/paint/predictions", body)
            assert (reply.status, reply.document()["title"]) == (500, WRONG)


class Careless(FakeReplicate):
    """Sends null where the description knows times only."""

    def document(self, prediction: Prediction) -> dict[str, Any]:
        return {**super().document(prediction), "started_at": None}


class TestOpenAI:
    @pytest.mark.parametrize("scenario", situations(OPENAI_CELLS))
    def test_it_ends_alike(self, openai: Reached, scenario: str) -> None:
        given = {"prompt": f"a boat [{scenario}]", "n": 2, "size": "1024x1024", "quality": "low"}
        ends = []
        for base_url in (openai.fake.base_url, openai.checked_url):
            openai.fake.forget()
            vendor = OpenAIVendor(openai.calls(base_url), OPENAI)
            ends.append(lived(vendor, Job("g-1", "gpt-image-2", given, 2)))
        assert ends[0] == ends[1]

    def test_an_edit_is_understood(self, openai: Reached) -> None:
        openai.fake.forget()
        vendor = OpenAIVendor(openai.calls(openai.checked_url), OPENAI)
        given = {"prompt": "a boat", "n": 1, "images": ["https://images.example/1.png"]}
        direct = OpenAIVendor(openai.calls(openai.fake.base_url), OPENAI)
        job = Job("g-1", "gpt-image-2", given, 1)
        assert vendor.submit(job) == direct.submit(job)

    def test_a_wrong_request_is_found(self, openai: Reached) -> None:
        calls = openai.calls(openai.checked_url)
        assert calls.make("/images/generations", {"model": "gpt-image-2", "n": 99}).status == 422

    def test_a_wrong_answer_is_found(self) -> None:
        with served(Forgetful()) as fake, checked_by("openai", fake.base_url) as url:
            calls = Reached(fake, url).calls(url)
            reply = calls.make("/images/generations", {"model": "gpt-image-2", "prompt": "a boat"})
            assert (reply.status, reply.document()["title"]) == (500, WRONG)


class Forgetful(FakeOpenAI):
    """Leaves out the time of creation."""

    async def _made(self, scenario: str, body: dict[str, Any]) -> Response:
        return JSONResponse({"data": []})
