"""`images-mcp models`."""

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from handler.catalogue.decoding import decoded, printable
from handler.catalogue.load import built_in
from handler.catalogue.published import Directory, encode, read_directory
from handler.core.errors import ConfigurationError, OperatorRefused
from handler.core.money import format_usd, json_usd, parse_usd
from handler.core.ports import PublishedCatalogue
from handler.settings import PROVIDER_NAMES
from infra.commands.import_model import add_import
from infra.commands.output import (
    Subparsers,
    add_action,
    add_stackless_action,
    print_many,
    print_one,
)
from infra.commands.target import offer_of, stores_of
from infra.operator.listing import (
    Listed,
    Origin,
    Standing,
    listed_models,
    published_entries,
)
from infra.operator.unpriced import unpriced

DEFAULT_DIRECTORY = Path("models")
WRONG = 1
"""Exit code: an entry cannot be used."""


def add_commands(commands: Subparsers) -> None:
    """Describe the command to argparse."""
    models = commands.add_parser("models", help="what is offered, at which price")
    actions = models.add_subparsers(required=True, metavar="ACTION")
    listing = add_action(actions, "list", "the models that callers are offered", _list)
    listing.add_argument("--all", action="store_true", help="those too that are not offered")
    show = add_action(actions, "show", "one model with the schema of its input", _show)
    show.add_argument("id", help="the model's id")
    validate = add_stackless_action(
        actions, "validate", "whether a directory of own models is right", _validate
    )
    publish = add_action(
        actions, "publish", "put a directory of own models in the place of what was there", _publish
    )
    publish.add_argument(
        "--empty", action="store_true", help="allow one without any: all is as built in again"
    )
    add_import(actions, DEFAULT_DIRECTORY)
    for action in (validate, publish):
        action.add_argument(
            "directory",
            metavar="DIR",
            type=Path,
            nargs="?",
            default=DEFAULT_DIRECTORY,
            help="where they are, a file each (default: %(default)s)",
        )


def _listed(options: argparse.Namespace) -> list[Listed]:
    published, settings = offer_of(options)
    return listed_models(published_entries(published), settings.providers, settings.price_markup)


def _price_row(listed: Listed) -> Mapping[str, Any]:
    """What it costs where a caller leaves all to the defaults, and whether that varies."""
    model = listed.model
    return {
        "id": listed.id,
        "vendor": model.provider if model else _told(listed.document.get("provider")),
        "price": json_usd(model.listed_micros) if model else None,
        "unit": model.pricing.unit if model else None,
        "varies": bool(model.pricing.explained()) if model else None,
    }


def _row(listed: Listed) -> Mapping[str, Any]:
    return {
        **_price_row(listed),
        "status": listed.standing.value,
        "origin": listed.origin.value,
        "problem": listed.problem or None,
    }


def _shown(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A row with its price for people."""
    if row["price"] is None:
        return row
    unit = "" if row["unit"] == 1 else f" for {row['unit']}"
    price = f"{format_usd(parse_usd(row['price']))} USD{unit}"
    return {**row, "price": f"{price}, varies" if row["varies"] else price}


def _list(options: argparse.Namespace) -> int:
    found = _listed(options)
    rows = [_row(each) for each in found if options.all or each.standing is Standing.OFFERED]
    if options.json:
        print_many(options, rows, [])
        return 0
    columns = ["id", "vendor", "price", "status", "origin"]
    print_many(options, list(map(_shown, rows)), columns)
    for each in found:
        if each.standing is Standing.UNUSABLE:
            print(f"{each.id} cannot be used: {each.problem}")
    if len(rows) < len(found):
        print(f"{len(found) - len(rows)} more are not offered; --all lists them")
    return 0


def _show(options: argparse.Namespace) -> int:
    found = next((each for each in _listed(options) if each.id == options.id), None)
    if found is None:
        raise OperatorRefused(
            f"no model has the id {options.id}; see: images-mcp models list --all"
        )
    document = json.loads(json.dumps(found.document, default=_number))
    described = {
        **_row(found),
        **{name: value for name, value in document.items() if name not in ("hidden", "provider")},
    }
    if found.model is not None:
        described["description"] = found.model.description_with_prices
    if not options.json:
        described = {name: _told(value) for name, value in described.items()}
    print_one(options, described)
    return 0


def _number(price: Decimal) -> float:
    """A price for showing; none is so long that it would change."""
    return float(price)


def _told(value: Any) -> Any:
    """What a document says, right or wrong, for a terminal."""
    if isinstance(value, str):
        return printable(value)
    return json.dumps(value, default=_number) if isinstance(value, dict) else value


def _validate(options: argparse.Namespace) -> int:
    read = read_directory(options.directory, PROVIDER_NAMES)
    _print_directory(options, read, {})
    return WRONG if read.problems else 0


def _publish(options: argparse.Namespace) -> int:
    read = read_directory(options.directory, PROVIDER_NAMES)
    if read.problems:
        _print_directory(options, read, {"published": False})
        print("images-mcp: nothing was published", file=sys.stderr)
        return WRONG
    if not read.texts and not options.empty:
        raise OperatorRefused(
            f"{options.directory} holds no .json file; to take back what is published, add --empty"
        )
    published = stores_of(options).published
    taken_back = sorted(_ids_in(published) - set(read.texts))
    published.publish(encode(read.texts))
    _print_directory(options, read, {"published": True, "taken_back": taken_back})
    if not options.json:
        for model_id in taken_back:
            print(f"taken back: {model_id}, which this directory does not have")
        print("published; in effect within a minute")
    return 0


def _ids_in(published: PublishedCatalogue) -> set[str]:
    try:
        return set(published_entries(published))
    except ConfigurationError:
        # It is about to be replaced by what can be read.
        return set()


def _print_directory(options: argparse.Namespace, read: Directory, more: Mapping[str, Any]) -> None:
    entries = {name: decoded(text) for name, text in read.texts.items()}
    rows = [
        {"effect": _effect(listed), **_price_row(listed), "unpriced": _unpriced(listed)}
        for listed in listed_models(entries, PROVIDER_NAMES, Fraction(1))
        if listed.id in entries
    ]
    problems = [asdict(problem) for problem in read.problems]
    if options.json:
        document = {"models": rows, "prices": _BEFORE_MARKUP, "problems": problems}
        print_one(options, {**document, **more})
        return
    if rows:
        column = f"price {_BEFORE_MARKUP}"
        shown = [{**row, column: _shown(row)["price"]} for row in rows]
        print_many(options, shown, ["id", "effect", "vendor", column])
    for row in rows:
        for told in row["unpriced"]:
            print(f"{row['id']} has no price for {told}; whoever asks for that is refused")
    for problem in read.problems:
        print(f"{problem.model_id}.json: {problem.message}")
    print(f"{len(rows)} usable, {len(problems)} not")


_BEFORE_MARKUP = "before markup"
"""What is published may be for stacks of several markups."""


def _unpriced(listed: Listed) -> list[str]:
    if listed.model is None or listed.standing is Standing.HIDDEN:
        return []
    return list(unpriced(listed.model))


def _effect(listed: Listed) -> str:
    """What a usable entry does to what callers are offered."""
    if listed.standing is Standing.HIDDEN:
        return "hides"
    if listed.origin is Origin.CHANGED:
        return "changes"
    return "replaces" if listed.id in built_in() else "adds"
