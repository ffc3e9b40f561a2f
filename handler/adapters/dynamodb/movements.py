"""The `MovementStore` over the `credits` table."""

from collections.abc import Sequence
from dataclasses import dataclass

from handler.adapters.dynamodb import items, writes
from handler.adapters.dynamodb.client import DynamoDB, Rejected
from handler.adapters.dynamodb.writes import Put
from handler.core import errors
from handler.core.accounts import Movement
from handler.core.money import format_usd

_ENTRY, _ACCOUNT = range(2)


@dataclass(frozen=True)
class DynamoMovementStore:
    """Movements of money; each is booked in one transaction with its account."""

    db: DynamoDB
    table: str

    def move(self, movement: Movement) -> bool:
        """See `MovementStore`."""
        rejected = self.db.transact(
            [
                (self.table, Put(items.movement_item(movement))),
                (
                    self.table,
                    writes.move(items.account_pk(movement.account_id), movement.amount_micros),
                ),
            ]
        )
        if not rejected:
            return True
        return self._not_moved(movement, {part.position: part for part in rejected})

    def movements(self, account_id: str) -> Sequence[Movement]:
        """See `MovementStore`."""
        found = [
            self.db.get(self.table, pk)
            for pk in self.db.keys_of_account(self.table, account_id)
            if pk.startswith("TXN#")
        ]
        return [items.movement_from(item) for item in found if item is not None]

    def _not_moved(self, movement: Movement, rejected: dict[int, Rejected]) -> bool:
        entry = rejected.get(_ENTRY)
        if entry is not None and entry.old_item is not None:
            booked = items.movement_from(entry.old_item)
            same = (booked.account_id, booked.amount_micros)
            if same != (movement.account_id, movement.amount_micros):
                raise errors.OperatorRefused(
                    f"{movement.source} {movement.payment_id} was booked before, with"
                    f" {format_usd(booked.amount_micros)} for {booked.account_id}"
                )
            return False
        old_account = rejected[_ACCOUNT].old_item
        if old_account is None:
            raise errors.OperatorRefused(f"there is no account {movement.account_id}")
        available = items.account_from(old_account).available_micros
        raise errors.OperatorRefused(
            f"only {format_usd(available)} are available: {format_usd(-movement.amount_micros)}"
            " cannot be taken off"
        )
