"""A vendor's words can be stored, logged and sent on, whatever they are."""

import json
from typing import Any

import pytest

from handler.core.failures import FailureKind as Kind
from handler.providers.calls import Reply
from handler.providers.failing import failed, refused, unreadable, words_of


def reply(document: Any, status: int = 400) -> Reply:
    return Reply(status, json.dumps(document).encode())


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("a \ud800 half", "a half"),
        ("one\x00two\x1b[31m\x7f\x9bthree", "one two [31m three"),
        ("line\r\nERROR\u2028line\u2029\u202eenil\ufeff", "line ERROR line enil"),
        ("größer als 10 €, 高 😀", "größer als 10 €, 高 😀"),
    ],
)
def test_they_are_one_line_of_valid_text(words: str, shown: str) -> None:
    failure = refused(reply({"error": words}))
    assert failure.said == shown
    assert failure.reason == f"the provider refused the input: {shown}; nothing was charged"
    assert failure.reason.encode()


def test_they_are_short_and_little_of_them_is_read() -> None:
    failure = failed(Kind.INVALID_INPUT, "a " * 50_000_000)
    assert len(failure.said) <= 400
    many = [{"msg": "too many"}] * 10_000
    assert len(words_of(reply({"detail": many}))) < 1000
    assert len(words_of(reply({"detail": "a" * 10_000_000}))) <= 10_000
    assert len(words_of(reply({"detail": [{"msg": "a" * 10_000_000}]}))) <= 10_000


@pytest.mark.parametrize("loc", [7, "body", True, {"a": 1}, [["body"], None, 7], [], None])
def test_a_problem_may_be_anywhere(loc: Any) -> None:
    assert "too small" in words_of(reply({"detail": [{"loc": loc, "msg": "too small"}]}))


def test_where_a_problem_is_is_said() -> None:
    problem = {"loc": ["body", "image", 0], "msg": "too small"}
    assert words_of(reply({"detail": [problem]})) == "image.0: too small"


def test_a_body_of_any_bytes_is_shown() -> None:
    failure = unreadable(Reply(200, bytes(range(256))))
    assert failure.said.isprintable()
    assert failure.said.encode()
