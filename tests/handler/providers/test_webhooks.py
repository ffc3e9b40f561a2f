"""Reports of vendors, from their fakes over HTTP to the real application and worker."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from handler.bootstrap.api import verifiers
from handler.core.generation import Generation, Status
from handler.core.vendors import Secret
from handler.core.waking import Waking
from handler.web.app import build_app
from handler.web.services import ApiServices
from tests.handler.providers.bench import Bench
from tests.handler.providers.cells.cell import VendorCells
from tests.handler.providers.cells.fal import FAL
from tests.handler.providers.cells.replicate import REPLICATE
from tests.simulation.machinery import deliver
from tests.vendors.fal import FakeFal, public_key
from tests.vendors.replicate import WEBHOOK_SECRET, FakeReplicate
from tests.vendors.server import listening, served

SECRETS = {"replicate": Secret(WEBHOOK_SECRET), "fal": Secret(public_key())}
Reporting = FakeReplicate | FakeFal


@dataclass
class Late:
    """An application that is there before the system behind it."""

    app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.app is not None
        await self.app(scope, receive, send)


@dataclass
class Vendor:
    """One that reports, and the system that it can reach."""

    fake: Reporting
    bench: Bench

    def report(self, generation: Generation) -> int:
        """It reports that the job has ended; the status that it is answered with."""
        assert generation.provider_ref is not None
        now_seconds = self.bench.system.services.clock.now // 1000
        return self.fake.report(generation.provider_ref, now_seconds)


@pytest.fixture(params=[REPLICATE, FAL], ids=["replicate", "fal"])
def vendor(request: pytest.FixtureRequest) -> Iterator[Vendor]:
    cells: VendorCells = request.param
    fake = cells.new_fake()
    assert isinstance(fake, Reporting)
    with served(fake), running(cells, fake) as bench:
        yield Vendor(fake, bench)


@contextmanager
def running(cells: VendorCells, fake: Reporting) -> Iterator[Bench]:
    """A system whose vendor can reach it."""
    late = Late()
    with listening(late) as origin:
        bench = Bench(cells.provider, cells.model, fake.base_url, public_url=origin)
        system = bench.system
        services = ApiServices(
            clock=system.services.clock,
            authentication=system.authentication,
            admissions=system.admissions,
            lookup=system.lookup,
            cancellation=system.cancellation,
            waking=Waking(system.worker.generations, system.worker.queue),
            webhooks=verifiers(SECRETS),
            wait_seconds=1,
            allowed_origins=("*",),
            previews=False,
        )
        late.app = build_app(services)
        yield bench


def begun(bench: Bench) -> Generation:
    """A job that the vendor still works on after a minute."""
    generation = bench.admit("a boat [endless]")
    bench.system.services.queue.messages.clear()
    return bench.run_once(generation)


def work_on_messages(bench: Bench) -> int:
    """Deliver what can be received now; how many that was."""
    messages = bench.system.services.queue.visible()
    for message in messages:
        deliver(bench.system, message)
    return len(messages)


def test_a_report_ends_a_long_wait(vendor: Vendor) -> None:
    bench = vendor.bench
    generation = begun(bench)
    assert work_on_messages(bench) == 0, "it is parked"
    assert vendor.report(generation) == 200
    assert work_on_messages(bench) == 1
    assert bench.generation(generation.id).status is Status.SUCCEEDED
    price_micros = bench.model.amount_micros(bench.model.validated({"prompt": "a boat"}))
    assert bench.finish(generation).charged_micros == price_micros


def test_many_reports_are_as_good_as_one(vendor: Vendor) -> None:
    bench = vendor.bench
    generation = begun(bench)
    for _ in range(3):
        assert vendor.report(generation) == 200
    assert work_on_messages(bench) == 3
    ended = bench.finish(generation)
    assert ended.status is Status.SUCCEEDED
    assert vendor.report(generation) == 200
    assert work_on_messages(bench) == 0
    assert bench.generation(generation.id) == ended


def test_a_report_after_a_cancel_brings_nothing_back(vendor: Vendor) -> None:
    generation = begun(vendor.bench)
    vendor.bench.cancel(generation)
    assert vendor.report(generation) == 200
    assert vendor.bench.finish(generation).status is Status.CANCELED


class TestAsking:
    def test_replicate_is_given_the_generations_address_in_the_body(self) -> None:
        with served(FakeReplicate()) as fake, running(REPLICATE, fake) as bench:
            generation = begun(bench)
            (created,) = fake.arrivals.of("POST")
            body = json.loads(created.body)
            assert body["webhook"] == (
                f"{bench.public_url}/v1/images/webhooks/replicate/{generation.id}"
            )
            assert body["webhook_events_filter"] == ["completed"]

    def test_fal_is_given_it_in_the_query(self) -> None:
        with served(FakeFal()) as fake, running(FAL, fake) as bench:
            generation = begun(bench)
            (job,) = fake.jobs.values()
            assert job.webhook == f"{bench.public_url}/v1/images/webhooks/fal/{generation.id}"
            (submitted,) = fake.arrivals.of("POST")
            assert submitted.path == "/fal-ai/flux/schnell"
            assert "webhook" not in submitted.body.decode()

    def test_without_an_address_of_ours_replicate_is_asked_for_none(self) -> None:
        with served(FakeReplicate()) as fake:
            begun(Bench("replicate", REPLICATE.model, fake.base_url))
            (created,) = fake.arrivals.of("POST")
            assert set(json.loads(created.body)) == {"input"}

    def test_without_an_address_of_ours_fal_is_asked_for_none(self) -> None:
        with served(FakeFal()) as fake:
            begun(Bench("fal", FAL.model, fake.base_url))
            assert [job.webhook for job in fake.jobs.values()] == [None]
