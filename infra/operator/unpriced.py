"""Which inputs of a model have no price, so that they are refused when a caller asks for them."""

import itertools
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from handler.core.models import Model
from handler.core.pricing import ByMegapixels, ByValues, NamedSizes, same

_MOST = 6
"""As many are told one by one."""
_MOST_COMPARED = 10_000


def unpriced(model: Model) -> Iterator[str]:
    """In words, what callers may ask for and are refused since it has no price."""
    rate = model.pricing.rate
    if isinstance(rate, ByMegapixels) and isinstance(rate.size, NamedSizes):
        yield from _of_one(model, rate.size.name, [value for value, _ in rate.size.sizes])
    if isinstance(rate, ByValues):
        columns = list(zip(*(values for values, _ in rate.table), strict=True))
        for name, priced in zip(rate.properties, columns, strict=True):
            yield from _of_one(model, name, priced)
        if len(columns) > 1:
            yield from _combinations(rate, [_distinct(column) for column in columns])


def _of_one(model: Model, name: str, priced: Sequence[Any]) -> Iterator[str]:
    missing = [value for value in _values_of(model, name) if not _is_in(value, priced)]
    if missing:
        yield f"{name}: {_some([_text(value) for value in missing], len(missing))}"


def _combinations(rate: ByValues, columns: Sequence[Sequence[Any]]) -> Iterator[str]:
    """Of values that have a price beside others."""
    count = math.prod(map(len, columns)) - len(rate.table)
    if count > 0:
        rows = itertools.islice(itertools.product(*columns), _MOST_COMPARED)
        known = [values for values, _ in rate.table]
        missing = (row for row in rows if not any(all(map(same, row, each)) for each in known))
        shown = [" ".join(map(_text, row)) for row in itertools.islice(missing, _MOST)]
        yield f"{', '.join(rate.properties)}: {_some(shown, count)}"


def _values_of(model: Model, name: str) -> Sequence[Any]:
    member: Mapping[str, Any] = model.input_schema["properties"][name]
    values: Sequence[Any] = member.get("enum", [False, True])
    return values


def _distinct(values: Sequence[Any]) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if not _is_in(value, found):
            found.append(value)
    return found


def _is_in(value: Any, values: Sequence[Any]) -> bool:
    return any(same(value, each) for each in values)


def _some(shown: Sequence[str], count: int) -> str:
    more = [f"and {count - _MOST} more"] if count > _MOST else []
    return ", ".join([*shown[:_MOST], *more])


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
