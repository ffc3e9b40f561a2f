"""What is logged is one line of JSON, without a key in it, or anybody's words."""

import json
import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from handler.core.accounts import new_secret
from handler.core.errors import Unavailable
from handler.logs import LineFormatter
from handler.telemetry.metrics import MILLISECONDS, Metric
from tests.handler.telemetry.emf import metric_values

NAMESPACE = "TokenFluxImages/test"
SIGNED = (
    "https://bucket.s3.amazonaws.com/images/1?X-Amz-Credential=AKIAEXAMPLE%2F20270115&X-Amz-Date=1"
    "&X-Amz-Signature=fe5f80f77d5fa3beca038a248ff027d0445342fe2855ddc963176630326f1024"
)


def line(
    message: str, *arguments: object, error: BaseException | None = None, **extra: object
) -> str:
    information: Any = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord(
        "handler.x", logging.WARNING, "x.py", 7, message, arguments, information, "work"
    )
    record.__dict__.update(extra)
    return LineFormatter(NAMESPACE).format(record)


def test_a_record_is_one_line_of_json_in_powertools_words() -> None:
    text = line("generation %s:\n%s", "g1", 'two lines, 🚤 and "quotes"')
    assert "\n" not in text
    document = json.loads(text)
    assert document.pop("timestamp").endswith("+00:00")
    assert document == {
        "level": "WARNING",
        "location": "work:7",
        "message": 'generation g1:\ntwo lines, 🚤 and "quotes"',
        "logger": "handler.x",
    }


def test_metrics_are_a_document_beside_the_fields() -> None:
    metrics = [
        Metric("Generations", 1, dimensions={"Status": "failed", "Model": "a/b"}),
        Metric("WaitMilliseconds", 250, MILLISECONDS),
    ]
    document = json.loads(line("job", fields={"generation": "g1"}, metrics=metrics))
    assert document["generation"] == "g1"
    assert document["_aws"]["CloudWatchMetrics"] == [
        {
            "Namespace": NAMESPACE,
            "Dimensions": [[], ["Model", "Status"]],
            "Metrics": [{"Name": "Generations", "Unit": "Count"}],
        },
        {
            "Namespace": NAMESPACE,
            "Dimensions": [[]],
            "Metrics": [{"Name": "WaitMilliseconds", "Unit": "Milliseconds"}],
        },
    ]
    assert metric_values(document) == {
        ("Generations", ()): 1,
        ("Generations", ("a/b", "failed")): 1,
        ("WaitMilliseconds", ()): 250,
    }


def caught(action: Callable[[], object]) -> Exception:
    """What an action raises."""
    with pytest.raises(Exception) as raised:  # noqa: PT011 - whatever it is, it is only logged
        action()
    return raised.value


def test_an_exception_is_in_the_same_line_with_its_kind_and_its_place() -> None:
    text = line("failed", error=caught(lambda: int("seven")))
    assert "\n" not in text
    document = json.loads(text)
    assert document["exception_name"] == "ValueError"
    assert document["exception"].startswith("Traceback (most recent call last):\n")
    assert document["exception"].endswith("\nValueError\n")
    assert f'File "{__file__}"' in document["exception"]


class Words(Exception):
    """With somebody's words in it."""


def chained(said: str) -> None:
    try:
        try:
            raise Words(said)  # noqa: TRY301 - to be the cause of the next
        except Words as cause:
            raise Words(said) from cause
    except Words:
        raise ExceptionGroup(said, [Words(said), Unavailable("busy")])  # noqa: B904


def test_the_texts_of_an_exception_its_causes_and_its_members_are_not_told() -> None:
    said = "a boat, please"
    told = json.loads(line("failed", error=caught(lambda: chained(said))))["exception"]
    assert said not in told
    assert told.count("Words\n") == 3
    assert "direct cause of the following" in told
    assert "During handling of the above" in told
    assert "Exception 2 of 2" in told
    assert "Unavailable: busy\n" in told


def test_what_aws_says_is_told() -> None:
    denied = {"Error": {"Code": "AccessDeniedException", "Message": "not authorized to perform"}}
    error = ClientError(denied, "PutItem")
    told = json.loads(line("failed", error=error))["exception"]
    assert "AccessDeniedException" in told
    assert "PutItem" in told
    assert "not authorized to perform" in told


@pytest.mark.parametrize(
    "message", ["key {}", "Authorization: Bearer {}", "{{'x-api-key': '{}'}}", "{} {}", "a={}&b"]
)
def test_a_key_is_taken_out_wherever_it_stands(message: str) -> None:
    secret = new_secret()
    text = line(message.replace("{}", "%s"), *[secret] * message.count("{}"))
    assert secret[4:] not in text
    assert "[redacted]" in text
    json.loads(text)


def test_a_part_of_a_key_is_taken_out_too() -> None:
    secret = new_secret()
    assert secret[4:20] not in line("mistyped: %s", secret[:30])


def test_whatever_is_borne_is_taken_out() -> None:
    text = line("headers {'Authorization': 'Bearer r8_Ab3dEf6h'}, authorization=bearer chosen-key")
    assert "r8_Ab3dEf6h" not in text
    assert "chosen-key" not in text
    assert text.count("[redacted]") == 2


def test_a_signature_is_taken_out_of_a_url() -> None:
    text = line("went to %s", SIGNED)
    assert "fe5f80f7" not in text
    assert "AKIAEXAMPLE" not in text
    assert "https://bucket.s3.amazonaws.com/images/1?" in text


def test_how_a_key_is_shown_to_people_may_stay() -> None:
    assert "tfi_Ab3d…xyz9" in line("tfi_Ab3d…xyz9")


SCRIPT = """
import logging, sys
from handler.logs import configure_logging
from handler.telemetry.lines import write
from handler.telemetry.metrics import Metric
logging.root.addHandler(logging.StreamHandler())
configure_logging(sys.argv[1], "TokenFluxImages")
write("a request", {"http_status": 200, "tool": None})
write("a job", {"generation": "g1"}, [Metric("Generations", 1)])
logging.getLogger("handler.x").debug("ours in detail")
logging.getLogger("handler.x").warning("ours, and it matters")
logging.getLogger("botocore").info("theirs")
logging.getLogger("botocore").warning("theirs, and it matters")
logging.getLogger("mcp.server.x").warning("what a caller sent")
logging.getLogger("mcp.server.x").error("theirs, and it is broken")
"""
MATTERS = {"a job", "ours, and it matters", "theirs, and it matters", "theirs, and it is broken"}


@pytest.mark.parametrize(
    ("level", "more"),
    [
        ("DEBUG", {"a request", "ours in detail"}),
        ("INFO", {"a request"}),
        ("WARNING", set()),
    ],
)
def test_each_is_said_once_and_metrics_whatever_the_level(
    project: Path, level: str, more: set[str]
) -> None:
    said = subprocess.run(
        [sys.executable, "-c", SCRIPT, level],
        cwd=project,
        check=True,
        capture_output=True,
        text=True,
    )
    messages = [json.loads(text)["message"] for text in said.stderr.splitlines()]
    assert sorted(messages) == sorted(MATTERS | more)
    assert said.stdout == ""
