"""Broken versions of the code, made by rewriting what it sends: each must be found.

A simulator that finds nothing in them would find nothing anywhere.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Request = dict[str, Any]
Rewrite = Callable[[str, Request], Request]
"""By operation."""

_PLACEHOLDER = re.compile(r"[#:]\w+")


@dataclass(frozen=True)
class Mutant:
    """A service behind a rewriting."""

    api: Any
    rewrite: Rewrite

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self.api, name)
        return lambda **request: method(**self.rewrite(name, request))


def _each_write(change: Callable[[Request], Request]) -> Rewrite:
    """A rewriting of every single write, alone or in a transaction."""

    def rewrite(operation: str, request: Request) -> Request:
        if operation == "update_item":
            return change(request)
        if operation != "transact_write_items":
            return request
        parts = [
            {kind: change(part) for kind, part in each.items()} for each in request["TransactItems"]
        ]
        return {**request, "TransactItems": parts}

    return rewrite


def _with(request: Request, **changed: str) -> Request:
    """The request with other expressions, without the placeholders they do not use."""
    request = {**request, **changed}
    texts = (request.get("ConditionExpression", ""), request.get("UpdateExpression", ""))
    used = set(_PLACEHOLDER.findall(" ".join(texts)))
    for kind in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
        if kind in request:
            request[kind] = {name: of for name, of in request[kind].items() if name in used}
    return request


def _where(text: str, old: str, new: str) -> Rewrite:
    """Rewrites the condition of every write that has `text` in its expressions."""

    def change(request: Request) -> Request:
        condition = request.get("ConditionExpression", "")
        if text not in f"{condition} {request.get('UpdateExpression', '')}" or old not in condition:
            return request
        names = {**request["ExpressionAttributeNames"], "#pk": "pk"}
        changed = {**request, "ExpressionAttributeNames": names}
        return _with(changed, ConditionExpression=condition.replace(old, new))

    return _each_write(change)


def _refund_twice(request: Request) -> Request:
    if "#available_micros + :amount" not in request.get("UpdateExpression", ""):
        return request
    values = request["ExpressionAttributeValues"]
    twice = {**values, ":amount": {"N": str(2 * int(values[":amount"]["N"]))}}
    return {**request, "ExpressionAttributeValues": twice}


def _stays_indexed(request: Request) -> Request:
    update = request.get("UpdateExpression", "")
    return _with(request, UpdateExpression=update.replace("#shard, ", "")) if update else request


def _apart(operation: str, request: Request) -> Request:
    """A refund without the record it belongs to."""
    parts = request.get("TransactItems", [])
    if operation != "transact_write_items" or "Put" in parts[0]:
        return request
    return {**request, "TransactItems": parts[1:]}


def _reads_what_was(operation: str, request: Request) -> Request:
    return {**request, "ConsistentRead": False} if operation == "get_item" else request


def _stores_nothing(operation: str, request: Request) -> Request:
    return {**request, "Key": "elsewhere"} if operation == "put_object" else request


MUTANTS: Mapping[str, tuple[Rewrite, str]] = {
    "a refund is paid twice": (_each_write(_refund_twice), "I11"),
    "a refund is a write of its own": (_apart, "I11"),
    "capture without its condition": (
        _where(":succeeded", "#status = :processing AND", "attribute_exists(#pk) AND"),
        "I3",
    ),
    "cancel and expiry of what has ended": (
        _where(":final", "(#status = :starting OR #status = :processing)", "attribute_exists(#pk)"),
        "I3",
    ),
    "release of what has ended": (
        _where(":failed", "#status = :processing AND #fence = :fence", "attribute_exists(#pk)"),
        "I3",
    ),
    "a debit of more than there is": (
        _where("#available_micros - :amount", "#available_micros >= :amount AND ", ""),
        "I1",
    ),
    "a record that replaces another": (
        _where(
            "attribute_not_exists(#pk)",
            "attribute_not_exists(#pk)",
            "attribute_exists(#pk) OR attribute_not_exists(#pk)",
        ),
        "",
    ),
    "claim in spite of a lease": (
        _where(":owner", " AND #lease_until_ms <= :now", ""),
        "claimed while",
    ),
    "an ended generation stays indexed": (_each_write(_stays_indexed), "I8"),
    "reads may be old": (_reads_what_was, ""),
    "the image goes astray": (_stores_nothing, "I5"),
}
"""By what is broken: the rewriting, and how the violation that finds it begins, if only one can."""

# Either guard alone suffices while no two runs share a lease; each has a test of its own.
UNGUARDED_INTENT: Rewrite = _where(
    ":next", " AND #fence = :fence AND #submits = :submits AND #submits < :most", ""
)
"""An intent without a fence or a count, which takes a second worker at the right moment to find."""
