"""Accounts and API keys: what they are, and the key's format.

A key is `tfi_` + 43 base-62 characters (256 random bits) + 6 base-62 characters of CRC-32, so that
a mistyped or truncated key is refused before any table is read, and secret scanners can recognise
one. Only the SHA-256 of the whole string is ever stored; a random secret of this length needs no
slow hash.
"""

import hashlib
import secrets
import string
import zlib
from dataclasses import dataclass
from enum import StrEnum

from handler.core import errors

KEY_PREFIX = "tfi_"
MINIMUM_BALANCE_MICROS = 10_000
"""Callers with less than this are refused at the door (0.01 credits)."""

_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_SECRET_LENGTH = 43
_CHECKSUM_LENGTH = 6
_LONGEST_KEY = 200
_KEY_LENGTH = len(KEY_PREFIX) + _SECRET_LENGTH + _CHECKSUM_LENGTH


class KeyStatus(StrEnum):
    """Whether a key opens its account."""

    ACTIVE = "active"
    REVOKED = "revoked"


class AccountStatus(StrEnum):
    """Whether an account may be used at all."""

    ACTIVE = "active"
    CLOSED = "closed"


@dataclass(frozen=True)
class Account:
    """Holds credits; several keys may open it."""

    id: str
    available_micros: int
    """What can still be spent; an admitted generation's price is already taken off."""
    granted_micros: int
    """The sum of every movement of money into or out of the account."""
    status: AccountStatus = AccountStatus.ACTIVE


class Source(StrEnum):
    """What moved money into or out of an account."""

    GRANT = "grant"
    """What the account was opened with."""
    PAYMENT = "payment"
    """A top-up."""
    ADJUSTMENT = "adjustment"
    """A correction by the operator, up or down."""


@dataclass(frozen=True)
class Movement:
    """One movement of money into (above zero) or out of an account; it is never changed."""

    source: Source
    payment_id: str
    """The payer's own id of it: the same one counts once (I13)."""
    account_id: str
    amount_micros: int
    created_at_ms: int
    reason: str | None = None


@dataclass(frozen=True)
class ApiKey:
    """Opens an account. The secret itself is not here: it is shown once and never kept."""

    sha256: str
    account_id: str
    display: str
    """The first and last few characters, to recognise a key by."""
    created_at_ms: int
    status: KeyStatus = KeyStatus.ACTIVE
    expires_at_ms: int | None = None
    """Absent: does not expire."""

    @property
    def id(self) -> str:
        """How people and commands name the key; tells nothing about the secret."""
        return f"key_{self.sha256[:16]}"

    def is_usable(self, now_ms: int) -> bool:
        """Whether the key opens its account at `now_ms`."""
        expired = self.expires_at_ms is not None and self.expires_at_ms <= now_ms
        return self.status is KeyStatus.ACTIVE and not expired


@dataclass(frozen=True)
class Principal:
    """Who is calling: a usable key and the account it opens."""

    key: ApiKey
    account: Account

    @property
    def is_poor(self) -> bool:
        """Whether the account holds less than the minimum balance."""
        return self.account.available_micros < MINIMUM_BALANCE_MICROS


def new_account_id() -> str:
    """A random id with 128 bits: generation ids are derived from it and must not be guessable."""
    return f"acct_{secrets.token_hex(16)}"


def new_secret() -> str:
    """A new API key, as its owner will send it."""
    body = KEY_PREFIX + _base62(secrets.randbits(256), _SECRET_LENGTH)
    return body + _checksum(body)


def hash_secret(secret: str) -> str:
    """The SHA-256 under which a key is stored, in hex."""
    return hashlib.sha256(secret.encode()).hexdigest()


def display_of(secret: str) -> str:
    """What may be shown of a key: its first eight and last four characters, if it has many more."""
    if len(secret) < _KEY_LENGTH:
        return "…"
    return f"{secret[: len(KEY_PREFIX) + 4]}…{secret[-4:]}"


def require_well_formed(secret: str) -> str:
    """Return `secret` if it can be a key.

    A key that was chosen by hand, for a local stack, has no checksum: only its characters can be
    looked at.

    Raises:
        InvalidApiKey: It has our prefix but not our checksum, or is no short printable text.
    """
    printable = secret.isascii() and secret.isprintable() and len(secret) <= _LONGEST_KEY
    if not printable or (secret.startswith(KEY_PREFIX) and not _has_checksum(secret)):
        raise errors.InvalidApiKey
    return secret


def _has_checksum(secret: str) -> bool:
    body, checksum = secret[:-_CHECKSUM_LENGTH], secret[-_CHECKSUM_LENGTH:]
    return len(secret) == _KEY_LENGTH and checksum == _checksum(body)


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), _CHECKSUM_LENGTH)


def _base62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 62)
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
