"""What the Runtime Interface Emulator says, in its own words, and what it means."""

import pytest

from infra.lambda_runtime.outcome import FunctionFailed, result_of

RAISED = (
    b'{"errorMessage": "boom", "errorType": "ValueError", "requestId": "491110da",'
    b' "stackTrace": ["  File \\"/var/task/app.py\\", line 6, in handler\\n"]}'
)
EXITED = (
    b'{"errorType":"Runtime.ExitError","errorMessage":"RequestId: 2c10e60d Error: Runtime exited'
    b' with error: exit status 3"}'
)
TOO_LARGE = (
    b'{"errorType":"Function.ResponseSizeTooLarge","errorMessage":"Response payload size exceeded'
    b' maximum allowed payload size (6291556 bytes)."}'
)


@pytest.mark.parametrize("body", [b'{"statusCode": 200}', b'"text"', b"null", b"", b'{"a": 1}'])
def test_a_result_is_handed_on_untouched(body: bytes) -> None:
    assert result_of(200, body) == body


@pytest.mark.parametrize(
    ("status", "body", "kind", "survives"),
    [
        (200, RAISED, "ValueError", True),
        (200, b"Task timed out after 3.00 seconds", "Sandbox.Timedout", False),
        (502, EXITED, "Runtime.ExitError", False),
        (502, TOO_LARGE, "Function.ResponseSizeTooLarge", False),
        (500, b"panic", "HTTP 500", False),
        (502, b"[]", "HTTP 502", False),
    ],
)
def test_a_failure_is_told_from_a_result(
    status: int, body: bytes, kind: str, *, survives: bool
) -> None:
    with pytest.raises(FunctionFailed) as failed:
        result_of(status, body)
    assert (failed.value.kind, failed.value.sandbox_survives) == (kind, survives)


@pytest.mark.parametrize(
    "body", [b'{"errorMessage": "only a message"}', b'"Task timed out after lunch"']
)
def test_a_result_that_only_looks_like_a_failure_is_none(body: bytes) -> None:
    assert result_of(200, body) == body
