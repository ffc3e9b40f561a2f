"""Making and replacing API keys."""

import secrets
from dataclasses import replace

from handler.core.accounts import (
    Account,
    ApiKey,
    KeyStatus,
    Principal,
    display_of,
    hash_secret,
    new_account_id,
    new_secret,
)
from handler.core.errors import OperatorRefused
from handler.core.ports import AccountStore, Clock


def create_key(
    accounts: AccountStore, clock: Clock, credits_micros: int, secret: str | None = None
) -> tuple[Principal, str]:
    """Open an account with credits; its first key, and the secret that is never shown again.

    A `secret` chosen by hand is for local use.
    """
    secret = secret or new_secret()
    account = Account(new_account_id(), credits_micros, credits_micros)
    key = _key(secret, account.id, clock)
    accounts.open_account(account, key, payment_id=secrets.token_hex(8))
    return Principal(key, account), secret


def add_key(accounts: AccountStore, clock: Clock, account_id: str) -> tuple[Principal, str]:
    """Another key for an account, and its secret.

    Raises:
        OperatorRefused: There is no such account.
    """
    account = accounts.account(account_id)
    if account is None:
        raise OperatorRefused(f"there is no account {account_id}; see: images-mcp accounts list")
    secret = new_secret()
    key = _key(secret, account_id, clock)
    accounts.add_key(key)
    return Principal(key, account), secret


def rotate_key(
    accounts: AccountStore, clock: Clock, key_id: str, overlap_ms: int
) -> tuple[Principal, str]:
    """A new key for the account of an old one, which ends after `overlap_ms`. No money moves.

    Raises:
        OperatorRefused: There is no such key, or it has ended.
    """
    old, account = find_key(accounts, key_id)
    now_ms = clock.now_ms()
    if not old.is_usable(now_ms):
        raise OperatorRefused(f"{key_id} has ended; make a key with: images-mcp keys create")
    secret = new_secret()
    key = _key(secret, account.id, clock)
    ending = (
        replace(old, expires_at_ms=now_ms + overlap_ms)
        if overlap_ms
        else replace(old, status=KeyStatus.REVOKED)
    )
    accounts.add_key(key, replaces=ending)
    return Principal(key, account), secret


def find_key(accounts: AccountStore, key_id: str) -> tuple[ApiKey, Account]:
    """A key by its id, with its account.

    Raises:
        OperatorRefused: There is no such key.
    """
    found = next(((key, of) for key, of in accounts.list_keys() if key.id == key_id), None)
    if found is None:
        raise OperatorRefused(f"no key has the id {key_id!r}; see: images-mcp keys list")
    return found


def _key(secret: str, account_id: str, clock: Clock) -> ApiKey:
    return ApiKey(
        sha256=hash_secret(secret),
        account_id=account_id,
        display=display_of(secret),
        created_at_ms=clock.now_ms(),
    )
