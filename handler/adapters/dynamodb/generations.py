"""The `GenerationStore` and `JobStore` over the `generations` table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from handler.adapters.dynamodb import items, writes
from handler.adapters.dynamodb.client import DynamoDB
from handler.adapters.large_requests import LargeRequests
from handler.core.generation import MAX_SUBMITS, Generation, Request
from handler.core.timing import Timing

_DUE_AT_ONCE = 100
"""How many due generations a shard gives in one sweep; the rest are still due in the next."""


@dataclass(frozen=True)
class DynamoGenerationStore:
    """Reads."""

    db: DynamoDB
    table: str
    large_requests: LargeRequests

    def get(self, generation_id: str) -> Generation | None:
        """See `GenerationStore`."""
        item = self.db.get(self.table, items.generation_pk(generation_id))
        return None if item is None else items.generation_from(item)

    def request(self, generation: Generation) -> Request:
        """See `GenerationStore`. It is written together with the record and outlives it."""
        item = self.db.get(self.table, items.request_pk(generation.id))
        if item is None:
            raise LookupError(f"generation {generation.id} without its request")
        text = items.request_text(item)
        if text is None:
            text = self.large_requests.get(generation.id, generation.fingerprint)
        return Request.from_json(text)

    def of_account(self, account_id: str, known: Mapping[str, Generation]) -> Sequence[Generation]:
        """See `GenerationStore`."""
        ids = [pk.removeprefix("GEN#") for pk in self.db.keys_of_account(self.table, account_id)]
        found = [
            known[each] if each in known and known[each].status.is_final else self.get(each)
            for each in reversed(ids)
        ]
        return [generation for generation in found if generation is not None]

    def due(self, now_ms: int) -> Sequence[str]:
        """See `GenerationStore`."""
        return [
            item["pk"]["S"].removeprefix("GEN#")
            for shard in range(items.INFLIGHT_SHARDS)
            for item in self.db.query(
                {
                    "TableName": self.table,
                    "IndexName": "inflight",
                    "KeyConditionExpression": "#shard = :shard AND #due_at_ms <= :now",
                    "ExpressionAttributeNames": {"#shard": "shard", "#due_at_ms": "due_at_ms"},
                    "ExpressionAttributeValues": writes.attributes(
                        {":shard": items.shard_key(shard), ":now": now_ms}
                    ),
                    "Limit": _DUE_AT_ONCE,
                }
            )
        ]


@dataclass(frozen=True)
class DynamoJobStore:
    """The moves without money."""

    db: DynamoDB
    table: str
    timing: Timing

    def claim(self, generation_id: str, owner: str, now_ms: int) -> Generation | None:
        """See `JobStore`."""
        pk = items.generation_pk(generation_id)
        claimed = self._update(writes.claim(pk, owner, now_ms, now_ms + self.timing.lease_ms))
        return claimed or self._claimed_before(generation_id, owner)

    def record_intent(self, generation: Generation) -> Generation | None:
        """See `JobStore`."""
        pk = items.generation_pk(generation.id)
        return self._update(writes.intent(pk, generation.fence, generation.submits, MAX_SUBMITS))

    def bind(self, generation: Generation, provider_ref: str) -> Generation | None:
        """See `JobStore`."""
        pk = items.generation_pk(generation.id)
        return self._update(writes.bind(pk, generation.fence, provider_ref))

    def park(
        self, generation: Generation, due_at_ms: int, *, resubmit: bool = False
    ) -> Generation | None:
        """See `JobStore`."""
        pk = items.generation_pk(generation.id)
        return self._update(writes.park(pk, generation.fence, due_at_ms, resubmit=resubmit))

    def redrive(self, generation: Generation, due_at_ms: int) -> Generation | None:
        """See `JobStore`."""
        if generation.due_at_ms is None:
            return None
        pk = items.generation_pk(generation.id)
        return self._update(writes.redrive(pk, generation.due_at_ms, due_at_ms))

    def _update(self, write: writes.Update) -> Generation | None:
        item = self.db.update(self.table, write)
        return None if item is None else items.generation_from(item)

    def _claimed_before(self, generation_id: str, owner: str) -> Generation | None:
        # The SDK repeats a write whose answer was lost; the second attempt finds the first one's
        # lease.
        item = self.db.get(self.table, items.generation_pk(generation_id))
        if item is None:
            return None
        found = items.generation_from(item)
        return found if found.lease_owner == owner and not found.status.is_final else None
