"""Records to items and back. Keys are built here and nowhere else."""

from collections.abc import Mapping
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from handler.core.accounts import (
    Account,
    AccountStatus,
    ApiKey,
    KeyStatus,
    Movement,
    Source,
)
from handler.core.generation import Generation, Image, Status, shard_of

INFLIGHT_SHARDS = 4
"""Partitions of the `inflight` index: one alone would cap admissions at its write throughput."""

_deserialize = TypeDeserializer().deserialize


def plain(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item out of DynamoDB's typed notation. Every number in these tables is an integer."""
    return {name: _plain_value(_deserialize(value)) for name, value in item.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain_value(member) for member in value]
    if isinstance(value, dict):
        return {name: _plain_value(member) for name, member in value.items()}
    return int(value) if not isinstance(value, str | bool | None) else value


def generation_pk(generation_id: str) -> str:
    """Key of the record."""
    return f"GEN#{generation_id}"


def request_pk(generation_id: str) -> str:
    """Key of the request, which is written once and kept apart.

    Every move pays for the size of the record alone.
    """
    return f"REQ#{generation_id}"


def key_pk(sha256: str) -> str:
    """Key of an API key."""
    return f"KEY#{sha256}"


def account_pk(account_id: str) -> str:
    """Key of an account."""
    return f"ACCOUNT#{account_id}"


def movement_pk(source: Source, payment_id: str) -> str:
    """Key of one movement of money into or out of an account; a payment counts once (I13)."""
    return f"TXN#{source}#{payment_id}"


def shard_key(shard: int) -> str:
    """Partition of the `inflight` index."""
    return f"OPEN#{shard}"


def generation_item(generation: Generation) -> dict[str, Any]:
    """The item of a new generation."""
    return {
        "pk": generation_pk(generation.id),
        "account_id": generation.account_id,
        "model_id": generation.model_id,
        "provider": generation.provider,
        "provider_model": generation.provider_model,
        "status": generation.status.value,
        "amount_micros": generation.amount_micros,
        "image_count": generation.image_count,
        "fingerprint": generation.fingerprint,
        "sent_fingerprint": generation.sent_fingerprint,
        "created_at_ms": generation.created_at_ms,
        "deadline_at_ms": generation.deadline_at_ms,
        "charged_micros": generation.charged_micros,
        "fence": generation.fence,
        "submits": generation.submits,
        "shard": shard_key(shard_of(generation.id, INFLIGHT_SHARDS)),
        "due_at_ms": generation.due_at_ms,
    }


def generation_from(item: Mapping[str, Any]) -> Generation:
    """The record in an item."""
    record = plain(item)
    return Generation(
        id=record["pk"].removeprefix("GEN#"),
        account_id=record["account_id"],
        model_id=record["model_id"],
        provider=record["provider"],
        # What was admitted before records had it can still be read.
        provider_model=record.get("provider_model", ""),
        status=Status(record["status"]),
        amount_micros=record["amount_micros"],
        image_count=record["image_count"],
        fingerprint=record["fingerprint"],
        created_at_ms=record["created_at_ms"],
        deadline_at_ms=record["deadline_at_ms"],
        charged_micros=record["charged_micros"],
        images=tuple(Image(**image) for image in record.get("images", [])),
        error=record.get("error"),
        fence=record["fence"],
        lease_owner=record.get("lease_owner"),
        lease_until_ms=record.get("lease_until_ms", 0),
        submits=record["submits"],
        answered_submits=record.get("answered_submits", 0),
        provider_ref=record.get("provider_ref"),
        due_at_ms=record.get("due_at_ms"),
        finished_at_ms=record.get("finished_at_ms"),
        expires_at_ms=record.get("expires_at_ms"),
        sent_fingerprint=record.get("sent_fingerprint"),
    )


def image_value(image: Image) -> dict[str, Any]:
    """An image inside its generation's item."""
    value = {
        "media_type": image.media_type,
        "sha256": image.sha256,
        "size_bytes": image.size_bytes,
    }
    return {**value, "has_preview": True} if image.has_preview else value


def request_item(generation_id: str, text: str | None, ttl_seconds: int) -> dict[str, Any]:
    """The item of a request; without its text where that is kept elsewhere."""
    return {"pk": request_pk(generation_id), "request": text, "ttl": ttl_seconds}


def request_text(item: Mapping[str, Any]) -> str | None:
    """The text of the request in an item, or None where it is kept elsewhere."""
    text: str | None = plain(item).get("request")
    return text


def account_item(account: Account) -> dict[str, Any]:
    """The item of an account."""
    return {
        "pk": account_pk(account.id),
        "available_micros": account.available_micros,
        "granted_micros": account.granted_micros,
        "status": account.status.value,
    }


def account_from(item: Mapping[str, Any]) -> Account:
    """The account in an item."""
    record = plain(item)
    return Account(
        id=record["pk"].removeprefix("ACCOUNT#"),
        available_micros=record["available_micros"],
        granted_micros=record["granted_micros"],
        status=AccountStatus(record["status"]),
    )


def key_item(key: ApiKey) -> dict[str, Any]:
    """The item of an API key."""
    return {
        "pk": key_pk(key.sha256),
        "account_id": key.account_id,
        "display": key.display,
        "created_at_ms": key.created_at_ms,
        "status": key.status.value,
        "expires_at_ms": key.expires_at_ms,
    }


def key_from(item: Mapping[str, Any]) -> ApiKey:
    """The API key in an item."""
    record = plain(item)
    return ApiKey(
        sha256=record["pk"].removeprefix("KEY#"),
        account_id=record["account_id"],
        display=record["display"],
        created_at_ms=record["created_at_ms"],
        status=KeyStatus(record["status"]),
        expires_at_ms=record.get("expires_at_ms"),
    )


def movement_item(movement: Movement) -> dict[str, Any]:
    """The item of one movement of money."""
    return {
        "pk": movement_pk(movement.source, movement.payment_id),
        "account_id": movement.account_id,
        "amount_micros": movement.amount_micros,
        "created_at_ms": movement.created_at_ms,
        "reason": movement.reason,
    }


def movement_from(item: Mapping[str, Any]) -> Movement:
    """The movement in an item."""
    record = plain(item)
    _, source, payment_id = record["pk"].split("#", 2)
    return Movement(
        source=Source(source),
        payment_id=payment_id,
        account_id=record["account_id"],
        amount_micros=record["amount_micros"],
        created_at_ms=record["created_at_ms"],
        reason=record.get("reason"),
    )
