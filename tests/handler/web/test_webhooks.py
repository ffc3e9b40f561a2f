"""Reports of vendors: verified, and then nothing but a reason for a worker to look."""

import json
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from functools import partial

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from handler.core.generation import Generation, Status
from handler.core.ports import Done, Failed, Running
from handler.core.vendors import Secret
from handler.core.waking import Waking
from handler.web.signatures import FalWebhook, StandardWebhook, Verify
from tests.doors import HTTP_API, REST_API, HttpAnswer, HttpDoor, HttpKind, unworked
from tests.fakes import PNG
from tests.handler.unreliable import Fault, Outage, UnreliableClient, stores_over
from tests.vendors.fal import public_key, webhook_headers
from tests.vendors.server import standard_webhook_headers
from tests.world import Opened, World, manual

pytestmark = pytest.mark.anyio

OTHERS_KEY = Ed25519PrivateKey.generate()
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - everybody's
BODY = json.dumps({"id": "job-1", "status": "succeeded", "output": ["https://x.example"]}).encode()
CREDITS = 250_000
KINDS = (HttpKind(), HttpKind(HTTP_API), HttpKind(replace(REST_API, base64=True)))


@dataclass(frozen=True)
class Scheme:
    """How a vendor signs: from the body and the time to headers."""

    verify: Verify
    signed: Callable[[bytes, int], dict[str, str]]
    forged: Callable[[bytes, int], dict[str, str]]
    """As somebody else signs."""


SCHEMES = {
    "standard": Scheme(
        StandardWebhook(Secret(SECRET)),
        partial(standard_webhook_headers, SECRET),
        partial(standard_webhook_headers, "whsec_" + "QUJD" * 8),
    ),
    "fal": Scheme(
        FalWebhook(Secret(public_key())), webhook_headers, partial(webhook_headers, key=OTHERS_KEY)
    ),
}


@pytest.fixture(params=SCHEMES)
def scheme(request: pytest.FixtureRequest) -> Scheme:
    return SCHEMES[request.param]


@pytest.fixture
def opened(world: World, scheme: Scheme) -> Opened:
    world.webhooks = {"scripted": scheme.verify}
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


@dataclass(frozen=True)
class Reporter:
    """The vendor."""

    http: HttpDoor
    world: World
    scheme: Scheme

    async def __call__(
        self,
        generation_id: str,
        body: bytes = BODY,
        provider: str = "scripted",
        *,
        late_seconds: int = 0,
        is_forged: bool = False,
    ) -> HttpAnswer:
        at_seconds = self.world.clock.now_ms() // 1000 - late_seconds
        headers = (self.scheme.forged if is_forged else self.scheme.signed)(body, at_seconds)
        path = f"/v1/images/webhooks/{provider}/{generation_id}"
        return await self.http.send("POST", path, headers, body)


@pytest.fixture
def report(http: HttpDoor, world: World, scheme: Scheme) -> Reporter:
    return Reporter(http, world, scheme)


class TestVerified:
    async def test_it_brings_the_job_to_a_worker_who_asks_the_vendor(
        self, report: Reporter, world: World, parked: Generation
    ) -> None:
        answer = await report(parked.id)
        assert (answer.status, answer.json()) == (200, {"woken": True})
        assert world.queued() == [parked.id]
        world.provider.polls = [Done([PNG])]
        world.worker.run(parked.id, "run-2")
        assert world.generation(parked.id).status is Status.SUCCEEDED
        assert world.provider.polled == ["job-1"]

    async def test_what_it_says_is_not_believed(
        self, report: Reporter, world: World, parked: Generation, opened: Opened
    ) -> None:
        """A report of success, while the vendor says that it failed."""
        await report(parked.id)
        world.provider.polls = [Failed("no")]
        world.worker.run(parked.id, "run-2")
        assert world.generation(parked.id).status is Status.FAILED
        assert world.account(opened).available_micros == CREDITS

    async def test_twice_and_after_the_end_it_changes_nothing(
        self, report: Reporter, world: World, parked: Generation, opened: Opened
    ) -> None:
        world.provider.polls = [Done([PNG])]
        assert (await report(parked.id)).json() == {"woken": True}
        assert (await report(parked.id)).json() == {"woken": True}
        for number, generation_id in enumerate(world.queued()):
            world.worker.run(generation_id, f"run-{number + 2}")
        ended = world.generation(parked.id)
        answer = await report(parked.id)
        assert (answer.status, answer.json()) == (200, {"woken": False})
        assert world.queued() == []
        assert world.generation(parked.id) == ended
        assert world.provider.polled == ["job-1"]
        assert world.account(opened).available_micros == CREDITS - ended.charged_micros

    async def test_before_a_worker_began_there_is_nothing_to_wake(
        self, report: Reporter, world: World, opened: Opened
    ) -> None:
        generation = world.admit(opened)
        world.queued()
        assert (await report(generation.id)).json() == {"woken": False}
        assert world.queued() == []

    @pytest.mark.parametrize(
        "generation_id", ["8a1c6a3e-4b3f-4c57-9d7e-0a4d6f2b9c11", "x", "%00", "a" * 3000]
    )
    async def test_of_what_does_not_exist_nothing_is_told(
        self, report: Reporter, world: World, opened: Opened, generation_id: str
    ) -> None:
        answer = await report(generation_id)
        assert answer.status == (200 if len(generation_id) == 36 else 404)
        assert world.queued() == []

    async def test_one_vendor_cannot_wake_anothers_job(
        self, world: World, parked: Generation, scheme: Scheme
    ) -> None:
        webhooks = {"other": scheme.verify}
        async with HttpKind().open(replace(unworked(world), webhooks=webhooks)) as other:
            answer = await Reporter(other, world, scheme)(parked.id, provider="other")
        assert answer.json() == {"woken": False}
        assert world.queued() == []


class TestRefused:
    @pytest.mark.parametrize("late_seconds", [301, -301, 86_400])
    async def test_an_old_or_early_one(
        self, report: Reporter, world: World, parked: Generation, late_seconds: int
    ) -> None:
        answer = await report(parked.id, late_seconds=late_seconds)
        assert (answer.status, answer.json()["code"]) == (401, "INVALID_SIGNATURE")
        assert world.queued() == []

    async def test_one_by_somebody_else(
        self, report: Reporter, world: World, parked: Generation, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        answer = await report(parked.id, is_forged=True)
        assert (answer.status, answer.json()["code"]) == (401, "INVALID_SIGNATURE")
        assert world.queued() == []
        assert SECRET not in caplog.text

    async def test_an_unsigned_one(self, http: HttpDoor, world: World, parked: Generation) -> None:
        path = f"/v1/images/webhooks/scripted/{parked.id}"
        assert (await http.send("POST", path, {}, BODY)).status == 401
        assert world.queued() == []

    async def test_one_whose_body_was_changed(
        self, http: HttpDoor, world: World, parked: Generation, scheme: Scheme
    ) -> None:
        headers = scheme.signed(BODY, world.clock.now_ms() // 1000)
        path = f"/v1/images/webhooks/scripted/{parked.id}"
        assert (await http.send("POST", path, headers, BODY + b" ")).status == 401

    async def test_one_of_a_vendor_that_cannot_sign(
        self, report: Reporter, world: World, parked: Generation
    ) -> None:
        assert (await report(parked.id, provider="nobody")).status == 404

    async def test_a_huge_one(self, report: Reporter, world: World, parked: Generation) -> None:
        answer = await report(parked.id, b"x" * (4 * 1024 * 1024 + 1))
        assert answer.status == 413
        assert world.queued() == []

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
    async def test_another_method(self, http: HttpDoor, parked: Generation, method: str) -> None:
        answer = await http.send(method, f"/v1/images/webhooks/scripted/{parked.id}")
        assert (answer.status, answer.headers["allow"]) == (405, "POST")


async def test_the_vendor_is_told_to_come_again_while_the_service_is_unavailable(
    world: World, parked: Generation, scheme: Scheme
) -> None:
    outage = Outage(Fault.REFUSED, frozenset(range(1, 20)))
    stores = stores_over(world, lambda api: UnreliableClient(api, outage))
    services = replace(unworked(world), waking=Waking(stores.generations, stores.queue))
    async with HttpKind().open(services) as http:
        answer = await Reporter(http, world, scheme)(parked.id)
    assert answer.status == 503
    assert "retry-after" in answer.headers


async def test_a_job_that_a_worker_holds_is_left_to_it(
    world: World, parked: Generation, scheme: Scheme
) -> None:
    """Its report may be sent again and again for as long as its signature is valid."""
    async with HttpKind().open(unworked(world)) as http:
        manual(world.clock).advance(600)
        held = world.stores.jobs.claim(parked.id, "run-2", world.clock.now_ms())
        assert held is not None
        report = Reporter(http, world, scheme)
        for _ in range(3):
            assert (await report(parked.id)).json() == {"woken": True}
        assert world.queued() == []
        assert world.generation(parked.id) == held
        # It died: whoever comes now may look.
        manual(world.clock).now = held.lease_until_ms
        assert (await report(parked.id)).json() == {"woken": True}
        assert world.queued() == [parked.id]
