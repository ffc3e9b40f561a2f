"""Catalogue files from fal's descriptions and prices, asked for over HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handler.catalogue.decoding import decoded
from handler.catalogue.load import parse_model
from handler.core.errors import ConfigurationError, OperatorRefused, Unavailable
from handler.core.models import Model
from handler.core.vendors import Secret, VendorAccess
from infra.operator.importing.drafts import Draft
from infra.operator.importing.fal import draft_of
from tests.infra.operator.importing.descriptions import FAL_ID, FAL_SCHEMAS, fal_model
from tests.vendors.fal import FakeFal
from tests.vendors.server import TOKEN, closed_port, listening, served

TODAY = "2026-11-25"
PRICE = {"endpoint_id": FAL_ID, "unit_price": 0.025, "unit": "image", "currency": "USD"}


@pytest.fixture
def fal() -> Iterator[FakeFal]:
    with served(FakeFal()) as fake:
        fake.models, fake.prices = [fal_model()], [PRICE]
        yield fake


def draft(
    fal: FakeFal, price_micros: int | None = None, token: str | None = TOKEN, model_id: str = FAL_ID
) -> Draft:
    access = VendorAccess(None if token is None else Secret(token), fal.base_url)
    return draft_of(model_id, access, price_micros, TODAY)


def model_of(made: Draft) -> Model:
    return parse_model(made.id, made.document)


def test_a_description_and_a_price_make_a_file(fal: FakeFal) -> None:
    made = draft(fal)
    model = model_of(made)
    assert (made.id, model.provider, model.provider_model) == (FAL_ID, "fal", FAL_ID)
    assert (model.name, model.description) == ("Painter [fast]", "Paints fast.")
    assert made.document["source"] == {
        "schema": f"fal's API, model of 2026-10-15, as read on {TODAY}",
        "price": f"fal's API, as read on {TODAY}",
    }
    assert model.image_count_property == "num_images"
    assert set(model.input_schema["properties"]) == {"prompt", "image_size", "num_images", "seed"}
    completed = model.validated({"prompt": "a boat", "num_images": 3})
    assert model.amount_micros(completed) == 75_000
    assert "image_size: takes other forms at the vendor too, which are left out." in made.notes
    assert "loras is left out: it is of type array." in made.notes


def test_a_price_by_the_megapixel_is_by_the_named_sizes(fal: FakeFal) -> None:
    fal.prices = [{**PRICE, "unit_price": 0.003, "unit": "megapixels"}]
    model = model_of(draft(fal))
    assert model.amount_micros(model.validated({"prompt": "x", "image_size": "square_hd"})) == 3_000
    with pytest.raises(Exception, match="auto has no price"):
        model.amount_micros(model.validated({"prompt": "x", "image_size": "auto"}))


@pytest.mark.parametrize(
    ("price", "said"),
    [
        ({"unit": "compute second"}, "by compute second, from which no image's follows"),
        ({"currency": "EUR"}, "in EUR"),
        ({"unit_price": None}, "cannot be read"),
        ({"unit_price": 1e-9}, "cannot be read"),
        ({"unit_price": 0}, "must be above 0"),
        ({"endpoint_id": "fal-ai/other"}, "does not know a price"),
    ],
)
def test_a_price_that_says_nothing_of_an_image_has_to_be_given(
    fal: FakeFal, price: dict[str, Any], said: str
) -> None:
    fal.prices = [{**PRICE, **price}]
    with pytest.raises(OperatorRefused, match=said):
        draft(fal)
    made = draft(fal, price_micros=40_000)
    assert made.document["pricing"] == {"price": 0.04, "currency": "USD", "unit": 1}
    assert made.document["source"]["price"] == f"given by hand on {TODAY}"


def test_a_price_by_the_megapixel_of_unknown_sizes_has_to_be_given(fal: FakeFal) -> None:
    fal.prices = [{**PRICE, "unit": "megapixels"}]
    schemas = {**FAL_SCHEMAS, "FastInput": {"properties": {"prompt": {"type": "string"}}}}
    fal.models = [fal_model(schemas)]
    with pytest.raises(OperatorRefused, match="write the pricing by hand"):
        draft(fal)


def test_the_schema_needs_no_key_and_the_price_does(fal: FakeFal) -> None:
    assert draft(fal, price_micros=40_000, token=None).id == FAL_ID
    with pytest.raises(ConfigurationError, match="FAL_KEY is not set"):
        draft(fal, token=None)
    with pytest.raises(ConfigurationError, match="FAL_KEY was refused") as refused:
        draft(fal, token="wrong-6d1f")  # noqa: S106 - nobody's
    assert "wrong-6d1f" not in str(refused.value)


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ({"category": "text-to-video"}, "makes no images: fal has it in text-to-video"),
        ({"status": "deprecated"}, "declared .* to be ending"),
    ],
)
def test_what_is_no_live_model_of_images_is_refused(
    fal: FakeFal, metadata: dict[str, Any], said: str
) -> None:
    fal.models = [fal_model(**metadata)]
    with pytest.raises(OperatorRefused, match=said):
        draft(fal)


@pytest.mark.parametrize("model_id", ["flux", "../x", "fal-ai/..", "fal-ai/x?y=z", "fal-ai/x\n"])
def test_an_id_that_is_none_is_not_asked_for(fal: FakeFal, model_id: str) -> None:
    with pytest.raises(OperatorRefused, match="is named as in its page's URL"):
        draft(fal, model_id=model_id)
    assert fal.arrivals.requests == []


def test_a_model_that_fal_does_not_know(fal: FakeFal) -> None:
    with pytest.raises(OperatorRefused, match="fal does not know fal-ai/nothing"):
        draft(fal, model_id="fal-ai/nothing")


@pytest.mark.parametrize(
    "openapi",
    [
        None,
        {"error": {"code": "expansion_failed", "message": "no"}},
        {"openapi": "3.0.4", "paths": []},
        {"openapi": "3.0.4", "paths": {"/x": None, "/y": {"post": [], "get": {"responses": 1}}}},
    ],
)
def test_a_description_without_a_schema(fal: FakeFal, openapi: Any) -> None:
    fal.models = [{**fal_model(), "openapi": openapi}]
    with pytest.raises(OperatorRefused, match="describes no input and output"):
        draft(fal)


@pytest.mark.parametrize(
    ("body", "status", "error", "said"),
    [
        ("<html>", 200, OperatorRefused, "it is no JSON"),
        ("[]", 200, OperatorRefused, "it is no object"),
        ('{"models": NaN}', 200, OperatorRefused, "it is no JSON"),
        ('{"models": 1e999}', 200, OperatorRefused, "it is no JSON"),
        ("[" * 100_000, 200, OperatorRefused, "it is no JSON"),
        ('{"models": 1}', 200, OperatorRefused, "does not know"),
        ('{"models": [1, {}]}', 200, OperatorRefused, "does not know"),
        ('{"error": {"message": "busy"}}', 503, Unavailable, "HTTP 503: busy"),
    ],
)
def test_answers_that_are_none(body: str, status: int, error: type[Exception], said: str) -> None:
    async def answer(request: Request) -> Response:
        return Response(body, status)

    with listening(Starlette(routes=[Route("/v1/{path:path}", answer)])) as origin:
        access = VendorAccess(Secret(TOKEN), origin)
        with pytest.raises(error, match=said):
            draft_of(FAL_ID, access, None, TODAY)


def test_nobody_there() -> None:
    with pytest.raises(Unavailable, match=r"fal cannot be reached at 127.0.0.1:.*FAL_BASE_URL"):
        draft_of(FAL_ID, VendorAccess(Secret(TOKEN), closed_port()), None, TODAY)


def test_the_price_is_written_as_it_is_read(fal: FakeFal) -> None:
    fal.prices = [{**PRICE, "unit_price": 0.000007}]
    assert decoded('{"pricing": {"price": 0.000007}}')["pricing"]["price"] is not None
    assert model_of(draft(fal)).listed_micros == 7
