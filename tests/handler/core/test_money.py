"""Money: whole micro-dollars inside, exact at both edges."""

import json

import pytest

from handler.core.money import format_usd, json_usd, parse_usd


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("10", 10_000_000),
        (10, 10_000_000),
        (0.1, 100_000),
        ("0.000001", 1),
        (0.000001, 1),
        ("1e-6", 1),
        ("0", 0),
        ("-2.5", -2_500_000),
        (1.005, 1_005_000),
        (0.3, 300_000),
        ("30.40", 30_400_000),
        ("1e3", 1_000_000_000),
        ("999999999.999999", 999_999_999_999_999),
        ("1000000000", 1_000_000_000_000_000),
        ("-1000000000", -1_000_000_000_000_000),
    ],
)
def test_an_amount_is_read_exactly(text: str | float, micros: int) -> None:
    assert parse_usd(text) == micros


@pytest.mark.parametrize(
    "text",
    ["", "ten", "1,5", "$1", "nan", "sNaN", "inf", "-Infinity", float("nan"), True, "1e"],
)
def test_what_is_no_amount_is_refused(text: str | float) -> None:
    with pytest.raises(ValueError, match="is no amount in USD"):
        parse_usd(text)


@pytest.mark.parametrize(
    "text",
    [
        "0.0000001",
        "0.1234567",
        1e-7,
        "1e-400",
        "10.00000000000000000000000000000000001",
    ],
)
def test_what_is_finer_than_a_micro_dollar_is_refused(text: str | float) -> None:
    with pytest.raises(ValueError, match="finer than one micro-dollar"):
        parse_usd(text)


@pytest.mark.parametrize(
    "text",
    ["1000000000.000001", "-1e10", "1e999999", "1e999999999999", "-1e999999999", "9" * 5000],
    ids=lambda text: text[:20],
)
def test_what_nobody_can_mean_is_refused_like_any_other_wrong_amount(text: str) -> None:
    with pytest.raises(ValueError, match="is no amount in USD"):
        parse_usd(text)


@pytest.mark.parametrize(
    ("micros", "text"),
    [
        (25_000, "0.025"),
        (0, "0"),
        (1, "0.000001"),
        (10_000_000, "10"),
        (100_000_000, "100"),
        (10_500_000, "10.5"),
        (-25_000, "-0.025"),
        (-1_000_000, "-1"),
        (123_456_789_123_456, "123456789.123456"),
    ],
)
def test_people_read_the_shortest_exact_decimal(micros: int, text: str) -> None:
    assert format_usd(micros) == text
    assert parse_usd(text) == micros


@pytest.mark.parametrize(
    ("micros", "number"), [(2000, "0.002"), (1, "1e-06"), (10_000_000, "10.0"), (300_000, "0.3")]
)
def test_json_carries_the_nearest_number(micros: int, number: str) -> None:
    assert json.dumps(json_usd(micros)) == number


def test_every_micro_dollar_of_the_first_dollar_survives_the_way_out_and_back() -> None:
    assert all(parse_usd(json_usd(micros)) == micros for micros in range(0, 1_000_000, 37))
