"""Sends writes and reads to DynamoDB.

Knows DynamoDB's answers, not what a table holds. A condition that does not hold is an ordinary
answer here, never an exception: the old item comes back with it, so that nobody has to read again
to learn why.
"""

import itertools
import random
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from handler.adapters.aws import code_of, translated_errors
from handler.adapters.clock import SystemClock
from handler.adapters.dynamodb.writes import Put, Update, attributes
from handler.core import errors
from handler.core.ports import Clock

Item = Mapping[str, Any]

RETRY_BUDGET_MS = 3_000
"""How long a write that is held up is tried again: a tenth of the longest wait for an answer."""
FIRST_PAUSE_MS = 25
LONGEST_PAUSE_MS = 400

Answer = TypeVar("Answer")

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
    clock: Clock = field(default_factory=SystemClock)
    jitter: Callable[[], float] = random.random
    """From 0 to 1: the share of a pause that is taken."""

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

    def keys_of_account(self, table: str, account_id: str) -> Iterator[str]:
        """Keys of what the `by_account` index holds of an account, oldest first; may lag behind."""
        parameters = {
            "TableName": table,
            "IndexName": "by_account",
            "KeyConditionExpression": "#account_id = :account",
            "ExpressionAttributeNames": {"#account_id": "account_id"},
            "ExpressionAttributeValues": attributes({":account": account_id}),
        }
        for item in self._pages(self.api.query, parameters):
            yield item["pk"]["S"]

    def scan(self, parameters: Mapping[str, Any]) -> Iterator[Item]:
        """Every item of a scan."""
        return self._pages(self.api.scan, parameters)

    def _pages(self, read: Callable[..., Any], parameters: Mapping[str, Any]) -> Iterator[Item]:
        start: dict[str, Any] = {}
        while True:
            with translated_errors():
                page = read(**parameters, **start)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def update(self, table: str, write: Update) -> Item | None:
        """Change one item and return it, or None if the condition does not hold."""

        def send() -> Item | None:
            parameters = {"TableName": table, "ReturnValues": "ALL_NEW", **write.parameters()}
            try:
                item: Item = self.api.update_item(**parameters)["Attributes"]
            except ClientError as error:
                if code_of(error) == "ConditionalCheckFailedException":
                    return None
                raise
            return item

        return self._patiently(send)

    def transact(self, writes: Sequence[tuple[str, Put | Update]]) -> list[Rejected]:
        """Apply all of `(table, write)` or none; return the parts whose conditions did not hold.

        Raises:
            Unavailable: Others kept the items busy; nothing was written.
            OutcomeUnknown: No answer came.
        """
        parts = [_part(table, write) for table, write in writes]
        # The same for every attempt, botocore's included, so that they apply the writes once.
        token = str(uuid.uuid4())

        def send() -> list[Rejected]:
            try:
                self.api.transact_write_items(TransactItems=parts, ClientRequestToken=token)
            except ClientError as error:
                if code_of(error) == "TransactionCanceledException":
                    return _rejected(error)
                raise
            return []

        return self._patiently(send)

    def _patiently(self, send: Callable[[], Answer]) -> Answer:
        """Repeat what certainly was not done, with full jitter, inside a budget."""
        gives_up_ms = self.clock.now_ms() + RETRY_BUDGET_MS
        for attempt in itertools.count():
            longest_ms = min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2**attempt)
            pause_ms = self.jitter() * longest_ms
            try:
                with translated_errors():
                    return send()
            except errors.OutcomeUnknown:
                # It may have been done: only reading can tell, never repeating.
                raise
            except errors.Unavailable:
                if self.clock.now_ms() + pause_ms > gives_up_ms:
                    raise
            self.clock.sleep(pause_ms / 1000)
        raise AssertionError("unreachable")


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
    if not failed and any(reason.get("Code") in _WAIT for reason in reasons):
        raise errors.Unavailable("the account is busy, try again in a few seconds") from error
    if not failed:
        raise error
    return failed
