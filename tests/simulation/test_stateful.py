"""A stateful property test over the simulated world: any order of what people and the platform do.

Where the storms of `tests.simulation.storms` find what interleaves, this finds the shortest order
of whole acts that breaks an invariant: Hypothesis shrinks it. The invariants are checked at every
write by `tests.simulation.books`.
"""

import random
from collections import Counter
from contextlib import ExitStack

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.simulation.chance import seeded_system_randomness
from tests.simulation.ending import go_on, require_closed_books
from tests.simulation.faults import Effect
from tests.simulation.machinery import deliver, listening, sweep
from tests.simulation.moves import Move
from tests.simulation.people import People, Wish
from tests.simulation.studio import Moody
from tests.simulation.system import Services, build
from tests.world import PRICE_MICROS

REACHED_AT_LEAST = 100
ADMISSION_OUTCOMES = (
    "admitted",
    "replayed",
    "refused: credits",
    "refused: key reused",
    "refused: poor",
    "refused: revoked",
)

reached: Counter[str] = Counter()


class Acts(RuleBasedStateMachine):
    """Everything that callers, operators, workers, the sweeper and time can do."""

    def __init__(self) -> None:
        super().__init__()
        self.around = ExitStack()

    @initialize(seed=st.integers(0, 2**32), credits_micros=st.sampled_from((9_999, 30_000, 90_000)))
    def begin(self, seed: int, credits_micros: int) -> None:
        system_rng = self.around.enter_context(seeded_system_randomness())
        system_rng.seed(seed)
        self.around.enter_context(listening())
        rng = random.Random(seed)  # noqa: S311 - it is to be predictable
        moody = Moody(rng)
        is_free = seed % 2 == 0
        self.services = Services.new(moody.on_submit, moody.on_poll, repeats_safely=is_free)
        self.system = build(self.services, rng)
        self.people = People(self.system)
        self.people.open_account(credits_micros)

    @rule(
        whose=st.integers(0, 9),
        key=st.sampled_from((None, "k1", "k1", "k2")),
        prompt=st.sampled_from(("a boat", "a boat", "a house")),
        image_count=st.sampled_from((1, 1, 3)),
    )
    def generate(self, whose: int, key: str | None, prompt: str, image_count: int) -> None:
        holder = self.people.holders[whose % len(self.people.holders)]
        self.people.call(Wish(holder, key, prompt, image_count))

    @precondition(lambda self: self.services.queue.visible())
    @rule(which=st.integers(0, 9), again=st.booleans())
    def work(self, which: int, again: bool) -> None:
        visible = self.services.queue.visible()
        message = visible[which % len(visible)]
        deliver(self.system, message)
        if again and message in self.services.queue.messages:
            deliver(self.system, message)

    @rule()
    def look_after_what_is_overdue(self) -> None:
        sweep(self.system)

    @rule(seconds=st.sampled_from((1, 5, 61, 151, 721, 901, 1_300)))
    def let_time_pass(self, seconds: int) -> None:
        self.services.clock.advance_to(self.services.clock.now + seconds * 1000)

    @precondition(lambda self: self.people.known_ids)
    @rule(which=st.integers(0, 99))
    def cancel(self, which: int) -> None:
        self.people.cancel(self.people.known_ids[which % len(self.people.known_ids)])

    @rule(whose=st.integers(0, 9), payment=st.integers(0, 2))
    def top_up(self, whose: int, payment: int) -> None:
        holder = self.people.holders[whose % len(self.people.holders)]
        self.people.top_up(holder, f"p{payment}-{holder.account_id}", 2 * PRICE_MICROS, tries=2)

    @precondition(lambda self: len(self.people.holders) > 1)
    @rule()
    def revoke(self) -> None:
        self.people.revoke(self.people.holders[-1])

    @rule(credits_micros=st.sampled_from((0, 30_000, 100_000)))
    def open_account(self, credits_micros: int) -> None:
        self.people.open_account(credits_micros)

    def teardown(self) -> None:
        """Left alone, everything comes to its end in time (I8), and the books close (I6)."""
        try:
            if hasattr(self, "system"):
                self._settle()
        finally:
            self.around.close()

    def _settle(self) -> None:
        def act(_: str, effect: Effect) -> None:
            effect()

        calm_since_ms = self.services.clock.now
        while self.services.books.open_generations():
            go_on(self.system, calm_since_ms, act)
        require_closed_books(self.services)
        moves = self.services.books.moves
        moves[Move.STORE] += len(self.services.bucket.objects)
        reached.update({move.value: count for move, count in moves.items()})
        reached.update(self.people.outcomes)


def test_no_order_of_acts_breaks_an_invariant_and_every_move_and_outcome_is_reached() -> None:
    reached.clear()
    run_state_machine_as_test(
        Acts,
        settings=settings(
            max_examples=1_000,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    for name in sorted(reached):
        print(f"{name:24} {reached[name]}")  # noqa: T201 - shown with `pytest -s`
    rare = {
        name: reached[name]
        for name in (*(move.value for move in Move), *ADMISSION_OUTCOMES)
        if reached[name] < REACHED_AT_LEAST
    }
    assert not rare
