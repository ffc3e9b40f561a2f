"""The check of the books: recomputes every account from its entries, while the system runs.

`discrepancies` decides on one consistent picture of an account; `check_account` takes them until
one is consistent: the account is read before and after everything else, and an index that lags is
given time. What it then reports has been wrong for good.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from handler.bootstrap.stores import Stores
from handler.core.accounts import Account, Movement
from handler.core.errors import Unavailable
from handler.core.generation import Generation, Status
from handler.core.money import format_usd

PICTURES = 200
CONFIRMATIONS = 5
"""How many pauses a discrepancy has to outlast: an index may lag for some seconds."""
FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 1.0


@dataclass(frozen=True)
class Discrepancy:
    """Something in the books that cannot be."""

    invariant: str
    account_id: str
    message: str
    generation_id: str | None = None
    drift_micros: int = 0


IsStored = Callable[[Generation], bool]
"""Whether every image of a generation is in the bucket as recorded."""


def discrepancies(
    account: Account,
    movements: Sequence[Movement],
    generations: Sequence[Generation],
    is_stored: IsStored,
) -> list[Discrepancy]:
    """What is wrong with one account: I1, I2, I4, I5 and I11."""
    found = list(_of_account(account, movements, generations))
    for generation in generations:
        found.extend(_of_generation(generation, is_stored))
    return found


def _of_account(
    account: Account, movements: Sequence[Movement], generations: Sequence[Generation]
) -> Iterator[Discrepancy]:
    if account.available_micros < 0:
        yield Discrepancy("I1", account.id, "less than nothing is available")
    moved = sum(movement.amount_micros for movement in movements)
    if account.granted_micros != moved:
        drift = account.granted_micros - moved
        yield Discrepancy(
            "I11", account.id, f"{format_usd(drift)} granted without an entry", None, drift
        )
    held = sum(each.amount_micros for each in generations if not each.status.is_final)
    charged = sum(each.charged_micros for each in generations)
    drift = account.available_micros + held + charged - account.granted_micros
    if drift:
        yield Discrepancy(
            "I2",
            account.id,
            f"available {format_usd(account.available_micros)} + held {format_usd(held)} + charged"
            f" {format_usd(charged)} is not granted {format_usd(account.granted_micros)}: drift"
            f" {format_usd(drift)}",
            None,
            drift,
        )


def _of_generation(generation: Generation, is_stored: IsStored) -> Iterator[Discrepancy]:
    def wrong(invariant: str, message: str) -> Discrepancy:
        return Discrepancy(invariant, generation.account_id, message, generation.id)

    succeeded = generation.status is Status.SUCCEEDED
    if succeeded != (generation.charged_micros > 0):
        charged = format_usd(generation.charged_micros)
        yield wrong("I4", f"{generation.status} and charged {charged}")
    if generation.charged_micros > generation.amount_micros:
        yield wrong("I4", "charged more than was admitted")
    if succeeded and not (generation.images and is_stored(generation)):
        yield wrong("I5", "succeeded, but an image is not stored as recorded")


def check_account(stores: Stores, account_id: str) -> list[Discrepancy]:
    """What is wrong with an account, however much goes on in it.

    Raises:
        Unavailable: It changed so fast that no consistent picture could be taken.
    """
    camera = _Camera(stores, account_id)
    suspected: list[Discrepancy] | None = None
    pauses = 0
    for _ in range(PICTURES):
        found = camera.picture()
        if found == []:
            return []
        if found is None:
            continue
        if found == suspected and pauses >= CONFIRMATIONS:
            return found
        suspected = found
        stores.clock.sleep(min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**pauses))
        pauses += 1
    raise Unavailable(f"{account_id} changed too fast to be checked; try again when it is quieter")


class _Camera:
    """Takes pictures of one account; what can never change is looked at once."""

    def __init__(self, stores: Stores, account_id: str) -> None:
        self.stores = stores
        self.account_id = account_id
        self._known: dict[str, Generation] = {}
        self._stored: dict[str, bool] = {}

    def picture(self) -> list[Discrepancy] | None:
        """What is wrong, or None if the account changed while it was looked at."""
        stores = self.stores
        before = stores.accounts.account(self.account_id)
        if before is None:
            return [Discrepancy("I11", self.account_id, "entries without an account")]
        movements = stores.movements.movements(self.account_id)
        generations = stores.generations.of_account(self.account_id, self._known)
        self._known.update({generation.id: generation for generation in generations})
        if stores.accounts.account(self.account_id) != before:
            return None
        return discrepancies(before, movements, generations, self._is_stored)

    def _is_stored(self, generation: Generation) -> bool:
        if not generation.is_retained(self.stores.clock.now_ms()):
            return True
        if generation.id not in self._stored:
            self._stored[generation.id] = all(
                self.stores.images.is_stored(generation.id, number, image)
                for number, image in enumerate(generation.images, start=1)
            )
        return self._stored[generation.id]
