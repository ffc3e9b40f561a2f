"""The images that a caller's input refers to, wherever in it they are."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from handler.providers.fetch.inline import is_inline
from handler.providers.fetch.references import require_safe_reference

# Whoever fetches a URL may leave out control characters in it, and brackets, quotes and spaces
# before it; may take a backslash for a slash; and may need no slash after a scheme that it knows.
_DROPPED = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_URL = re.compile(
    r"[^\w/\\]*(?:url:\s*)?"
    r"(?:(?:blob|data|file|ftps?|https?|wss?):\S|[a-z][\w+.-]*:[/\\]|[/\\]{2})",
    re.IGNORECASE,
)


def require_safe_references(job_input: Mapping[str, Any], max_inline_bytes: int) -> None:
    """Accept an input whose images are all at public https URLs, or in `data:` URLs.

    A prompt may hold what it likes. The vendor fetches what a URL names; we do not.

    Raises:
        ProviderFailure: One is not; the message names its property.
    """
    for name, url in _references(job_input):
        require_safe_reference(url, max_inline_bytes, f"a reference in {name}")


def is_prose(name: str) -> bool:
    """Whether a property of an input holds words; an `image_prompt` is an image."""
    return "prompt" in name and "image" not in name


def _references(job_input: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in job_input.items():
        if not is_prose(name):
            yield from ((name, text) for text in _texts(value) if _is_url(text))


def _is_url(text: str) -> bool:
    """Whether somebody may take it for the URL of something, well formed or not."""
    return is_inline(text) or _URL.match(_DROPPED.sub("", text)) is not None


def _texts(value: Any) -> Iterator[str]:
    """Every text in a value, however deep."""
    rest = [value]
    while rest:
        part = rest.pop()
        if isinstance(part, str):
            yield part
        elif isinstance(part, list | dict):
            rest.extend(part.values() if isinstance(part, dict) else part)
