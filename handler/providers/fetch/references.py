"""What a caller may name as a reference image.

Its URL is handed to the vendor, who fetches it, so all that is judged here is the text.
"""

from handler.core import errors
from handler.core.failures import FailureKind
from handler.providers.fetch import inline
from handler.providers.fetch.urls import UrlRefused, parsed, require_public

MAX_INLINE_BYTES = 10 * 1024 * 1024
INLINE_TYPES = ("image/png", "image/jpeg", "image/webp")


def require_safe_reference(
    url: str, max_inline_bytes: int = MAX_INLINE_BYTES, name: str = "the reference image"
) -> None:
    """Accept an https URL at a public host, or an image in a `data:` URL.

    `name` is what the failure's message is about, `max_inline_bytes` what the vendor takes inline.

    Raises:
        ProviderFailure: It is neither; the message tells the caller why.
    """
    try:
        if inline.is_inline(url):
            _require_image(inline.decoded(url, max_inline_bytes))
        else:
            require_public(parsed(url))
    except UrlRefused as refusal:
        raise errors.ProviderFailure(
            f"{name} is not accepted: its URL {refusal}", kind=FailureKind.INVALID_INPUT
        ) from None


def _require_image(sent: inline.Inline) -> None:
    if sent.media_type not in INLINE_TYPES:
        raise UrlRefused(f"is of none of the types {', '.join(INLINE_TYPES)}")
