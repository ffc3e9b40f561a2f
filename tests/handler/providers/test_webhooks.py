"""Reports of vendors, from their fakes over HTTP to the real application and worker."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send

from handler.bootstrap.api import verifiers
from handler.core.generation import Generation, Status
from handler.core.vendors import Secret
from handler.core.waking import Waking
from handler.web.app import build_app
from handler.web.services import ApiServices
from tests.handler.providers.bench import Bench
from tests.handler.providers.cells.replicate import REPLICATE
from tests.simulation.machinery import deliver
from tests.vendors.replicate import WEBHOOK_SECRET, FakeReplicate
from tests.vendors.server import Fake, listening, served

SECRETS = {"replicate": Secret(WEBHOOK_SECRET)}


@dataclass
class Late:
    """An application that is there before the system behind it."""

    app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.app is not None
        await self.app(scope, receive, send)


@contextmanager
def running(fake: Fake) -> Iterator[Bench]:
    """A system whose vendor can reach it."""
    late = Late()
    with listening(late) as origin:
        bench = Bench("replicate", REPLICATE.model, fake.base_url, public_url=origin)
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


def report(fake: FakeReplicate, bench: Bench, generation: Generation) -> int:
    """The vendor reports that the job has ended; the status that it is answered with."""
    assert generation.provider_ref is not None
    return fake.report(generation.provider_ref, bench.system.services.clock.now // 1000)


def work_on_messages(bench: Bench) -> int:
    """Deliver what can be received now; how many that was."""
    messages = bench.system.services.queue.visible()
    for message in messages:
        deliver(bench.system, message)
    return len(messages)


class TestReplicate:
    def test_a_report_ends_a_long_wait(self) -> None:
        with served(FakeReplicate()) as fake, running(fake) as bench:
            generation = begun(bench)
            assert work_on_messages(bench) == 0, "it is parked"
            assert report(fake, bench, generation) == 200
            assert work_on_messages(bench) == 1
            assert bench.generation(generation.id).status is Status.SUCCEEDED
            assert bench.finish(generation).charged_micros == 3_000

    def test_it_is_asked_for_with_the_generation_in_its_address(self) -> None:
        with served(FakeReplicate()) as fake, running(fake) as bench:
            generation = begun(bench)
            (created,) = fake.arrivals.of("POST")
            body = json.loads(created.body)
            assert body["webhook"] == (
                f"{bench.public_url}/v1/images/webhooks/replicate/{generation.id}"
            )
            assert body["webhook_events_filter"] == ["completed"]

    def test_without_an_address_of_ours_none_is_asked_for(self) -> None:
        with served(FakeReplicate()) as fake:
            bench = Bench("replicate", REPLICATE.model, fake.base_url)
            begun(bench)
            (created,) = fake.arrivals.of("POST")
            assert set(json.loads(created.body)) == {"input"}

    def test_many_reports_are_as_good_as_one(self) -> None:
        with served(FakeReplicate()) as fake, running(fake) as bench:
            generation = begun(bench)
            for _ in range(3):
                assert report(fake, bench, generation) == 200
            assert work_on_messages(bench) == 3
            ended = bench.finish(generation)
            assert ended.status is Status.SUCCEEDED
            assert report(fake, bench, generation) == 200
            assert work_on_messages(bench) == 0
            assert bench.generation(generation.id) == ended

    def test_a_report_after_a_cancel_brings_nothing_back(self) -> None:
        with served(FakeReplicate()) as fake, running(fake) as bench:
            generation = begun(bench)
            bench.cancel(generation)
            assert report(fake, bench, generation) == 200
            assert bench.finish(generation).status is Status.CANCELED
