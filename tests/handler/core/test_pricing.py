"""Prices: exact, whole micro-dollars an image, never below the markup, refused where there is none.

The expected amounts are computed here with fractions, from the documents and by other means.
"""

from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handler.catalogue.load import parse_model
from handler.core import errors
from handler.core.models import Model
from tests.handler.catalogue.priced import (
    BY_NAMED_SIZE,
    BY_SIDES,
    BY_VALUES,
    REFERENCES,
    TEXT,
    document,
)

SMALL = {"prompt": "x", "quality": "low"}
MARKUPS = st.fractions(min_value=Fraction(1, 1000), max_value=1000, max_denominator=10**6)
MICROS = st.integers(min_value=1, max_value=10**9)


def model_of(pricing: dict[str, Any], markup: Fraction = Fraction(1)) -> Model:
    model = parse_model("test/easel", document(pricing))
    return model.with_markup(markup)


def usd(micros: int) -> Decimal:
    return Decimal(micros).scaleb(-6)


def amount(model: Model, raw: dict[str, Any]) -> int:
    return model.amount_micros(model.validated({**SMALL, **raw}))


class TestByValues:
    @pytest.mark.parametrize(
        ("raw", "micros"),
        [
            ({}, 6_000),
            ({"quality": "high"}, 53_000),
            ({"size": "large", "quality": "high"}, 211_000),
            ({"size": "large", "quality": "high", "n": 10}, 2_110_000),
        ],
    )
    def test_the_values_decide(self, raw: dict[str, Any], micros: int) -> None:
        assert amount(model_of(BY_VALUES), raw) == micros

    def test_what_has_no_price_is_refused_with_what_is_allowed(self) -> None:
        with pytest.raises(errors.InvalidInput) as refusal:
            amount(model_of(BY_VALUES), {"size": "large"})
        assert str(refusal.value) == (
            "invalid input: size, quality: large low has no price "
            "(allowed: small low, small high, large high)"
        )
        assert refusal.value.help
        assert "get_model" in refusal.value.help

    def test_truths_and_numbers_are_values_too(self) -> None:
        prices = {"true": {"1": 0.1, "2.5": 0.2}, "false": {"1": 0.3, "1x": 0.4}}
        model = model_of({"unit": 1, "by": ["fast", "steps"], "prices": prices})
        assert amount(model, {}) == 100_000
        assert amount(model, {"steps": 1.0}) == 100_000
        assert amount(model, {"steps": 2.5}) == 200_000
        assert amount(model, {"fast": False}) == 300_000
        assert amount(model, {"fast": False, "steps": "1x"}) == 400_000
        with pytest.raises(errors.InvalidInput, match=r"false 2\.5 has no price"):
            amount(model, {"fast": False, "steps": 2.5})

    def test_it_is_listed_at_the_lowest_price_of_what_must_be_said(self) -> None:
        assert model_of(BY_VALUES).listed_micros == 6_000

    def test_it_is_explained(self) -> None:
        assert model_of(BY_VALUES, Fraction(3, 2)).description_with_prices.endswith(
            " USD an image, by size and quality:"
            " small low = 0.009; small high = 0.0795; large high = 0.3165."
        )


class TestByMegapixels:
    @given(st.integers(256, 2048), st.integers(256, 2048), st.integers(1, 10))
    def test_begun_megapixels_are_paid(self, width: int, height: int, count: int) -> None:
        megapixels = ceil(Fraction(width * height, 1_048_576))
        expected = (Fraction("0.03") + (megapixels - 1) * Fraction("0.015")) * count
        found = amount(model_of(BY_SIDES), {"width": width, "height": height, "n": count})
        assert Fraction(usd(found)) == expected

    def test_a_thousand_and_twenty_four_squared_is_one_or_two(self) -> None:
        assert amount(model_of(BY_SIDES), {}) == 30_000
        assert amount(model_of({**BY_SIDES, "megapixel": 1_000_000}), {}) == 45_000

    def test_named_sizes_stand_for_pixels(self) -> None:
        model = model_of(BY_NAMED_SIZE)
        assert amount(model, {}) == 3_000
        assert amount(model, {"size": "large"}) == 6_000
        assert model.listed_micros == 3_000

    def test_a_size_without_pixels_is_refused_with_what_is_allowed(self) -> None:
        model = model_of({**BY_NAMED_SIZE, "sizes": {"small": [512, 512]}})
        with pytest.raises(errors.InvalidInput) as refusal:
            amount(model, {"size": "large"})
        assert str(refusal.value) == "invalid input: size: large has no price (allowed: small)"

    def test_it_is_explained(self) -> None:
        pricing = {**BY_SIDES, "references": REFERENCES, "text": TEXT}
        assert model_of(pricing).description_with_prices.endswith(
            " USD an image, by begun megapixels (1,048,576 pixels) of width x height:"
            " 1 = 0.03; 2 = 0.045; 3 = 0.06; 4 = 0.075."
            " Each image in image or images adds 0.0011 USD."
            " The prompt of a request adds 0.005 USD per 1,000 bytes."
        )


def test_a_price_that_never_varies_needs_no_words() -> None:
    model = model_of({"price": 0.025, "unit": 1})
    assert model.description_with_prices == model.description


def test_of_many_prices_the_ends_are_told() -> None:
    huge = document({**BY_SIDES, "first_price": 0.015})
    properties = {**huge["input_schema"]["properties"]}
    for side in ("width", "height"):
        properties[side] = {**properties[side], "maximum": 4096}
    huge["input_schema"] = {**huge["input_schema"], "properties": properties}
    told = parse_model("test/easel", huge).description_with_prices
    assert told.endswith("width x height: from 0.015 to 0.24.")


class TestEveryForm:
    """Whatever the tariff, the markup and the count."""

    @given(micros=MICROS, unit=st.integers(1, 1000), count=st.integers(1, 10), markup=MARKUPS)
    def test_a_price_for_several_is_exact_and_never_below_the_markup(
        self, micros: int, unit: int, count: int, markup: Fraction
    ) -> None:
        model = model_of({"price": usd(micros * unit), "unit": unit}, markup)
        paid = amount(model, {"n": count})
        exact = micros * markup * count
        assert exact <= paid < exact + count
        # As `list_models` shows it: price x images / unit.
        assert Fraction(model.listed_micros, unit) * count == paid

    @given(
        first=MICROS,
        further=MICROS,
        surcharge=MICROS,
        references=st.integers(0, 3),
        width=st.integers(256, 2048),
        markup=MARKUPS,
    )
    def test_surcharges_are_marked_up_with_the_image_and_rounded_up_once(
        self,
        first: int,
        further: int,
        surcharge: int,
        references: int,
        width: int,
        markup: Fraction,
    ) -> None:
        pricing = {
            **BY_SIDES,
            "first_price": usd(first),
            "price": usd(further),
            "references": {"price": usd(surcharge), "in": ["images"]},
        }
        raw: dict[str, Any] = {"width": width, "height": 2048, "images": ["x"] * references}
        megapixels = ceil(Fraction(width * 2048, 1_048_576))
        exact = (first + (megapixels - 1) * further + references * surcharge) * markup
        assert amount(model_of(pricing, markup), raw) == ceil(exact)

    @given(
        micros=MICROS,
        size=st.integers(1, 10**6),
        length=st.integers(1, 9999),
        count=st.integers(1, 10),
        markup=MARKUPS,
    )
    def test_words_are_paid_once_however_many_images_and_never_below_the_markup(
        self, micros: int, size: int, length: int, count: int, markup: Fraction
    ) -> None:
        text = {"price": usd(micros), "bytes": size, "in": ["prompt"]}
        model = model_of({"price": usd(micros), "unit": 1, "text": text}, markup)
        paid = amount(model, {"prompt": "x" * length, "n": count})
        exact = (micros * count + Fraction(micros * length, size)) * markup
        assert exact <= paid < exact + count * (1 + markup)

    @settings(max_examples=30)
    @given(
        pricing=st.sampled_from([BY_VALUES, BY_SIDES, BY_NAMED_SIZE, {"price": 0.1, "unit": 4}]),
        markup=MARKUPS,
    )
    def test_it_grows_by_the_same_with_every_image(
        self, pricing: dict[str, Any], markup: Fraction
    ) -> None:
        model = model_of(pricing, markup)
        amounts = [amount(model, {"n": count}) for count in range(1, 11)]
        assert amounts == [amounts[0] * count for count in range(1, 11)]
        assert amounts[0] >= 1

    @given(micros=MICROS, one=MARKUPS, more=MARKUPS)
    def test_a_higher_markup_is_never_cheaper(
        self, micros: int, one: Fraction, more: Fraction
    ) -> None:
        pricing = {"price": usd(micros), "unit": 1}
        assert amount(model_of(pricing, one), {}) <= amount(model_of(pricing, one + more), {})
