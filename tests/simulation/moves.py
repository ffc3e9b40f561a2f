"""Which move a write of a generation's record is, and what that move may change."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from handler.core.generation import TOO_LATE, Status
from tests.simulation.expressions import Item


class Move(StrEnum):
    """As design and `handler.adapters.dynamodb.writes` name them."""

    ADMIT = "ADMIT"
    CLAIM = "CLAIM"
    INTENT = "INTENT"
    BIND = "BIND"
    PARK = "PARK"
    STORE = "STORE"
    CAPTURE = "CAPTURE"
    RELEASE = "RELEASE"
    CANCEL = "CANCEL"
    EXPIRE = "EXPIRE"
    REDRIVE = "RE-DRIVE"
    REVOKE = "REVOKE"
    MONEY_IN = "MONEY-IN"


_FLIGHT = frozenset({"shard", "due_at_ms", "lease_owner", "lease_until_ms"})
_END = _FLIGHT | {"status", "finished_at_ms", "expires_at_ms"}
_UNPAID_END = _END | {"error", "ttl"}
MAY_CHANGE: Mapping[Move, frozenset[str]] = {
    Move.CLAIM: frozenset({"status", "fence", "lease_owner", "lease_until_ms", "due_at_ms"}),
    Move.INTENT: frozenset({"submits"}),
    Move.BIND: frozenset({"provider_ref"}),
    Move.PARK: frozenset({"lease_until_ms", "due_at_ms", "provider_ref", "answered_submits"}),
    Move.REDRIVE: frozenset({"due_at_ms"}),
    Move.CAPTURE: _END | {"images", "charged_micros"},
    Move.RELEASE: _UNPAID_END,
    Move.EXPIRE: _UNPAID_END,
    Move.CANCEL: _UNPAID_END,
}
_BY_CHANGE = (
    ("fence", Move.CLAIM),
    ("submits", Move.INTENT),
    ("lease_until_ms", Move.PARK),
    ("provider_ref", Move.BIND),
    ("due_at_ms", Move.REDRIVE),
)


def changes(before: Item, after: Item) -> set[str]:
    """Names of the attributes that differ."""
    names = before.keys() | after.keys()
    return {name for name in names if before.get(name) != after.get(name)}


def move_of(after: Item, changed: set[str]) -> Move | None:
    """The move that changed those attributes of an open generation; None: there is no such."""
    if "status" in changed and is_final(after):
        return _end_of(after)
    if "answered_submits" in changed:
        # Whoever parks to submit again, with a lease or after it was given back.
        return Move.PARK
    return next((move for name, move in _BY_CHANGE if name in changed), None)


def _end_of(after: Item) -> Move:
    status = text(after, "status")
    if status == Status.FAILED:
        return Move.EXPIRE if text(after, "error") == TOO_LATE else Move.RELEASE
    return Move.CAPTURE if status == Status.SUCCEEDED else Move.CANCEL


def is_final(item: Item) -> bool:
    """Whether a generation's item says that it has ended."""
    return Status(text(item, "status")).is_final


def number(item: Item, name: str) -> int:
    """An attribute as a number, 0 if it is absent."""
    value: Any = item.get(name)
    return int(value["N"]) if value is not None else 0


def text(item: Item, name: str) -> str:
    """An attribute as text, empty if it is absent."""
    value: Any = item.get(name)
    return str(value["S"]) if value is not None else ""
