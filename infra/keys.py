"""The operator's work on API keys."""

import secrets
from collections.abc import Mapping
from typing import Any

from handler.core.accounts import (
    Account,
    ApiKey,
    Principal,
    display_of,
    hash_secret,
    new_account_id,
    new_secret,
)
from handler.core.money import json_usd
from handler.core.ports import AccountStore, Clock


def create_key(
    accounts: AccountStore, clock: Clock, credits_micros: int, secret: str | None = None
) -> tuple[Principal, str]:
    """Open an account with credits; its first key, and the secret that is never shown again.

    A `secret` chosen by hand is for local use.
    """
    secret = secret or new_secret()
    account = Account(new_account_id(), credits_micros, credits_micros)
    key = ApiKey(
        sha256=hash_secret(secret),
        account_id=account.id,
        display=display_of(secret),
        created_at_ms=clock.now_ms(),
    )
    accounts.open_account(account, key, payment_id=f"grant-{secrets.token_hex(8)}")
    return Principal(key, account), secret


def key_object(key: ApiKey, account: Account) -> Mapping[str, Any]:
    """A key as commands show it."""
    return {
        "id": key.id,
        "display": key.display,
        "status": key.status.value,
        "account": account.id,
        "credits": json_usd(account.available_micros),
        "created_at_ms": key.created_at_ms,
    }
