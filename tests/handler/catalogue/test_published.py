"""An operator's entries: files, the object that they are published as, and what becomes of them."""

import copy
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handler.catalogue.decoding import decoded
from handler.catalogue.load import built_in, read_model
from handler.catalogue.published import (
    Problem,
    completed,
    decode,
    encode,
    merged,
    read_directory,
    read_entry,
)
from handler.core.errors import ConfigurationError
from tests.world import MODEL_DOCUMENT, MODEL_ID

SKETCH = "local/sketch"
SHIPPED = {SKETCH: read_model(SKETCH, built_in()[SKETCH])}
DEAR = {"pricing": {"price": 0.5, "unit": 1}}


def write(directory: Path, entries: Mapping[str, Any]) -> None:
    for name, entry in entries.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(entry if isinstance(entry, str) else json.dumps(entry))


class TestDirectory:
    def test_every_usable_file_is_read_and_every_other_one_told(self, tmp_path: Path) -> None:
        write(
            tmp_path,
            {
                "test/easel.json": MODEL_DOCUMENT,
                "local/sketch.json": DEAR,
                "broken.json": "{",
                "half/a.json": {"name": "Half"},
                "vendor/x.json": {**MODEL_DOCUMENT, "provider": "nobody"},
                "README.md": "about these files",
                ".git/objects.json": "no entry",
            },
        )
        found = read_directory(tmp_path, {"scripted", "sketch"})
        assert set(found.texts) == {MODEL_ID, SKETCH}
        told = {problem.model_id: problem.message for problem in found.problems}
        assert set(told) == {"broken", "half/a", "vendor/x"}
        assert "Expecting property name" in told["broken"]
        assert told["half/a"] == (
            "without description, input_schema, pricing, provider, provider_model it would change a"
            ' built-in model, and none has the id "half/a"; a model of your own has all of these'
            " fields"
        )
        assert told["vendor/x"] == 'unknown provider "nobody" (allowed: scripted, sketch)'

    def test_what_is_no_text_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "a.json").write_bytes(b'{"name": "\xff"}')
        (tmp_path / "b.json").mkdir()
        found = read_directory(tmp_path, {"scripted"})
        assert [(problem.model_id, problem.message) for problem in found.problems] == [
            ("a", "byte 11 is no UTF-8; save it as UTF-8 text"),
            ("b", "it cannot be read: Is a directory"),
        ]

    def test_a_file_whose_name_ends_in_capitals_is_not_passed_over(self, tmp_path: Path) -> None:
        write(tmp_path, {"test/easel.JSON": MODEL_DOCUMENT, "local/sketch.json": DEAR})
        found = read_directory(tmp_path, {"scripted", "sketch"})
        assert set(found.texts) == {SKETCH}
        assert found.problems == (
            Problem(MODEL_ID, "the file's name ends in .JSON; rename it to end in .json"),
        )

    def test_a_name_that_is_no_text_can_be_told(self, tmp_path: Path) -> None:
        (tmp_path / os.fsdecode(b"\xff.json")).write_text(json.dumps(MODEL_DOCUMENT))
        (problem,) = read_directory(tmp_path, {"scripted"}).problems
        assert problem.model_id == r"\udcff"
        problem.message.encode()

    def test_the_mark_that_some_editors_begin_a_file_with_is_no_part_of_it(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "sketch.json").write_text("\ufeff" + json.dumps(MODEL_DOCUMENT))
        texts = read_directory(tmp_path, {"scripted"}).texts
        assert set(decode(encode(texts))) == {"sketch"}

    def test_an_empty_one_has_nothing(self, tmp_path: Path) -> None:
        assert read_directory(tmp_path, {"scripted"}).texts == {}

    def test_what_is_no_directory_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigurationError, match="is no directory"):
            read_directory(tmp_path / "missing", {"scripted"})


class TestObject:
    @given(
        st.dictionaries(
            st.text(max_size=10),
            st.dictionaries(st.text(max_size=5), st.integers() | st.floats(allow_nan=False)),
            max_size=4,
        )
    )
    def test_what_is_put_in_comes_out(self, entries: dict[str, Any]) -> None:
        texts = {name: json.dumps(entry, indent=1) for name, entry in entries.items()}
        assert decode(encode(texts)) == {name: decoded(text) for name, text in texts.items()}

    def test_no_price_is_rounded_on_the_way(self) -> None:
        text = json.dumps({"pricing": {"price": "P", "unit": 1}}).replace('"P"', "0.1000000000001")
        (entry,) = decode(encode({SKETCH: text})).values()
        with pytest.raises(ValueError, match="finer than one micro-dollar"):
            read_entry(SKETCH, entry)

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"{",
            b"[]",
            b"null",
            b"\xff",
            b'{"models": {}}',
            b'{"format": 2, "models": {}}',
            b'{"format": 1}',
            b'{"format": 1, "models": []}',
        ],
    )
    def test_anything_else_is_refused(self, content: bytes) -> None:
        with pytest.raises(ValueError):  # noqa: PT011 - what it says is Python's or ours
            decode(content)


class TestMerged:
    def test_a_whole_entry_is_a_model_of_its_own(self) -> None:
        models = merged(SHIPPED, {MODEL_ID: MODEL_DOCUMENT}).models
        assert models == {**SHIPPED, MODEL_ID: read_model(MODEL_ID, MODEL_DOCUMENT)}

    def test_a_whole_entry_takes_nothing_over_from_the_built_in_one(self) -> None:
        whole = copy.deepcopy({**MODEL_DOCUMENT, "image_count_property": None})
        del whole["input_schema"]["properties"]["num_outputs"]
        assert merged(SHIPPED, {SKETCH: whole}).models == {SKETCH: read_model(SKETCH, whole)}

    def test_some_fields_change_the_built_in_model(self) -> None:
        (model,) = merged(SHIPPED, {SKETCH: {**DEAR, "description": "Dear."}}).models.values()
        assert (model.listed_micros, model.description) == (500_000, "Dear.")
        assert model.input_schema == SHIPPED[SKETCH].input_schema

    def test_a_hidden_one_is_gone(self) -> None:
        found = merged(SHIPPED, {SKETCH: {"hidden": True}, MODEL_ID: {"hidden": False}})
        assert found.models == {}
        assert [problem.model_id for problem in found.problems] == [MODEL_ID]

    @pytest.mark.parametrize(
        ("model_id", "entry", "says"),
        [
            (SKETCH, {"hiden": True}, 'unknown field "hiden"; did you mean "hidden"?'),
            ("local/skech", DEAR, 'the id "local/skech"; did you mean "local/sketch"?'),
            (MODEL_ID, {**MODEL_DOCUMENT, "zzz": 1}, 'unknown field "zzz" (allowed: description,'),
        ],
    )
    def test_what_is_misspelt_is_told_with_what_was_meant(
        self, model_id: str, entry: Any, says: str
    ) -> None:
        with pytest.raises(ValueError, match=re.escape(says)):
            read_entry(model_id, entry)

    def test_where_a_field_is_replaced_its_source_is_not_the_shipped_one(self) -> None:
        schnell = "black-forest-labs/flux-schnell"
        shipped = built_in()[schnell]
        assert set(shipped["source"]) == {"schema", "price"}
        assert set(completed(schnell, DEAR)["source"]) == {"schema"}
        assert completed(schnell, {"name": "x", "hidden": True})["source"] == shipped["source"]
        own = {**DEAR, "source": {"price": "our contract of 2026"}}
        assert completed(schnell, own)["source"] == own["source"]
        assert "source" not in completed(SKETCH, DEAR)

    def test_hidden_is_a_truth(self) -> None:
        with pytest.raises(ValueError, match="hidden must be true or false"):
            read_entry(SKETCH, {"hidden": "yes"})

    @pytest.mark.parametrize("entry", [None, [], 7, {"pricing": {"price": -1}}, {"nmae": "x"}])
    def test_a_model_whose_entry_cannot_be_used_is_not_offered_at_another_price(
        self, entry: Any
    ) -> None:
        found = merged(SHIPPED, {SKETCH: entry, MODEL_ID: MODEL_DOCUMENT})
        assert set(found.models) == {MODEL_ID}
        assert [type(problem) for problem in found.problems] == [Problem]
        assert found.problems[0].message
