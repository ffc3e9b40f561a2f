"""The table vendor x situation -> public status, message, charged, retried: a test a cell.

Each runs the real worker over the real adapter and its fake, with the books watched throughout.
"""

import logging
from dataclasses import replace

import pytest

from handler.core.generation import TOO_LATE, Status
from handler.core.vendors import Secret, VendorAccess
from handler.core.work import GAVE_UP
from handler.providers.dialects import DIALECTS
from tests.handler.providers.bench import CREDITS_MICROS, Bench
from tests.handler.providers.cells.cell import Cell, VendorCells
from tests.handler.providers.cells.openai import COMPATIBLE, EVERYWHERE
from tests.handler.providers.cells.table import CELLS, VENDORS
from tests.handler.unreliable import Died, Fault, Outage, UnreliableProvider
from tests.vendors.server import TOKEN, Fake, closed_port


def name_of(value: object) -> str:
    if isinstance(value, VendorCells):
        return value.provider
    assert isinstance(value, Cell)
    more = "".join(f", {name} {given}" for name, given in value.input.items())
    return f"{value.scenario}{more}{', down' if value.is_down else ''}"


@pytest.mark.parametrize(("vendor", "cell"), CELLS, ids=name_of)
def test_cell(
    vendor: VendorCells,
    cell: Cell,
    fakes: dict[str, Fake],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """I1 to I11, whatever the vendor does."""
    fake = fakes[vendor.provider]
    base_url = closed_port() if cell.is_down else fake.base_url
    require(cell, vendor, fake, Bench(vendor.provider, vendor.model, base_url), caplog)


@pytest.mark.parametrize("server", DIALECTS)
@pytest.mark.parametrize("cell", EVERYWHERE, ids=name_of)
def test_cell_of_every_server(
    server: str, cell: Cell, fakes: dict[str, Fake], caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever a server is sent and however its errors are read, what comes of it is the same."""
    fake = fakes[COMPATIBLE.provider]
    access = VendorAccess(Secret(TOKEN), fake.base_url, server)
    bench = Bench(COMPATIBLE.provider, COMPATIBLE.model, fake.base_url, access)
    require(cell, COMPATIBLE, fake, bench, caplog)


def require(
    cell: Cell, vendor: VendorCells, fake: Fake, bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """Live through a situation, and compare what came of it with its cell."""
    caplog.set_level(logging.DEBUG)
    fake.forget()
    ended = bench.finish(bench.admit(f"a boat [{cell.scenario}]", **cell.input))

    assert ended.status is cell.status
    assert ended.error == told(cell)
    price_micros = bench.model.listed_micros
    assert ended.charged_micros == cell.images * price_micros
    assert bench.available_micros == CREDITS_MICROS - ended.charged_micros
    assert len({image.sha256 for image in ended.images}) == cell.images
    assert len(bench.stored(ended)) == cell.images

    assert ended.submits == cell.submits
    assert vendor.posts_to(fake) == (cell.submits if cell.posts is None else cell.posts)
    assert vendor.begun_at(fake) == cell.begun
    assert failures(caplog) == ([cell.failure] if cell.failure else [])
    assert TOKEN not in caplog.text


def told(cell: Cell) -> str | None:
    if cell.error is None or cell.error == TOO_LATE:
        return cell.error
    return f"{cell.error}; nothing was charged"


def failures(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The kinds of what ended a generation, as the operator's log counts them."""
    logged = [
        each.__dict__["fields"] for each in caplog.records if each.message == "provider failed"
    ]
    return [each["failure"] for each in logged if each["consequence"] == "ends the generation"]


@pytest.mark.parametrize("vendor", VENDORS, ids=name_of)
def test_a_run_that_dies_before_it_can_tell_the_answer_stays_the_only_one(
    vendor: VendorCells, fakes: dict[str, Fake]
) -> None:
    """I6, I9: the vendor may be at work, and may bill it."""
    fake = fakes[vendor.provider]
    fake.forget()
    bench = Bench(vendor.provider, vendor.model, fake.base_url)
    generation = bench.admit("a boat [good]")
    worker = bench.system.worker
    dying = UnreliableProvider(
        worker.providers[vendor.provider], Outage(Fault.DIED, frozenset({1}))
    )
    with pytest.raises(Died):
        replace(worker, providers={vendor.provider: dying}).run(generation.id, "run-1")
    ended = bench.finish(generation)
    assert (ended.status, ended.error) == (Status.FAILED, GAVE_UP)
    assert vendor.posts_to(fake) == vendor.begun_at(fake) == ended.submits == 1
    assert bench.available_micros == CREDITS_MICROS
