"""Imported models make images: admission, worker and adapter, against the vendor's fake."""

from collections.abc import Iterator

import pytest

from handler.core.generation import Status
from handler.core.vendors import Secret, VendorAccess
from infra.operator.importing import fal, replicate
from tests.handler.providers.bench import Bench
from tests.infra.operator.importing.descriptions import (
    FAL_ID,
    RECORDED,
    fal_model,
    replicate_model,
)
from tests.vendors.fal import FakeFal
from tests.vendors.replicate import FakeReplicate
from tests.vendors.server import TOKEN, served

TODAY = "2026-11-25"


@pytest.fixture(scope="module")
def at_replicate() -> Iterator[FakeReplicate]:
    with served(FakeReplicate()) as fake:
        yield fake


@pytest.mark.parametrize("model_id", RECORDED)
def test_of_replicates(at_replicate: FakeReplicate, model_id: str) -> None:
    at_replicate.models[model_id] = replicate_model(
        model_id, is_official=model_id.startswith("black")
    )
    access = VendorAccess(Secret(TOKEN), at_replicate.base_url)
    draft = replicate.draft_of(model_id, access, 30_000, TODAY)
    bench = Bench("replicate", draft.document, at_replicate.base_url)
    count = draft.document.get("image_count_property")
    generation = bench.finish(bench.admit("a boat", **({count: 2} if count else {})))
    assert (generation.status, generation.error) == (Status.SUCCEEDED, None)
    made = 2 if count else 1
    assert (len(generation.images), generation.charged_micros) == (made, made * 30_000)


def test_of_fals() -> None:
    with served(FakeFal()) as fake:
        fake.models = [fal_model()]
        fake.prices = [
            {
                "endpoint_id": FAL_ID,
                "unit_price": 0.003,
                "unit": "megapixels",
                "currency": "USD",
            }
        ]
        access = VendorAccess(Secret(TOKEN), fake.base_url)
        draft = fal.draft_of(FAL_ID, access, None, TODAY)
        bench = Bench("fal", draft.document, fake.base_url)
        generation = bench.finish(bench.admit("a boat", num_images=3))
    assert (generation.status, generation.error) == (Status.SUCCEEDED, None)
    assert (len(generation.images), generation.charged_micros) == (3, 9_000)
