"""The judge of what drivers report: it believes nothing that it cannot check."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from tests.clients.outcome import SIZE, TOOLS, outcome

URL = "http://127.0.0.1/v1/images/files/x/1.png"


def _picture(size: tuple[int, int] = SIZE, kind: str = "PNG") -> Callable[[str], bytes]:
    def fetch(url: str) -> bytes:
        assert url == URL
        content = io.BytesIO()
        Image.new("RGB", size).save(content, kind)
        return content.getvalue()

    return fetch


def _report(**changes: Any) -> dict[str, Any]:
    final = {"status": "succeeded", "cost": 0.002, "images": [{"url": URL}]}
    answers: dict[str, Any] = {
        "list_models": [{"id": "m"}],
        "get_model": {"input_schema": {"properties": {"prompt": {}}}},
        "generate_image": {"status": "processing"},
        "get_generation": {**final, **changes},
    }
    calls = [
        {"tool": name, "blocks": ["text", "image of 9 bytes"], "text": json.dumps(answer)}
        for name, answer in answers.items()
    ]
    return {"version": "1.2", "tools": [*TOOLS, "viewer"], "calls": calls}


def test_an_image_of_the_right_kind_and_size_is_a_success() -> None:
    found = outcome(_report(), _picture())
    assert (found.version, found.extra_tools) == ("1.2", ("viewer",))
    assert found.blocks == ("text", "image")


@pytest.mark.parametrize(
    ("report", "fetch", "problem"),
    [
        (_report(status="failed"), _picture(), "the generation failed"),
        (_report(cost=0), _picture(), "it cost 0"),
        (_report(), _picture((512, 512)), r"PNG \(512, 512\)"),
        (_report(), _picture(kind="JPEG"), "JPEG"),
        ({**_report(), "tools": ["list_models"]}, _picture(), "listed"),
        ({**_report(), "calls": _report()["calls"][:3]}, _picture(), "called"),
    ],
)
def test_anything_less_is_a_failure(
    report: dict[str, Any], fetch: Callable[[str], bytes], problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        outcome(report, fetch)
