"""What the emulator's answer to an invocation means."""

import json

_TIMED_OUT = b"Task timed out after "
_FAILED = b'{"errorMessage"'


class FunctionFailed(Exception):
    """An invocation without a result.

    `kind` is Lambda's name of the reason: an exception's class, or something like
    `Sandbox.Timedout`. `sandbox_survives` says whether the process may be used for the next one.
    """

    def __init__(self, kind: str, *, sandbox_survives: bool) -> None:
        super().__init__(kind)
        self.kind = kind
        self.sandbox_survives = sandbox_survives


class Throttled(Exception):
    """No sandbox is free and no further one may be started."""


def result_of(status: int, body: bytes) -> bytes:
    """What the function returned, as JSON.

    The emulator answers 200 with a plain text for a time-out and with the exception for an
    unhandled one, without the header that Lambda sets then; anything else is its 502.

    Raises:
        FunctionFailed: It returned nothing.
    """
    if status != 200:
        raise FunctionFailed(_field(body, "errorType") or f"HTTP {status}", sandbox_survives=False)
    if body.startswith(_TIMED_OUT):
        raise FunctionFailed("Sandbox.Timedout", sandbox_survives=False)
    if body.startswith(_FAILED):
        kind = _field(body, "errorType")
        if kind:
            raise FunctionFailed(kind, sandbox_survives=True)
    return body


def _field(body: bytes, name: str) -> str:
    try:
        document = json.loads(body)
    except ValueError:
        return ""
    value = document.get(name) if isinstance(document, dict) else None
    return value if isinstance(value, str) else ""
