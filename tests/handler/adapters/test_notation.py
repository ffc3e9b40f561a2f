"""DynamoDB's notation, judged by boto3's."""

from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from handler.adapters.dynamodb.notation import plain, typed

# DynamoDB's numbers have 38 digits.
SCALARS = st.none() | st.booleans() | st.text() | st.integers(-(10**38) + 1, 10**38 - 1)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(value=VALUES)
def test_it_is_boto3s_both_ways(value: Any) -> None:
    assert typed(value) == TypeSerializer().serialize(value)
    assert plain(typed(value)) == value
    assert TypeDeserializer().deserialize(typed(value)) == value


@pytest.mark.parametrize("text", ["1200", "1.2E+3", "12E2", "1200.0"])
def test_a_whole_number_is_read_however_it_is_written(text: str) -> None:
    assert plain({"N": text}) == 1200


@given(value=st.booleans() | st.integers(0, 1))
def test_truth_and_numbers_stay_apart(value: bool | int) -> None:
    assert type(plain(typed(value))) is type(value)


@pytest.mark.parametrize("value", [1.5, Decimal(1), b"bytes", {"a", "set"}, [0.1], {"deep": {1.0}}])
def test_what_the_tables_do_not_hold_is_not_written(value: object) -> None:
    with pytest.raises(TypeError, match="is not stored"):
        typed(value)


@pytest.mark.parametrize(
    "value", [{"N": "1.5"}, {"N": "NaN"}, {"B": b"bytes"}, {"NS": ["1"]}, {"L": [{"N": "0.1"}]}, {}]
)
def test_what_they_should_not_hold_is_not_read(value: dict[str, Any]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of several makers
        plain(value)
