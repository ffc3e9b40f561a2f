"""What the bench of previews reads in answers, and how it sums up."""

import json
from collections.abc import Sequence

from handler.tools.present import as_result
from infra.bench.previews import (
    WITH,
    WITHOUT,
    Added,
    Answer,
    alternating,
    closing_line,
    document_in,
    for_each_image,
    previews_in,
)


def body_of(document: object, previews: Sequence[bytes]) -> bytes:
    """An answer as it goes over the wire."""
    result = as_result(document, previews=previews).model_dump(
        mode="json", by_alias=True, exclude_none=True
    )
    return json.dumps({"jsonrpc": "2.0", "id": 1, "result": result}).encode()


def test_previews_are_told_from_the_text() -> None:
    document = {"id": "g", "status": "succeeded"}
    for count in (0, 1, 4):
        body = body_of(document, [b"\xff\xd8"] * count)
        assert previews_in(body) == count
        assert document_in(body) == document


def test_previews_that_were_left_out_are_not_counted() -> None:
    assert previews_in(body_of({}, [bytes(400_000)] * 4)) == 1


def test_every_image_weighs_the_same() -> None:
    added = [Added(1, 50_000, 4.0), Added(4, 300_000, 6.0)]
    assert for_each_image(added) == (70_000, 2.0)


def test_the_last_line_sums_up() -> None:
    line = closing_line([Added(1, 50_000, 4.0), Added(4, 300_000, 6.0)], 41.6)
    assert line == (
        "previews: +70 kB and +2.0 ms an image in an answer, 42 ms an image in the worker"
    )
    assert "-0.5 ms an image in an answer" in closing_line([Added(2, 1_000, -1.0)], 1)


def test_calls_with_and_without_previews_take_turns_in_being_first() -> None:
    asked: list[tuple[str, int]] = []

    def ask(query: str, number: int) -> Answer:
        asked.append((query, number))
        return Answer(query.encode(), float(number))

    answers = alternating(ask, 2)
    assert asked == [(WITHOUT, 0), (WITH, 0), (WITH, 1), (WITHOUT, 1)]
    for query in (WITH, WITHOUT):
        assert answers[query] == [Answer(query.encode(), 0.0), Answer(query.encode(), 1.0)]
