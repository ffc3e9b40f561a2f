"""The `Ledger` over both tables.

Every move of money is one conditional write together with the record it belongs to.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from handler.adapters.dynamodb import items, writes
from handler.adapters.dynamodb.client import DynamoDB, Rejected
from handler.adapters.dynamodb.writes import End, Put, Update
from handler.adapters.large_requests import LARGEST_ITEM_BYTES, LargeRequests
from handler.core import errors
from handler.core.accounts import AccountStatus
from handler.core.generation import Generation, Image, Request, Status
from handler.core.money import format_usd
from handler.core.ports import Admission, Clock
from handler.core.timing import Timing

_RECORD, _REQUEST, _ACCOUNT = range(3)


@dataclass(frozen=True)
class DynamoLedger:
    """The money moves."""

    db: DynamoDB
    credits_table: str
    generations_table: str
    large_requests: LargeRequests
    clock: Clock
    timing: Timing

    def admit(self, generation: Generation, request: Request) -> Admission:
        """See `Ledger`. The record decides before the account: a repeat needs no money."""
        ends_by_ms = generation.deadline_at_ms + self.timing.deadline_grace_ms
        ttl_seconds = (ends_by_ms + self.timing.retention_ms) // 1000
        request_item = items.request_item(
            generation.id, self._kept_in_item(generation, request), ttl_seconds
        )
        rejected = self.db.transact(
            [
                (self.generations_table, Put(items.generation_item(generation))),
                # Only the record is a lock: of an old generation it may be gone before the request.
                (self.generations_table, Put(request_item, condition=None)),
                (
                    self.credits_table,
                    writes.debit(items.account_pk(generation.account_id), generation.amount_micros),
                ),
            ]
        )
        if not rejected:
            return Admission(generation, is_new=True)
        return self._not_admitted(generation, {part.position: part for part in rejected})

    def _kept_in_item(self, generation: Generation, request: Request) -> str | None:
        text = request.canonical_json()
        if len(text.encode()) <= LARGEST_ITEM_BYTES:
            return text
        self.large_requests.put(generation.id, generation.fingerprint, text)
        return None

    def capture(
        self, generation: Generation, images: Sequence[Image], charged_micros: int
    ) -> Generation | None:
        """See `Ledger`."""
        write = writes.capture(
            items.generation_pk(generation.id),
            [items.image_value(image) for image in images],
            charged_micros,
            self._end(generation),
        )
        back_micros = generation.amount_micros - charged_micros
        if back_micros:
            return self._move(generation, write, back_micros)
        item = self.db.update(self.generations_table, write)
        return None if item is None else items.generation_from(item)

    def release(self, generation: Generation, error: str) -> Generation | None:
        """See `Ledger`."""
        pk = items.generation_pk(generation.id)
        write = writes.release(pk, generation.fence, error, self._end(generation))
        return self._move(generation, write, generation.amount_micros)

    def end(self, generation_id: str, status: Status, error: str | None) -> Generation | None:
        """See `Ledger`."""
        generation = self._read(generation_id)
        if generation is None or generation.status.is_final:
            return None
        pk = items.generation_pk(generation_id)
        write = writes.end_open(pk, status, error, self._end(generation))
        return self._move(generation, write, generation.amount_micros)

    def _not_admitted(self, generation: Generation, rejected: dict[int, Rejected]) -> Admission:
        record = rejected.get(_RECORD)
        if record is not None and record.old_item is not None:
            stored = items.generation_from(record.old_item)
            if not stored.is_same_request_as(generation):
                raise errors.IdempotencyKeyReused
            return Admission(stored, is_new=False)
        old_account = rejected[_ACCOUNT].old_item
        if old_account is None:
            raise errors.ApiKeyDisabled
        account = items.account_from(old_account)
        if account.status is not AccountStatus.ACTIVE:
            raise errors.ApiKeyDisabled
        raise errors.InsufficientCredits(
            f"insufficient credits: this generation costs {format_usd(generation.amount_micros)},"
            f" {format_usd(account.available_micros)} remain",
            help="Ask for fewer images or a cheaper model, or have the account topped up.",
        )

    def _move(self, generation: Generation, write: Update, back_micros: int) -> Generation | None:
        rejected = self.db.transact(
            [
                (self.generations_table, write),
                (
                    self.credits_table,
                    writes.credit(items.account_pk(generation.account_id), back_micros),
                ),
            ]
        )
        return None if rejected else self._read(generation.id)

    def _read(self, generation_id: str) -> Generation | None:
        item = self.db.get(self.generations_table, items.generation_pk(generation_id))
        return None if item is None else items.generation_from(item)

    def _end(self, generation: Generation) -> End:
        now_ms = self.clock.now_ms()
        return End(generation.amount_micros, now_ms, now_ms + self.timing.retention_ms)
