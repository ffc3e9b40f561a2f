"""How vendors sign what they send to us, as pure functions of headers, raw body and time."""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from handler.core.errors import ConfigurationError
from handler.core.vendors import Secret

TOLERANCE_SECONDS = 300
"""How far a signature's time may be from ours, either way."""

Verify = Callable[[Mapping[str, str], bytes, int], bool]
"""Whether headers (by lower-case name) and raw body are the vendor's, at a time in milliseconds."""

_PREFIX = "whsec_"
_ED25519_KEY = re.compile(r"[A-Za-z0-9_-]{43}")
"""32 bytes in base64url, as the `x` of a JSON Web Key has them."""
_ED25519_SIGNATURE = re.compile(r"[0-9a-fA-F]{128}")


@dataclass(frozen=True)
class StandardWebhook:
    """The scheme of standardwebhooks.com, which Replicate uses: HMAC-SHA256 over id, time, body."""

    secret: Secret
    """`whsec_` and the key in base64."""

    def __post_init__(self) -> None:
        """Check the secret.

        Raises:
            ConfigurationError: It is none; whoever has it says which setting it is from.
        """
        try:
            key = self._key()
        except binascii.Error:
            key = b""
        if not self.secret.reveal().startswith(_PREFIX) or not key:
            raise ConfigurationError("must be whsec_ and base64, as the vendor gave it out")

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


@dataclass(frozen=True)
class FalWebhook:
    """fal's own scheme: Ed25519 over request, user, time and the body's SHA-256, a line each.

    From what is published of its documentation and of others' verifiers (read 2026-11). fal signs
    for all its users with the same keys: that a report is about us follows from its address alone.
    """

    keys: Secret
    """Public, despite their type: the `x` of each key that may sign, separated by commas."""

    def __post_init__(self) -> None:
        if not all(map(_ED25519_KEY.fullmatch, self._keys())):
            raise ConfigurationError(
                "must be the x of each of fal's JSON Web Keys, 43 characters each, with commas"
                " between them and nothing else"
            )

    def __call__(self, headers: Mapping[str, str], body: bytes, now_ms: int) -> bool:
        """See `Verify`."""
        timestamp = headers.get("x-fal-webhook-timestamp", "")
        signature = headers.get("x-fal-webhook-signature", "")
        if not _is_recent(timestamp, now_ms) or not _ED25519_SIGNATURE.fullmatch(signature):
            return False
        lines = (
            headers.get("x-fal-webhook-request-id", ""),
            headers.get("x-fal-webhook-user-id", ""),
            timestamp,
            hashlib.sha256(body).hexdigest(),
        )
        signed = "\n".join(lines).encode()
        return any(_has_signed(key, signed, bytes.fromhex(signature)) for key in self._keys())

    def _keys(self) -> list[str]:
        return self.keys.reveal().split(",")


def _has_signed(key: str, signed: bytes, signature: bytes) -> bool:
    # Few functions ever receive a report, and each would take longer to start.
    from nacl.exceptions import BadSignatureError  # noqa: PLC0415
    from nacl.signing import VerifyKey  # noqa: PLC0415

    try:
        VerifyKey(base64.urlsafe_b64decode(f"{key}=")).verify(signed, signature)
    except BadSignatureError:
        return False
    return True


def _is_recent(timestamp: str, now_ms: int) -> bool:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 12):
        return False
    return abs(int(timestamp) - now_ms / 1000) <= TOLERANCE_SECONDS
