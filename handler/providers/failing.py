"""What a caller reads when a vendor fails, and what the usual answers of HTTP stand for.

A caller's text depends on the kind of failure alone. The vendor's own words go into it only where
they are about the caller's input; everywhere else they may speak of our account, and are kept for
the operator's log.
"""

import re
from collections.abc import Mapping
from typing import Any

from handler.core.errors import ProviderFailure
from handler.core.failures import FailureKind
from handler.core.ports import Failed
from handler.core.text import clipped
from handler.providers.calls import Reply, not_begun

_REASONS: Mapping[FailureKind, str] = {
    FailureKind.CONTENT_FILTER: "the provider's content filter refused the prompt or its picture; "
    "change the prompt and try again",
    FailureKind.INVALID_INPUT: "the provider refused the input",
    FailureKind.CAPACITY: "the provider has no capacity at the moment; try again in a few minutes",
    FailureKind.TIMEOUT: "the provider did not finish the image in time; try again",
    FailureKind.MODEL_ERROR: "the model failed while it made the image; "
    "try again, or another model",
    FailureKind.PROVIDER_ERROR: "the provider had an error of its own; try again",
    FailureKind.NO_OUTPUT: "the provider returned no image; change the prompt or try again",
    FailureKind.BAD_OUTPUT: "the provider returned something that is no usable image; "
    "try again, or another model",
    FailureKind.VANISHED_OUTPUT: "the provider deleted the image before it could be fetched; "
    "try again",
    FailureKind.PROVIDER_ACCOUNT: "the provider cannot be used at the moment, which the operator "
    "of this server has been told; choose another model from list_models",
    FailureKind.MODEL_UNAVAILABLE: "the provider does not offer this model at the moment, which "
    "the operator of this server has been told; choose another model from list_models",
    FailureKind.UNKNOWN_OUTCOME: "the connection to the provider broke, and the image with it; "
    "try again",
}
NOTHING_CHARGED = "nothing was charged"
_REMEDIES: Mapping[FailureKind, str] = {
    FailureKind.BAD_OUTPUT: "try again, or another model",
    FailureKind.PROVIDER_ERROR: "try again",
    FailureKind.TIMEOUT: "try again",
    FailureKind.VANISHED_OUTPUT: "try again",
}
"""Of failures that are told by what is wrong with an image."""
_ACCOUNT = re.compile(
    r"""(?ix)\b(?:
    billing | budget | quota | credits | invoice | payments? | subscri(?:be|ptions?) | top[ -]?up
    | (?:enough|insufficient|no|remaining|your)[ ](?:balance|credit|funds)
    | (?:account|credit|exhausted)[ ]balance
    | (?:spend|spending|usage)[ ](?:cap|limit) | hard[ ]limit
    | (?:this|user|your)[ ](?:account|organi[sz]ation|plan|project|team|workspace)
    | (?:account|organi[sz]ation)[ ](?:does|has|is|must|was) | must[ ]be[ ]verified
    | api[ _-]?keys? | access[ ]tokens?
    )\b"""
)
"""Some vendors, and gateways to them, have one status for a wrong input and an unpaid bill."""
_SAID_LENGTH = 400
_READ_LENGTH = 10_000
"""Of a message; its splitting alone would take many times the memory of a large one."""
_PROBLEMS = 20


def failed(
    kind: FailureKind,
    said: str = "",
    *,
    is_message: bool = True,
    retryable: bool = False,
    retry_after_seconds: float | None = None,
) -> Failed:
    """A failure of that kind; `said` are the vendor's own words.

    Words that speak of our account make another kind of what may seem an invalid input.
    """
    if kind is FailureKind.INVALID_INPUT and _ACCOUNT.search(said[:_READ_LENGTH]):
        kind = FailureKind.PROVIDER_ACCOUNT
    said = _shown(said)
    reason = _REASONS[kind]
    if kind is FailureKind.INVALID_INPUT and said and is_message:
        reason = f"{reason}: {said}"
    return Failed(
        reason=f"{reason}; {NOTHING_CHARGED}",
        retryable=retryable,
        kind=kind,
        retry_after_seconds=retry_after_seconds,
        said=said,
    )


def _shown(said: str) -> str:
    """One line that can be stored and logged: JSON may hold halves of characters, which cannot."""
    printable = (each if each.isprintable() else " " for each in said[:_READ_LENGTH])
    return clipped(" ".join("".join(printable).split()), _SAID_LENGTH)


def refused(reply: Reply, said: str | None = None) -> Failed:
    """What a reply other than 2xx stands for, where the vendor has no table of its own.

    Retryable are those that say that nothing was begun. `said` replaces what is found in the reply.
    """
    message, status = _message_of(reply), reply.status
    said = (message or reply.text()) if said is None else said
    if status == 503 and not not_begun(reply):
        return failed(FailureKind.UNKNOWN_OUTCOME, said)
    if status in (408, 429, 503):
        return failed(
            FailureKind.CAPACITY,
            said,
            retryable=not_begun(reply),
            retry_after_seconds=reply.retry_after_seconds,
        )
    kind = _KINDS.get(status, FailureKind.PROVIDER_ERROR)
    # Without a message it is the page of some server in between.
    return failed(kind, said, is_message=bool(message))


_KINDS: Mapping[int, FailureKind] = {
    400: FailureKind.INVALID_INPUT,
    401: FailureKind.PROVIDER_ACCOUNT,
    402: FailureKind.PROVIDER_ACCOUNT,
    403: FailureKind.PROVIDER_ACCOUNT,
    404: FailureKind.MODEL_UNAVAILABLE,
    410: FailureKind.MODEL_UNAVAILABLE,
    413: FailureKind.INVALID_INPUT,
    415: FailureKind.INVALID_INPUT,
    422: FailureKind.INVALID_INPUT,
    504: FailureKind.TIMEOUT,
}


def undelivered(failure: ProviderFailure) -> Failed:
    """What is wrong with an image, which is for the caller to read, and what can be done."""
    remedy = _REMEDIES.get(failure.kind)
    words = [str(failure), *([remedy] if remedy else []), NOTHING_CHARGED]
    return Failed("; ".join(words), kind=failure.kind)


def unreadable(reply: Reply) -> Failed:
    """A success that says nothing we understand: the job may well have begun."""
    return failed(FailureKind.UNKNOWN_OUTCOME, f"HTTP {reply.status}: {reply.text()}")


def words_of(reply: Reply) -> str:
    """The message in an error's body; without one, the body's beginning."""
    return (_message_of(reply) or reply.text())[:_READ_LENGTH]


def _message_of(reply: Reply) -> str:
    """The message in whichever of the usual places it is, or nothing."""
    document = reply.document()
    error = document.get("error")
    places = (
        error.get("message") if isinstance(error, dict) else error,
        document.get("detail"),
        document.get("message"),
        document.get("title"),
    )
    found = (_message(place) for place in places)
    return next((message for message in found if message), "")


def _message(place: Any) -> str:
    if isinstance(place, str):
        return place.strip()
    if isinstance(place, list):
        # One problem each, as FastAPI and fal report them.
        return "; ".join(filter(None, (_problem(each) for each in place[:_PROBLEMS])))
    return ""


def _problem(problem: Any) -> str:
    if not isinstance(problem, dict) or not isinstance(problem.get("msg"), str):
        return ""
    where = problem.get("loc")
    parts = where if isinstance(where, list) else []
    path = ".".join(str(part) for part in parts if part != "body")
    return f"{path}: {problem['msg']}" if path else problem["msg"]
