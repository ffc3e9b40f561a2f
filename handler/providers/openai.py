"""OpenAI's images API and servers that speak it: one request, answered with the images.

Facts from OpenAI's OpenAPI description (2026-08-21) and from the servers' own sources. What each
server is sent beside model and prompt is in `handler.providers.dialects`.
"""

import re
from collections.abc import Callable, Mapping
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
MAX_INLINE_BYTES = 15 * 1024 * 1024 - 1024
"""As base64 just below the 20,971,520 characters that the description allows."""

_NAMES: Mapping[str, FailureKind] = {
    **dict.fromkeys(
        ("moderation_blocked", "content_policy_violation", "image_generation_user_error"),
        FailureKind.CONTENT_FILTER,
    ),
    **dict.fromkeys(
        (
            "insufficient_quota",
            # LiteLLM's.
            "budget_exceeded",
            "billing_hard_limit_reached",
            "billing_limit",
            "billing_not_active",
            "invalid_api_key",
            # LiteLLM's, of a key that it does not know.
            "no_db_connection",
        ),
        FailureKind.PROVIDER_ACCOUNT,
    ),
    "model_not_found": FailureKind.MODEL_UNAVAILABLE,
}
"""By code or type."""
_WORDS: tuple[tuple[re.Pattern[str], FailureKind], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), kind)
    for pattern, kind in (
        (r"safety system|content.?policy", FailureKind.CONTENT_FILTER),
        (
            r"hard limit has been reached|exceeded your current quota|check your billing",
            FailureKind.PROVIDER_ACCOUNT,
        ),
    )
)
"""By what is said: a gateway in between replaces codes and types."""


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
        return read(self.calls.make(path, body), self.dialect.said)


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


def read(reply: Reply, said: Callable[[str], str] = str) -> Answer:
    """The answer; `said` finds the vendor's own words in what a gateway made of them."""
    if not reply.is_success:
        return _refusal(reply, said(words_of(reply)))
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
    is_final = reply.headers.get("x-should-retry") == "false" or _kind(reply) is not None
    return not_begun(reply) and not is_final


def _refusal(reply: Reply, said: str) -> Answer:
    kind = _kind(reply)
    if kind is not None:
        return failed(kind, said)
    answer = refused(reply, said)
    return replace(answer, retryable=answer.retryable and is_not_begun(reply))


def _kind(reply: Reply) -> FailureKind | None:
    """What an error stands for whatever its status is."""
    for name in _names(reply):
        if name in _NAMES:
            return _NAMES[name]
    words = words_of(reply)
    return next((kind for pattern, kind in _WORDS if pattern.search(words)), None)


def _names(reply: Reply) -> list[str]:
    """Code and type of the error."""
    error = reply.document().get("error")
    if not isinstance(error, dict):
        return []
    return [name for name in (error.get("code"), error.get("type")) if isinstance(name, str)]
