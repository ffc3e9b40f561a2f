"""DynamoDB in memory: what this project uses of boto3's client, with exact conditions.

Its transactions are all or nothing and know their tokens; its indexes lag when they are told to.
Failures are not its business: `tests.simulation.faults` puts them in front of it.

Items are never changed, only replaced: what is handed out is what is kept.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from handler.core.ports import Clock
from tests.simulation import aws_errors
from tests.simulation.capacity import IN_TRANSACTION, Meter
from tests.simulation.expressions import (
    Condition,
    Item,
    ValidationError,
    condition,
    update,
)
from tests.simulation.tables import Table, Written

TOKEN_MS = 600_000
"""How long a transaction's token is known."""
_NO_CHANGE = update("")
_ANYTHING = Condition(lambda _item, _names, _values: True, frozenset())

Watch = Callable[[Sequence[Written]], None]


@dataclass(frozen=True)
class _Planned:
    """One write, worked out and not yet done."""

    table: Table
    pk: str
    before: Item | None
    after: Item | None
    """Absent: the condition does not hold, or there is no telling what would be there."""
    refused: str | None
    """Why it cannot be done, as a cancellation reason's code."""
    shows_old: bool

    def reason(self) -> dict[str, Any]:
        """Its part of the reasons why a transaction was canceled."""
        if self.refused is None:
            return {"Code": "None"}
        shown = self.refused == "ConditionalCheckFailed" and self.shows_old
        old = {"Item": dict(self.before)} if shown and self.before is not None else {}
        return {"Code": self.refused, "Message": "The conditional request failed", **old}


class MemoryDynamoDB:
    """Implements the client's methods."""

    def __init__(self, clock: Clock, watch: Watch | None = None) -> None:
        self.clock = clock
        self.watch = watch
        """Told of every atomic write."""
        self.lags: Callable[[], bool] = lambda: False
        """Whether the next eventually consistent read is an old one."""
        self.tables: dict[str, Table] = {}
        self.meter = Meter()
        self._tokens: dict[str, tuple[int, Any]] = {}

    def create_table(self, **parameters: Any) -> None:
        name = parameters["TableName"]
        if name in self.tables:
            raise aws_errors.client_error("ResourceInUseException", "CreateTable")
        self.tables[name] = Table.of(parameters)

    def get_item(self, **parameters: Any) -> dict[str, Any]:
        table = self.tables[parameters["TableName"]]
        pk = parameters["Key"]["pk"]["S"]
        old = not parameters.get("ConsistentRead", False) and self.lags()
        item = table.earlier(pk) if old else table.items.get(pk)
        self.meter.read(table.name, item)
        return {"Item": dict(item)} if item is not None else {}

    def put_item(self, **parameters: Any) -> dict[str, Any]:
        self._write("Put", parameters, "PutItem")
        return {}

    def update_item(self, **parameters: Any) -> dict[str, Any]:
        after = self._write("Update", parameters, "UpdateItem")
        return {"Attributes": dict(after)} if parameters.get("ReturnValues") == "ALL_NEW" else {}

    def transact_write_items(self, **parameters: Any) -> dict[str, Any]:
        parts, token = parameters["TransactItems"], parameters.get("ClientRequestToken")
        if token is not None and self._was_done(token, parts):
            return {}
        planned = [self._planned("TransactWriteItems", *next(iter(part.items()))) for part in parts]
        if len({(each.table.name, each.pk) for each in planned}) != len(planned):
            raise _invalid("a transaction may touch an item once", "TransactWriteItems")
        for each in planned:
            self.meter.wrote(each.table.name, each.before, each.after, IN_TRANSACTION)
        if any(each.refused is not None for each in planned):
            raise aws_errors.canceled([each.reason() for each in planned])
        self._apply(planned)
        if token is not None:
            self._tokens[token] = (self.clock.now_ms() + TOKEN_MS, parts)
        return {}

    def query(self, **parameters: Any) -> dict[str, Any]:
        table = self.tables[parameters["TableName"]]
        holds = condition(parameters["KeyConditionExpression"])
        names, values = _placeholders(parameters, (holds.placeholders,), "Query")
        entries = table.entries(parameters["IndexName"], fresh=not self.lags())
        found = [entry for entry in entries if holds.holds(entry, names, values)]
        self.meter.read(table.name, None)
        return _page(found, parameters)

    def scan(self, **parameters: Any) -> dict[str, Any]:
        table = self.tables[parameters["TableName"]]
        old = not parameters.get("ConsistentRead", False) and self.lags()
        found = [table.earlier(pk) if old else item for pk, item in table.items.items()]
        return {"Items": [dict(item) for item in found if item is not None]}

    def _was_done(self, token: str, parts: Any) -> bool:
        until_ms, done = self._tokens.get(token, (0, None))
        if until_ms <= self.clock.now_ms():
            return False
        if done is not parts and done != parts:
            raise aws_errors.client_error(
                "IdempotentParameterMismatchException", "TransactWriteItems"
            )
        return True

    def _write(self, kind: str, parameters: Mapping[str, Any], operation: str) -> Item:
        planned = self._planned(operation, kind, parameters)
        self.meter.wrote(planned.table.name, planned.before, planned.after, 1)
        if planned.refused == "ValidationError":
            raise _invalid("the update expression does not fit the item", operation)
        if planned.refused is not None or planned.after is None:
            item = planned.reason().get("Item")
            old = {"Item": item} if item is not None else {}
            raise aws_errors.client_error("ConditionalCheckFailedException", operation, **old)
        self._apply([planned])
        return planned.after

    def _planned(self, operation: str, kind: str, request: Mapping[str, Any]) -> _Planned:
        table = self.tables[request["TableName"]]
        pk = request["Item" if kind == "Put" else "Key"]["pk"]["S"]
        before = table.items.get(pk)
        after, refused = _outcome(kind, request, before, operation)
        if after is not None and not table.takes(after):
            raise _invalid("an index key has the wrong type", operation)
        shows_old = request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
        return _Planned(table, pk, before, after, refused, shows_old)

    def _apply(self, planned: Sequence[_Planned]) -> None:
        written = []
        for each in planned:
            assert each.after is not None
            for index, was, becomes in each.table.write(each.pk, each.after):
                self.meter.indexed(each.table.name, index, was, becomes)
            written.append(Written(each.table.name, each.pk, each.before, each.after))
        if self.watch is not None:
            self.watch(written)


def _outcome(
    kind: str, request: Mapping[str, Any], before: Item | None, operation: str
) -> tuple[Item | None, str | None]:
    """The item afterwards, or the code of what stands against it."""
    try:
        wanted = (
            condition(request["ConditionExpression"]) if "ConditionExpression" in request else None
        )
        change = (
            update(request["UpdateExpression"]) if "UpdateExpression" in request else _NO_CHANGE
        )
        holds = wanted or _ANYTHING
        used = (holds.placeholders, change.placeholders)
        names, values = _placeholders(request, used, operation)
        if any(names[target] == "pk" for target in change.targets):
            raise ValidationError("this attribute is part of the key")  # noqa: TRY301 - as any other
    except ValidationError as error:
        raise _invalid(str(error), operation) from error
    if not holds.holds(before or {}, names, values):
        return None, "ConditionalCheckFailed"
    if kind == "Put":
        return request["Item"], None
    try:
        return change.applied(before or request["Key"], names, values), None
    except ValidationError:
        return None, "ValidationError"


def _placeholders(
    request: Mapping[str, Any], used: tuple[frozenset[str], ...], operation: str
) -> tuple[Mapping[str, str], Mapping[str, Any]]:
    """Names and values of a request, which must be exactly those that are used."""
    names = request.get("ExpressionAttributeNames", {})
    values = request.get("ExpressionAttributeValues", {})
    wanted = frozenset().union(*used)
    given = names.keys() | values.keys()
    if given != wanted:
        raise _invalid(f"unused or undefined placeholders: {sorted(given ^ wanted)}", operation)
    return names, values


def _page(found: list[Item], parameters: Mapping[str, Any]) -> dict[str, Any]:
    if not parameters.get("ScanIndexForward", True):
        found.reverse()
    start = parameters.get("ExclusiveStartKey")
    if start is not None:
        found = found[[entry["pk"] for entry in found].index(start["pk"]) + 1 :]
    limit = parameters.get("Limit", len(found) + 1)
    page: dict[str, Any] = {"Items": [dict(entry) for entry in found[:limit]]}
    if len(found) >= limit:
        page["LastEvaluatedKey"] = dict(found[limit - 1])
    return page


def _invalid(message: str, operation: str) -> Exception:
    return aws_errors.client_error("ValidationException", operation, message)
