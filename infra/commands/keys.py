"""`images-mcp keys`."""

import argparse
from collections.abc import Mapping
from typing import Any

from handler.core.accounts import Account, ApiKey, Principal
from handler.core.errors import OperatorRefused
from handler.core.money import json_usd
from infra.commands.output import (
    Subparsers,
    add_action,
    credits_amount,
    iso_time,
    print_many,
    print_one,
)
from infra.commands.target import stores_of
from infra.operator.keys import add_key, create_key, find_key, rotate_key

_HOUR_MS = 3_600_000


def add_commands(commands: Subparsers) -> None:
    """Describe the command to argparse."""
    keys = commands.add_parser("keys", help="API keys")
    actions = keys.add_subparsers(required=True, metavar="ACTION")
    create = add_action(actions, "create", "make a key and print it, once", _create)
    what = create.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--credits", metavar="USD", type=credits_amount, help="open an account that holds this"
    )
    what.add_argument("--account", metavar="ID", help="make another key for this account")
    add_action(actions, "list", "every key with its account's credits", _list)
    show = add_action(actions, "show", "one key", _show)
    rotate = add_action(actions, "rotate", "replace a key; its account stays", _rotate)
    rotate.add_argument(
        "--overlap-hours",
        metavar="N",
        type=_hours,
        default=0,
        help="how long the old key goes on working (default: not at all)",
    )
    revoke = add_action(actions, "revoke", "end a key for good", _revoke)
    for action in (show, rotate, revoke):
        action.add_argument("id", help="the key's id, as `keys list` shows it")


def _hours(text: str) -> float:
    try:
        hours = float(text)
    except ValueError:
        hours = -1
    if not 0 <= hours <= 24 * 365:
        raise argparse.ArgumentTypeError("must be a number of hours, a year at most")
    return hours


def key_object(key: ApiKey, account: Account) -> Mapping[str, Any]:
    """A key as commands show it; never the secret."""
    return {
        "id": key.id,
        "display": key.display,
        "status": key.status.value,
        "created_at": iso_time(key.created_at_ms),
        "expires_at": iso_time(key.expires_at_ms),
        "account": account.id,
        "credits": json_usd(account.available_micros),
    }


def _print_new(options: argparse.Namespace, principal: Principal, secret: str) -> int:
    print_one(options, {**key_object(principal.key, principal.account), "key": secret})
    if not options.json:
        print("\nThe key is not shown again.")
    return 0


def _create(options: argparse.Namespace) -> int:
    stores = stores_of(options)
    if options.account:
        return _print_new(options, *add_key(stores.accounts, stores.clock, options.account))
    return _print_new(options, *create_key(stores.accounts, stores.clock, options.credits))


def _list(options: argparse.Namespace) -> int:
    rows = [key_object(key, account) for key, account in stores_of(options).accounts.list_keys()]
    print_many(options, rows, ["id", "display", "status", "credits", "account"])
    return 0


def _show(options: argparse.Namespace) -> int:
    print_one(options, key_object(*find_key(stores_of(options).accounts, options.id)))
    return 0


def _rotate(options: argparse.Namespace) -> int:
    stores = stores_of(options)
    overlap_ms = int(options.overlap_hours * _HOUR_MS)
    return _print_new(options, *rotate_key(stores.accounts, stores.clock, options.id, overlap_ms))


def _revoke(options: argparse.Namespace) -> int:
    key = stores_of(options).accounts.revoke(options.id)
    if key is None:
        raise OperatorRefused(f"no key has the id {options.id!r}; see: images-mcp keys list")
    print_one(options, {"id": key.id, "status": key.status.value})
    return 0
