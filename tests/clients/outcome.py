"""Whether a client really got what an assistant needs, judged by what its driver reports."""

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image

TOOLS = ("list_models", "get_model", "generate_image", "get_generation")
SIZE = (1024, 576)
"""Of the picture that the drivers ask for."""


@dataclass(frozen=True)
class Outcome:
    """What a driver found."""

    version: str
    extra_tools: tuple[str, ...]
    """What the client offers a model beyond our four."""
    blocks: tuple[str, ...]
    """The kinds of blocks of the last answer, as its reader gets them."""


def outcome(report: Mapping[str, Any], fetch: Callable[[str], bytes]) -> Outcome:
    """Judge a report; `fetch` gets the bytes behind a URL without a key.

    Raises:
        ValueError: Something is missing; says what.
    """
    names = report["tools"]
    _require(names[: len(TOOLS)] == list(TOOLS), f"listed {names}")
    answers = {call["tool"]: json.loads(call["text"]) for call in report["calls"]}
    _require(set(answers) == set(TOOLS), f"called {list(answers)}")
    properties = answers["get_model"]["input_schema"]["properties"]
    _require("prompt" in properties, f"the schema has {list(properties)}")
    final = answers["get_generation"]
    _require(final["status"] == "succeeded", f"the generation {final['status']}")
    _require(final["cost"] > 0, f"it cost {final['cost']}")
    with Image.open(io.BytesIO(fetch(final["images"][0]["url"]))) as image:
        image.load()
        _require((image.format, image.size) == ("PNG", SIZE), f"{image.format} {image.size}")
    kinds = (block.split()[0] for block in _last_blocks(report["calls"]))
    return Outcome(report["version"], tuple(names[len(TOOLS) :]), tuple(dict.fromkeys(kinds)))


def _last_blocks(calls: Sequence[Mapping[str, Any]]) -> Sequence[str]:
    blocks: Sequence[str] = calls[-1]["blocks"]
    return blocks


def _require(condition: bool, otherwise: str) -> None:
    if not condition:
        raise ValueError(otherwise)
