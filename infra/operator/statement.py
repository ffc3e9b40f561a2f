"""An account's statement: every movement of its money, in order, adding up to what it holds."""

from collections.abc import Sequence
from dataclasses import dataclass

from handler.core.accounts import Account, Movement
from handler.core.generation import Generation, Status


@dataclass(frozen=True)
class Line:
    """One movement; above zero is into the account."""

    at_ms: int
    kind: str
    """`grant`, `payment`, `adjustment`, `charge`, or `held` for a generation that is still open."""
    reference: str
    amount_micros: int
    balance_micros: int
    """What was available after it."""


@dataclass(frozen=True)
class Statement:
    """All lines, oldest first."""

    account: Account
    lines: Sequence[Line]

    @property
    def adds_up(self) -> bool:
        """Whether the lines end at what the account holds."""
        ends_at = self.lines[-1].balance_micros if self.lines else 0
        return ends_at == self.account.available_micros


def statement(
    account: Account, movements: Sequence[Movement], generations: Sequence[Generation]
) -> Statement:
    """Put an account's movements and generations into one order.

    A generation that was paid back does not appear: it left the account as it was (I6).
    """
    entries = [
        (each.created_at_ms, each.source.value, each.payment_id, each.amount_micros)
        for each in movements
    ]
    entries += [
        (each.created_at_ms, "held", each.id, -each.amount_micros)
        for each in generations
        if not each.status.is_final
    ]
    entries += [
        (each.created_at_ms, "charge", each.id, -each.charged_micros)
        for each in generations
        if each.status is Status.SUCCEEDED
    ]
    lines, balance_micros = [], 0
    # Of what happened in one millisecond, money comes in before it goes out.
    for at_ms, kind, reference, amount_micros in sorted(entries, key=lambda entry: entry[0]):
        balance_micros += amount_micros
        lines.append(Line(at_ms, kind, reference, amount_micros, balance_micros))
    return Statement(account, lines)
