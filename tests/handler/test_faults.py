"""Every outside call of a generation's whole life fails once, in every way a call can fail.

Each life is lived again with the fault at its first call, its second, and so on to the last. What
follows is what would follow in operation: the caller repeats its request, the queue delivers
again, leases run out, the sweeper sweeps. Then everything must add up.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from handler.core import errors
from handler.core.accounts import Account, hash_secret
from handler.core.admission import Admissions
from handler.core.generation import MAX_SUBMITS, Generation, Status
from handler.core.ports import Done, Failed, Job, Outcome, Running
from handler.core.sweep import Sweeper
from handler.core.work import Worker
from tests.fakes import JPEG, PNG, ManualClock, ScriptedProvider
from tests.handler.fetching import fetch
from tests.handler.unreliable import Died, Fault, Outage, UnreliableClient, UnreliableProvider
from tests.handler.unreliable import stores_over as stores_with
from tests.world import MODEL_ID, PRICE_MICROS, Opened, World

CREDITS = 250_000
FAR = 10**15
ROUNDS = 30
"""More than any life needs; one that needs more is stuck."""
CUT_SHORT = (errors.Unavailable, Died)


@dataclass(frozen=True)
class Life:
    """What is asked for, how the provider answers, and how that ends without a fault."""

    submit: Callable[[int], Outcome]
    """By the number of the submission, from 1."""
    poll: Callable[[int], Outcome]
    """By the number of the poll, from 1."""
    ends: Status
    charged_micros: int
    submits: int = 1
    image_count: int = 1
    is_certain: bool = True
    """Whether one fault, wherever it strikes, leaves the end as it is."""
    repeats_safely: bool = True
    """The provider's."""

    def provider(self) -> ScriptedProvider:
        provider = ScriptedProvider(repeats_safely=self.repeats_safely)

        def submit(_: Job) -> Outcome:
            return self.submit(len(provider.submitted))

        def poll(_: Job) -> Outcome:
            return self.poll(len(provider.polled))

        provider.submits = [submit] * 50
        provider.polls = [poll] * 50
        return provider


LIVES = {
    "done at once": Life(
        lambda _: Done([PNG]), lambda _: Failed("never asked"), Status.SUCCEEDED, PRICE_MICROS
    ),
    "two of three images": Life(
        lambda _: Done([PNG, JPEG]),
        lambda _: Failed("never asked"),
        Status.SUCCEEDED,
        2 * PRICE_MICROS,
        image_count=3,
    ),
    "failed": Life(lambda _: Failed("no"), lambda _: Failed("never asked"), Status.FAILED, 0),
    "failed, then done": Life(
        lambda number: Failed("busy", retryable=True) if number == 1 else Done([PNG]),
        lambda _: Failed("never asked"),
        Status.SUCCEEDED,
        PRICE_MICROS,
        submits=2,
        is_certain=False,
    ),
    "done at once, and billed": Life(
        lambda _: Done([PNG]),
        lambda _: Failed("never asked"),
        Status.SUCCEEDED,
        PRICE_MICROS,
        is_certain=False,
        repeats_safely=False,
    ),
    "running, then done": Life(
        lambda number: Running(f"job-{number}", 60),
        lambda number: Running("job-1", 1) if number == 1 else Done([PNG]),
        Status.SUCCEEDED,
        PRICE_MICROS,
    ),
    "running past the deadline": Life(
        lambda number: Running(f"job-{number}", 900),
        lambda _: Running("job-1", 900),
        Status.FAILED,
        0,
    ),
}


@dataclass(frozen=True)
class System:
    """The services over unreliable clients, and time to move."""

    admissions: Admissions
    worker: Worker
    sweeper: Sweeper
    clock: ManualClock

    @classmethod
    def over(cls, world: World, provider: ScriptedProvider, outage: Outage) -> "System":
        stores = stores_with(world, lambda api: UnreliableClient(api, outage))
        assert isinstance(world.clock, ManualClock)
        return cls(
            admissions=replace(
                world.admissions,
                ledger=stores.ledger,
                generations=stores.generations,
                queue=stores.queue,
            ),
            worker=replace(
                world.worker,
                providers={"scripted": UnreliableProvider(provider, outage)},
                ledger=stores.ledger,
                generations=stores.generations,
                jobs=stores.jobs,
                queue=stores.queue,
                images=stores.images,
            ),
            sweeper=replace(
                world.sweeper,
                ledger=stores.ledger,
                generations=stores.generations,
                jobs=stores.jobs,
                queue=stores.queue,
            ),
            clock=world.clock,
        )

    def admit(self, opened: Opened, key: str | None, image_count: int) -> Generation | None:
        """One call of a caller; None if it learned nothing."""
        wanted = {"prompt": "a boat", "num_outputs": image_count}
        try:
            return self.admissions.admit(opened.account_id, MODEL_ID, wanted, key)
        except CUT_SHORT:
            return None

    def deliver(self, generation_id: str, owner: str) -> None:
        """One message, and once more if its run was cut short."""
        for delivery in ("1", "2"):
            try:
                self.worker.run(generation_id, f"{owner}#{delivery}")
            except CUT_SHORT:
                continue
            return

    def sweep(self, due_at_ms: int) -> None:
        """One scheduled sweep, at `due_at_ms` or as soon after as it comes."""
        self.clock.now = max(self.clock.now, due_at_ms)
        try:
            self.sweeper.sweep()
        except CUT_SHORT:
            return


def live(world: World, system: System, generation_id: str) -> Generation:
    """Let a generation come to its end."""
    for number in range(ROUNDS):
        if generation_id in world.queued():
            system.deliver(generation_id, f"message-{number}")
        generation = world.generation(generation_id)
        if generation.status.is_final:
            return generation
        assert generation.due_at_ms is not None, "I8"
        system.sweep(generation.due_at_ms)
    raise AssertionError(f"still {world.generation(generation_id)}")


def account_of(world: World, opened: Opened) -> Account:
    """The account, without reading everybody's."""
    principal = world.stores.accounts.principal(hash_secret(opened.secret))
    assert principal is not None
    return principal.account


def check(world: World, opened: Opened, generation: Generation, provider: ScriptedProvider) -> None:
    """The invariants that hold whatever happened."""
    account = account_of(world, opened)
    assert account.available_micros + generation.charged_micros == account.granted_micros, "I2"
    assert account.granted_micros == CREDITS, "I11"
    assert (generation.charged_micros > 0) == (generation.status is Status.SUCCEEDED), "I4"
    assert generation.charged_micros <= generation.amount_micros, "I4"
    for number, image in enumerate(generation.images, start=1):
        url = world.stores.images.signed_url(generation.id, number, image)
        assert hashlib.sha256(fetch(url)[0]).hexdigest() == image.sha256, "I5"
    assert bool(generation.images) == (generation.status is Status.SUCCEEDED), "I5"
    assert len(provider.submitted) <= generation.submits <= MAX_SUBMITS, "I9"
    is_once = provider.repeats_safely or generation.submits <= generation.answered_submits + 1
    assert is_once, "I9"
    assert {job.generation_id for job in provider.submitted} <= {generation.id}


def lived(world: World, life: Life, outage: Outage) -> tuple[Generation, ScriptedProvider]:
    """One life from the caller's first try to the end, checked."""
    provider = life.provider()
    system = System.over(world, provider, outage)
    opened = world.open_account(CREDITS)
    tries = (system.admit(opened, "key", life.image_count) for _ in range(5))
    admitted = next(generation for generation in tries if generation is not None)
    generation = live(world, system, admitted.id)
    check(world, opened, generation, provider)
    return generation, provider


def calls_without_a_fault(world: World, life: Life, fault: Fault) -> int:
    """How many outside calls could fail; up to its first fault every life is the same."""
    outage = Outage(fault, frozenset())
    lived(world, life, outage)
    return len(outage.calls)


@pytest.mark.parametrize("life", LIVES.values(), ids=LIVES)
class TestOneFault:
    def test_without_a_fault_it_ends_as_it_should(self, world: World, life: Life) -> None:
        outage = Outage(Fault.REFUSED, frozenset())
        generation, provider = lived(world, life, outage)
        assert generation.status is life.ends
        assert generation.charged_micros == life.charged_micros
        assert len(provider.submitted) == life.submits
        assert len(outage.calls) >= 7

    @pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.name.lower())
    def test_wherever_it_strikes_the_books_add_up(
        self, world: World, life: Life, fault: Fault
    ) -> None:
        """I2, I4, I5, I8, I9, I11; and what the provider delivers is delivered."""
        ends = set()
        for number in range(1, calls_without_a_fault(world, life, fault) + 1):
            outage = Outage(fault, frozenset({number}))
            generation, _ = lived(world, life, outage)
            assert outage.is_over, f"call {number} was never made"
            ends.add((generation.status, generation.charged_micros))
        assert world.stores.generations.due(FAR) == [], "I8"
        expected = (life.ends, life.charged_micros)
        assert expected in ends
        assert not life.is_certain or ends == {expected}


def test_two_faults_in_one_life_leave_the_books_right(world: World) -> None:
    """I2, I4, I5, I8, I9: the process dies twice, wherever and however far apart."""
    life = LIVES["done at once"]
    count = calls_without_a_fault(world, life, Fault.DIED)
    ends = {
        lived(world, life, Outage(Fault.DIED, frozenset({first, first + later})))[0].status
        for first in range(1, count + 1)
        for later in range(1, count + 2)
    }
    # Dying after both submissions leaves nothing to try.
    assert ends == {Status.SUCCEEDED, Status.FAILED}
    assert world.stores.generations.due(FAR) == []


@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.name.lower())
def test_a_caller_without_an_idempotency_key_pays_only_for_what_ended_well(
    world: World, fault: Fault
) -> None:
    """I2, I4, I8: a caller who never learned the id leaves a generation that ends by itself."""
    life = LIVES["done at once"]
    for number in range(1, 4):
        provider = life.provider()
        system = System.over(world, provider, Outage(fault, frozenset({number})))
        opened = world.open_account(CREDITS)
        known = system.admit(opened, None, 1)
        ids = list(world.stores.generations.due(FAR))
        assert len(ids) <= 1
        assert known is None or known.id in ids
        charged = 0
        for generation_id in ids:
            generation = live(world, system, generation_id)
            check(world, opened, generation, provider)
            charged += generation.charged_micros
        assert account_of(world, opened).available_micros == CREDITS - charged
        assert charged == len(ids) * PRICE_MICROS


def test_an_answer_lost_at_admission_is_found_out_by_reading(world: World) -> None:
    """Repeating the write could charge a second time under another id."""
    outage = Outage(Fault.UNANSWERED, frozenset({1}))
    system = System.over(world, LIVES["done at once"].provider(), outage)
    opened = world.open_account(CREDITS)
    generation = system.admit(opened, None, 1)
    assert generation is not None
    assert outage.calls == ["transact_write_items", "send_message"]
    assert world.queued() == [generation.id]
    assert world.account(opened).available_micros == CREDITS - PRICE_MICROS


def test_a_message_that_cannot_be_sent_does_not_fail_the_call(world: World) -> None:
    """The sweeper sends it (I8)."""
    outage = Outage(Fault.REFUSED, frozenset({2}))
    system = System.over(world, LIVES["done at once"].provider(), outage)
    generation = system.admit(world.open_account(CREDITS), None, 1)
    assert generation is not None
    assert world.queued() == []
    assert generation.due_at_ms is not None
    system.sweep(generation.due_at_ms)
    assert world.queued() == [generation.id]


def test_a_fault_in_one_sweep_is_made_up_for_by_the_next(world: World) -> None:
    """I8: a due time that was moved without a message comes round again."""
    opened = world.open_account(CREDITS)
    due_at_ms = world.clock.now_ms() + world.settings.timing.dispatch_grace_ms
    admitted = {world.admit(opened).id for _ in range(4)}
    world.queued()
    outage = Outage(Fault.REFUSED, frozenset({7}))
    system = System.over(world, LIVES["done at once"].provider(), outage)
    system.sweep(due_at_ms)
    first = set(world.queued())
    assert first < admitted
    system.sweep(due_at_ms)
    second = set(world.queued())
    system.sweep(due_at_ms + world.settings.timing.dispatch_grace_ms)
    assert first | second | set(world.queued()) == admitted
