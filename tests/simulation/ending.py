"""After the faults: everything comes to its end by itself, in time, and the books close."""

from collections.abc import Callable, Sequence

from tests.simulation.books import require
from tests.simulation.expressions import Item
from tests.simulation.faults import Effect
from tests.simulation.machinery import deliver, sweep
from tests.simulation.moves import number, text
from tests.simulation.sqs import Message
from tests.simulation.system import GENERATIONS, TIMING, Services, System

SWEEP_MS = 60_000
LONGEST_OPEN_MS = TIMING.deadline_ms + TIMING.deadline_grace_ms + TIMING.lease_ms + 2 * SWEEP_MS
"""How long after its admission, or after the last fault, a generation may be open (I8)."""

Act = Callable[[str, Effect], None]
"""Lets a kind of actor do something to the end."""


def go_on(system: System, since_ms: int, act: Act) -> None:
    """To the next thing that happens by itself: a message's arrival, or a sweep."""
    services = system.services
    for message in services.queue.visible():
        act("worker", _delivery(system, message))
    open_items = services.books.open_generations()
    _require_in_time(services, open_items, since_ms)
    if not open_items:
        return
    due_ms = min(number(item, "due_at_ms") for item in open_items)
    sweep_ms = (max(due_ms, services.clock.now + 1) // SWEEP_MS + 1) * SWEEP_MS
    arrival_ms = min((each.visible_at_ms for each in services.queue.messages), default=sweep_ms)
    services.clock.advance_to(min(arrival_ms, sweep_ms))
    if sweep_ms <= arrival_ms:
        act("sweeper", lambda: sweep(system))


def _delivery(system: System, message: Message) -> Effect:
    return lambda: deliver(system, message)


def _require_in_time(services: Services, open_items: Sequence[Item], since_ms: int) -> None:
    for item in open_items:
        latest_ms = max(since_ms, number(item, "created_at_ms")) + LONGEST_OPEN_MS
        require(services.clock.now <= latest_ms, f"I8: {text(item, 'pk')} is still open")


def require_closed_books(services: Services) -> None:
    """What must be so once nothing is open."""
    books = services.books
    entries = services.dynamodb.tables[GENERATIONS].entries("inflight", fresh=True)
    require(not entries, "I8: the index holds something that ended")
    for account_id, balance in books.balances.items():
        spent = sum(
            number(item, "charged_micros")
            for item in books.generations.values()
            if text(item, "account_id") == account_id
        )
        require(balance.open == 0 and balance.charged == spent, "I6: money is still held")
        require(balance.granted - balance.available == spent, "I6: paid for nothing")
