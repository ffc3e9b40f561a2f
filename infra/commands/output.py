"""What the commands have in common: how they are described, and how results are printed."""

import argparse
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from handler.core.money import parse_usd
from infra.commands.target import add_target

Subparsers = Any
"""What argparse gives for adding commands."""


def add_action(actions: Subparsers, name: str, help_text: str, run: Any) -> argparse.ArgumentParser:
    """A command that works on a stack and can print JSON."""
    parser = add_stackless_action(actions, name, help_text, run)
    add_target(parser)
    return parser


def add_stackless_action(
    actions: Subparsers, name: str, help_text: str, run: Any
) -> argparse.ArgumentParser:
    """A command that needs no stack and can print JSON."""
    parser: argparse.ArgumentParser = actions.add_parser(name, help=help_text)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)
    return parser


def amount(text: str) -> int:
    """An amount in USD of any sign, as micro-USD."""
    try:
        return parse_usd(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def credits_amount(text: str) -> int:
    """An amount in USD that is not negative, as micro-USD."""
    micros = amount(text)
    if micros < 0:
        raise argparse.ArgumentTypeError("credits cannot be negative")
    return micros


def iso_time(at_ms: int | None) -> str | None:
    """A point in time as ISO 8601 in UTC, to the second."""
    if at_ms is None:
        return None
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def print_one(options: argparse.Namespace, document: Mapping[str, Any]) -> None:
    """One object: as JSON, or a line a field."""
    if options.json:
        print(json.dumps(document, indent=2))
        return
    width = max(len(name) for name in document)
    for name, value in document.items():
        print(f"{name.ljust(width)}  {'' if value is None else value}")


def print_many(
    options: argparse.Namespace, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]
) -> None:
    """Several objects: whole as JSON, or a table of some columns."""
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    shown = [["" if row[c] is None else str(row[c]) for c in columns] for row in rows]
    lines = [list(columns), *shown]
    widths = [max(len(line[i]) for line in lines) for i in range(len(columns))]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        print("  ".join(cells).rstrip())
