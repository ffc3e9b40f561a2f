"""`images-mcp books`."""

import argparse
from dataclasses import asdict

from handler.core.errors import Unavailable
from infra.commands.output import Subparsers, add_action, print_many, print_one
from infra.commands.target import stores_of
from infra.operator.books import check_account

WRONG, UNCHECKED = 1, 3
"""Exit codes: something is wrong; nothing was found, but an account could not be checked."""


def add_commands(commands: Subparsers) -> None:
    """Describe the command to argparse."""
    books = commands.add_parser("books", help="whether the books are right")
    actions = books.add_subparsers(required=True, metavar="ACTION")
    check = add_action(
        actions, "check", "recompute every account from its entries, while the system runs", _check
    )
    check.add_argument("--account", metavar="ID", help="this account alone")


def _check(options: argparse.Namespace) -> int:
    stores = stores_of(options)
    accounts = (
        [options.account]
        if options.account
        else sorted(account.id for account in stores.accounts.list_accounts())
    )
    found, unchecked = [], []
    for account_id in accounts:
        try:
            found += check_account(stores, account_id)
        except Unavailable as error:
            unchecked.append(str(error))
    rows = [asdict(each) for each in found]
    if options.json:
        document = {"accounts": len(accounts), "discrepancies": rows, "unchecked": unchecked}
        print_one(options, document)
    else:
        if rows:
            print_many(options, rows, ["invariant", "account_id", "generation_id", "message"])
        for reason in unchecked:
            print(f"not checked: {reason}")
        print(f"{len(accounts)} accounts checked, {len(found)} discrepancies")
    if found:
        return WRONG
    return UNCHECKED if unchecked else 0
