"""The invariants, checked at every write, every request to a provider and every answer.

They are checked on what is written, before and after, and by sums that are kept here: nothing of
`handler` that could be wrong in the same way is asked.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from handler.adapters.s3 import S3ImageStore
from handler.core.generation import MAX_SUBMITS, Generation, Image, Status
from tests.simulation.expressions import Item
from tests.simulation.moves import MAY_CHANGE, Move, changes, is_final, move_of, number, text
from tests.simulation.outside import SimulatedClock
from tests.simulation.tables import Written


class Violation(BaseException):
    """An invariant does not hold; nothing in the code under test may catch that."""


@dataclass
class Balance:
    """What must be true of an account, from everything that was written."""

    granted: int = 0
    available: int = 0
    open: int = 0
    charged: int = 0

    def adds_up(self) -> bool:
        return self.granted == self.available + self.open + self.charged


def require(holds: bool, broken: str) -> None:
    """Go on only if it holds."""
    if not holds:
        raise Violation(broken)


class Books:
    """Watches."""

    def __init__(
        self, clock: SimulatedClock, images: S3ImageStore, note: Callable[[str, str], None]
    ) -> None:
        self.clock = clock
        self.images = images
        self.note = note
        self.generations: dict[str, Item] = {}
        self.balances: dict[str, Balance] = {}
        self.posts: Counter[str] = Counter()
        self.moves: Counter[Move] = Counter()
        self._owed: Counter[str] = Counter()
        """By account: what this write's other items add to what is available."""
        self._granted: Counter[str] = Counter()

    def written(self, writes: Sequence[Written]) -> None:
        """One atomic write."""
        self._owed.clear()
        self._granted.clear()
        accounts = []
        for write in writes:
            kind = write.pk.partition("#")[0]
            if kind == "ACCOUNT":
                accounts.append(write)
            else:
                _BY_KIND[kind](self, write)
        for write in accounts:
            self._account(write)
        require(not any(self._owed.values()), "I11: money moved without its account")
        require(not any(self._granted.values()), "I13: a payment without its account")

    def _account(self, write: Written) -> None:
        account_id = write.pk.removeprefix("ACCOUNT#")
        balance = self.balances.setdefault(account_id, Balance())
        available = number(write.after, "available_micros")
        granted = number(write.after, "granted_micros")
        paid_in = self._granted.pop(account_id, 0)
        moved = self._owed.pop(account_id, 0) + paid_in
        require(available - balance.available == moved, f"I11: {account_id} by {moved}")
        require(granted - balance.granted == paid_in, "I13: granted without a payment")
        balance.available, balance.granted = available, granted
        require(available >= 0, "I1: less than nothing is available")
        require(balance.adds_up(), f"I2: {balance}")

    def _movement(self, write: Written) -> None:
        require(write.before is None, "I13: a payment was booked again")
        self._granted[text(write.after, "account_id")] += number(write.after, "amount_micros")
        self._count(Move.MONEY_IN, write.pk)

    def _key(self, write: Written) -> None:
        if write.before is None:
            return
        was, is_now = text(write.before, "status"), text(write.after, "status")
        require(is_now in (was, "revoked"), "I12: a key was opened again")
        if was != is_now:
            self._count(Move.REVOKE, write.pk)

    def _request(self, write: Written) -> None:
        require(write.before is None or write.before == write.after, "a request was changed")

    def _generation(self, write: Written) -> None:
        before, after = write.before, write.after
        require(before is None or not is_final(before), f"I3: {write.pk} was final")
        self._record(after)
        if before is None:
            self._admitted(write.pk, after)
        else:
            changed = changes(before, after)
            if changed:
                self._moved(write.pk, before, after, changed)
        self.generations[write.pk] = after

    def _record(self, item: Item) -> None:
        charged, status = number(item, "charged_micros"), text(item, "status")
        require((charged > 0) == (status == Status.SUCCEEDED), "I4: charged, or not")
        require(charged <= number(item, "amount_micros"), "I4: charged too much")
        indexed = ("shard" in item, "due_at_ms" in item)
        require(set(indexed) == {not is_final(item)}, "I8: open generations are indexed")
        submits, answered = number(item, "submits"), number(item, "answered_submits")
        require(answered <= submits <= MAX_SUBMITS, "I9: more submissions than allowed")
        require(is_final(item) == ("expires_at_ms" in item), "retention begins at the end")
        require("ttl" not in item or is_final(item), "held money would be deleted")

    def _admitted(self, pk: str, after: Item) -> None:
        require(pk not in self.generations, "I7: admitted again")
        amount, account_id = number(after, "amount_micros"), text(after, "account_id")
        require(text(after, "status") == Status.STARTING and amount > 0, "admitted as something")
        self._owed[account_id] -= amount
        self.balances[account_id].open += amount
        self._count(Move.ADMIT, pk)

    def _moved(self, pk: str, before: Item, after: Item, changed: set[str]) -> None:
        move = move_of(after, changed)
        if move is None:
            raise Violation(f"no move changes {sorted(changed)} of {pk}")
        require(changed <= MAY_CHANGE[move], f"{move} changes {sorted(changed)} of {pk}")
        self._count(move, pk)
        if move is Move.CLAIM:
            self._claimed(before, after)
        elif move is Move.INTENT:
            require(number(after, "submits") == number(before, "submits") + 1, "I9: by one")
        elif is_final(after):
            self._ended(pk, after)

    def _claimed(self, before: Item, after: Item) -> None:
        require(number(after, "fence") == number(before, "fence") + 1, "a fence moves by one")
        is_free = number(before, "lease_until_ms") <= self.clock.now
        require(is_free, "claimed while another's lease ran")

    def _ended(self, pk: str, after: Item) -> None:
        amount, charged = number(after, "amount_micros"), number(after, "charged_micros")
        account_id = text(after, "account_id")
        self._owed[account_id] += amount - charged
        balance = self.balances[account_id]
        balance.open -= amount
        balance.charged += charged
        require(balance.open >= 0, "I3: ended twice")
        images = after["images"]["L"] if "images" in after else []
        require(bool(images) == bool(charged), "I5: images if and only if charged")
        for position, value in enumerate(images, start=1):
            self._stored(pk.removeprefix("GEN#"), position, value["M"])
        # A single-item write moves no money but what it charges.
        require(balance.available >= 0, "I1: less than nothing is available")

    def _stored(self, generation_id: str, position: int, value: Item) -> None:
        image = Image(text(value, "media_type"), text(value, "sha256"), number(value, "size_bytes"))
        require(
            self.images.is_stored(generation_id, position, image),
            f"I5: image {position} of {generation_id} is not stored",
        )

    def _count(self, move: Move, target: str) -> None:
        self.moves[move] += 1
        self.note(move.value, target)

    def posting(self, generation_id: str, is_second: bool = False) -> None:
        """A provider is about to be given a job; `is_second` is one too many."""
        require(not is_second, "I9: a job was submitted again that may be at work")
        self.posts[generation_id] += 1
        intents = number(self.generations[f"GEN#{generation_id}"], "submits")
        require(self.posts[generation_id] <= intents, "I9: a submission without its intent")

    def answered(self, generation: Generation) -> None:
        """Somebody was told how a generation stands."""
        if generation.status.is_final:
            item = self.generations[f"GEN#{generation.id}"]
            require(text(item, "status") == generation.status, "I10: said before it was so")
            charged = number(item, "charged_micros")
            require(charged == generation.charged_micros, "I10: charged otherwise than said")

    def open_generations(self) -> list[Item]:
        """Those that have not ended."""
        return [item for item in self.generations.values() if not is_final(item)]


_BY_KIND: dict[str, Callable[[Books, Written], None]] = {
    "GEN": Books._generation,  # noqa: SLF001 - this module's own
    "REQ": Books._request,  # noqa: SLF001
    "KEY": Books._key,  # noqa: SLF001
    "TXN": Books._movement,  # noqa: SLF001
}
