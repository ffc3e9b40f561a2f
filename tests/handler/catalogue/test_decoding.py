"""What a file holds that no file should: it is that file's problem, and nothing else's."""

import json
import re
from typing import Any

import pytest

from handler.catalogue.decoding import decoded, quoted
from handler.catalogue.published import decode, encode, merged, read_entry
from tests.world import MODEL_DOCUMENT, MODEL_ID

GOOD = json.dumps(MODEL_DOCUMENT)
DEEP = "[" * 60 + "]" * 60


def with_text(text: str, *path: str) -> str:
    """The text of a model that has `text` at a place."""
    document: Any = json.loads(GOOD)
    within = document
    for name in path[:-1]:
        within = within.setdefault(name, {})
    within[path[-1]] = "HERE"
    return json.dumps(document).replace('"HERE"', text)


PROMPT = ("input_schema", "properties", "prompt")
ODD: dict[str, tuple[str, str]] = {
    "a price beyond every number": (
        with_text("1e99999999999999999999", "pricing", "price"),
        "1e99999999999999999999 is no amount in USD",
    ),
    "a price finer than every number": (
        with_text("1e-99999999999999999999", "pricing", "price"),
        "1e-99999999999999999999 is no amount in USD",
    ),
    "a price that is too fine": (
        with_text("1E-7", "pricing", "price"),
        "1E-7 is finer than one micro-dollar",
    ),
    "a price of thousands of digits": (
        with_text("9" * 5000, "pricing", "price"),
        "pricing.price: is not a finite number",
    ),
    "a price that is none": (with_text("NaN", "pricing", "price"), "no amount in USD"),
    "a bound of thousands of digits": (
        with_text("9" * 5000, *PROMPT, "maxLength"),
        "input_schema.properties.prompt.maxLength: is not a finite number",
    ),
    "a bound that is infinite": (
        with_text("Infinity", *PROMPT, "maximum"),
        "input_schema.properties.prompt.maximum: is not a finite number",
    ),
    "a bound beyond every float": (
        with_text("1e400", *PROMPT, "maximum"),
        "input_schema.properties.prompt.maximum: is not a finite number",
    ),
    "a default that is no number": (with_text("NaN", *PROMPT, "default"), "not a finite number"),
    "half a character": (with_text(r'"\ud800"', "name"), "name: is not valid Unicode text"),
    "half a character in a price's key": (
        with_text(r'{"\ud800": 1}', "pricing"),
        "pricing: a property name is not valid Unicode text",
    ),
    "half a character as a field": (
        with_text("1", "x").replace('"x"', r'"\udc00"'),
        "a property name is not valid Unicode text",
    ),
    "a source that is too deep": (
        with_text(DEEP, "source"),
        "source: is nested more than 32 levels deep",
    ),
    "a pattern that repeats too often": (
        with_text('"a{99999999999999}"', *PROMPT, "pattern"),
        "a pattern that is too large",
    ),
    "a pattern of thousands of groups": (
        with_text(f'"{"(" * 5000}{")" * 5000}"', *PROMPT, "pattern"),
        "a pattern that is too large",
    ),
    "a field that is there twice": (
        GOOD.replace('"name"', '"name": "Other", "name"', 1),
        '"name" may be there once, and is there more than once',
    ),
    "a price that is there twice": (
        GOOD.replace('"unit"', '"price": 0.001, "unit"', 1),
        '"price" may be there once, and is there more than once',
    ),
}


@pytest.mark.parametrize(("text", "says"), ODD.values(), ids=ODD)
class TestOneEntry:
    def test_a_file_is_refused_with_its_reason(self, text: str, says: str) -> None:
        with pytest.raises(ValueError, match=re.escape(says)) as refusal:
            read_entry(MODEL_ID, decoded(text))
        str(refusal.value).encode()

    def test_published_it_is_left_out_and_everything_else_is_offered(
        self, text: str, says: str
    ) -> None:
        found = merged({}, decode(encode({"test/odd": text, MODEL_ID: GOOD})))
        assert set(found.models) == {MODEL_ID}
        (problem,) = found.problems
        assert problem.model_id == "test/odd"
        assert says in problem.message


class TestAllOfThem:
    @pytest.mark.parametrize("text", ["[" * 100_000, "[" * 100_000 + "]" * 100_000])
    def test_what_no_parser_gets_to_the_end_of_is_no_document(self, text: str) -> None:
        with pytest.raises(ValueError, match="nested too deeply"):
            decoded(text)
        with pytest.raises(ValueError, match="nested too deeply"):
            decode(encode({MODEL_ID: GOOD, "test/odd": f'{{"source": {text}}}'}))

    def test_an_id_that_is_there_twice_is_neither_of_both(self) -> None:
        twice = encode({MODEL_ID: GOOD, "test/a": GOOD}).replace(b'"test/a": {', b'"X": {')
        twice = twice.replace(b'"X": {', f'"test/a": {GOOD},\n"test/a": {{'.encode())
        found = merged({}, decode(twice))
        assert set(found.models) == {MODEL_ID}
        (problem,) = found.problems
        assert problem.message.startswith('"test/a" may be there once')

    def test_all_of_them_are_there_once(self) -> None:
        with pytest.raises(ValueError, match='"models" may be there once'):
            decode(b'{"format": 1, "models": {}, "models": {}}')

    def test_an_id_that_is_no_text_can_be_told(self) -> None:
        (problem,) = merged({}, decode(encode({"test/\ud800": GOOD}))).problems
        assert problem.model_id == r"test/\ud800"
        problem.message.encode()

    def test_a_mistake_in_the_json_is_told_with_its_place(self) -> None:
        with pytest.raises(ValueError, match=r"^it is no JSON: .*, line 2, column 1$"):
            decoded('{"name": "x",\n}')


@pytest.mark.parametrize(
    ("value", "shown"),
    [("ü", '"ü"'), (None, "null"), ("x" * 99, '"' + "x" * 58 + "…"), ("\ud800", r'"\ud800"')],
)
def test_a_value_is_shown_as_its_author_wrote_it(value: Any, shown: str) -> None:
    assert quoted(value) == shown
