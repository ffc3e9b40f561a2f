"""The table in the documentation."""

from pathlib import Path

import pytest

from tests.clients.evidence import Connection
from tests.clients.matrix import BEGIN, END, Row, inserted, table
from tests.clients.outcome import Outcome
from tests.clients.roster import ROSTER, Entry

ENTRY = Entry("x", "X", "the model")


def test_a_row_says_how_it_connected_and_who_got_what() -> None:
    seen = Connection("initialize", "2025-11-25", "Authorization: Bearer", ("GET 405",))
    row = str(Row(ENTRY, seen, Outcome("1.2", ("viewer",), ("text", "image"))))
    assert row == (
        "| X | 1.2 | 2025-11-25, `initialize` | streamable HTTP (GET 405) | `Authorization: Bearer`"
        " | all four steps | the model: text with the links and a preview; is also offered"
        " `viewer` |"
    )


def test_every_row_has_as_many_cells_as_the_head() -> None:
    seen = Connection("tools/list", "", "X-Api-Key", ())
    rows = [
        Row(ENTRY, None, None),
        Row(ENTRY, seen, None),
        Row(ENTRY, seen, Outcome("1", (), ("text",))),
    ]
    assert len({line.count("|") for line in table(rows).splitlines()}) == 1


def test_only_what_stands_between_the_marks_changes() -> None:
    assert inserted(f"a\n{BEGIN}\nold\n{END}\nz", "new") == f"a\n{BEGIN}\nnew\n{END}\nz"


@pytest.mark.parametrize("document", ["", BEGIN, END])
def test_a_document_without_marks_is_refused(document: str) -> None:
    with pytest.raises(ValueError, match="lacks"):
        inserted(document, "new")


def test_every_run_has_a_driver_a_lock_and_its_line_in_the_documentation(project: Path) -> None:
    documentation = (project / "docs" / "clients.md").read_text()
    for entry in ROSTER:
        assert len(list(entry.directory.glob("driver.*"))) == 1, entry.name
        assert entry.uses_npm == (entry.directory / "package-lock.json").exists()
        assert f"| {entry.title} |" in documentation, entry.title
    assert len({entry.name for entry in ROSTER}) == len(ROSTER)
