"""What a table in memory holds: items by key, and indexes that follow them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.expressions import Item, comparable


@dataclass(frozen=True)
class Written:
    """One item of an atomic write."""

    table: str
    pk: str
    before: Item | None
    after: Item


@dataclass
class Index:
    """Keys only, and sparse: without its two attributes an item has no entry."""

    name: str
    partition: str
    sort: str
    entries: dict[str, Item] = field(default_factory=dict)

    def entry(self, item: Item | None) -> Item | None:
        """What it holds of an item."""
        if item is None or self.partition not in item or self.sort not in item:
            return None
        return {name: item[name] for name in ("pk", self.partition, self.sort)}


@dataclass
class Table:
    """Items and indexes."""

    name: str
    key_types: Mapping[str, str]
    """By name of a key attribute, of the table or an index."""
    indexes: dict[str, Index]
    items: dict[str, Item] = field(default_factory=dict)
    _earlier: dict[str, Item | None] = field(default_factory=dict)
    _pending: list[tuple[Index, str, Item | None]] = field(default_factory=list)

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> "Table":
        """What `CreateTable` would make."""
        indexes = {}
        for described in parameters.get("GlobalSecondaryIndexes", []):
            partition, sort = (key["AttributeName"] for key in described["KeySchema"])
            indexes[described["IndexName"]] = Index(described["IndexName"], partition, sort)
        types = {
            each["AttributeName"]: each["AttributeType"]
            for each in parameters["AttributeDefinitions"]
        }
        return cls(parameters["TableName"], types, indexes)

    def takes(self, item: Item) -> bool:
        """Whether its key attributes are of their types."""
        return all(kind in item[name] for name, kind in self.key_types.items() if name in item)

    def write(self, pk: str, item: Item) -> Iterator[tuple[str, Item | None, Item | None]]:
        """Replace an item; give every index entry that changes, before and after."""
        before = self.items.get(pk)
        self._earlier[pk] = before
        self.items[pk] = item
        for index in self.indexes.values():
            was, becomes = index.entry(before), index.entry(item)
            if was != becomes:
                self._pending.append((index, pk, becomes))
                yield index.name, was, becomes

    def earlier(self, pk: str) -> Item | None:
        """What an eventually consistent read may still show."""
        return self._earlier.get(pk)

    def entries(self, index: str, *, fresh: bool) -> list[Item]:
        """An index by its sort attribute, up to date or as it was when last up to date."""
        if fresh and self._pending:
            self._settle()
        wanted = self.indexes[index]
        return sorted(wanted.entries.values(), key=lambda entry: comparable(entry[wanted.sort]))

    def _settle(self) -> None:
        for index, pk, entry in self._pending:
            if entry is None:
                index.entries.pop(pk, None)
            else:
                index.entries[pk] = entry
        self._pending.clear()
