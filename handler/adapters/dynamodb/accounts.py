"""The `AccountStore` over the `credits` table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from handler.adapters.dynamodb import items
from handler.adapters.dynamodb.client import DynamoDB, Item
from handler.adapters.dynamodb.writes import Put, Update
from handler.core import errors
from handler.core.accounts import Account, ApiKey, KeyStatus, Movement, Principal, Source


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
        account = self.account(key.account_id)
        if account is None:
            raise LookupError(f"key without its account {key.account_id}")
        return Principal(key, account)

    def account(self, account_id: str) -> Account | None:
        """See `AccountStore`."""
        item = self.db.get(self.table, items.account_pk(account_id))
        return None if item is None else items.account_from(item)

    def list_accounts(self) -> Sequence[Account]:
        """See `AccountStore`. Reads the whole table, which an operator's command may."""
        return [items.account_from(item) for item in self._all("ACCOUNT")]

    def add_key(self, key: ApiKey, replaces: ApiKey | None = None) -> None:
        """See `AccountStore`."""
        writes: list[tuple[str, Put | Update]] = [(self.table, Put(items.key_item(key)))]
        if replaces is not None:
            replaced = Put(items.key_item(replaces), condition="attribute_exists(#pk)")
            writes.append((self.table, replaced))
        if self.db.transact(writes):
            raise errors.OperatorRefused("this key is not there any more, or the new one is")

    def open_account(self, account: Account, key: ApiKey, payment_id: str) -> None:
        """See `AccountStore`."""
        movement = Movement(
            Source.GRANT, payment_id, account.id, account.granted_micros, key.created_at_ms
        )
        rejected = self.db.transact(
            [
                (self.table, Put(items.account_item(account))),
                (self.table, Put(items.key_item(key))),
                (self.table, Put(items.movement_item(movement))),
            ]
        )
        if rejected:
            raise errors.Unavailable("an account, key or payment of that id exists already")

    def list_keys(self) -> Sequence[tuple[ApiKey, Account]]:
        """See `AccountStore`. Reads the whole table, which an operator's command may."""
        keys = [items.key_from(item) for item in self._all("KEY")]
        accounts = {account.id: account for account in self.list_accounts()}
        keys.sort(key=lambda key: (key.created_at_ms, key.id))
        return [(key, accounts[key.account_id]) for key in keys]

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

    def _all(self, kind: str) -> Iterator[Item]:
        for item in self.db.scan({"TableName": self.table, "ConsistentRead": True}):
            if item["pk"]["S"].startswith(f"{kind}#"):
                yield item
