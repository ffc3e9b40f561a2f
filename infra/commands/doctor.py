"""`images-mcp doctor`."""

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from infra.commands.output import Subparsers, add_action, print_many, print_one
from infra.commands.target import deployment_of

if TYPE_CHECKING:
    from infra.operator.doctor.diagnosis import Examined

WRONG = 1
"""Exit code: something is wrong."""


def add_commands(commands: Subparsers) -> None:
    """Describe the command to argparse."""
    add_action(
        commands,
        "doctor",
        "whether the vendors' tokens are accepted, and what else is wrong; costs nothing",
        _doctor,
    )


def _doctor(options: argparse.Namespace) -> int:
    # The adapters take a third of a second to load; the other commands need none.
    from infra.operator.doctor.deployment import examine_stack  # noqa: PLC0415
    from infra.operator.doctor.diagnosis import notes_of, problems_of  # noqa: PLC0415
    from infra.operator.doctor.local import examine_local  # noqa: PLC0415

    deployment = deployment_of(options)
    examined = (
        examine_local(os.environ, options.data) if deployment is None else examine_stack(deployment)
    )
    problems, notes = problems_of(examined), notes_of(examined)
    rows = _vendor_rows(examined)
    if options.json:
        document = {
            "examined": examined.place,
            "vendors": rows,
            "problems": [asdict(problem) for problem in problems],
            "notes": notes,
        }
        print_one(options, document)
    else:
        print(f"Examined: {examined.place}.\n")
        shown = [{**row, "models": len(row["models"]) or None} for row in rows]
        print_many(options, shown, ["vendor", "state", "said", "models"])
        _print_lines("Note: ", notes)
        _print_lines("Wrong: ", [f"{each.what}\n       {each.remedy}" for each in problems])
        print(f"\n{len(problems)} {'thing is' if len(problems) == 1 else 'things are'} wrong.")
    return WRONG if problems else 0


def _print_lines(label: str, lines: Sequence[str]) -> None:
    for line in lines:
        print(f"\n{label}{line}")


def _vendor_rows(examined: "Examined") -> list[Mapping[str, Any]]:
    """A row a vendor, those that are off included, and one for the painter if it is on."""
    from infra.operator.doctor.diagnosis import models_of  # noqa: PLC0415
    from infra.operator.vendor_names import NAMES  # noqa: PLC0415

    rows: list[Mapping[str, Any]] = []
    for vendor in (*NAMES, "sketch"):
        verdict = examined.verdicts.get(vendor)
        models = [model.id for model in models_of(examined, vendor)]
        state = verdict.state.value if verdict else ("on" if models else "off")
        said = verdict.said if verdict else ""
        rows.append({"vendor": vendor, "state": state, "said": said, "models": models})
    return rows
