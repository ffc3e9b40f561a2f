"""How vendors sign what they send to us, as pure functions of headers, raw body and time."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from handler.core.errors import ConfigurationError
from handler.core.vendors import Secret

TOLERANCE_SECONDS = 300
"""How far a signature's time may be from ours, either way."""

Verify = Callable[[Mapping[str, str], bytes, int], bool]
"""Whether headers (by lower-case name) and raw body are the vendor's, at a time in milliseconds."""

_PREFIX = "whsec_"


@dataclass(frozen=True)
class StandardWebhook:
    """The scheme of standardwebhooks.com, which Replicate uses: HMAC-SHA256 over id, time, body."""

    secret: Secret
    """`whsec_` and the key in base64."""

    def __post_init__(self) -> None:
        try:
            key = self._key()
        except binascii.Error:
            key = b""
        if not self.secret.reveal().startswith(_PREFIX) or not key:
            raise ConfigurationError("a webhook's secret must be whsec_ and base64, as given out")

    def __call__(self, headers: Mapping[str, str], body: bytes, now_ms: int) -> bool:
        """See `Verify`."""
        timestamp = headers.get("webhook-timestamp", "")
        if not _is_recent(timestamp, now_ms):
            return False
        signed = f"{headers.get('webhook-id', '')}.{timestamp}.".encode() + body
        digest = hmac.new(self._key(), signed, hashlib.sha256).digest()
        expected = b"v1," + base64.b64encode(digest)
        # Several while a secret is being changed.
        given = headers.get("webhook-signature", "").encode().split()
        return any(hmac.compare_digest(expected, each) for each in given)

    def _key(self) -> bytes:
        return base64.b64decode(self.secret.reveal().removeprefix(_PREFIX), validate=True)


def _is_recent(timestamp: str, now_ms: int) -> bool:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 12):
        return False
    return abs(int(timestamp) - now_ms / 1000) <= TOLERANCE_SECONDS
