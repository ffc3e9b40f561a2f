"""Capacity units the way AWS bills them, so that the cost of a generation can be told.

A write costs one unit for every started kilobyte of the larger of the item before and after, in a
transaction twice that. An index costs one unit for every entry (they are all far below a kilobyte)
that is put or deleted; one that moves is deleted in one place and put in another. A strongly
consistent read costs one unit for every started four kilobytes.
"""

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

Item = Mapping[str, Any]

IN_TRANSACTION = 2
"""AWS prepares every item of a transaction, then commits it."""


class Meter:
    """Counts units by table, or `table/index`."""

    def __init__(self) -> None:
        self.write_units: Counter[str] = Counter()
        self.read_units: Counter[str] = Counter()

    def wrote(self, table: str, before: Item | None, after: Item | None, factor: int) -> None:
        """An item was written, or a condition on it did not hold."""
        largest = max(size(before), size(after))
        self.write_units[table] += factor * max(1, math.ceil(largest / 1024))

    def indexed(self, table: str, index: str, before: Item | None, after: Item | None) -> None:
        """An entry was put, deleted or moved."""
        self.write_units[f"{table}/{index}"] += (before is not None) + (after is not None)

    def read(self, table: str, item: Item | None) -> None:
        """An item was read with strong consistency, or looked for."""
        self.read_units[table] += max(1, math.ceil(size(item) / 4096))


def size(item: Item | None) -> int:
    """Bytes of an item: names, and values."""
    if not item:
        return 0
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind == "S":
        return len(content.encode())
    if kind == "N":
        # A byte for every two significant digits, and one.
        return math.ceil(len(content.lstrip("-").strip("0")) / 2) + 1
    if kind == "L":
        return 3 + sum(1 + _value_size(member) for member in content)
    if kind == "M":
        return 3 + sum(len(name) + 1 + _value_size(member) for name, member in content.items())
    return 1
