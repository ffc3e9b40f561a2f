"""Black Forest Labs: tasks that are asked after where their submission says; one image each.

Facts from docs.bfl.ai and recorded answers (read 2026-11). A task is known to the region that took
it alone, so its own polling URL is used; nothing there can be canceled.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from handler.core.failures import FailureKind
from handler.core.ports import Job, Provider, Running
from handler.providers.calls import Calls, Reply
from handler.providers.failing import failed, refused, unreadable
from handler.providers.fetch.inline import is_inline
from handler.providers.fetch.urls import Url, UrlRefused, matches, parsed, require_public
from handler.providers.references import is_prose
from handler.providers.setup import Setup
from handler.providers.vendor import Answer, Ready

BASE_URL = "https://api.bfl.ai/v1"
API_HOSTS = ("*.bfl.ai",)
"""Its regions: the hosts besides the base URL's that may see the key."""
HOSTS = (
    "*.bfl.ai",
    "bfldeliveryprod.blob.core.windows.net",
    "bfldeliverysc.blob.core.windows.net",
    "bfldeliveryscus.blob.core.windows.net",
)
"""Where images were seen to be, for ten minutes."""
MAX_INLINE_BYTES = 20 * 1024 * 1024
POLL_SECONDS = 1.0
UNKNOWN_SECONDS = 10.0
"""How long a region may take to know a task that was just submitted."""

_MODERATED = {"Request Moderated", "Content Moderated"}
_NOT_FOUND = "Task not found"


def build(setup: Setup) -> Provider:
    """The API of Black Forest Labs."""
    vendor = BflVendor(setup.calls(BASE_URL, "x-key"))
    return setup.provider(vendor, HOSTS, max_inline_bytes=MAX_INLINE_BYTES)


@dataclass(frozen=True)
class BflVendor:
    """Implements `Vendor`; a job's `ref` is its polling URL, and since when."""

    calls: Calls

    def submit(self, job: Job) -> Answer:
        """See `Vendor`."""
        reply = self.calls.make(f"/{job.provider_model}", request_body(job))
        answer = read_submission(reply)
        if isinstance(answer, Running) and self._at(_url_of(answer.ref)) is None:
            return unreadable(reply)
        return answer

    def poll(self, ref: str) -> Answer:
        """See `Vendor`."""
        url = _url_of(ref)
        calls = self._at(url)
        if calls is None:
            return failed(FailureKind.VANISHED_OUTPUT, "the job is at a host that is not ours now")
        return read_state(calls.ask(url), ref)

    def cancel(self, ref: str) -> None:
        """See `Vendor`: it goes on, and its image is left there to expire."""

    def _at(self, url: str) -> Calls | None:
        """What calls the host of a polling URL, if that is one of its own."""
        if self.calls.is_own(url):
            return self.calls
        region = region_of(url)
        return None if region is None else replace(self.calls, base_url=region.origin)


def request_body(job: Job) -> dict[str, Any]:
    """The input, with references as bare base64 where they are in `data:` URLs."""
    return {name: _bare(name, value) for name, value in job.input.items()}


def _bare(name: str, value: Any) -> Any:
    if isinstance(value, str) and is_inline(value) and not is_prose(name):
        return value.partition(",")[2]
    return value


def region_of(url: str) -> Url | None:
    """The polling URL, if it is at one of the regions and nowhere else."""
    try:
        region = parsed(url)
        require_public(region)
    except UrlRefused:
        return None
    return region if matches(region.host, API_HOSTS) else None


def read_submission(reply: Reply) -> Answer:
    """The answer to a submission."""
    if not reply.is_success:
        return refused(reply)
    url = reply.document().get("polling_url")
    if not isinstance(url, str) or len(url.split()) != 1:
        return unreadable(reply)
    return Running(f"{url} {reply.at_ms}", POLL_SECONDS)


def _url_of(ref: str) -> str:
    return ref.partition(" ")[0]


def read_state(reply: Reply, ref: str) -> Answer:
    """The answer to a question about a task."""
    document = reply.document()
    status = document.get("status")
    if status == _NOT_FOUND or reply.status in (404, 410):
        since_ms = int(ref.partition(" ")[2])
        if reply.at_ms - since_ms < UNKNOWN_SECONDS * 1000:
            return Running(ref, POLL_SECONDS)
        return failed(FailureKind.VANISHED_OUTPUT, _NOT_FOUND)
    if not reply.is_success:
        return refused(reply)
    if isinstance(status, str) and status in _MODERATED:
        return failed(FailureKind.CONTENT_FILTER, f"{status}: {document.get('details')}")
    if status in ("Ready", "Error"):
        return _outcome(document)
    # A success that says nothing: whatever it was, the task is still there.
    return Running(ref, POLL_SECONDS)


def _outcome(document: Mapping[str, Any]) -> Answer:
    result = document.get("result")
    if document["status"] == "Error":
        said = f"Error: {document.get('details') or result}"
        return failed(FailureKind.MODEL_ERROR, said, retryable=True)
    sample = result.get("sample") if isinstance(result, dict) else None
    if isinstance(sample, str) and sample:
        return Ready([sample])
    return failed(FailureKind.NO_OUTPUT, "the result holds no image")
