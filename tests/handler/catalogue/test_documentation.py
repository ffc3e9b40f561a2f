"""The examples of `docs/catalogue.md` are entries that can be used."""

import re
from pathlib import Path

import pytest

from handler.catalogue.decoding import decoded
from handler.catalogue.published import decode, encode, merged, read_entry

PAGE = (Path(__file__).parents[3] / "docs" / "catalogue.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^`([^`]+)\.json`:\n\n```json\n(.+?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_every_block_is_an_example_with_its_file() -> None:
    assert len(EXAMPLES) == PAGE.count("```json") > 5


@pytest.mark.parametrize(("model_id", "text"), EXAMPLES, ids=[name for name, _ in EXAMPLES])
def test_an_example_is_an_entry_that_says_all_it_has(model_id: str, text: str) -> None:
    change = read_entry(model_id, decoded(text))
    assert change.is_hidden == ("hidden" in text)
    assert change.model.listed_micros > 0


def test_together_they_can_be_published() -> None:
    assert merged({}, decode(encode(dict(EXAMPLES)))).problems == ()
