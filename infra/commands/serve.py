"""`images-mcp serve`."""

import argparse

from handler.core.accounts import require_well_formed
from handler.core.errors import ConfigurationError, InvalidApiKey
from handler.core.money import parse_usd
from infra.commands.output import Subparsers, credits_amount
from infra.commands.target import add_data


def add_commands(commands: Subparsers) -> None:
    """Describe the command to argparse."""
    serve = commands.add_parser("serve", help="run the whole system on this machine")
    serve.add_argument(
        "--host",
        default="127.0.0.1",
        help="address to listen on (default: %(default)s); image links point to this machine",
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
        type=credits_amount,
        default=parse_usd(10),
        help="what a new key's account holds (default: 10)",
    )
    serve.add_argument(
        "--lambda",
        dest="on_lambda",
        action="store_true",
        help="run the built functions in Lambda's Runtime Interface Emulator (Linux; make lambda)",
    )
    serve.add_argument(
        "--workers",
        metavar="N",
        type=_count,
        help="with --lambda: jobs at once (default: what the template says)",
    )
    add_data(serve)
    serve.set_defaults(run=_serve)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)


def _count(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= 1000:
        raise argparse.ArgumentTypeError("it is a number from 1 to 1000")
    return int(text)


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
    if options.workers and not options.on_lambda:
        raise ConfigurationError("--workers goes with --lambda")
    # The web server and MCP take half a second to load; the other commands need neither.
    from infra.local.serve import Options, serve  # noqa: PLC0415

    return serve(
        Options(
            host=options.host,
            port=options.port,
            data=options.data,
            api_key=options.api_key,
            credits_micros=options.credits,
            on_lambda=options.on_lambda,
            workers=options.workers,
        )
    )
