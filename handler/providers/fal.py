"""fal: requests that wait in its queue for a runner, and are asked after until they have ended.

Facts from fal's clients (fal-client 1.0.3, @fal-ai/client 1.10.1) and its documentation of errors
(read 2026-11). How a request ended is not in its status but in the HTTP status of its result.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any
from urllib.parse import urlencode

from handler.core.failures import FailureKind
from handler.core.ports import Failed, Job, Provider, Running
from handler.providers.calls import AskLater, Calls, Reply, not_begun
from handler.providers.failing import failed, refused, unreadable, words_of
from handler.providers.setup import Setup
from handler.providers.vendor import Answer, Ready

BASE_URL = "https://queue.fal.run"
HOSTS = ("fal.media", "*.fal.media")
START_SECONDS = 600
"""How long a request may wait for a runner: shorter than a generation's deadline."""
KEPT_SECONDS = 3600
"""How long fal keeps the images, which whoever has their URLs can see."""
POLL_SECONDS = 1.0

_HEADERS = {
    "x-fal-request-timeout": str(START_SECONDS),
    "x-fal-object-lifecycle-preference": json.dumps({"expiration_duration_seconds": KEPT_SECONDS}),
}
_PASSING = frozenset({408, 425, 429})
"""Of a result: what is no end of the request. A 5xx may be either."""


def build(setup: Setup) -> Provider:
    """The queue of fal."""
    calls = setup.calls(BASE_URL, "authorization", "Key")
    return setup.provider(FalVendor(calls, setup.webhook_url), HOSTS)


@dataclass(frozen=True)
class FalVendor:
    """Implements `Vendor`; a job's `ref` are the URLs of its status, its result and its cancel."""

    calls: Calls
    webhook_url: Callable[[Job], str | None]

    def submit(self, job: Job) -> Answer:
        """See `Vendor`."""
        path = submission_path(job, self.webhook_url(job))
        reply = self.calls.make(path, request_body(job), _HEADERS)
        answer = read_submission(reply)
        if isinstance(answer, Running) and not all(map(self.calls.is_own, answer.ref.split())):
            return unreadable(reply)
        return answer

    def poll(self, ref: str) -> Answer:
        """See `Vendor`."""
        status_url, result_url, _ = ref.split()
        status = self.calls.ask(status_url)
        going_on = read_status(status, ref)
        return going_on or read_end(status, read_result(self.calls.ask(result_url, _PASSING)))

    def cancel(self, ref: str) -> None:
        """See `Vendor`."""
        self.calls.tell("PUT", ref.split()[2])


def submission_path(job: Job, webhook_url: str | None = None) -> str:
    """Where a request is submitted, which reports its end to `webhook_url`."""
    query = "" if webhook_url is None else "?" + urlencode({"fal_webhook": webhook_url})
    return f"/{job.provider_model}{query}"


def request_body(job: Job) -> dict[str, Any]:
    """The input as it is."""
    return dict(job.input)


def read_submission(reply: Reply) -> Answer:
    """The answer to a submission."""
    if not reply.is_success:
        refusal = _failure(reply) if _known_types(reply) else refused(reply)
        return replace(refusal, retryable=refusal.retryable and not_begun(reply))
    document = reply.document()
    urls = [document.get(name) for name in ("status_url", "response_url", "cancel_url")]
    if not all(isinstance(url, str) and len(url.split()) == 1 for url in urls):
        return unreadable(reply)
    # Its documentation asks not to build them: part of the model's name is not in them.
    return Running(" ".join(map(str, urls)), POLL_SECONDS)


def read_status(reply: Reply, ref: str) -> Running | Failed | None:
    """The answer to a question about a request; None: it has ended, in whichever way."""
    if reply.is_success:
        is_over = reply.document().get("status") == "COMPLETED"
        return None if is_over else Running(ref, POLL_SECONDS)
    return _not_there(reply) or refused(reply)


def read_result(reply: Reply) -> Answer:
    """The result of a request that has ended.

    Raises:
        AskLater: It did not come from fal's servers, but from something in front of them.
    """
    if not reply.is_success:
        if reply.status >= 500 and not _types(reply) and "detail" not in reply.document():
            raise AskLater(f"HTTP {reply.status}", reply.retry_after_seconds)
        return _not_there(reply) or _failure(reply)
    document = reply.document()
    if not document:
        return unreadable(reply)
    found = list(_images(document))
    if found and all(is_flagged for _, is_flagged in found):
        return failed(FailureKind.CONTENT_FILTER, "all images were flagged as NSFW")
    urls = [url for url, is_flagged in found if not is_flagged]
    return Ready(urls) if urls else failed(FailureKind.NO_OUTPUT, "the result holds no image")


def read_end(status: Reply, answer: Answer) -> Answer:
    """How a request ended: as its result says, or its status where the result does not say why."""
    is_silent = isinstance(answer, Failed) and answer.kind in _SILENT
    return _failure(status) if is_silent and _known_types(status) else answer


def _images(document: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    """The URL of each image, and whether fal put a black one in its place."""
    images = document.get("images", [document.get("image")])
    flags = document.get("has_nsfw_concepts")
    flags = flags if isinstance(flags, list) else [flags]
    if not isinstance(images, list):
        return
    for image, flag in zip_longest(images, flags[: len(images)]):
        url = image.get("url") if isinstance(image, dict) else image
        if isinstance(url, str) and url:
            yield url, flag is True


_BROKEN = (  # noqa: SIM905 - a line each would be a page
    "client_cancelled client_disconnected downstream_service_error internal_error"
    " internal_server_error runner_connection_error runner_connection_refused"
    " runner_connection_timeout runner_disconnected runner_incomplete_response runner_server_error"
).split()
_KINDS: Mapping[str, FailureKind] = {
    "content_policy_violation": FailureKind.CONTENT_FILTER,
    "no_media_generated": FailureKind.NO_OUTPUT,
    "generation_timeout": FailureKind.TIMEOUT,
    "request_timeout": FailureKind.TIMEOUT,
    "startup_timeout": FailureKind.TIMEOUT,
    "downstream_service_unavailable": FailureKind.CAPACITY,
    "runner_scheduling_failure": FailureKind.CAPACITY,
    **dict.fromkeys(_BROKEN, FailureKind.PROVIDER_ERROR),
}
"""By the type of an error; what is not here is told by the HTTP status."""
_FINAL = {"client_cancelled", "client_disconnected", "generation_timeout", "no_media_generated"}
"""Those of them that the same input would bring about again, or that somebody wanted."""
_SILENT = {FailureKind.NO_OUTPUT, FailureKind.UNKNOWN_OUTCOME, FailureKind.VANISHED_OUTPUT}


def _failure(reply: Reply) -> Failed:
    """How a request ended. What is tried again certainly is not under way any more."""
    known = _known_types(reply)
    if not known:
        return replace(refused(reply), retryable=False)
    kind = _KINDS[known[0]]
    says = reply.headers.get("x-fal-retryable", "").lower()
    retryable = known[0] not in _FINAL and kind is not FailureKind.CONTENT_FILTER
    if "x-fal-request-timeout-type" in reply.headers:
        # The time was ours.
        says = "false"
    return failed(
        kind,
        words_of(reply),
        retryable=retryable and says != "false",
        retry_after_seconds=reply.retry_after_seconds,
    )


def _known_types(reply: Reply) -> list[str]:
    return [name for name in _types(reply) if name in _KINDS]


def _types(reply: Reply) -> list[str]:
    """The types of the errors: one of the platform, or those of the model."""
    document = reply.document()
    detail = document.get("detail")
    problems = detail if isinstance(detail, list) else []
    names = [problem.get("type") for problem in problems if isinstance(problem, dict)]
    names += [document.get("error_type"), reply.headers.get("x-fal-error-type")]
    return [name for name in names if isinstance(name, str)]


def _not_there(reply: Reply) -> Failed | None:
    """Of a request that was there: fal does not know it any more."""
    if reply.status in (404, 410):
        return failed(FailureKind.VANISHED_OUTPUT, words_of(reply))
    return None
