"""An answer does not grow with the question."""

import tracemalloc
from typing import Any

import pytest

from handler.core import json_values
from handler.web.app import build_app
from tests.doors import LATEST_HANDSHAKE, MODERN, AsgiDoor, request
from tests.world import MODEL_ID, World

pytestmark = pytest.mark.anyio

LONG = "" * 1_300_000
LARGE_INPUTS: dict[str, Any] = {
    "a quarter of a million unknown properties": {hex(n): 1 for n in range(250_000)},
    "one unknown property with a name of megabytes": {LONG: 1},
    "a value of megabytes": {"prompt": "x", "aspect_ratio": LONG},
    "broken values without number": {"prompt": "x", "a": [float("nan")] * 300_000},
    "long names over many members": {"k" * 200_000: {hex(n): 1 for n in range(2_000)}},
}
QUESTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    **{
        name: ("generate_image", {"model_id": MODEL_ID, "input": {"prompt": "x", **given}})
        for name, given in LARGE_INPUTS.items()
    },
    "an unknown model": ("get_model", {"model_id": LONG}),
    "an unknown tool": (LONG, {}),
    "no id": ("get_generation", {"id": LONG}),
}


@pytest.mark.parametrize("revision", [LATEST_HANDSHAKE, MODERN])
@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
async def test_a_large_question_gets_a_small_answer(
    shared_world: World, question: tuple[str, dict[str, Any]], revision: str
) -> None:
    opened = shared_world.open_account(1_000_000)
    name, arguments = question
    message, headers = request("tools/call", {"name": name, "arguments": arguments}, revision)
    headers.pop("Mcp-Name", None)
    if revision == MODERN:
        headers["Mcp-Name"] = name if name.isascii() else "generate_image"
    answer = await AsgiDoor(build_app(shared_world.api)).post(message, opened.secret, headers)
    assert answer.status < 500
    assert 0 < len(answer.body) < 16_384


def test_looking_at_long_names_takes_no_memory_for_each_of_their_members() -> None:
    document = {"k" * 400_000: {hex(n): 1 for n in range(4_000)}}
    tracemalloc.start()
    try:
        assert list(json_values.problems(document)) == []
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak_bytes < 2_000_000
