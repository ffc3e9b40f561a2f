"""DynamoDB in memory: what this project uses of boto3's client, conditions and transactions exact.

It also counts capacity units the way AWS bills them, so that the cost of a generation can be told.
Failures are not its
business: `tests.simulation.faults` puts them in front of it.
"""

import copy
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from tests.simulation.expressions import Item, condition, updated


@dataclass
class Table:
    """Items by key, and the indexes' keys."""

    name: str
    indexes: dict[str, tuple[str, str]]
    """Partition and sort attribute by index name."""
    items: dict[str, Item] = field(default_factory=dict)


class MemoryDynamoDB:
    """Implements the client's methods over tables that exist once they are created."""

    def __init__(self) -> None:
        self.tables: dict[str, Table] = {}
        self.write_units: Counter[str] = Counter()
        self.read_units: Counter[str] = Counter()

    def create_table(self, **parameters: Any) -> None:
        name = parameters["TableName"]
        if name in self.tables:
            raise _error("ResourceInUseException", "CreateTable")
        indexes = {
            index["IndexName"]: (
                index["KeySchema"][0]["AttributeName"],
                index["KeySchema"][1]["AttributeName"],
            )
            for index in parameters.get("GlobalSecondaryIndexes", [])
        }
        self.tables[name] = Table(name, indexes)

    def update_time_to_live(self, **_: Any) -> None:
        """Nothing is deleted here: the code must not depend on when it is."""

    def get_item(self, **parameters: Any) -> dict[str, Any]:
        table = self.tables[parameters["TableName"]]
        item = table.items.get(_pk(parameters["Key"]))
        size = _size(item) if item else 1
        self.read_units[table.name] += math.ceil(size / 4096)
        return {"Item": copy.deepcopy(item)} if item is not None else {}

    def update_item(self, **parameters: Any) -> dict[str, Any]:
        table = self.tables[parameters["TableName"]]
        before = table.items.get(_pk(parameters["Key"]))
        self._count(table, before, before, factor=1)
        if not _holds(parameters, before):
            raise _error("ConditionalCheckFailedException", "UpdateItem")
        after = self._after_update(parameters, before)
        self._uncount(table, before, factor=1)
        self._count(table, before, after, factor=1)
        table.items[_pk(parameters["Key"])] = after
        return {"Attributes": copy.deepcopy(after)}

    def transact_write_items(self, **parameters: Any) -> dict[str, Any]:
        planned, reasons = [], []
        for part in parameters["TransactItems"]:
            ((kind, request),) = part.items()
            table = self.tables[request["TableName"]]
            pk = _pk(request["Item"] if kind == "Put" else request["Key"])
            before = table.items.get(pk)
            holds = _holds(request, before)
            reasons.append(_reason(request, before, holds=holds))
            if holds:
                after = (
                    copy.deepcopy(request["Item"])
                    if kind == "Put"
                    else self._after_update(request, before)
                )
                planned.append((table, pk, before, after))
        keys = [(table.name, pk) for table, pk, _, _ in planned]
        assert len(set(keys)) == len(keys), "a transaction may touch an item once"
        if any(reason["Code"] != "None" for reason in reasons):
            raise _error("TransactionCanceledException", "TransactWriteItems", reasons)
        for table, pk, before, after in planned:
            self._count(table, before, after, factor=2)
            table.items[pk] = after
        return {}

    def query(self, **parameters: Any) -> dict[str, Any]:
        table = self.tables[parameters["TableName"]]
        partition, sort = table.indexes[parameters["IndexName"]]
        holds = condition(parameters["KeyConditionExpression"])
        names = parameters["ExpressionAttributeNames"]
        values = parameters["ExpressionAttributeValues"]
        found = [
            {name: item[name] for name in ("pk", partition, sort)}
            for item in table.items.values()
            if partition in item and sort in item and holds(item, names, values)
        ]
        found.sort(key=lambda item: int(item[sort]["N"]))
        if not parameters.get("ScanIndexForward", True):
            found.reverse()
        self.read_units[table.name] += 1
        return {"Items": found[: parameters.get("Limit", len(found))]}

    def scan(self, **parameters: Any) -> dict[str, Any]:
        table = self.tables[parameters["TableName"]]
        return {"Items": [copy.deepcopy(item) for item in table.items.values()]}

    def _after_update(self, request: Mapping[str, Any], before: Item | None) -> Item:
        return updated(
            request["UpdateExpression"],
            before if before is not None else dict(request["Key"]),
            request.get("ExpressionAttributeNames", {}),
            request.get("ExpressionAttributeValues", {}),
        )

    def _count(self, table: Table, before: Item | None, after: Item | None, factor: int) -> None:
        largest = max(_size(before), _size(after))
        self.write_units[table.name] += factor * max(1, math.ceil(largest / 1024))
        for index, keys in table.indexes.items():
            entries = [
                tuple(str(item[key]) for key in keys)
                if item and all(key in item for key in keys)
                else None
                for item in (before, after)
            ]
            if entries[0] != entries[1]:
                # An entry that moves is deleted in one place and put in another.
                self.write_units[f"{table.name}/{index}"] += sum(
                    entry is not None for entry in entries
                )

    def _uncount(self, table: Table, before: Item | None, factor: int) -> None:
        self.write_units[table.name] -= factor * max(1, math.ceil(_size(before) / 1024))


def _holds(request: Mapping[str, Any], before: Item | None) -> bool:
    return condition(request["ConditionExpression"])(
        before or {},
        request.get("ExpressionAttributeNames", {}),
        request.get("ExpressionAttributeValues", {}),
    )


def _reason(request: Mapping[str, Any], before: Item | None, *, holds: bool) -> dict[str, Any]:
    if holds:
        return {"Code": "None"}
    shown = request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and before is not None
    old = {"Item": copy.deepcopy(before)} if shown else {}
    return {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed", **old}


def _pk(key: Mapping[str, Any]) -> str:
    return str(key["pk"]["S"])


def _size(item: Item | None) -> int:
    # Names and values in bytes; a number takes about half its digits.
    if not item:
        return 0
    return sum(len(name) + _value_size(value) for name, value in item.items())


def _value_size(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind == "S":
        return len(content.encode())
    if kind == "N":
        return len(content) // 2 + 1
    if kind == "L":
        return 3 + sum(1 + _value_size(member) for member in content)
    if kind == "M":
        return 3 + sum(len(name) + 1 + _value_size(member) for name, member in content.items())
    return 1


def _error(code: str, operation: str, reasons: list[dict[str, Any]] | None = None) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": code}}
    if reasons is not None:
        response["CancellationReasons"] = reasons
    return ClientError(response, operation)
