"""`images-mcp generations`."""

import argparse
import sys
from collections.abc import Mapping
from typing import Any

from handler.core.cancellation import Cancellation
from handler.core.errors import GenerationNotFound, Unavailable
from handler.core.generation import Generation
from handler.core.money import json_usd
from handler.telemetry.metrics import ended
from handler.telemetry.ports import ObservedLedger
from handler.telemetry.stopwatch import Stopwatch
from infra.commands.output import (
    Subparsers,
    add_action,
    iso_time,
    print_many,
    print_one,
)
from infra.commands.target import opened_target, stores_of
from infra.operator.meter import Meter


def add_commands(commands: Subparsers) -> None:
    """Describe the command to argparse."""
    generations = commands.add_parser("generations", help="what was generated, and what is")
    actions = generations.add_subparsers(required=True, metavar="ACTION")
    listing = add_action(actions, "list", "the newest generations", _list)
    listing.add_argument("--account", metavar="ID", help="of this account alone")
    listing.add_argument("--limit", metavar="N", type=_limit, default=50)
    show = add_action(actions, "show", "one generation", _show)
    cancel = add_action(actions, "cancel", "end a generation and pay it back", _cancel)
    for action in (show, cancel):
        action.add_argument("id", help="the generation's id")


def _limit(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("must be a number, 1 or more")
    return int(text)


def generation_object(generation: Generation) -> Mapping[str, Any]:
    """A generation as commands show it; never its prompt."""
    return {
        "id": generation.id,
        "account": generation.account_id,
        "model": generation.model_id,
        "status": generation.status.value,
        "amount": json_usd(generation.amount_micros),
        "charged": json_usd(generation.charged_micros),
        "images": len(generation.images),
        "created_at": iso_time(generation.created_at_ms),
        "finished_at": iso_time(generation.finished_at_ms),
        "claims": generation.fence,
        "submits": generation.submits,
        "provider_ref": generation.provider_ref,
        "error": generation.error,
    }


def _list(options: argparse.Namespace) -> int:
    stores = stores_of(options)
    accounts = (
        [options.account]
        if options.account
        else [account.id for account in stores.accounts.list_accounts()]
    )
    found = [each for account in accounts for each in stores.generations.of_account(account, {})]
    found.sort(key=lambda each: each.created_at_ms, reverse=True)
    rows = [generation_object(generation) for generation in found[: options.limit]]
    print_many(options, rows, ["created_at", "id", "status", "charged", "model", "account"])
    return 0


def _show(options: argparse.Namespace) -> int:
    generation = stores_of(options).generations.get(options.id)
    if generation is None:
        raise GenerationNotFound(options.id)
    print_one(options, generation_object(generation))
    return 0


def _cancel(options: argparse.Namespace) -> int:
    target = opened_target(options)
    stores, canceled = target.stores, list[Generation]()
    ledger = ObservedLedger(stores.ledger, Stopwatch(), canceled.append)
    cancellation = Cancellation(ledger, stores.generations, stores.queue)
    generation = cancellation.cancel(options.id)
    print_one(options, generation_object(generation))
    if canceled and target.meter is not None:
        _count(target.meter, generation)
    return 0


def _count(meter: Meter, generation: Generation) -> None:
    try:
        meter.count(ended(generation))
    except Unavailable as error:
        # It is canceled and paid back all the same, and the books say so.
        print(f"images-mcp: canceled, but not counted: {error}", file=sys.stderr)
