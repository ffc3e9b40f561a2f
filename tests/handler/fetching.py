"""Fetches what a signed URL serves, like anybody who was given it."""

import urllib.request
from email.message import Message


def fetch(url: str, method: str = "GET") -> tuple[bytes, Message]:
    """Body and headers.

    Raises:
        HTTPError: The answer is no success.
    """
    request = urllib.request.Request(url, method=method)  # noqa: S310 - the emulator's own URLs
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        return answer.read(), answer.headers
