"""Replicate: predictions of official and of community models, polled until they end.

Facts from its OpenAPI description (2026-04-09), its documentation's error codes and recorded
answers. `Prefer: wait` is not used: its answer may come before the output all the same.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from handler.core.failures import FailureKind
from handler.core.ports import Failed, Job, Provider, Running
from handler.providers.calls import Calls, Reply
from handler.providers.failing import failed, refused, unreadable, words_of
from handler.providers.setup import Setup
from handler.providers.vendor import Answer, Ready

BASE_URL = "https://api.replicate.com/v1"
HOSTS = ("replicate.delivery", "*.replicate.delivery")
MAX_INLINE_BYTES = 256 * 1024
"""The largest file that an input may hold in itself."""
CANCEL_AFTER = "10m"
"""Shorter than a generation's deadline: a prediction does not outlive who waits for it."""
POLL_SECONDS = 1.0

_DEPTH = 4
"""Of lists and objects in an output; models were seen to use two."""
_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
_OFFICIAL = re.compile(r"[\w.-]+/[\w.-]+")


def build(setup: Setup) -> Provider:
    """Replicate."""
    calls = setup.calls(BASE_URL, "authorization", "Bearer")
    return setup.provider(
        ReplicateVendor(calls, setup.webhook_url),
        HOSTS,
        # Its description asks for the token when files are fetched.
        credential=setup.credential("authorization", "Bearer", HOSTS),
        max_inline_bytes=MAX_INLINE_BYTES,
    )


@dataclass(frozen=True)
class ReplicateVendor:
    """Implements `Vendor`; a job's `ref` is the prediction's id."""

    calls: Calls
    webhook_url: Callable[[Job], str | None]

    def submit(self, job: Job) -> Answer:
        """See `Vendor`."""
        path, body = creation(job, self.webhook_url(job))
        return read_creation(self.calls.make(path, body, {"cancel-after": CANCEL_AFTER}))

    def poll(self, ref: str) -> Answer:
        """See `Vendor`."""
        answer = read_state(self.calls.ask(f"/predictions/{ref}"))
        # Whatever it is called there, this is what was asked for.
        return replace(answer, ref=ref) if isinstance(answer, Running) else answer

    def cancel(self, ref: str) -> None:
        """See `Vendor`."""
        self.calls.tell("POST", f"/predictions/{ref}/cancel")


def creation(job: Job, webhook_url: str | None = None) -> tuple[str, dict[str, Any]]:
    """Path and body that create a prediction, which reports its end to `webhook_url`.

    `owner/name` is an official model; with `:version`, or a version alone, it is a community's.
    """
    body: dict[str, Any] = {"input": job.input}
    if webhook_url is not None:
        body |= {"webhook": webhook_url, "webhook_events_filter": ["completed"]}
    if _OFFICIAL.fullmatch(job.provider_model):
        return f"/models/{job.provider_model}/predictions", body
    return "/predictions", {"version": job.provider_model, **body}


def read_creation(reply: Reply) -> Answer:
    """The answer to a creation."""
    if reply.is_success:
        return _prediction(reply)
    is_about_input = bool(reply.document().get("invalid_fields"))
    if reply.status == 422 and not is_about_input and "version" in words_of(reply).lower().split():
        # "Invalid version or not permitted"
        return failed(FailureKind.MODEL_UNAVAILABLE, words_of(reply))
    return refused(reply)


def read_state(reply: Reply) -> Answer:
    """The answer to a question about a prediction."""
    if reply.is_success:
        return _prediction(reply)
    if reply.status in (404, 410):
        return failed(FailureKind.VANISHED_OUTPUT, words_of(reply))
    return refused(reply)


def _prediction(reply: Reply) -> Answer:
    prediction = reply.document()
    ref, status = prediction.get("id"), prediction.get("status")
    if not isinstance(ref, str) or not _ID.fullmatch(ref) or not isinstance(status, str):
        return unreadable(reply)
    if status == "succeeded":
        return _outcome(prediction)
    if status == "failed":
        return read_error(str(prediction.get("error") or ""))
    if status in ("canceled", "aborted"):
        # By nobody here: whom we cancel we do not ask again. It is its `Cancel-After`.
        return failed(FailureKind.TIMEOUT, f"the prediction was {status}")
    # Outputs may come before the end; only the end makes them final.
    return Running(ref, POLL_SECONDS)


def _outcome(prediction: dict[str, Any]) -> Answer:
    outputs = list(_urls(prediction.get("output"), _DEPTH))
    if outputs:
        return Ready(outputs)
    if prediction.get("data_removed"):
        return failed(FailureKind.VANISHED_OUTPUT, "the prediction's data was removed")
    return failed(FailureKind.NO_OUTPUT, "the prediction succeeded without output")


def _urls(output: Any, depth: int) -> Iterator[str]:
    """Every text in an output, in order: it is one URL, or a list or an object of them."""
    if isinstance(output, str) and output:
        yield output
    elif isinstance(output, list | dict) and depth:
        for part in output.values() if isinstance(output, dict) else output:
            yield from _urls(part, depth - 1)


_ERRORS: tuple[tuple[re.Pattern[str], FailureKind, bool], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), kind, retryable)
    for pattern, kind, retryable in (
        (r"\bE005\b|flagged as sensitive|NSFW|content policy", FailureKind.CONTENT_FILTER, False),
        (r"\bE1001\b|out of memory", FailureKind.MODEL_ERROR, False),
        (r"\bE4875\b", FailureKind.PROVIDER_ERROR, False),
        (r"\bE00[34]\b|failed to boot|at capacity", FailureKind.CAPACITY, True),
        (r"\bE6716\b", FailureKind.TIMEOUT, True),
        (r"\bE(9243|9828|1000)\b|code: PA\b", FailureKind.PROVIDER_ERROR, True),
        (r"failed to upload output", FailureKind.PROVIDER_ERROR, True),
    )
)


def read_error(error: str) -> Failed:
    """What the `error` of a failed prediction stands for; the prediction has ended."""
    for pattern, kind, retryable in _ERRORS:
        if pattern.search(error):
            return failed(kind, error, retryable=retryable)
    return failed(FailureKind.MODEL_ERROR, error)
