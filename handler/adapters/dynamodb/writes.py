"""Every conditional write as a value: what is set, under which condition.

Sending them is `client`'s job. Attribute names are always written as `#name`, values as `:name`;
the placeholders DynamoDB wants are derived from that, so no reserved word can be hit by accident.

The races they decide:

    ADMIT    two calls, one idempotency key: the record's put is the lock
             two calls, money for one: the account's condition is the lock
    CLAIM    two workers: the lease is the lock, the fence tells later from earlier
    INTENT   two workers: `submits` must still be what was read
    CAPTURE  worker against cancel or expiry: the first to leave `processing` wins
    RELEASE  old worker against new: fenced, so the old one cannot end the new one's attempt
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from boto3.dynamodb.types import TypeSerializer

from handler.core.accounts import AccountStatus
from handler.core.generation import Status

_serialize = TypeSerializer().serialize

OPEN = {":starting": Status.STARTING.value, ":processing": Status.PROCESSING.value}
_IS_OPEN = "(#status = :starting OR #status = :processing)"
_LEAVE_FLIGHT = "REMOVE #shard, #due_at_ms, #lease_owner, #lease_until_ms"


@dataclass(frozen=True)
class Put:
    """A whole item."""

    item: Mapping[str, Any]
    condition: str | None = "attribute_not_exists(#pk)"

    def parameters(self) -> dict[str, Any]:
        """The request, without its table."""
        placeholders = _placeholders(self.condition, {}) if self.condition else {}
        return {"Item": attributes(self.item), **placeholders}


@dataclass(frozen=True)
class Update:
    """A change of one item."""

    pk: str
    expression: str
    condition: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def parameters(self) -> dict[str, Any]:
        """The request, without its table."""
        return {
            "Key": attributes({"pk": self.pk}),
            "UpdateExpression": self.expression,
            **_placeholders(self.condition, self.values, self.expression),
        }


def attributes(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item in DynamoDB's typed notation; absent values are left out."""
    return {name: _serialize(value) for name, value in item.items() if value is not None}


def _placeholders(
    condition: str, values: Mapping[str, Any], expression: str = ""
) -> dict[str, Any]:
    names = {name: name[1:] for name in re.findall(r"#\w+", f"{condition} {expression}")}
    rendered: dict[str, Any] = {"ConditionExpression": condition, "ExpressionAttributeNames": names}
    if values:
        rendered["ExpressionAttributeValues"] = {
            name: _serialize(value) for name, value in values.items()
        }
    return rendered


def debit(account_pk: str, amount_micros: int) -> Update:
    """ADMIT, the account's half."""
    return Update(
        account_pk,
        "SET #available_micros = #available_micros - :amount",
        "#available_micros >= :amount AND #status = :active",
        {":amount": amount_micros, ":active": AccountStatus.ACTIVE.value},
    )


def credit(account_pk: str, amount_micros: int) -> Update:
    """The account's half of every move that pays back."""
    return Update(
        account_pk,
        "SET #available_micros = #available_micros + :amount",
        "attribute_exists(#pk)",
        {":amount": amount_micros},
    )


def move(account_pk: str, amount_micros: int) -> Update:
    """MONEY-IN, the account's half: available and granted together, and never below zero."""
    return Update(
        account_pk,
        "SET #available_micros = #available_micros + :amount,"
        " #granted_micros = #granted_micros + :amount",
        "#available_micros >= :least",
        {":amount": amount_micros, ":least": max(0, -amount_micros)},
    )


def claim(pk: str, owner: str, now_ms: int, lease_until_ms: int) -> Update:
    """CLAIM: unclaimed, or its lease has run out."""
    return Update(
        pk,
        "SET #status = :processing, #fence = #fence + :one, #lease_owner = :owner,"
        " #lease_until_ms = :until, #due_at_ms = :until",
        "#status = :starting OR (#status = :processing AND #lease_until_ms <= :now)",
        {**OPEN, ":one": 1, ":owner": owner, ":until": lease_until_ms, ":now": now_ms},
    )


def intent(pk: str, fence: int, submits: int, most: int) -> Update:
    """INTENT: one more submission, if the count is still `submits` and below `most`."""
    return Update(
        pk,
        "SET #submits = :next",
        "#status = :processing AND #fence = :fence AND #submits = :submits AND #submits < :most"
        " AND attribute_not_exists(#provider_ref)",
        {
            ":processing": Status.PROCESSING.value,
            ":fence": fence,
            ":submits": submits,
            ":next": submits + 1,
            ":most": most,
        },
    )


def bind(pk: str, fence: int, provider_ref: str) -> Update:
    """BIND: the provider's id, if there is none yet."""
    return Update(
        pk,
        "SET #provider_ref = :ref",
        "#status = :processing AND #fence = :fence AND attribute_not_exists(#provider_ref)",
        {":processing": Status.PROCESSING.value, ":fence": fence, ":ref": provider_ref},
    )


def park(pk: str, fence: int, due_at_ms: int, *, resubmit: bool) -> Update:
    """PARK: the lease ends now, the sweeper looks again at `due_at_ms`."""
    forget = ", #answered_submits = #submits REMOVE #provider_ref" if resubmit else ""
    return Update(
        pk,
        "SET #lease_until_ms = :none, #due_at_ms = :due" + forget,
        "#status = :processing AND #fence = :fence",
        {":processing": Status.PROCESSING.value, ":fence": fence, ":none": 0, ":due": due_at_ms},
    )


def redrive(pk: str, seen_due_at_ms: int, due_at_ms: int) -> Update:
    """RE-DRIVE: a later due time, if it is still the one that was seen."""
    return Update(
        pk,
        "SET #due_at_ms = :due",
        f"#due_at_ms = :seen AND {_IS_OPEN}",
        {**OPEN, ":due": due_at_ms, ":seen": seen_due_at_ms},
    )


def capture(
    pk: str, images: Sequence[Mapping[str, Any]], charged_micros: int, end: "End"
) -> Update:
    """CAPTURE: processing → succeeded and charged.

    Its amount must be what the caller took it for.
    """
    return Update(
        pk,
        "SET #status = :succeeded, #images = :images, #charged_micros = :charged,"
        f" {_FINISH} {_LEAVE_FLIGHT}",
        "#status = :processing AND #amount_micros = :amount",
        {
            **end.values(),
            ":succeeded": Status.SUCCEEDED.value,
            ":processing": Status.PROCESSING.value,
            ":images": list(images),
            ":charged": charged_micros,
        },
    )


def release(pk: str, fence: int, error: str, end: "End") -> Update:
    """RELEASE, the record's half: processing → failed, under the caller's fence."""
    return Update(
        pk,
        f"SET #status = :failed, #error = :error, #ttl = :ttl, {_FINISH} {_LEAVE_FLIGHT}",
        "#status = :processing AND #fence = :fence AND #amount_micros = :amount",
        {
            **end.values_without_money(),
            ":failed": Status.FAILED.value,
            ":processing": Status.PROCESSING.value,
            ":error": error,
            ":fence": fence,
        },
    )


def end_open(pk: str, status: Status, error: str | None, end: "End") -> Update:
    """CANCEL and EXPIRE, the record's half: open → final, whoever works on it."""
    explained = "#error = :error, " if error is not None else ""
    return Update(
        pk,
        f"SET #status = :final, {explained}#ttl = :ttl, {_FINISH} {_LEAVE_FLIGHT}",
        f"{_IS_OPEN} AND #amount_micros = :amount",
        {
            **OPEN,
            **end.values_without_money(),
            ":final": status.value,
            **({":error": error} if error is not None else {}),
        },
    )


_FINISH = "#finished_at_ms = :finished, #expires_at_ms = :expires"


@dataclass(frozen=True)
class End:
    """What every final move records."""

    amount_micros: int
    """The condition's: the amount the money half moves must be the record's."""
    finished_at_ms: int
    expires_at_ms: int
    """End of retention."""

    def values(self) -> dict[str, Any]:
        """The values the final moves have in common."""
        return {
            ":amount": self.amount_micros,
            ":finished": self.finished_at_ms,
            ":expires": self.expires_at_ms,
        }

    def values_without_money(self) -> dict[str, Any]:
        """The same for an end that charges nothing.

        Such a record may be deleted after its retention. A success is an entry of the books and
        stays: what an account has spent is the sum of its successes.
        """
        return {**self.values(), ":ttl": self.expires_at_ms // 1000}
