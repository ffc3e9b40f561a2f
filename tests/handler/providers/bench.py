"""The whole system in memory, with one vendor's adapter and its fake instead of the painter.

Every write is checked by the simulation's books, and so is what is left at the end. Time stands
still: a pause costs nothing.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from handler.catalogue.load import parse_model
from handler.core.generation import Generation, Status
from handler.core.models import Model
from handler.core.ports import Job, Outcome, Provider
from handler.core.timing import Timing
from handler.core.vendors import Secret, VendorAccess
from handler.providers.calls import new_client
from handler.providers.registry import build_providers
from handler.providers.setup import Setup
from tests.simulation.ending import go_on, require_closed_books
from tests.simulation.faults import Effect
from tests.simulation.people import Holder, People
from tests.simulation.system import Services, System, build
from tests.vendors.server import TOKEN

CREDITS_MICROS = 10_000_000
QUICK = Timing(worker_ms=6_000, lease_ms=7_000, dispatch_grace_ms=1_000)
"""A vendor that says nothing for three seconds has lost the answer."""


@dataclass
class Watched:
    """A provider, with the books told of each submission before it is made (I9)."""

    provider: Provider
    services: Services

    @property
    def repeats_safely(self) -> bool:
        return self.provider.repeats_safely

    def submit(self, job: Job) -> Outcome:
        self.services.books.posting(job.generation_id)
        return self.provider.submit(job)

    def poll(self, job: Job, ref: str) -> Outcome:
        return self.provider.poll(job, ref)

    def cancel(self, job: Job, ref: str) -> None:
        self.provider.cancel(job, ref)


@dataclass
class Bench:
    """One vendor."""

    provider: str
    model_document: Mapping[str, Any]
    base_url: str
    access: VendorAccess | None = None
    """None: the tests' token, and `base_url`."""
    public_url: str | None = None
    timing: Timing = QUICK
    adapter: Callable[[Setup], Provider] | None = None
    """None: the registry's."""

    @cached_property
    def model(self) -> Model:
        return parse_model("test/model", dict(self.model_document))

    @cached_property
    def system(self) -> System:
        services = Services.new(_never, _never)
        plain = build(services, random.Random(1))  # noqa: S311 - it spreads retries
        models = {self.model.id: self.model}
        return replace(
            plain,
            admissions=replace(plain.admissions, models=lambda: models),
            worker=replace(
                plain.worker,
                providers={self.provider: Watched(self._provider(services), services)},
            ),
        )

    def _provider(self, services: Services) -> Provider:
        access = self.access or VendorAccess(Secret(TOKEN), self.base_url)
        if self.adapter is None:
            public_urls = {} if self.public_url is None else {self.provider: self.public_url}
            vendors = {self.provider: access}
            built = build_providers(vendors, services.clock, self.timing, public_urls)
            return built[self.provider]
        seconds = self.timing.answer_ms / 1000
        return self.adapter(Setup(self.provider, access, services.clock, new_client(), seconds))

    @cached_property
    def holder(self) -> Holder:
        holder = People(self.system).open_account(CREDITS_MICROS)
        assert holder is not None
        return holder

    def admit(self, prompt: str, **more: Any) -> Generation:
        """Pay for a generation."""
        arguments = {"prompt": prompt, **more}
        return self.system.admissions.admit(self.holder.account_id, self.model.id, arguments, None)

    def run_once(self, generation: Generation) -> Generation:
        """One run of a worker."""
        self.system.worker.run(generation.id, "run")
        return self.generation(generation.id)

    def finish(self, generation: Generation) -> Generation:
        """Let everything happen that happens by itself, and look at the books."""
        services = self.system.services
        began_ms = services.clock.now
        while services.books.open_generations():
            go_on(self.system, began_ms, _act)
        require_closed_books(services)
        return self.generation(generation.id)

    def generation(self, generation_id: str) -> Generation:
        found = self.system.worker.generations.get(generation_id)
        assert found is not None
        return found

    def cancel(self, generation: Generation) -> None:
        """As the operator does."""
        assert self.system.cancellation.cancel(generation.id).status is Status.CANCELED

    @property
    def available_micros(self) -> int:
        return self.system.services.books.balances[self.holder.account_id].available

    def stored(self, generation: Generation) -> list[bytes]:
        """The images' bytes, in order."""
        objects = self.system.services.bucket.objects
        return [
            next(
                body
                for key, body in objects.items()
                if key.startswith(f"images/{generation.id}/{position}-{image.sha256}")
            )
            for position, image in enumerate(generation.images, start=1)
        ]


def _act(_: str, effect: Effect) -> None:
    effect()


def _never(job: Job, _: int) -> Outcome:
    raise AssertionError("the vendor is asked, not the studio")
