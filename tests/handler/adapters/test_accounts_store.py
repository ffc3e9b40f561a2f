"""Accounts and keys in the `credits` table."""

import json
from dataclasses import replace

import pytest

from handler.core import errors
from handler.core.accounts import Account, AccountStatus, ApiKey, KeyStatus, hash_secret
from handler.core.authentication import Authentication
from tests.world import World

ACCOUNT = Account("acct_1", 5_000_000, 5_000_000)
KEY = ApiKey(hash_secret("one"), ACCOUNT.id, "tfi_one…", 1_000)


def rows(world: World) -> list[str]:
    """Everything the table holds, as text."""
    scan = world.db.scan({"TableName": world.settings.credits_table, "ConsistentRead": True})
    return sorted(json.dumps(item, sort_keys=True) for item in scan)


class TestOpen:
    def test_key_and_account_are_found_by_the_keys_hash(self, world: World) -> None:
        world.stores.accounts.open_account(ACCOUNT, KEY, "payment-1")
        principal = world.stores.accounts.principal(KEY.sha256)
        assert principal is not None
        assert (principal.key, principal.account) == (KEY, ACCOUNT)

    def test_every_property_of_a_key_is_kept(self, world: World) -> None:
        key = replace(KEY, expires_at_ms=9_000, status=KeyStatus.REVOKED)
        account = replace(ACCOUNT, status=AccountStatus.CLOSED, available_micros=1)
        world.stores.accounts.open_account(account, key, "payment-1")
        assert world.stores.accounts.list_keys() == [(key, account)]

    def test_the_credits_are_booked_as_a_movement(self, world: World) -> None:
        """I11."""
        world.stores.accounts.open_account(ACCOUNT, KEY, "payment-1")
        movement = world.db.get(world.settings.credits_table, "TXN#grant#payment-1")
        assert movement is not None
        assert movement["account_id"] == {"S": ACCOUNT.id}
        assert movement["amount_micros"] == {"N": "5000000"}

    def test_the_secret_is_nowhere(self, world: World) -> None:
        opened = world.open_account(1)
        middle = opened.secret[8:-4]
        assert not any(middle in row for row in rows(world))

    @pytest.mark.parametrize(
        ("account", "key", "payment_id"),
        [
            (replace(ACCOUNT, id="acct_2"), replace(KEY, sha256=hash_secret("two")), "payment-1"),
            (replace(ACCOUNT, id="acct_2"), replace(KEY, account_id="acct_2"), "payment-2"),
            (ACCOUNT, replace(KEY, sha256=hash_secret("two")), "payment-2"),
        ],
        ids=["payment", "key", "account"],
    )
    def test_nothing_is_opened_where_any_part_exists_already(
        self, world: World, account: Account, key: ApiKey, payment_id: str
    ) -> None:
        """I13: a payment credits once; no key changes hands; no account is overwritten."""
        world.stores.accounts.open_account(ACCOUNT, KEY, "payment-1")
        before = rows(world)
        with pytest.raises(errors.ServiceError, match="exists already"):
            world.stores.accounts.open_account(account, key, payment_id)
        assert rows(world) == before


class TestList:
    def test_keys_come_oldest_first_with_their_accounts(self, world: World) -> None:
        keys = [
            ApiKey(hash_secret(name), f"acct_{name}", "…", at)
            for name, at in (("b", 200), ("c", 300), ("a", 100))
        ]
        for key in keys:
            world.stores.accounts.open_account(
                Account(key.account_id, 1, 1), key, f"payment-{key.account_id}"
            )
        world.admit(world.open_account(1_000_000))
        listed = [
            (key.account_id, account.id) for key, account in world.stores.accounts.list_keys()
        ]
        assert listed[:3] == [(f"acct_{name}", f"acct_{name}") for name in "abc"]
        assert len(listed) == 4

    def test_an_empty_table_lists_nothing(self, world: World) -> None:
        assert world.stores.accounts.list_keys() == []


class TestRevoke:
    def test_a_revoked_key_lets_nobody_in_afterwards(self, world: World) -> None:
        """I12."""
        opened = world.open_account(1_000_000)
        revoked = world.stores.accounts.revoke(opened.key_id)
        assert revoked is not None
        assert (revoked.id, revoked.status) == (opened.key_id, KeyStatus.REVOKED)
        with pytest.raises(errors.ApiKeyDisabled):
            Authentication(world.stores.accounts, world.clock).principal(opened.secret)

    def test_its_account_keeps_its_credits(self, world: World) -> None:
        opened = world.open_account(1_000_000)
        before = world.account(opened)
        world.stores.accounts.revoke(opened.key_id)
        assert world.account(opened) == before

    def test_other_keys_still_work(self, world: World) -> None:
        first, second = world.open_account(1), world.open_account(1)
        world.stores.accounts.revoke(first.key_id)
        principal = Authentication(world.stores.accounts, world.clock).principal(second.secret)
        assert principal.account.id == second.account_id

    def test_it_may_be_said_twice(self, world: World) -> None:
        opened = world.open_account(1)
        world.stores.accounts.revoke(opened.key_id)
        before = rows(world)
        again = world.stores.accounts.revoke(opened.key_id)
        assert again is not None
        assert again.status is KeyStatus.REVOKED
        assert rows(world) == before

    @pytest.mark.parametrize("key_id", ["key_0000000000000000", "", "key_"])
    def test_an_unknown_id_revokes_nothing(self, world: World, key_id: str) -> None:
        world.open_account(1)
        before = rows(world)
        assert world.stores.accounts.revoke(key_id) is None
        assert rows(world) == before


def test_an_unknown_hash_is_nobody(world: World) -> None:
    assert world.stores.accounts.principal(hash_secret("nobody")) is None
