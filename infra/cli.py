"""The `images-mcp` command."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from handler.core.accounts import require_well_formed
from handler.core.errors import ConfigurationError, InvalidApiKey, ServiceError
from handler.core.money import parse_usd
from infra.keys import create_key, key_object
from infra.local.data import DEFAULT_DATA
from infra.operator_stores import operator_stores


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    options = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except (ServiceError, OSError) as error:
        print(f"images-mcp: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="images-mcp", description="An MCP server that generates images."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    serve = commands.add_parser("serve", help="run the whole system on this machine")
    serve.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: %(default)s)"
    )
    serve.add_argument(
        "--port",
        type=_port,
        default=8787,
        help="port to listen on, 0 for any (default: %(default)s)",
    )
    serve.add_argument(
        "--api-key", metavar="KEY", type=_key, help="the key to accept, instead of one that is made"
    )
    serve.add_argument(
        "--credits",
        metavar="USD",
        type=_credits,
        default=parse_usd(10),
        help="what a new key's account holds (default: 10)",
    )
    _add_data(serve)
    serve.set_defaults(run=_serve)

    keys = commands.add_parser("keys", help="API keys of the running local stack")
    actions = keys.add_subparsers(required=True, metavar="ACTION")
    create = actions.add_parser(
        "create", help="open an account with credits, and print its key once"
    )
    create.add_argument(
        "--credits", metavar="USD", type=_credits, required=True, help="what its account holds"
    )
    create.set_defaults(run=_create_key)
    listing = actions.add_parser("list", help="every key with its account's credits")
    listing.set_defaults(run=_list_keys)
    revoke = actions.add_parser("revoke", help="end a key for good")
    revoke.add_argument("id", help="the key's id, as `keys list` shows it")
    revoke.set_defaults(run=_revoke_key)
    for action in (create, listing, revoke):
        _add_data(action)
        action.add_argument("--json", action="store_true", help="print JSON")
    return parser


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        metavar="DIR",
        type=Path,
        default=DEFAULT_DATA,
        help="the stack's data directory (default: %(default)s)",
    )


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)


def _credits(text: str) -> int:
    try:
        micros = parse_usd(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    if micros < 0:
        raise argparse.ArgumentTypeError("credits cannot be negative")
    return micros


def _key(text: str) -> str:
    try:
        if text and " " not in text:
            return require_well_formed(text)
    except InvalidApiKey:
        pass
    raise argparse.ArgumentTypeError(
        "a key is 1 to 200 printable ASCII characters without spaces, and one that begins like ours"
        " must be one of ours"
    )


def _serve(options: argparse.Namespace) -> int:
    # Heavy, and of no use to the other commands.
    from infra.local.serve import Options, serve  # noqa: PLC0415

    return serve(
        Options(options.host, options.port, options.data, options.api_key, options.credits)
    )


def _create_key(options: argparse.Namespace) -> int:
    stores = operator_stores(options.data)
    principal, secret = create_key(stores.accounts, stores.clock, options.credits)
    shown = {**key_object(principal.key, principal.account), "key": secret}
    if options.json:
        _print_json(shown)
    else:
        print(
            f"{secret}\n\nid {shown['id']}, {shown['credits']} credits. The key is not shown again."
        )
    return 0


def _list_keys(options: argparse.Namespace) -> int:
    shown = [
        key_object(key, account)
        for key, account in operator_stores(options.data).accounts.list_keys()
    ]
    if options.json:
        _print_json(shown)
    else:
        _print_table(shown, ["id", "display", "status", "credits", "account"])
    return 0


def _revoke_key(options: argparse.Namespace) -> int:
    key = operator_stores(options.data).accounts.revoke(options.id)
    if key is None:
        raise ConfigurationError(f"no key has the id {options.id!r}; see: images-mcp keys list")
    if options.json:
        _print_json({"id": key.id, "status": key.status.value})
    else:
        print(f"{key.id} is revoked.")
    return 0


def _print_json(document: Any) -> None:
    print(json.dumps(document, indent=2))


def _print_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    lines = [list(columns), *([str(row[column]) for column in columns] for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(columns))]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        print("  ".join(cells).rstrip())


if __name__ == "__main__":
    sys.exit(main())
