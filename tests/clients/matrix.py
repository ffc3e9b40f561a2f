"""The table of clients in the documentation: pure functions of what was found."""

from collections.abc import Iterable
from dataclasses import dataclass

from tests.clients.evidence import Connection
from tests.clients.outcome import Outcome
from tests.clients.roster import Entry

BEGIN = "<!-- matrix: written by make clients -->"
END = "<!-- end of matrix -->"
_HEADER = (
    "| client | version | protocol, first message | transport (refused) | key | result | gets |",
    "|---|---|---|---|---|---|---|",
)


@dataclass(frozen=True)
class Row:
    """What is known of a client after its run."""

    entry: Entry
    connection: Connection | None
    outcome: Outcome | None

    def __str__(self) -> str:
        cells = [self.entry.title, self.outcome.version if self.outcome else ""]
        cells += _connected(self.entry, self.connection) if self.connection else ["", "", ""]
        if self.outcome is None:
            cells += ["**failed**", ""]
        else:
            cells += ["all four steps", _gets(self.entry, self.outcome)]
        return f"| {' | '.join(cells)} |"


def table(rows: Iterable[Row]) -> str:
    """The table in Markdown."""
    return "\n".join((*_HEADER, *map(str, rows)))


def inserted(document: str, content: str) -> str:
    """The document with `content` between the marks.

    Raises:
        ValueError: It has no such marks.
    """
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the document lacks {BEGIN!r} or {END!r}")
    return f"{before}{BEGIN}\n{content}\n{END}{after}"


def _connected(entry: Entry, connection: Connection) -> list[str]:
    revision = connection.revision or "none named"
    transport = "stdio, bridged to streamable HTTP" if entry.bridge else "streamable HTTP"
    if connection.refused:
        transport += f" ({', '.join(connection.refused)})"
    return [f"{revision}, `{connection.opened_with}`", transport, f"`{connection.key_header}`"]


def _gets(entry: Entry, outcome: Outcome) -> str:
    parts = {"text": "text with the links", "image": "a preview"}
    gets = f"{entry.reader}: {' and '.join(parts.get(kind, kind) for kind in outcome.blocks)}"
    if outcome.extra_tools:
        gets += f"; is also offered {', '.join(f'`{name}`' for name in outcome.extra_tools)}"
    return gets
