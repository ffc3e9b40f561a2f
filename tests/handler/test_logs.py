"""What is logged is one line of JSON, without a key in it."""

import json
import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from handler.core.accounts import new_secret
from handler.logs import JsonFormatter


def line(message: str, *arguments: object, error: BaseException | None = None) -> str:
    information: Any = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord(
        "handler.x", logging.WARNING, "x.py", 1, message, arguments, information
    )
    return JsonFormatter().format(record)


def test_a_record_is_one_line_of_json() -> None:
    text = line("generation %s:\n%s", "g1", 'two lines, 🚤 and "quotes"')
    assert "\n" not in text
    document = json.loads(text)
    assert document["message"] == 'generation g1:\ntwo lines, 🚤 and "quotes"'
    assert (document["level"], document["logger"]) == ("WARNING", "handler.x")
    assert "exception" not in document


def caught(action: Callable[[], object]) -> Exception:
    """What an action raises."""
    with pytest.raises(Exception) as raised:  # noqa: PT011 - whatever it is, it is only logged
        action()
    return raised.value


def test_an_exception_is_in_the_same_line() -> None:
    text = line("failed", error=caught(lambda: int("seven")))
    assert "\n" not in text
    assert "ValueError: invalid literal" in json.loads(text)["exception"]


@pytest.mark.parametrize(
    "message", ["key {}", "Authorization: Bearer {}", "{{'x-api-key': '{}'}}", "{} {}", "a={}&b"]
)
def test_a_key_is_taken_out_wherever_it_stands(message: str) -> None:
    secret = new_secret()
    text = line(message.replace("{}", "%s"), *[secret] * message.count("{}"))
    assert secret[4:] not in text
    assert "tfi_[redacted]" in text
    json.loads(text)


def test_a_key_is_taken_out_of_an_exception_and_of_its_causes() -> None:
    secret = new_secret()

    def fail() -> None:
        keys: dict[str, str] = {}
        try:
            keys[secret]
        except KeyError as cause:
            raise RuntimeError(f"for {secret}") from cause

    text = line("failed", error=caught(fail))
    assert secret[4:] not in text
    assert text.count("tfi_[redacted]") >= 2


def test_a_part_of_a_key_is_taken_out_too() -> None:
    secret = new_secret()
    assert secret[4:20] not in line("mistyped: %s", secret[:30])


def test_how_a_key_is_shown_to_people_may_stay() -> None:
    assert "tfi_Ab3d…xyz9" in line("tfi_Ab3d…xyz9")


SCRIPT = """
import logging
from handler.logs import configure_logging
logging.root.addHandler(logging.StreamHandler())
configure_logging("INFO")
logging.getLogger("handler.x").info("ours")
logging.getLogger("handler.x").debug("ours in detail")
logging.getLogger("botocore").info("theirs")
logging.getLogger("botocore").warning("theirs, and it matters")
"""


def test_ours_is_said_once_and_libraries_speak_up_from_warnings_on(project: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=project, check=True, capture_output=True, text=True
    )
    messages = [json.loads(text)["message"] for text in said.stderr.splitlines()]
    assert messages == ["ours", "theirs, and it matters"]
    assert said.stdout == ""
