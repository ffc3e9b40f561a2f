"""A generation: one request for images, its states and its results.

The states and the moves between them are here as data; that each move happens at most once, and
together with the money it moves, is the job of the conditional writes in
`handler.adapters.dynamodb`.
"""

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

MAX_SUBMITS = 2
"""How often a provider may be asked for the same generation (invariant I9)."""
TOO_LATE = "the image was not ready in time; try again; nothing was charged"
"""What is said of a generation that ends at its deadline."""


class Status(StrEnum):
    """The public status of a generation; the last three never change."""

    STARTING = "starting"
    """Admitted and paid for, not yet claimed by a worker."""
    PROCESSING = "processing"
    """A worker claimed it."""
    SUCCEEDED = "succeeded"
    """Every image is stored, and the price is charged."""
    FAILED = "failed"
    """No image; the price was given back."""
    CANCELED = "canceled"
    """Ended on request; the price was given back."""

    @property
    def is_final(self) -> bool:
        """Whether nothing can happen to the generation any more."""
        return self in (Status.SUCCEEDED, Status.FAILED, Status.CANCELED)


@dataclass(frozen=True)
class Image:
    """One stored output."""

    media_type: str
    """`image/png`, `image/webp` or `image/jpeg`."""
    sha256: str
    """Hex digest of the stored bytes."""
    size_bytes: int
    has_preview: bool = False
    """Whether a small version for looking at is stored beside it."""


@dataclass(frozen=True)
class Request:
    """What was asked for, as validated: defaults filled in."""

    model_id: str
    input: Mapping[str, Any]

    def canonical_json(self) -> str:
        """The same text for the same request, whatever the order of its keys."""
        return json.dumps(
            {"input": self.input, "model_id": self.model_id},
            allow_nan=False,
            ensure_ascii=False,
            separators=(",", ":"),
            sort_keys=True,
        )

    def fingerprint(self) -> str:
        """Hex SHA-256 of the canonical text.

        Tells one request from another under the same idempotency key.
        """
        return hashlib.sha256(self.canonical_json().encode()).hexdigest()

    @classmethod
    def from_json(cls, text: str) -> "Request":
        """Read back what `canonical_json` wrote."""
        document = json.loads(text)
        return cls(model_id=document["model_id"], input=document["input"])


@dataclass(frozen=True)
class Generation:
    """The record of one generation. Times are epoch milliseconds, money is micro-USD."""

    id: str
    account_id: str
    model_id: str
    provider: str
    provider_model: str
    """The provider's own name of the model, as it was at admission: what the catalogue says later
    does not change what was bought."""
    status: Status
    amount_micros: int
    """Taken off the account at admission, fixed for good."""
    image_count: int
    """How many images were asked for."""
    fingerprint: str
    """Of the request as validated."""
    created_at_ms: int
    deadline_at_ms: int
    """When it must have ended; past this it is failed and paid back."""
    charged_micros: int = 0
    """Above zero if and only if it succeeded (I4)."""
    images: tuple[Image, ...] = ()
    error: str | None = None
    fence: int = 0
    """Counts the claims; a worker whose number is no longer the record's may not fail it."""
    lease_owner: str | None = None
    lease_until_ms: int = 0
    submits: int = 0
    """How many times a provider was, or may have been, asked."""
    answered_submits: int = 0
    """How many of them it is known of that nothing runs any more, so that another may follow."""
    provider_ref: str | None = None
    """The provider's own id of the running job."""
    due_at_ms: int | None = None
    """When the sweeper looks at it next; absent once final."""
    finished_at_ms: int | None = None
    expires_at_ms: int | None = None
    """End of retention; absent while open."""
    sent_fingerprint: str | None = None
    """Of the request as it was sent, under an idempotency key; absent without one, and in records
    from before they had it."""

    @property
    def is_in_doubt(self) -> bool:
        """Whether a provider may be at work of which nothing is known: its answer was lost."""
        return self.provider_ref is None and self.submits > self.answered_submits

    def is_same_request_as(self, other: "Generation") -> bool:
        """Whether both were asked for the same, so that one may stand for the other (I7).

        What was sent is the same for good. What was validated is the same also where one spells
        out a default, but a default that changed in between makes it differ.
        """
        return self.fingerprint == other.fingerprint or self.was_asked_by(other.sent_fingerprint)

    def was_asked_by(self, sent_fingerprint: str | None) -> bool:
        """Whether this is what was generated for a request that was sent with that fingerprint."""
        return sent_fingerprint is not None and self.sent_fingerprint == sent_fingerprint

    def is_retained(self, now_ms: int) -> bool:
        """Whether its images are still promised at `now_ms`.

        The platform deletes late, so this decides.
        """
        return self.expires_at_ms is None or now_ms < self.expires_at_ms


def new_generation_id(account_id: str, idempotency_key: str | None) -> str:
    """A UUID: random, or derived from account and idempotency key so a repeat finds the first (I7).

    The account id carries 128 random bits that no caller sees, so a derived id is as unguessable as
    a random one.
    """
    if idempotency_key is None:
        return str(uuid.uuid4())
    digest = hashlib.sha256(f"{account_id}\0{idempotency_key}".encode()).digest()
    # Version 4 of RFC 9562 only fixes the layout of six bits; the others are as good as random.
    return str(uuid.UUID(bytes=digest[:16], version=4))


def shard_of(generation_id: str, shards: int) -> int:
    """Which of the `shards` partitions of the in-flight index holds this generation."""
    return int(generation_id[:8], 16) % shards
