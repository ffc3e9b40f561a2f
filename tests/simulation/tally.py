"""What many runs came to, as lines to read."""

from collections.abc import Iterator

from tests.simulation.lives import LIVES, Life, Lived
from tests.simulation.moves import Move
from tests.simulation.report import Report


def units(life: Life) -> dict[str, int]:
    """Write units of an undisturbed life, by table or index."""
    return dict(Lived(life).run().services.dynamodb.meter.write_units)


def costs() -> Iterator[str]:
    """The write units of every life."""
    for life in LIVES:
        found = units(life)
        parts = ", ".join(f"{where} {count}" for where, count in found.items())
        yield f"{life.name:24} {sum(found.values()):3} write units: {parts}"


def counts(report: Report) -> Iterator[str]:
    """How often each move and outcome was reached."""
    for move in Move:
        yield f"{move:24} {report.moves[move.value]:8}"
    for outcome, count in sorted(report.outcomes.items()):
        yield f"{outcome:24} {count:8}"
