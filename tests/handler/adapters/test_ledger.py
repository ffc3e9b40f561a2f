"""Every conditional write: what it does, and that it does nothing when its condition fails."""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from handler.adapters.dynamodb.items import INFLIGHT_SHARDS
from handler.core import errors
from handler.core.accounts import Account, AccountStatus, ApiKey, hash_secret
from handler.core.generation import MAX_SUBMITS, Generation, Image, Request, Status
from handler.core.image_types import examine_all
from tests.fakes import JPEG, PNG
from tests.handler.unreliable import stores_over
from tests.world import MODEL_ID, PRICE_MICROS, Opened, World, manual

CREDITS = 250_000
IMAGES: tuple[Image, ...] = tuple(examine_all([PNG]))
FAR = 10**15

Move = Callable[[World, Generation], object]


@pytest.fixture
def opened(world: World) -> Opened:
    return world.open_account(CREDITS)


def claim(world: World, generation: Generation, owner: str = "run-1") -> Generation:
    claimed = world.stores.jobs.claim(generation.id, owner, world.clock.now_ms())
    assert claimed is not None
    return claimed


def claimed(world: World, opened: Opened, **more: Any) -> Generation:
    return claim(world, world.admit(opened, **more))


def intended(world: World, opened: Opened) -> Generation:
    intent = world.stores.jobs.record_intent(claimed(world, opened))
    assert intent is not None
    return intent


def bound(world: World, opened: Opened, ref: str = "job-1") -> Generation:
    generation = world.stores.jobs.bind(intended(world, opened), ref)
    assert generation is not None
    return generation


def item(world: World, generation: Generation) -> dict[str, Any]:
    """The record as it is stored."""
    found = world.db.get(world.settings.generations_table, f"GEN#{generation.id}")
    assert found is not None
    return dict(found)


def pass_lease(world: World) -> None:
    manual(world.clock).advance(world.settings.timing.lease_ms / 1000)


@dataclass(frozen=True)
class Unchanged:
    """Everything about one generation and its account, to compare with what it is later."""

    world: World
    opened: Opened
    generation: Generation
    before: tuple[Generation, Account] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "before", self._now())

    def _now(self) -> tuple[Generation, Account]:
        return self.world.generation(self.generation.id), self.world.account(self.opened)

    def check(self) -> None:
        assert self._now() == self.before


class TestAdmit:
    def test_the_record_appears_and_the_price_leaves_the_account_together(
        self, world: World, opened: Opened
    ) -> None:
        """I2, I11: what is granted is what is available plus what is open."""
        generation = world.admit(opened, num_outputs=2)
        assert world.generation(generation.id) == generation
        assert generation.status is Status.STARTING
        assert generation.amount_micros == 2 * PRICE_MICROS
        assert generation.charged_micros == 0
        account = world.account(opened)
        assert account.available_micros == CREDITS - 2 * PRICE_MICROS
        assert account.granted_micros == CREDITS

    def test_the_request_is_kept_with_its_defaults(self, world: World, opened: Opened) -> None:
        generation = world.admit(opened, prompt="a lighthouse")
        request = world.stores.generations.request(generation)
        assert request == Request(
            MODEL_ID, {"prompt": "a lighthouse", "aspect_ratio": "1:1", "num_outputs": 1}
        )

    def test_the_whole_balance_can_be_spent(self, world: World) -> None:
        """I1: exactly zero is allowed."""
        opened = world.open_account(PRICE_MICROS)
        world.admit(opened)
        assert world.account(opened).available_micros == 0

    def test_one_micro_dollar_too_little_admits_nothing(self, world: World) -> None:
        """I1: available never falls below zero."""
        opened = world.open_account(PRICE_MICROS - 1)
        with pytest.raises(errors.InsufficientCredits) as refusal:
            world.admit(opened)
        assert str(refusal.value) == (
            "insufficient credits: this generation costs 0.025, 0.024999 remain"
        )
        assert world.account(opened).available_micros == PRICE_MICROS - 1
        assert world.stores.generations.due(FAR) == []

    def test_a_refused_admission_leaves_no_request_behind(
        self, world: World, opened: Opened
    ) -> None:
        with pytest.raises(errors.InsufficientCredits):
            world.admit(world.open_account(0), key="poor")
        table = world.settings.generations_table
        assert list(world.db.scan({"TableName": table})) == []

    def test_the_same_key_and_request_is_one_generation_and_one_price(
        self, world: World, opened: Opened
    ) -> None:
        """I7."""
        first = world.admit(opened, key="k")
        again = world.admit(opened, key="k")
        assert again == first
        assert world.account(opened).available_micros == CREDITS - PRICE_MICROS

    def test_a_repeat_needs_no_money(self, world: World) -> None:
        """I7: the record decides before the account."""
        opened = world.open_account(PRICE_MICROS)
        first = world.admit(opened, key="k")
        assert world.account(opened).available_micros == 0
        assert world.admit(opened, key="k").id == first.id

    def test_the_same_key_with_another_request_changes_nothing(
        self, world: World, opened: Opened
    ) -> None:
        """I7."""
        first = world.admit(opened, key="k")
        unchanged = Unchanged(world, opened, first)
        with pytest.raises(errors.IdempotencyKeyReused):
            world.admit(opened, prompt="something else", key="k")
        unchanged.check()
        assert world.stores.generations.request(first).input["prompt"] == "a boat"

    def test_a_key_reused_without_money_is_told_of_the_key(self, world: World) -> None:
        opened = world.open_account(PRICE_MICROS)
        world.admit(opened, key="k")
        with pytest.raises(errors.IdempotencyKeyReused):
            world.admit(opened, prompt="something else", key="k")

    def test_one_key_in_two_accounts_is_two_generations(self, world: World, opened: Opened) -> None:
        """I7: the key's scope is the account."""
        other = world.open_account(CREDITS)
        assert world.admit(opened, key="k").id != world.admit(other, key="k").id

    @pytest.mark.parametrize("status", [Status.SUCCEEDED, Status.FAILED, Status.CANCELED])
    def test_a_repeat_returns_an_ended_generation_as_it_ended(
        self, world: World, opened: Opened, status: Status
    ) -> None:
        """I7, whatever its state."""
        ended = ENDINGS[status](world, opened)
        again = world.admit(opened, key="ending")
        assert (again.id, again.status) == (ended.id, status)

    def test_a_closed_account_is_turned_away_before_its_money_is_looked_at(
        self, world: World
    ) -> None:
        account = Account("acct_closed", 0, 0, AccountStatus.CLOSED)
        key = ApiKey(hash_secret("closed"), account.id, "…", world.clock.now_ms())
        world.stores.accounts.open_account(account, key, "none")
        with pytest.raises(errors.ApiKeyDisabled):
            world.admissions.admit(account.id, MODEL_ID, {"prompt": "a boat"}, None)

    def test_an_account_that_does_not_exist_is_turned_away(self, world: World) -> None:
        with pytest.raises(errors.ApiKeyDisabled):
            world.admissions.admit("acct_nobody", MODEL_ID, {"prompt": "a boat"}, None)

    def test_a_key_is_usable_again_once_its_record_is_gone_and_its_request_is_not(
        self, world: World, opened: Opened
    ) -> None:
        """The platform deletes the two when it likes, and the request's end is the later one."""
        first = world.admit(opened, key="k")
        world.db.api.delete_item(
            TableName=world.settings.generations_table, Key={"pk": {"S": f"GEN#{first.id}"}}
        )
        again = world.admit(opened, key="k")
        assert again.status is Status.STARTING
        assert world.stores.generations.request(again).input["prompt"] == "a boat"


class TestClaim:
    def test_it_takes_an_unclaimed_generation(self, world: World, opened: Opened) -> None:
        now_ms, lease_ms = world.clock.now_ms(), world.settings.timing.lease_ms
        generation = claimed(world, opened)
        assert generation.status is Status.PROCESSING
        assert generation.fence == 1
        assert generation.lease_owner == "run-1"
        assert generation.lease_until_ms == generation.due_at_ms == now_ms + lease_ms
        assert world.generation(generation.id) == generation

    def test_it_moves_no_money(self, world: World, opened: Opened) -> None:
        generation = world.admit(opened)
        before = world.account(opened)
        claim(world, generation)
        assert world.account(opened) == before

    def test_a_live_lease_keeps_others_out(self, world: World, opened: Opened) -> None:
        generation = claimed(world, opened)
        manual(world.clock).advance(world.settings.timing.lease_ms / 1000 - 0.001)
        unchanged = Unchanged(world, opened, generation)
        assert world.stores.jobs.claim(generation.id, "run-2", world.clock.now_ms()) is None
        unchanged.check()

    def test_a_lease_that_ran_out_lets_the_next_one_in_with_a_higher_fence(
        self, world: World, opened: Opened
    ) -> None:
        generation = claimed(world, opened)
        pass_lease(world)
        taken = claim(world, generation, "run-2")
        assert (taken.fence, taken.lease_owner) == (2, "run-2")

    def test_its_own_repetition_finds_the_lease_it_took(self, world: World, opened: Opened) -> None:
        """The SDK repeats a write whose answer was lost."""
        generation = claimed(world, opened)
        unchanged = Unchanged(world, opened, generation)
        assert claim(world, generation) == generation
        unchanged.check()

    def test_an_unknown_id_is_not_claimed_and_not_created(self, world: World) -> None:
        assert world.stores.jobs.claim("no-such-id", "run-1", world.clock.now_ms()) is None
        assert world.stores.generations.get("no-such-id") is None


class TestIntent:
    def test_it_counts_a_submission(self, world: World, opened: Opened) -> None:
        """I9."""
        generation = intended(world, opened)
        assert generation.submits == 1
        assert world.generation(generation.id).submits == 1

    def test_there_are_two_and_no_third(self, world: World, opened: Opened) -> None:
        """I9."""
        second = world.stores.jobs.record_intent(intended(world, opened))
        assert second is not None
        assert second.submits == MAX_SUBMITS == 2
        unchanged = Unchanged(world, opened, second)
        assert world.stores.jobs.record_intent(second) is None
        unchanged.check()

    def test_its_repetition_counts_nothing(self, world: World, opened: Opened) -> None:
        generation = claimed(world, opened)
        assert world.stores.jobs.record_intent(generation) is not None
        assert world.stores.jobs.record_intent(generation) is None
        assert world.generation(generation.id).submits == 1

    def test_an_older_worker_cannot_make_one(self, world: World, opened: Opened) -> None:
        old = claimed(world, opened)
        pass_lease(world)
        unchanged = Unchanged(world, opened, claim(world, old, "run-2"))
        assert world.stores.jobs.record_intent(old) is None
        unchanged.check()

    def test_there_is_none_while_the_provider_has_the_job(
        self, world: World, opened: Opened
    ) -> None:
        generation = bound(world, opened)
        assert world.stores.jobs.record_intent(generation) is None

    def test_there_is_none_before_a_claim(self, world: World, opened: Opened) -> None:
        generation = world.admit(opened)
        assert world.stores.jobs.record_intent(generation) is None
        assert world.generation(generation.id) == generation


class TestBind:
    def test_it_keeps_the_providers_id(self, world: World, opened: Opened) -> None:
        generation = bound(world, opened, "job-7")
        assert world.generation(generation.id).provider_ref == "job-7"

    def test_a_second_id_does_not_replace_the_first(self, world: World, opened: Opened) -> None:
        generation = bound(world, opened, "job-1")
        unchanged = Unchanged(world, opened, generation)
        assert world.stores.jobs.bind(generation, "job-2") is None
        unchanged.check()

    def test_an_older_worker_cannot(self, world: World, opened: Opened) -> None:
        old = intended(world, opened)
        pass_lease(world)
        unchanged = Unchanged(world, opened, claim(world, old, "run-2"))
        assert world.stores.jobs.bind(old, "job-1") is None
        unchanged.check()


class TestPark:
    def test_the_next_worker_may_claim_at_once(self, world: World, opened: Opened) -> None:
        generation = bound(world, opened)
        due_at_ms = world.clock.now_ms() + 5_000
        parked = world.stores.jobs.park(generation, due_at_ms)
        assert parked is not None
        assert parked.due_at_ms == due_at_ms
        assert parked.provider_ref == "job-1"
        assert claim(world, generation, "run-2").fence == 2

    def test_it_forgets_the_failed_job_that_is_to_be_submitted_again(
        self, world: World, opened: Opened
    ) -> None:
        generation = bound(world, opened)
        parked = world.stores.jobs.park(generation, world.clock.now_ms(), resubmit=True)
        assert parked is not None
        assert parked.provider_ref is None
        assert (parked.submits, parked.answered_submits) == (1, 1)
        assert not parked.is_in_doubt

    def test_of_a_job_that_runs_on_it_knows_no_end(self, world: World, opened: Opened) -> None:
        parked = world.stores.jobs.park(bound(world, opened), world.clock.now_ms())
        assert parked is not None
        assert (parked.submits, parked.answered_submits) == (1, 0)

    def test_an_older_worker_cannot_give_away_the_newer_ones_lease(
        self, world: World, opened: Opened
    ) -> None:
        old = claimed(world, opened)
        pass_lease(world)
        unchanged = Unchanged(world, opened, claim(world, old, "run-2"))
        assert world.stores.jobs.park(old, world.clock.now_ms()) is None
        unchanged.check()


class TestCapture:
    def test_it_charges_the_whole_amount_and_names_the_images(
        self, world: World, opened: Opened
    ) -> None:
        """I2, I4."""
        generation = claimed(world, opened)
        before = world.account(opened)
        captured = world.stores.ledger.capture(generation, IMAGES, generation.amount_micros)
        assert captured == world.generation(generation.id)
        assert captured.status is Status.SUCCEEDED
        assert captured.charged_micros == captured.amount_micros == PRICE_MICROS
        assert captured.images == IMAGES
        assert captured.finished_at_ms == world.clock.now_ms()
        assert world.account(opened) == before

    def test_what_is_not_charged_goes_back_in_the_same_write(
        self, world: World, opened: Opened
    ) -> None:
        """I2, I4: fewer images than asked for."""
        generation = claimed(world, opened, num_outputs=3)
        captured = world.stores.ledger.capture(generation, IMAGES, PRICE_MICROS)
        assert captured is not None
        assert (captured.amount_micros, captured.charged_micros) == (3 * PRICE_MICROS, PRICE_MICROS)
        assert world.account(opened).available_micros == CREDITS - PRICE_MICROS

    @pytest.mark.parametrize("charged", [PRICE_MICROS, 3 * PRICE_MICROS])
    def test_its_repetition_changes_nothing(
        self, world: World, opened: Opened, charged: int
    ) -> None:
        """I3."""
        generation = claimed(world, opened, num_outputs=3)
        assert world.stores.ledger.capture(generation, IMAGES, charged) is not None
        unchanged = Unchanged(world, opened, generation)
        assert world.stores.ledger.capture(generation, IMAGES, charged) is None
        unchanged.check()

    def test_an_older_workers_images_are_as_good(self, world: World, opened: Opened) -> None:
        old = claimed(world, opened)
        pass_lease(world)
        claim(world, old, "run-2")
        captured = world.stores.ledger.capture(old, IMAGES, old.amount_micros)
        assert captured is not None
        assert captured.status is Status.SUCCEEDED

    def test_there_is_none_before_a_claim(self, world: World, opened: Opened) -> None:
        generation = world.admit(opened)
        unchanged = Unchanged(world, opened, generation)
        assert world.stores.ledger.capture(generation, IMAGES, PRICE_MICROS) is None
        unchanged.check()

    @pytest.mark.parametrize("charged", [PRICE_MICROS, 2 * PRICE_MICROS])
    def test_there_is_none_for_another_amount(
        self, world: World, opened: Opened, charged: int
    ) -> None:
        """I4: the amount was fixed at admission."""
        generation = claimed(world, opened)
        unchanged = Unchanged(world, opened, generation)
        mistaken = replace(generation, amount_micros=2 * PRICE_MICROS)
        assert world.stores.ledger.capture(mistaken, IMAGES, charged) is None
        unchanged.check()


class TestRelease:
    def test_it_fails_the_generation_and_pays_back_in_one_write(
        self, world: World, opened: Opened
    ) -> None:
        """I2, I6."""
        generation = claimed(world, opened)
        released = world.stores.ledger.release(generation, "no paint left")
        assert released == world.generation(generation.id)
        assert released.status is Status.FAILED
        assert released.error == "no paint left"
        assert released.charged_micros == 0
        assert released.finished_at_ms == world.clock.now_ms()
        assert world.account(opened) == Account(opened.account_id, CREDITS, CREDITS)

    def test_its_repetition_pays_nothing(self, world: World, opened: Opened) -> None:
        """I3, I6."""
        generation = claimed(world, opened)
        assert world.stores.ledger.release(generation, "no") is not None
        unchanged = Unchanged(world, opened, generation)
        assert world.stores.ledger.release(generation, "still no") is None
        unchanged.check()

    def test_an_older_worker_cannot_end_the_newer_ones_attempt(
        self, world: World, opened: Opened
    ) -> None:
        old = claimed(world, opened)
        pass_lease(world)
        unchanged = Unchanged(world, opened, claim(world, old, "run-2"))
        assert world.stores.ledger.release(old, "no") is None
        unchanged.check()

    def test_there_is_none_before_a_claim(self, world: World, opened: Opened) -> None:
        generation = world.admit(opened)
        unchanged = Unchanged(world, opened, generation)
        assert world.stores.ledger.release(generation, "no") is None
        unchanged.check()

    def test_there_is_none_for_another_amount(self, world: World, opened: Opened) -> None:
        """I6: what goes back is what was taken."""
        generation = claimed(world, opened)
        unchanged = Unchanged(world, opened, generation)
        mistaken = replace(generation, amount_micros=10 * PRICE_MICROS)
        assert world.stores.ledger.release(mistaken, "no") is None
        unchanged.check()


class TestEnd:
    @pytest.mark.parametrize("reach", [World.admit, claimed, intended, bound])
    @pytest.mark.parametrize(
        ("status", "error"), [(Status.CANCELED, None), (Status.FAILED, "too late")]
    )
    def test_cancel_and_expire_end_any_open_generation_and_pay_back(
        self,
        world: World,
        opened: Opened,
        reach: Callable[[World, Opened], Generation],
        status: Status,
        error: str | None,
    ) -> None:
        """I2, I6: whoever works on it."""
        generation = reach(world, opened)
        ended = world.stores.ledger.end(generation.id, status, error)
        assert ended == world.generation(generation.id)
        assert (ended.status, ended.error) == (status, error)
        assert ended.charged_micros == 0
        assert world.account(opened).available_micros == CREDITS

    def test_an_unknown_id_ends_nothing(self, world: World) -> None:
        assert world.stores.ledger.end("no-such-id", Status.CANCELED, None) is None
        assert world.stores.generations.get("no-such-id") is None

    def test_a_worker_that_comes_after_it_charges_nothing(
        self, world: World, opened: Opened
    ) -> None:
        """I3, I6: an image that was stored in between is never shown."""
        generation = claimed(world, opened)
        world.stores.ledger.end(generation.id, Status.CANCELED, None)
        assert world.stores.ledger.capture(generation, IMAGES, PRICE_MICROS) is None
        assert world.account(opened).available_micros == CREDITS
        assert world.generation(generation.id).images == ()


class TestRedrive:
    def test_it_moves_the_due_time_and_nothing_else(self, world: World, opened: Opened) -> None:
        """I8."""
        generation = claimed(world, opened)
        due_at_ms = world.clock.now_ms() + 77_000
        assert world.stores.jobs.redrive(generation, due_at_ms) is not None
        assert world.generation(generation.id) == replace(generation, due_at_ms=due_at_ms)

    def test_of_two_sweepers_only_one_moves_it(self, world: World, opened: Opened) -> None:
        generation = world.admit(opened)
        assert world.stores.jobs.redrive(generation, FAR) is not None
        assert world.stores.jobs.redrive(generation, FAR + 1) is None
        assert world.generation(generation.id).due_at_ms == FAR


def _succeed(world: World, opened: Opened, key: str = "ending") -> Generation:
    generation = claim(world, world.admit(opened, key=key))
    captured = world.stores.ledger.capture(generation, IMAGES, generation.amount_micros)
    assert captured is not None
    return captured


def _fail(world: World, opened: Opened, key: str = "ending") -> Generation:
    released = world.stores.ledger.release(claim(world, world.admit(opened, key=key)), "no")
    assert released is not None
    return released


def _cancel(world: World, opened: Opened, key: str = "ending") -> Generation:
    generation = world.admit(opened, key=key)
    canceled = world.stores.ledger.end(generation.id, Status.CANCELED, None)
    assert canceled is not None
    return canceled


ENDINGS: dict[Status, Callable[..., Generation]] = {
    Status.SUCCEEDED: _succeed,
    Status.FAILED: _fail,
    Status.CANCELED: _cancel,
}

MOVES: dict[str, Move] = {
    "claim": lambda w, g: w.stores.jobs.claim(g.id, "run-9", w.clock.now_ms()),
    "claim by the last owner": lambda w, g: w.stores.jobs.claim(g.id, "run-1", w.clock.now_ms()),
    "intent": lambda w, g: w.stores.jobs.record_intent(g),
    "bind": lambda w, g: w.stores.jobs.bind(g, "job-9"),
    "park": lambda w, g: w.stores.jobs.park(g, w.clock.now_ms()),
    "park to resubmit": lambda w, g: w.stores.jobs.park(g, w.clock.now_ms(), resubmit=True),
    "redrive": lambda w, g: w.stores.jobs.redrive(replace(g, due_at_ms=1), 2),
    "redrive what it was": lambda w, g: w.stores.jobs.redrive(g, 2),
    "capture": lambda w, g: w.stores.ledger.capture(g, examine_all([JPEG]), g.amount_micros),
    "capture in part": lambda w, g: w.stores.ledger.capture(g, examine_all([JPEG]), 1),
    "release": lambda w, g: w.stores.ledger.release(g, "changed my mind"),
    "cancel": lambda w, g: w.stores.ledger.end(g.id, Status.CANCELED, None),
    "expire": lambda w, g: w.stores.ledger.end(g.id, Status.FAILED, "too late"),
}


@pytest.mark.parametrize("ending", ENDINGS)
class TestFinal:
    def test_no_move_changes_it(self, world: World, opened: Opened, ending: Status) -> None:
        """I3: neither at once nor after the lease."""
        generation = ENDINGS[ending](world, opened)
        unchanged = Unchanged(world, opened, generation)
        for wait in (False, True):
            if wait:
                pass_lease(world)
            for name, move in MOVES.items():
                assert move(world, generation) is None, name
                unchanged.check()

    def test_it_is_in_flight_no_more(self, world: World, opened: Opened, ending: Status) -> None:
        """I8: the index holds exactly what is open."""
        generation = ENDINGS[ending](world, opened)
        stored = item(world, generation)
        assert not {"shard", "due_at_ms", "lease_owner", "lease_until_ms"} & set(stored)
        assert world.stores.generations.due(FAR) == []

    def test_its_record_may_be_deleted_once_its_retention_ends_unless_it_was_charged(
        self, world: World, opened: Opened, ending: Status
    ) -> None:
        """I2: what an account has spent is the sum of its successes, so they stay."""
        manual(world.clock).advance(33)
        generation = ENDINGS[ending](world, opened)
        days = world.settings.timing.retention_days
        expected = world.clock.now_ms() // 1000 + days * 86_400
        kept = ending is Status.SUCCEEDED
        assert item(world, generation).get("ttl") == (None if kept else {"N": str(expected)})
        assert generation.expires_at_ms == expected * 1000

    def test_charged_is_above_zero_only_if_it_succeeded(
        self, world: World, opened: Opened, ending: Status
    ) -> None:
        """I4, and the books add up (I2)."""
        generation = ENDINGS[ending](world, opened)
        assert (generation.charged_micros > 0) == (ending is Status.SUCCEEDED)
        account = world.account(opened)
        assert account.granted_micros == account.available_micros + generation.charged_micros


class TestOpen:
    @pytest.mark.parametrize("reach", [World.admit, claimed, intended, bound])
    def test_it_is_in_flight_and_never_deleted(
        self, world: World, opened: Opened, reach: Callable[[World, Opened], Generation]
    ) -> None:
        """I8: a time to live on an open record would delete money."""
        generation = reach(world, opened)
        assert "ttl" not in item(world, generation)
        assert world.stores.generations.due(FAR) == [generation.id]

    def test_it_is_due_at_its_time_and_not_before(self, world: World, opened: Opened) -> None:
        generation = world.admit(opened)
        assert generation.due_at_ms is not None
        assert world.stores.generations.due(generation.due_at_ms - 1) == []
        assert world.stores.generations.due(generation.due_at_ms) == [generation.id]

    def test_every_shard_is_looked_at(self, world: World) -> None:
        opened = world.open_account(40 * PRICE_MICROS)
        admitted = [world.admit(opened) for _ in range(40)]
        shards = {item(world, generation)["shard"]["S"] for generation in admitted}
        assert len(shards) == INFLIGHT_SHARDS
        assert sorted(world.stores.generations.due(FAR)) == sorted(g.id for g in admitted)

    def test_the_longest_prompt_does_not_weigh_on_the_record(
        self, world: World, opened: Opened
    ) -> None:
        """A write costs by the started kilobyte of the whole item."""
        generation = world.admit(opened, prompt="x" * 500, num_outputs=4)
        captured = world.stores.ledger.capture(
            claim(world, generation), IMAGES * 4, generation.amount_micros
        )
        assert captured is not None
        assert captured.images == IMAGES * 4
        assert "xxx" not in json.dumps(item(world, generation))
        shorter = item(world, claimed(world, world.open_account(CREDITS)))
        assert len(json.dumps(shorter)) < 1024


def test_no_account_changes_without_a_generation_or_a_movement(
    world: World, opened: Opened
) -> None:
    """I11, I2 over a mixed history: the account is the sum of what is recorded elsewhere."""
    kept = [world.admit(opened), bound(world, opened)]
    kept += [ending(world, opened, status.value) for status, ending in ENDINGS.items()]
    scan = list(world.db.scan({"TableName": world.settings.credits_table}))
    movements = [int(i["amount_micros"]["N"]) for i in scan if i["pk"]["S"].startswith("TXN#")]
    now = [world.generation(g.id) for g in kept]
    open_micros = sum(g.amount_micros for g in now if not g.status.is_final)
    charged_micros = sum(g.charged_micros for g in now)
    account = world.account(opened)
    assert account.granted_micros == sum(movements)
    assert account.available_micros == account.granted_micros - open_micros - charged_micros


@dataclass
class Contended:
    """A client whose transactions are canceled for the given reasons, one call after the other."""

    api: Any
    reasons: list[list[dict[str, Any]]]
    transactions: int = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.api, name)

    def transact_write_items(self, **parameters: Any) -> Any:
        self.transactions += 1
        if not self.reasons:
            return self.api.transact_write_items(**parameters)
        response = {
            "Error": {"Code": "TransactionCanceledException", "Message": "canceled"},
            "CancellationReasons": self.reasons.pop(0),
        }
        raise ClientError(response, "TransactWriteItems")


NONE, CONFLICT = {"Code": "None"}, {"Code": "TransactionConflict"}


def contended(world: World, reasons: list[list[dict[str, Any]]]) -> tuple[World, list[Contended]]:
    made: list[Contended] = []

    def wrap(api: Any) -> Any:
        made.append(Contended(api, reasons))
        return made[-1]

    other = replace(world)
    vars(other)["stores"] = stores_over(world, wrap)
    return other, made


class TestContention:
    @pytest.mark.parametrize(
        "code", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"]
    )
    def test_a_busy_account_is_waited_for(self, world: World, opened: Opened, code: str) -> None:
        busy, _ = contended(world, [[NONE, NONE, {"Code": code}]] * 2)
        generation = busy.admit(opened)
        assert world.generation(generation.id).status is Status.STARTING
        assert world.account(opened).available_micros == CREDITS - PRICE_MICROS

    def test_an_account_that_stays_busy_is_unavailable_and_nothing_was_done(
        self, world: World, opened: Opened
    ) -> None:
        busy, clients = contended(world, [[NONE, NONE, CONFLICT]] * 50)
        with pytest.raises(errors.Unavailable, match="try again"):
            busy.admit(opened)
        assert 3 <= sum(client.transactions for client in clients) <= 60
        assert world.account(opened).available_micros == CREDITS
        assert world.stores.generations.due(FAR) == []

    def test_a_failed_condition_counts_even_beside_a_conflict(
        self, world: World, opened: Opened
    ) -> None:
        generation = world.admit(opened, key="k")
        old = {"Code": "ConditionalCheckFailed", "Item": item(world, generation)}
        busy, clients = contended(world, [[old, NONE, CONFLICT]])
        again = busy.admit(opened, key="k", aspect_ratio="1:1")
        assert again.id == generation.id
        assert sum(client.transactions for client in clients) == 1

    def test_any_other_reason_is_a_defect_and_stays_visible(
        self, world: World, opened: Opened
    ) -> None:
        busy, clients = contended(world, [[NONE, NONE, {"Code": "ValidationError"}]])
        with pytest.raises(ClientError):
            busy.admit(opened)
        assert sum(client.transactions for client in clients) == 1


def test_generation_ids_of_different_accounts_never_meet(world: World) -> None:
    """I7: the same key in many accounts."""
    key = secrets.token_hex(4)
    ids = {world.admit(world.open_account(CREDITS), key=key).id for _ in range(20)}
    assert len(ids) == 20
