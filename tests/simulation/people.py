"""What callers and the operator do, and what they may be told."""

import json
from collections import Counter
from dataclasses import dataclass, field

from handler.core import errors
from handler.core.accounts import AccountStatus, Movement, Source
from handler.core.generation import Generation
from infra.operator.keys import create_key
from tests.simulation.books import require
from tests.simulation.moves import text
from tests.simulation.system import GENERATIONS, System
from tests.world import MODEL_ID

PAUSES = (0.3, 3)
"""How long a caller waits between its looks at a generation, in seconds."""


@dataclass
class Holder:
    """Holds a key; knows whether somebody said that it was revoked."""

    account_id: str
    key_id: str
    secret: str
    is_revoked: bool = False


@dataclass(frozen=True)
class Wish:
    """What a caller asks for."""

    holder: Holder
    idempotency_key: str | None
    prompt: str
    image_count: int


@dataclass
class People:
    """Does what callers and operators do, and judges the answers."""

    system: System
    outcomes: Counter[str] = field(default_factory=Counter)
    known_ids: list[str] = field(default_factory=list)
    by_key: dict[tuple[str, str], str] = field(default_factory=dict)
    holders: list[Holder] = field(default_factory=list)

    def open_account(self, credits_micros: int) -> Holder | None:
        """An account and its key; None if no answer came."""
        try:
            principal, secret = create_key(
                self.system.accounts, self.system.services.clock, credits_micros
            )
        except errors.Unavailable:
            self.outcomes["account: unavailable"] += 1
            return None
        holder = Holder(principal.account.id, principal.key.id, secret)
        self.holders.append(holder)
        return holder

    def call(self, wish: Wish, tries: int = 1, looks: int = 0) -> Generation | None:
        """Ask, repeat while the service is unavailable, then look how it goes."""
        for _ in range(tries):
            outcome, generation = self._try(wish)
            self.outcomes[outcome] += 1
            if outcome != "unavailable":
                break
        for _ in range(looks if generation is not None else 0):
            assert generation is not None
            self.system.services.clock.sleep(PAUSES[_ % 2])
            self._look(wish.holder, generation.id)
        return generation

    def _try(self, wish: Wish) -> tuple[str, Generation | None]:
        was_revoked = wish.holder.is_revoked
        try:
            generation = self._admitted(wish)
        except errors.ServiceError as error:
            return _outcome_of(error), None
        if generation is None:
            return "refused: poor", None
        require(not was_revoked, "I12: a revoked key admitted")
        is_known = generation.id in self.known_ids
        self._judge(wish, generation)
        return ("replayed" if is_known else "admitted"), generation

    def _admitted(self, wish: Wish) -> Generation | None:
        principal = self.system.authentication.principal(wish.holder.secret)
        if principal.is_poor:
            return None
        return self.system.admissions.admit(
            principal.account.id,
            MODEL_ID,
            {"prompt": wish.prompt, "num_outputs": wish.image_count},
            wish.idempotency_key,
        )

    def _judge(self, wish: Wish, generation: Generation) -> None:
        books = self.system.services.books
        books.answered(generation)
        require(generation.account_id == wish.holder.account_id, "somebody else's generation")
        items = self.system.services.dynamodb.tables[GENERATIONS].items
        request = json.loads(text(items[f"REQ#{generation.id}"], "request"))["input"]
        asked = (wish.prompt, wish.image_count)
        require((request["prompt"], request["num_outputs"]) == asked, "I7: another request's")
        if wish.idempotency_key is not None:
            key = (wish.holder.account_id, wish.idempotency_key)
            first = self.by_key.setdefault(key, generation.id)
            require(first == generation.id, "I7: two generations of one key")
        if generation.id not in self.known_ids:
            self.known_ids.append(generation.id)

    def _look(self, holder: Holder, generation_id: str) -> None:
        try:
            generation = self.system.lookup.generation(holder.account_id, generation_id)
        except errors.Unavailable:
            return
        self.system.services.books.answered(generation)

    def cancel(self, generation_id: str, tries: int = 1) -> None:
        """End a generation."""
        for _ in range(tries):
            try:
                ended = self.system.cancellation.cancel(generation_id)
            except errors.Unavailable:
                self.outcomes["cancel: unavailable"] += 1
                continue
            require(ended.status.is_final, "a canceled generation goes on")
            self.system.services.books.answered(ended)
            self.outcomes[f"cancel: {ended.status}"] += 1
            return

    def revoke(self, holder: Holder) -> None:
        """End a key."""
        try:
            revoked = self.system.accounts.revoke(holder.key_id)
        except errors.Unavailable:
            self.outcomes["revoke: unavailable"] += 1
            return
        require(revoked is not None, "a key is gone")
        holder.is_revoked = True

    def top_up(self, holder: Holder, payment_id: str, amount_micros: int, tries: int) -> None:
        """Book a payment, as often as its sender says so."""
        now_ms = self.system.services.clock.now_ms()
        movement = Movement(Source.PAYMENT, payment_id, holder.account_id, amount_micros, now_ms)
        for _ in range(tries):
            try:
                booked = self.system.movements.move(movement)
            except errors.Unavailable:
                self.outcomes["payment: unavailable"] += 1
                continue
            self.outcomes["payment: booked" if booked else "payment: booked before"] += 1

    def look_at_account(self, holder: Holder) -> None:
        """Read a balance."""
        account = self.system.accounts.account(holder.account_id)
        require(account is not None, "an account is gone")
        assert account is not None
        require(account.status is AccountStatus.ACTIVE, "an account closed itself")


_OUTCOMES: tuple[tuple[type[errors.ServiceError], str], ...] = (
    (errors.InsufficientCredits, "refused: credits"),
    (errors.IdempotencyKeyReused, "refused: key reused"),
    (errors.ApiKeyDisabled, "refused: revoked"),
    (errors.Unavailable, "unavailable"),
)


def _outcome_of(error: errors.ServiceError) -> str:
    outcome = next((name for kind, name in _OUTCOMES if isinstance(error, kind)), None)
    if outcome is None:
        raise error
    return outcome
