"""The `AccountStore` over the `credits` table."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from handler.adapters.dynamodb import items
from handler.adapters.dynamodb.client import DynamoDB
from handler.adapters.dynamodb.writes import Put, Update
from handler.core import errors
from handler.core.accounts import Account, ApiKey, KeyStatus, Principal


@dataclass(frozen=True)
class DynamoAccountStore:
    """Accounts and keys."""

    db: DynamoDB
    table: str

    def principal(self, key_sha256: str) -> Principal | None:
        """See `AccountStore`."""
        item = self.db.get(self.table, items.key_pk(key_sha256))
        if item is None:
            return None
        key = items.key_from(item)
        return Principal(key, self._account(key.account_id))

    def open_account(self, account: Account, key: ApiKey, payment_id: str) -> None:
        """See `AccountStore`."""
        movement = items.movement_item(
            "grant", payment_id, account.id, account.granted_micros, key.created_at_ms
        )
        rejected = self.db.transact(
            [
                (self.table, Put(items.account_item(account))),
                (self.table, Put(items.key_item(key))),
                (self.table, Put(movement)),
            ]
        )
        if rejected:
            raise errors.Unavailable("an account, key or payment of that id exists already")

    def list_keys(self) -> Sequence[tuple[ApiKey, Account]]:
        """See `AccountStore`. Reads the whole table, which an operator's command may."""
        keys: list[ApiKey] = []
        accounts: dict[str, Account] = {}
        for item in self.db.scan({"TableName": self.table, "ConsistentRead": True}):
            kind = item["pk"]["S"].partition("#")[0]
            if kind == "KEY":
                keys.append(items.key_from(item))
            elif kind == "ACCOUNT":
                account = items.account_from(item)
                accounts[account.id] = account
        keys.sort(key=lambda key: (key.created_at_ms, key.id))
        # A key that was made while the scan went on may have come without its account.
        return [(key, accounts[key.account_id]) for key in keys if key.account_id in accounts]

    def revoke(self, key_id: str) -> ApiKey | None:
        """See `AccountStore`."""
        key = next((key for key, _ in self.list_keys() if key.id == key_id), None)
        if key is None:
            return None
        self.db.update(
            self.table,
            Update(
                items.key_pk(key.sha256),
                "SET #status = :revoked",
                "attribute_exists(#pk)",
                {":revoked": KeyStatus.REVOKED.value},
            ),
        )
        return replace(key, status=KeyStatus.REVOKED)

    def _account(self, account_id: str) -> Account:
        item = self.db.get(self.table, items.account_pk(account_id))
        if item is None:
            raise LookupError(f"key without its account {account_id}")
        return items.account_from(item)
