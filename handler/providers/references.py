"""The images that a caller's input refers to, wherever in it they are."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from handler.providers.fetch.references import require_safe_reference

_URL = re.compile(r"\s*(?:data:|[a-z][a-z0-9+.-]*://)", re.IGNORECASE)


def require_safe_references(job_input: Mapping[str, Any], max_inline_bytes: int) -> None:
    """Accept an input whose images are all at public https URLs, or in `data:` URLs.

    A prompt may hold what it likes. The vendor fetches what a URL names; we do not.

    Raises:
        ProviderFailure: One is not; the message names its property.
    """
    for name, url in _references(job_input):
        require_safe_reference(url, max_inline_bytes, f"the input's {name}")


def is_prose(name: str) -> bool:
    """Whether a property of an input holds words; an `image_prompt` is an image."""
    return "prompt" in name and "image" not in name


def _references(job_input: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in job_input.items():
        if not is_prose(name):
            yield from ((name, text) for text in _texts(value) if _URL.match(text))


def _texts(value: Any) -> Iterator[str]:
    """Every text in a value, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)
