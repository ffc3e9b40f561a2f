"""Reports of vendors: verified, and then nothing but a reason for a worker to look."""

import json
import logging
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from handler.core.generation import Generation, Status
from handler.core.ports import Done, Failed, Running
from handler.core.vendors import Secret
from handler.core.waking import Waking
from handler.web.signatures import StandardWebhook
from tests.doors import HTTP_API, REST_API, HttpAnswer, HttpDoor, HttpKind, unworked
from tests.fakes import PNG
from tests.handler.unreliable import Fault, Outage, UnreliableClient, stores_over
from tests.vendors.server import standard_webhook_headers
from tests.world import Opened, World, manual

pytestmark = pytest.mark.anyio

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - everybody's
BODY = json.dumps({"id": "job-1", "status": "succeeded", "output": ["https://x.example"]}).encode()
CREDITS = 250_000
KINDS = (HttpKind(), HttpKind(HTTP_API), HttpKind(replace(REST_API, base64=True)))


@pytest.fixture
def opened(world: World) -> Opened:
    world.webhooks = {"scripted": StandardWebhook(Secret(SECRET))}
    return world.open_account(CREDITS)


@pytest.fixture
def parked(world: World, opened: Opened) -> Generation:
    """A job that the vendor works on, to be looked at in ten minutes."""
    world.provider.submits = [Running("job-1", 600)]
    generation = world.admit(opened)
    world.queued()
    world.worker.run(generation.id, "run-1")
    assert world.queued() == []
    return world.generation(generation.id)


@pytest.fixture(params=KINDS, ids=str)
async def http(
    request: pytest.FixtureRequest, world: World, opened: Opened
) -> AsyncIterator[HttpDoor]:
    kind: HttpKind = request.param
    async with kind.open(unworked(world)) as door:
        yield door


async def report(
    http: HttpDoor,
    world: World,
    generation_id: str,
    body: bytes = BODY,
    provider: str = "scripted",
    *,
    late_seconds: int = 0,
    secret: str = SECRET,
) -> HttpAnswer:
    at_seconds = world.clock.now_ms() // 1000 - late_seconds
    headers = standard_webhook_headers(secret, body, at_seconds)
    return await http.send("POST", f"/v1/images/webhooks/{provider}/{generation_id}", headers, body)


class TestVerified:
    async def test_it_brings_the_job_to_a_worker_who_asks_the_vendor(
        self, http: HttpDoor, world: World, parked: Generation
    ) -> None:
        answer = await report(http, world, parked.id)
        assert (answer.status, answer.json()) == (200, {"woken": True})
        assert world.queued() == [parked.id]
        world.provider.polls = [Done([PNG])]
        world.worker.run(parked.id, "run-2")
        assert world.generation(parked.id).status is Status.SUCCEEDED
        assert world.provider.polled == ["job-1"]

    async def test_what_it_says_is_not_believed(
        self, http: HttpDoor, world: World, parked: Generation, opened: Opened
    ) -> None:
        """A report of success, while the vendor says that it failed."""
        await report(http, world, parked.id)
        world.provider.polls = [Failed("no")]
        world.worker.run(parked.id, "run-2")
        assert world.generation(parked.id).status is Status.FAILED
        assert world.account(opened).available_micros == CREDITS

    async def test_twice_and_after_the_end_it_changes_nothing(
        self, http: HttpDoor, world: World, parked: Generation, opened: Opened
    ) -> None:
        world.provider.polls = [Done([PNG])]
        assert (await report(http, world, parked.id)).json() == {"woken": True}
        assert (await report(http, world, parked.id)).json() == {"woken": True}
        for number, generation_id in enumerate(world.queued()):
            world.worker.run(generation_id, f"run-{number + 2}")
        ended = world.generation(parked.id)
        answer = await report(http, world, parked.id)
        assert (answer.status, answer.json()) == (200, {"woken": False})
        assert world.queued() == []
        assert world.generation(parked.id) == ended
        assert world.provider.polled == ["job-1"]
        assert world.account(opened).available_micros == CREDITS - ended.charged_micros

    async def test_before_a_worker_began_there_is_nothing_to_wake(
        self, http: HttpDoor, world: World, opened: Opened
    ) -> None:
        generation = world.admit(opened)
        world.queued()
        assert (await report(http, world, generation.id)).json() == {"woken": False}
        assert world.queued() == []

    @pytest.mark.parametrize(
        "generation_id", ["8a1c6a3e-4b3f-4c57-9d7e-0a4d6f2b9c11", "x", "%00", "a" * 3000]
    )
    async def test_of_what_does_not_exist_nothing_is_told(
        self, http: HttpDoor, world: World, opened: Opened, generation_id: str
    ) -> None:
        answer = await report(http, world, generation_id)
        assert answer.status == (200 if len(generation_id) == 36 else 404)
        assert world.queued() == []

    async def test_one_vendor_cannot_wake_anothers_job(
        self, world: World, parked: Generation
    ) -> None:
        webhooks = {"other": StandardWebhook(Secret(SECRET))}
        async with HttpKind().open(replace(unworked(world), webhooks=webhooks)) as other:
            answer = await report(other, world, parked.id, provider="other")
        assert answer.json() == {"woken": False}
        assert world.queued() == []


class TestRefused:
    @pytest.mark.parametrize("late_seconds", [301, -301, 86_400])
    async def test_an_old_or_early_one(
        self, http: HttpDoor, world: World, parked: Generation, late_seconds: int
    ) -> None:
        answer = await report(http, world, parked.id, late_seconds=late_seconds)
        assert (answer.status, answer.json()["code"]) == (401, "INVALID_SIGNATURE")
        assert world.queued() == []

    async def test_one_by_somebody_else(
        self, http: HttpDoor, world: World, parked: Generation, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        secret = "whsec_" + "QUJD" * 8
        answer = await report(http, world, parked.id, secret=secret)
        assert (answer.status, answer.json()["code"]) == (401, "INVALID_SIGNATURE")
        assert world.queued() == []
        assert SECRET not in caplog.text

    async def test_an_unsigned_one(self, http: HttpDoor, world: World, parked: Generation) -> None:
        path = f"/v1/images/webhooks/scripted/{parked.id}"
        assert (await http.send("POST", path, {}, BODY)).status == 401
        assert world.queued() == []

    async def test_one_whose_body_was_changed(
        self, http: HttpDoor, world: World, parked: Generation
    ) -> None:
        headers = standard_webhook_headers(SECRET, BODY, world.clock.now_ms() // 1000)
        path = f"/v1/images/webhooks/scripted/{parked.id}"
        assert (await http.send("POST", path, headers, BODY + b" ")).status == 401

    async def test_one_of_a_vendor_that_cannot_sign(
        self, http: HttpDoor, world: World, parked: Generation
    ) -> None:
        assert (await report(http, world, parked.id, provider="nobody")).status == 404

    async def test_a_huge_one(self, http: HttpDoor, world: World, parked: Generation) -> None:
        answer = await report(http, world, parked.id, b"x" * (4 * 1024 * 1024 + 1))
        assert answer.status == 413
        assert world.queued() == []

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
    async def test_another_method(self, http: HttpDoor, parked: Generation, method: str) -> None:
        answer = await http.send(method, f"/v1/images/webhooks/scripted/{parked.id}")
        assert (answer.status, answer.headers["allow"]) == (405, "POST")


async def test_the_vendor_is_told_to_come_again_while_the_service_is_unavailable(
    world: World, parked: Generation
) -> None:
    outage = Outage(Fault.REFUSED, frozenset(range(1, 20)))
    stores = stores_over(world, lambda api: UnreliableClient(api, outage))
    services = replace(unworked(world), waking=Waking(stores.generations, stores.queue))
    async with HttpKind().open(services) as http:
        answer = await report(http, world, parked.id)
    assert answer.status == 503
    assert "retry-after" in answer.headers


async def test_a_job_that_a_worker_holds_is_left_to_it(world: World, parked: Generation) -> None:
    """The message finds the lease taken."""
    async with HttpKind().open(unworked(world)) as http:
        manual(world.clock).advance(600)
        held = world.stores.jobs.claim(parked.id, "run-2", world.clock.now_ms())
        assert held is not None
        assert (await report(http, world, parked.id)).json() == {"woken": True}
        world.worker.run(parked.id, "run-3")
    assert world.generation(parked.id).fence == held.fence
    assert world.provider.polled == []
