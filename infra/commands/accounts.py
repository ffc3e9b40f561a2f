"""`images-mcp accounts`."""

import argparse
import secrets
from collections.abc import Mapping
from typing import Any

from handler.bootstrap.stores import Stores
from handler.core.accounts import Account, Movement, Source
from handler.core.errors import OperatorRefused
from handler.core.money import json_usd
from infra.commands.output import (
    Subparsers,
    add_action,
    amount,
    credits_amount,
    iso_time,
    print_many,
    print_one,
)
from infra.commands.target import stores_of
from infra.operator.statement import Line, statement


def add_commands(commands: Subparsers) -> None:
    """Describe the command to argparse."""
    accounts = commands.add_parser("accounts", help="accounts and their credits")
    actions = accounts.add_subparsers(required=True, metavar="ACTION")
    add_action(actions, "list", "every account", _list)
    show = add_action(actions, "show", "one account", _show)
    topup = add_action(actions, "topup", "add credits that were paid for", _topup)
    topup.add_argument("--credits", metavar="USD", type=credits_amount, required=True)
    topup.add_argument(
        "--payment-id",
        metavar="ID",
        required=True,
        help="the payment's own id: the same one counts once, however often it is sent",
    )
    adjust = add_action(actions, "adjust", "correct the credits, up or down", _adjust)
    adjust.add_argument("--credits", metavar="USD", type=amount, required=True)
    adjust.add_argument("--reason", required=True, help="why, for the statement")
    adjust.add_argument("--id", dest="movement_id", help="to book it once, like a payment id")
    stated = add_action(actions, "statement", "every movement of its money", _statement)
    for action in (show, topup, adjust, stated):
        action.add_argument("account", help="the account's id")


def account_object(account: Account) -> Mapping[str, Any]:
    """An account as commands show it."""
    return {
        "id": account.id,
        "status": account.status.value,
        "available": json_usd(account.available_micros),
        "granted": json_usd(account.granted_micros),
    }


def _account(stores: Stores, account_id: str) -> Account:
    account = stores.accounts.account(account_id)
    if account is None:
        raise OperatorRefused(f"there is no account {account_id}; see: images-mcp accounts list")
    return account


def _list(options: argparse.Namespace) -> int:
    accounts = sorted(stores_of(options).accounts.list_accounts(), key=lambda each: each.id)
    rows = [account_object(account) for account in accounts]
    print_many(options, rows, ["id", "status", "available", "granted"])
    return 0


def _show(options: argparse.Namespace) -> int:
    print_one(options, account_object(_account(stores_of(options), options.account)))
    return 0


def _topup(options: argparse.Namespace) -> int:
    return _move(options, Source.PAYMENT, options.payment_id, None)


def _adjust(options: argparse.Namespace) -> int:
    movement_id = options.movement_id or secrets.token_hex(8)
    return _move(options, Source.ADJUSTMENT, movement_id, options.reason)


def _move(options: argparse.Namespace, source: Source, movement_id: str, reason: str | None) -> int:
    stores = stores_of(options)
    movement = Movement(
        source, movement_id, options.account, options.credits, stores.clock.now_ms(), reason
    )
    booked = stores.movements.move(movement)
    account = _account(stores, options.account)
    print_one(options, {**account_object(account), "booked": booked, "entry": movement_id})
    return 0


def _line_object(line: Line) -> Mapping[str, Any]:
    return {
        "at": iso_time(line.at_ms),
        "kind": line.kind,
        "amount": json_usd(line.amount_micros),
        "balance": json_usd(line.balance_micros),
        "reference": line.reference,
    }


def _statement(options: argparse.Namespace) -> int:
    stores = stores_of(options)
    stated = statement(
        _account(stores, options.account),
        stores.movements.movements(options.account),
        stores.generations.of_account(options.account, {}),
    )
    lines = [_line_object(line) for line in stated.lines]
    if options.json:
        document = {**account_object(stated.account), "lines": lines, "adds_up": stated.adds_up}
        print_one(options, document)
    else:
        print_many(options, lines, ["at", "kind", "amount", "balance", "reference"])
        print(f"\navailable: {json_usd(stated.account.available_micros)}")
    return 0
