"""`images-mcp models import`."""

import argparse
import os
from datetime import UTC, datetime
from pathlib import Path

from handler.settings import configured_vendors
from infra.commands.output import Subparsers, add_stackless_action, amount, print_one


def add_import(actions: Subparsers, directory: Path) -> None:
    """Describe the command to argparse; files go below `directory` unless another is named."""
    parser = add_stackless_action(
        actions, "import", "write a model's file from its vendor's own description", _import
    )
    parser.add_argument("vendor", choices=("replicate", "fal"))
    parser.add_argument("id", metavar="ID", help="OWNER/NAME at Replicate, an endpoint's id at fal")
    parser.add_argument(
        "--price",
        metavar="USD",
        type=_price,
        help="what one image costs; at fal instead of the price that it tells",
    )
    parser.add_argument(
        "--directory",
        metavar="DIR",
        type=Path,
        default=directory,
        help="where own models are (default: %(default)s)",
    )
    parser.add_argument("--replace", action="store_true", help="write over a file that is there")


def _price(text: str) -> int:
    micros = amount(text)
    if micros <= 0:
        raise argparse.ArgumentTypeError("a price is above 0")
    return micros


def _import(options: argparse.Namespace) -> int:
    # The adapters take a third of a second to load; the other commands need none.
    from infra.operator.importing import fal, replicate  # noqa: PLC0415
    from infra.operator.importing.drafts import write  # noqa: PLC0415

    access = configured_vendors(os.environ).get(options.vendor)
    read = {"replicate": replicate.draft_of, "fal": fal.draft_of}[options.vendor]
    today = datetime.now(UTC).date().isoformat()
    draft = read(options.id, access, options.price, today)
    path = write(draft, options.directory, replace=options.replace)
    if options.json:
        print_one(options, {"id": draft.id, "file": str(path), "notes": list(draft.notes)})
        return 0
    print(f"{path}: written")
    for note in draft.notes:
        print(f"- {note}")
    print(
        "Read it before you publish it: its texts are the vendor's, for models to read.\n"
        f"Then: images-mcp models validate {options.directory}"
    )
    return 0
