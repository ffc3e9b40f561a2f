"""Sends writes and reads to DynamoDB.

Knows DynamoDB's answers, not what a table holds. A condition that does not hold is an ordinary
answer here, never an exception: the old item comes back with it, so that nobody has to read again
to learn why.
"""

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from handler.adapters.aws import code_of, translated_errors
from handler.adapters.dynamodb.writes import Put, Update, attributes
from handler.core import errors

Item = Mapping[str, Any]

_ATTEMPTS = 8
_FIRST_PAUSE_SECONDS = 0.025
_LONGEST_PAUSE_SECONDS = 0.4
_CONDITION = "ConditionalCheckFailed"
_WAIT = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})


@dataclass(frozen=True)
class Rejected:
    """One part of a transaction whose condition did not hold."""

    position: int
    old_item: Item | None
    """What is there instead, or None for nothing."""


@dataclass(frozen=True)
class DynamoDB:
    """A thin client; `api` is boto3's."""

    api: Any

    def get(self, table: str, pk: str) -> Item | None:
        """Read one item consistently."""
        with translated_errors():
            answer = self.api.get_item(
                TableName=table, Key=attributes({"pk": pk}), ConsistentRead=True
            )
        item: Item | None = answer.get("Item")
        return item

    def query(self, parameters: Mapping[str, Any]) -> list[Item]:
        """One page of a query."""
        with translated_errors():
            answer = self.api.query(**parameters)
        items: list[Item] = answer["Items"]
        return items

    def scan(self, parameters: Mapping[str, Any]) -> Iterator[Item]:
        """Every item of a scan, page by page."""
        start: dict[str, Any] = {}
        while True:
            with translated_errors():
                page = self.api.scan(**parameters, **start)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def update(self, table: str, write: Update) -> Item | None:
        """Change one item and return it, or None if the condition does not hold."""
        for attempt in range(_ATTEMPTS):
            try:
                with translated_errors():
                    answer = self.api.update_item(
                        TableName=table, ReturnValues="ALL_NEW", **write.parameters()
                    )
            except ClientError as error:
                if code_of(error) == "ConditionalCheckFailedException":
                    return None
                raise
            except errors.OutcomeUnknown:
                raise
            except errors.Unavailable:
                # Nothing was written; a transaction that holds the item is over within
                # milliseconds.
                if attempt == _ATTEMPTS - 1:
                    raise
                _pause(attempt)
            else:
                item: Item = answer["Attributes"]
                return item
        raise AssertionError("unreachable")

    def transact(self, writes: Sequence[tuple[str, Put | Update]]) -> list[Rejected]:
        """Apply all of `(table, write)` or none; return the parts whose conditions did not hold.

        Raises:
            Unavailable: Others kept the items busy; nothing was written.
            OutcomeUnknown: No answer came.
        """
        parts = [_part(table, write) for table, write in writes]
        for attempt in range(_ATTEMPTS):
            try:
                # botocore fills in the ClientRequestToken once a call, so its own retries apply a
                # transaction once.
                with translated_errors():
                    self.api.transact_write_items(TransactItems=parts)
            except ClientError as error:
                if code_of(error) != "TransactionCanceledException":
                    raise
                rejected = _rejected(error)
                if rejected:
                    return rejected
                _pause(attempt)
            else:
                return []
        raise errors.Unavailable("the account is busy, try again in a few seconds")


def _pause(attempt: int) -> None:
    longest = min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2**attempt)
    time.sleep(random.uniform(0, longest))  # noqa: S311 - jitter is no secret


def _part(table: str, write: Put | Update) -> dict[str, Any]:
    kind = "Put" if isinstance(write, Put) else "Update"
    return {
        kind: {
            "TableName": table,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            **write.parameters(),
        }
    }


def _rejected(error: ClientError) -> list[Rejected]:
    # A failed condition is final whatever else happened; only without one is waiting any use.
    reasons: list[dict[str, Any]] = error.response.get("CancellationReasons", [])
    failed = [
        Rejected(position, reason.get("Item"))
        for position, reason in enumerate(reasons)
        if reason.get("Code") == _CONDITION
    ]
    if not failed and not any(reason.get("Code") in _WAIT for reason in reasons):
        raise error
    return failed
