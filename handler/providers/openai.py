"""OpenAI's images API and servers that speak it: one request, answered with the images.

Facts from OpenAI's OpenAPI description (2026-08-21) and from the servers' own sources. What each
server is sent beside model and prompt is in `handler.providers.dialects`.
"""

from dataclasses import dataclass, replace
from typing import Any

from handler.core.failures import FailureKind
from handler.core.ports import Job, Provider
from handler.providers.calls import Calls, Reply, not_begun
from handler.providers.dialects import DIALECTS, OPENAI, Dialect
from handler.providers.failing import failed, refused, unreadable, words_of
from handler.providers.setup import Setup
from handler.providers.vendor import Answer, Immediate, Ready

BASE_URL = "https://api.openai.com/v1"
MAX_INLINE_BYTES = 15 * 1024 * 1024
"""As base64 just below the 20,971,520 characters that the description allows."""

_FILTERED = {"moderation_blocked", "content_policy_violation", "image_generation_user_error"}
"""Codes and types: a gateway in between may replace the code, and keeps the type."""
_ACCOUNT = {
    "insufficient_quota",
    "billing_hard_limit_reached",
    "billing_not_active",
    "invalid_api_key",
}


def build(setup: Setup) -> Provider:
    """OpenAI, or a gateway to it."""
    return _build(setup, OPENAI)


def build_compatible(setup: Setup) -> Provider:
    """Another server; the settings say where it is and which."""
    return _build(setup, DIALECTS[setup.access.server])


def _build(setup: Setup, dialect: Dialect) -> Provider:
    calls = setup.calls(BASE_URL, "authorization", "Bearer", not_begun=is_not_begun)
    vendor = OpenAIVendor(calls, dialect)
    return setup.provider(vendor, dialect.hosts, max_inline_bytes=MAX_INLINE_BYTES)


@dataclass(frozen=True)
class OpenAIVendor(Immediate):
    """Implements `Vendor`."""

    calls: Calls
    dialect: Dialect

    def submit(self, job: Job) -> Answer:
        """See `Vendor`."""
        path, body = request(job, self.dialect)
        return read(self.calls.make(path, body))


def request(job: Job, dialect: Dialect) -> tuple[str, dict[str, Any]]:
    """Path and body; what the server does not know of the input is left out.

    `image` (a URL) or `images` (a list of them) are to be edited.
    """
    given = dict(job.input)
    prompt = dialect.prompt(str(given.pop("prompt")))
    image, images = given.pop("image", None), given.pop("images", None)
    references = ([image] if image else []) + list(images or [])
    known = {name: value for name, value in given.items() if name in dialect.parameters}
    body = {"model": job.provider_model, "prompt": prompt, **known, **dialect.always}
    if references and dialect.edits:
        return "/images/edits", {**body, "images": [{"image_url": url} for url in references]}
    return "/images/generations", body


def read(reply: Reply) -> Answer:
    """The answer."""
    if not reply.is_success:
        return _refusal(reply)
    data = reply.document().get("data")
    if not isinstance(data, list):
        return unreadable(reply)
    outputs = [output for output in map(_output, data) if output]
    if not outputs:
        return failed(FailureKind.NO_OUTPUT, "the answer holds no image")
    return Ready(outputs)


def _output(image: Any) -> str | None:
    if not isinstance(image, dict):
        return None
    encoded, url = image.get("b64_json"), image.get("url")
    if isinstance(encoded, str) and encoded:
        return encoded if encoded.startswith("data:") else f"data:;base64,{encoded}"
    return url if isinstance(url, str) and url else None


def is_not_begun(reply: Reply) -> bool:
    """Whether repeating the request is of use, and cannot make the images twice."""
    is_final = reply.headers.get("x-should-retry") == "false" or _names(reply) & _ACCOUNT
    return not_begun(reply) and not is_final


def _refusal(reply: Reply) -> Answer:
    names = _names(reply)
    if names & _FILTERED:
        return failed(FailureKind.CONTENT_FILTER, words_of(reply))
    if names & _ACCOUNT:
        return failed(FailureKind.PROVIDER_ACCOUNT, words_of(reply))
    if "model_not_found" in names:
        return failed(FailureKind.MODEL_UNAVAILABLE, words_of(reply))
    answer = refused(reply)
    return replace(answer, retryable=answer.retryable and is_not_begun(reply))


def _names(reply: Reply) -> set[str]:
    """Code and type of the error."""
    error = reply.document().get("error")
    if not isinstance(error, dict):
        return set()
    return {name for name in (error.get("code"), error.get("type")) if isinstance(name, str)}
