"""Google's Gemini image models: `generateContent`, one request answered with one image.

Facts from google-genai 3.6.1, its documentation and reported errors (read 2026-11). What was
withheld is told in a success: why the prompt was blocked, or why the model stopped.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from handler.core.failures import FailureKind
from handler.core.ports import Failed, Job, Provider
from handler.providers.calls import Calls, Reply, not_begun
from handler.providers.failing import failed, refused, unreadable, words_of
from handler.providers.inlining import Reference, References
from handler.providers.setup import Setup
from handler.providers.vendor import Answer, Immediate, Ready

BASE_URL = "https://generativelanguage.googleapis.com/v1beta"
MAX_REFERENCE_BYTES = 14 * 1024 * 1024
"""As base64, with the rest of a request, below the 20 MB that it may have."""

_FILTERED = {
    *("BLOCKLIST", "PROHIBITED_CONTENT", "RECITATION", "SAFETY", "SPII"),
    *("IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "IMAGE_SAFETY"),
    *("ESCALATION", "MODEL_ARMOR"),
}
_ACCOUNT_LIMITED = "PUP_LIMITED_DISABLED"


def build(setup: Setup) -> Provider:
    """The Gemini API, by key."""
    calls = setup.calls(BASE_URL, "x-goog-api-key", not_begun=is_not_begun)
    vendor = GeminiVendor(calls, References.up_to(MAX_REFERENCE_BYTES))
    return setup.provider(vendor, (), max_inline_bytes=MAX_REFERENCE_BYTES)


@dataclass(frozen=True)
class GeminiVendor(Immediate):
    """Implements `Vendor`; `images` of an input are URLs of references."""

    calls: Calls
    references: References

    def submit(self, job: Job) -> Answer:
        """See `Vendor`."""
        references = self.references.collected(job.input.get("images") or [])
        body = request_body(job, references)
        return read(self.calls.make(f"/models/{job.provider_model}:generateContent", body))


def request_body(job: Job, references: Sequence[Reference] = ()) -> dict[str, Any]:
    """Prompt and references, with what the input says of shape and size."""
    parts: list[dict[str, Any]] = [{"text": job.input["prompt"]}]
    parts += [
        {"inlineData": {"mimeType": reference.media_type, "data": reference.base64}}
        for reference in references
    ]
    named = {"aspectRatio": "aspect_ratio", "imageSize": "image_size"}
    image = {name: job.input[given] for name, given in named.items() if given in job.input}
    config: dict[str, Any] = {"responseModalities": ["IMAGE"]}
    if image:
        config["imageConfig"] = image
    return {"contents": [{"role": "user", "parts": parts}], "generationConfig": config}


def read(reply: Reply) -> Answer:
    """The answer."""
    if not reply.is_success:
        return _refusal(reply)
    document = reply.document()
    blocked = _of(document.get("promptFeedback")).get("blockReason")
    if blocked:
        return failed(FailureKind.CONTENT_FILTER, f"prompt blocked: {blocked}")
    candidates = document.get("candidates")
    if isinstance(candidates, list):
        return _outcome([_of(each) for each in candidates])
    return _outcome([]) if "usageMetadata" in document else unreadable(reply)


def _outcome(candidates: Sequence[Mapping[str, Any]]) -> Answer:
    reasons = {str(each.get("finishReason")) for each in candidates}
    said = f"stopped: {_said(candidates)}"
    if reasons & _FILTERED:
        return failed(FailureKind.CONTENT_FILTER, said)
    if _ACCOUNT_LIMITED in reasons:
        return failed(FailureKind.PROVIDER_ACCOUNT, said)
    images = [image for each in candidates for image in _images(each)]
    # Without one it has ended all the same, and the next time there often is one.
    return Ready(images) if images else failed(FailureKind.NO_OUTPUT, said, retryable=True)


def _parts(candidate: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What is meant to be seen: no drafts."""
    parts = _of(candidate.get("content")).get("parts")
    for part in parts if isinstance(parts, list) else []:
        if isinstance(part, dict) and part.get("thought") is not True:
            yield part


def _images(candidate: Mapping[str, Any]) -> Iterator[str]:
    for part in _parts(candidate):
        data = _of(part.get("inlineData")).get("data")
        if isinstance(data, str) and data:
            yield f"data:;base64,{data}"


def _said(candidates: Sequence[Mapping[str, Any]]) -> str:
    """Why the model stopped, and whether it talked instead of painting.

    Not what it said: it likes to repeat the prompt, which is in no log.
    """
    words = [each.get(key) for each in candidates for key in ("finishReason", "finishMessage")]
    texts = [part.get("text") for each in candidates for part in _parts(each)]
    length = sum(len(text) for text in texts if isinstance(text, str))
    talk = [f"with {length} characters of text"] if length else []
    return " ".join(word for word in [*words, *talk] if isinstance(word, str))


def is_not_begun(reply: Reply) -> bool:
    """Whether repeating the request at once is of use, and cannot make the image twice."""
    return not_begun(reply) and not _is_used_up(reply) and _delay_seconds(reply) is None


def _refusal(reply: Reply) -> Failed:
    said, reasons = words_of(reply), _of_details(reply, "reason")
    is_key = any("API_KEY" in str(reason) for reason in reasons) or "api key" in said.lower()
    # Where we are, or that billing is off.
    is_precondition = _error(reply).get("status") == "FAILED_PRECONDITION"
    if is_key or is_precondition or _is_used_up(reply):
        return failed(FailureKind.PROVIDER_ACCOUNT, said)
    answer = refused(reply)
    return replace(answer, retry_after_seconds=_delay_seconds(reply) or answer.retry_after_seconds)


def _is_used_up(reply: Reply) -> bool:
    """Whether it is a quota that no short wait helps with: a day's, or one of nothing."""
    if reply.status != 429:
        return False
    quotas = [
        str(_of(violation).get("quotaId"))
        for violations in _of_details(reply, "violations")
        for violation in (violations if isinstance(violations, list) else [])
    ]
    return any("PerDay" in quota for quota in quotas) or "limit: 0" in words_of(reply)


def _delay_seconds(reply: Reply) -> float | None:
    """How long Google asks to wait, in its own way: `35.5s`."""
    for delay in _of_details(reply, "retryDelay"):
        number = str(delay).removesuffix("s")
        if number.replace(".", "", 1).isdecimal() and float(number) < 86_400:
            return float(number)
    return None


def _of_details(reply: Reply, name: str) -> list[Any]:
    details = _error(reply).get("details")
    found = details if isinstance(details, list) else []
    return [each[name] for each in found if isinstance(each, dict) and name in each]


def _error(reply: Reply) -> Mapping[str, Any]:
    return _of(reply.document().get("error"))


def _of(value: Any) -> Mapping[str, Any]:
    """An object, whatever is in its place."""
    return value if isinstance(value, dict) else {}
