"""One run of a worker: what it does with each of a provider's answers."""

import hashlib
from dataclasses import replace

import pytest

from handler.core import errors
from handler.core.failures import FailureKind
from handler.core.generation import TOO_LATE, Generation, Image, Status
from handler.core.ports import Done, Failed, Job, Outcome, Running
from handler.core.work import (
    GAVE_UP,
    MAX_DELAY_SECONDS,
    NOT_OFFERED,
    PARKED_SECONDS,
    RETRY_DELAY_SECONDS,
    Step,
    charge_for,
    next_step,
)
from tests.fakes import JPEG, PNG
from tests.handler.fetching import fetch
from tests.world import MODEL_ID, PRICE_MICROS, Opened, World, manual

CREDITS = 250_000


@pytest.fixture
def opened(world: World) -> Opened:
    return world.open_account(CREDITS)


def run(world: World, generation: Generation, owner: str = "run-1") -> Generation:
    """One run of a worker, and what became of the generation."""
    world.worker.run(generation.id, owner)
    return world.generation(generation.id)


def available(world: World, opened: Opened) -> int:
    return world.account(opened).available_micros


def pass_lease(world: World) -> None:
    manual(world.clock).advance(world.settings.timing.lease_ms / 1000)


def stored(world: World, generation: Generation) -> list[bytes]:
    """The bytes behind every image of a generation."""
    sign = world.stores.images.signed_url
    return [
        fetch(sign(generation.id, number, image))[0]
        for number, image in enumerate(generation.images, start=1)
    ]


def record(**changes: object) -> Generation:
    """A claimed generation that nothing is known of yet."""
    generation = Generation(
        id="8a1c6a3e-4b3f-4c57-9d7e-0a4d6f2b9c11",
        account_id="acct",
        model_id=MODEL_ID,
        provider="scripted",
        provider_model="m-1",
        status=Status.PROCESSING,
        amount_micros=4 * PRICE_MICROS,
        image_count=4,
        fingerprint="f",
        created_at_ms=0,
        deadline_at_ms=1000,
    )
    return replace(generation, **changes)  # type: ignore[arg-type]


class TestNextStep:
    @pytest.mark.parametrize(
        ("generation", "now_ms", "step"),
        [
            (record(), 999, Step.SUBMIT),
            (record(submits=1, answered_submits=1), 999, Step.SUBMIT),
            (record(submits=2, answered_submits=2), 999, Step.GIVE_UP),
            (record(submits=2, answered_submits=1), 999, Step.GIVE_UP),
            (record(submits=1, provider_ref="job"), 999, Step.POLL),
            (record(submits=2, answered_submits=1, provider_ref="job"), 999, Step.POLL),
            (record(), 1000, Step.EXPIRE),
            (record(submits=1), 1000, Step.EXPIRE),
            (record(submits=2, provider_ref="job"), 1000, Step.EXPIRE),
        ],
    )
    @pytest.mark.parametrize("repeats_safely", [True, False])
    def test_it_follows_from_what_is_recorded(
        self, generation: Generation, now_ms: int, step: Step, *, repeats_safely: bool
    ) -> None:
        assert next_step(generation, now_ms, repeats_safely=repeats_safely) is step

    @pytest.mark.parametrize(
        ("repeats_safely", "step"), [(True, Step.SUBMIT), (False, Step.GIVE_UP)]
    )
    def test_a_job_that_may_be_at_work_is_submitted_again_only_where_that_is_safe(
        self, step: Step, *, repeats_safely: bool
    ) -> None:
        """I9."""
        assert next_step(record(submits=1), 999, repeats_safely=repeats_safely) is step


class TestCharge:
    @pytest.mark.parametrize(
        ("images", "charge"), [(1, PRICE_MICROS), (3, 3 * PRICE_MICROS), (4, 4 * PRICE_MICROS)]
    )
    def test_it_is_for_the_images_that_were_made(self, images: int, charge: int) -> None:
        """I4."""
        made = [Image("image/png", "0" * 64, 1)] * images
        assert charge_for(record(), made) == charge


class TestDelivery:
    def test_images_are_stored_and_charged(self, world: World, opened: Opened) -> None:
        """I4, I5."""
        world.provider.submits = [Done([PNG, JPEG])]
        generation = run(world, world.admit(opened, num_outputs=2))
        assert generation.status is Status.SUCCEEDED
        assert generation.charged_micros == 2 * PRICE_MICROS
        assert [image.media_type for image in generation.images] == ["image/png", "image/jpeg"]
        assert [image.size_bytes for image in generation.images] == [len(PNG), len(JPEG)]
        assert [image.sha256 for image in generation.images] == [
            hashlib.sha256(data).hexdigest() for data in (PNG, JPEG)
        ]
        assert stored(world, generation) == [PNG, JPEG]
        assert available(world, opened) == CREDITS - 2 * PRICE_MICROS

    def test_the_provider_is_asked_for_exactly_what_was_admitted(
        self, world: World, opened: Opened
    ) -> None:
        world.provider.submits = [Done([PNG])]
        generation = run(world, world.admit(opened, prompt="a heron", strength=0.5))
        expected = {
            "prompt": "a heron",
            "strength": 0.5,
            "aspect_ratio": "1:1",
            "num_outputs": 1,
        }
        assert world.provider.submitted == [Job(generation.id, "easel-1", expected, 1)]

    def test_fewer_images_than_asked_for_cost_less(self, world: World, opened: Opened) -> None:
        """I2, I4."""
        world.provider.submits = [Done([PNG])]
        generation = run(world, world.admit(opened, num_outputs=3))
        assert (generation.status, generation.charged_micros) == (Status.SUCCEEDED, PRICE_MICROS)
        assert len(generation.images) == 1
        assert available(world, opened) == CREDITS - PRICE_MICROS

    def test_more_images_than_asked_for_are_left_out(self, world: World, opened: Opened) -> None:
        world.provider.submits = [Done([PNG, JPEG])]
        generation = run(world, world.admit(opened))
        assert stored(world, generation) == [PNG]
        assert generation.charged_micros == PRICE_MICROS

    @pytest.mark.parametrize(
        "outputs",
        [[], [b""], [b"<svg/>"], [PNG, b"<html>"], [b"GIF89a"], [b"RIFF1234WAVE"]],
        ids=["none", "empty", "svg", "one of two", "gif", "sound"],
    )
    def test_what_is_no_image_we_store_is_a_failure_and_costs_nothing(
        self, world: World, opened: Opened, outputs: list[bytes]
    ) -> None:
        """I6."""
        world.provider.submits = [Done(outputs)]
        generation = run(world, world.admit(opened, num_outputs=2))
        assert (generation.status, generation.charged_micros) == (Status.FAILED, 0)
        assert generation.error is not None
        assert generation.error.startswith("the provider returned no")
        assert available(world, opened) == CREDITS


class TestFailure:
    def test_the_callers_reason_is_kept_and_the_price_given_back(
        self, world: World, opened: Opened
    ) -> None:
        """I6."""
        world.provider.submits = [Failed("the prompt was refused")]
        generation = run(world, world.admit(opened))
        assert (generation.status, generation.error) == (Status.FAILED, "the prompt was refused")
        assert available(world, opened) == CREDITS

    def test_a_failure_that_may_pass_is_submitted_once_more(
        self, world: World, opened: Opened
    ) -> None:
        """I9."""
        world.provider.submits = [Failed("busy", retryable=True), Done([PNG])]
        generation = run(world, world.admit(opened))
        assert generation.status is Status.PROCESSING
        assert generation.due_at_ms == world.clock.now_ms() + RETRY_DELAY_SECONDS * 1000 + (
            world.settings.timing.dispatch_grace_ms
        )
        assert run(world, generation, "run-2").status is Status.SUCCEEDED
        assert len(world.provider.submitted) == 2

    def test_the_vendors_pause_before_that_is_kept(self, world: World, opened: Opened) -> None:
        world.provider.submits = [Failed("busy", retryable=True, retry_after_seconds=70.4)]
        generation = run(world, world.admit(opened))
        grace_ms = world.settings.timing.dispatch_grace_ms
        assert generation.due_at_ms == world.clock.now_ms() + 70_000 + grace_ms

    def test_a_pause_beyond_the_deadline_is_not_worth_waiting_for(
        self, world: World, opened: Opened
    ) -> None:
        """I6."""
        world.provider.submits = [Failed("busy", retryable=True, retry_after_seconds=901)]
        generation = run(world, world.admit(opened))
        assert (generation.status, generation.error) == (Status.FAILED, "busy")
        assert available(world, opened) == CREDITS

    def test_the_operator_reads_what_the_vendor_said_and_the_caller_does_not(
        self, world: World, opened: Opened, caplog: pytest.LogCaptureFixture
    ) -> None:
        """An alarm counts the kinds."""
        account = FailureKind.PROVIDER_ACCOUNT
        world.provider.submits = [Failed("unavailable", kind=account, said="Exhausted balance")]
        generation = run(world, world.admit(opened))
        assert generation.error == "unavailable"
        (record,) = (each for each in caplog.records if each.message == "provider failed")
        fields = record.__dict__["fields"]
        assert record.levelname == "ERROR"
        assert (fields["failure"], fields["said"]) == ("provider_account", "Exhausted balance")
        assert (fields["model"], fields["provider"]) == (MODEL_ID, "scripted")

    def test_a_second_such_failure_is_the_end(self, world: World, opened: Opened) -> None:
        """I9: at most two submissions, however they fail."""
        world.provider.submits = [Failed("busy", retryable=True)] * 3
        run(world, world.admit(opened))
        (again,) = {*world.stores.generations.due(10**15)}
        generation = run(world, world.generation(again), "run-2")
        assert (generation.status, generation.error) == (Status.FAILED, "busy")
        assert run(world, generation, "run-3") == generation
        assert len(world.provider.submitted) == 2
        assert available(world, opened) == CREDITS

    def test_a_job_that_fails_while_it_runs_is_submitted_once_more_under_a_new_id(
        self, world: World, opened: Opened
    ) -> None:
        world.provider.submits = [Running("job-1", 1), Running("job-2", 1)]
        world.provider.polls = [Failed("crashed", retryable=True), Done([PNG])]
        generation = run(world, world.admit(opened))
        assert generation.provider_ref is None
        assert run(world, generation, "run-2").status is Status.SUCCEEDED
        assert world.provider.polled == ["job-1", "job-2"]

    def test_a_model_whose_vendor_is_turned_off_costs_nothing(
        self, world: World, opened: Opened
    ) -> None:
        generation = world.admit(opened)
        worker = replace(world.worker, providers={})
        worker.run(generation.id, "run-1")
        ended = world.generation(generation.id)
        assert ended.status is Status.FAILED
        assert ended.error == NOT_OFFERED
        assert available(world, opened) == CREDITS


class TestRunning:
    def test_a_short_wait_is_sat_out(self, world: World, opened: Opened) -> None:
        world.provider.submits = [Running("job-1", 1.5)]
        world.provider.polls = [Running("job-1", 0.5), Done([PNG])]
        assert run(world, world.admit(opened)).status is Status.SUCCEEDED
        assert manual(world.clock).slept_seconds == [1.5, 0.5]
        assert len(world.provider.submitted) == 1

    def test_a_long_wait_frees_the_worker(self, world: World, opened: Opened) -> None:
        world.provider.submits = [Running("job-1", 40)]
        generation = run(world, world.admit(opened))
        assert manual(world.clock).slept_seconds == []
        assert generation.status is Status.PROCESSING
        assert generation.provider_ref == "job-1"
        assert generation.due_at_ms == (
            world.clock.now_ms() + 40_000 + world.settings.timing.dispatch_grace_ms
        )

    def test_the_next_run_polls_and_never_submits_again(self, world: World, opened: Opened) -> None:
        world.provider.submits = [Running("job-1", 40)]
        world.provider.polls = [Running("job-1", 40), Done([PNG])]
        generation = run(world, world.admit(opened))
        assert run(world, generation, "run-2").status is Status.PROCESSING
        assert run(world, generation, "run-3").status is Status.SUCCEEDED
        assert len(world.provider.submitted) == 1
        assert world.provider.polled == ["job-1", "job-1"]

    def test_a_job_whose_worker_was_stopped_is_taken_up_where_it_was(
        self, world: World, opened: Opened
    ) -> None:
        """The provider's id is recorded before anything waits."""

        def stopped(_: Job) -> Outcome:
            raise errors.Unavailable("stopped")

        world.provider.submits = [Running("job-1", 1)]
        world.provider.polls = [stopped, Done([PNG])]
        generation = world.admit(opened)
        with pytest.raises(errors.Unavailable):
            run(world, generation)
        pass_lease(world)
        assert run(world, generation, "run-2").status is Status.SUCCEEDED
        assert len(world.provider.submitted) == 1

    def test_no_delay_is_longer_than_the_queue_allows(self, world: World, opened: Opened) -> None:
        world.provider.submits = [Running("job-1", 100_000)]
        generation = run(world, world.admit(opened))
        assert generation.due_at_ms == (
            world.clock.now_ms()
            + MAX_DELAY_SECONDS * 1000
            + world.settings.timing.dispatch_grace_ms
        )

    def test_after_a_minute_of_polling_the_worker_is_freed(
        self, world: World, opened: Opened
    ) -> None:
        """A vendor that starts a machine for minutes costs no idle worker."""
        world.provider.submits = [Running("job-1", 2)]
        world.provider.polls = [Running("job-1", 2)] * 1000
        began_at_ms = world.clock.now_ms()
        generation = run(world, world.admit(opened))
        assert generation.status is Status.PROCESSING
        assert generation.lease_until_ms < world.clock.now_ms()
        assert 50_000 < world.clock.now_ms() - began_at_ms <= 60_000
        grace_ms = world.settings.timing.dispatch_grace_ms
        assert generation.due_at_ms == world.clock.now_ms() + PARKED_SECONDS * 1000 + grace_ms

    def test_whoever_takes_it_up_asks_once_and_submits_nothing(
        self, world: World, opened: Opened
    ) -> None:
        world.provider.submits = [Running("job-1", 2)]
        world.provider.polls = [Running("job-1", 2)] * 1000
        generation = run(world, world.admit(opened))
        asked, began_at_ms = len(world.provider.polled), world.clock.now_ms()
        for number in range(20):
            assert run(world, generation, f"run-{number}").status is Status.PROCESSING
        assert len(world.provider.polled) - asked == 20
        assert world.clock.now_ms() == began_at_ms
        world.provider.polls = [Done([PNG])]
        assert run(world, generation, "last").status is Status.SUCCEEDED
        assert len(world.provider.submitted) == 1

    def test_a_slow_submission_counts_into_the_runs_time(
        self, world: World, opened: Opened
    ) -> None:
        """A run that outlives its lease would be joined by a second one."""

        def slow(_: Job) -> Outcome:
            manual(world.clock).advance(world.settings.timing.worker_ms / 1000 - 10)
            return Running("job-1", 2)

        world.provider.submits = [slow]
        world.provider.polls = [Running("job-1", 2)] * 1000
        began_at_ms = world.clock.now_ms()
        generation = run(world, world.admit(opened))
        assert generation.status is Status.PROCESSING
        assert world.clock.now_ms() - began_at_ms <= world.settings.timing.worker_ms


class TestParkedNearTheDeadline:
    def test_it_comes_back_at_the_deadline_and_not_after_it(
        self, world: World, opened: Opened
    ) -> None:
        """I8: a provider that asks for patience cannot move the end."""
        world.provider.submits = [Running("job-1", 850)]
        generation = run(world, world.admit(opened))
        manual(world.clock).advance(860)
        world.provider.polls = [Running("job-1", 900)]
        world.worker.run(generation.id, "run-2")
        parked = world.generation(generation.id)
        grace_ms = world.settings.timing.dispatch_grace_ms
        assert parked.due_at_ms == parked.deadline_at_ms + grace_ms


class TestPlaceLost:
    def test_a_second_delivery_of_a_running_job_does_nothing(
        self, world: World, opened: Opened
    ) -> None:
        def delivered_twice(job: Job) -> Outcome:
            world.worker.run(job.generation_id, "run-2")
            return Done([PNG])

        world.provider.submits = [delivered_twice]
        assert run(world, world.admit(opened)).status is Status.SUCCEEDED
        assert len(world.provider.submitted) == 1

    @pytest.mark.parametrize("status", [Status.CANCELED, Status.FAILED])
    def test_what_ended_while_the_provider_worked_stays_ended(
        self, world: World, opened: Opened, status: Status
    ) -> None:
        """I3, I6."""

        def ended(job: Job) -> Outcome:
            world.stores.ledger.end(job.generation_id, status, None)
            return Done([PNG])

        world.provider.submits = [ended]
        generation = run(world, world.admit(opened))
        assert (generation.status, generation.images) == (status, ())
        assert available(world, opened) == CREDITS

    def test_an_old_workers_failure_does_not_end_the_new_ones_attempt(
        self, world: World, opened: Opened
    ) -> None:
        def overtaken(job: Job) -> Outcome:
            pass_lease(world)
            world.stores.jobs.claim(job.generation_id, "run-2", world.clock.now_ms())
            return Failed("too slow")

        world.provider.submits = [overtaken]
        generation = run(world, world.admit(opened))
        assert (generation.status, generation.fence) == (Status.PROCESSING, 2)
        assert available(world, opened) == CREDITS - PRICE_MICROS

    def test_an_old_workers_image_is_as_good_as_the_new_ones(
        self, world: World, opened: Opened
    ) -> None:
        """I3, I5: the first one that is stored is the one that is shown."""

        def overtaken(job: Job) -> Outcome:
            pass_lease(world)
            world.worker.run(job.generation_id, "run-2")
            return Done([JPEG])

        world.provider.submits = [overtaken, Done([PNG])]
        generation = run(world, world.admit(opened))
        assert stored(world, generation) == [PNG]
        assert available(world, opened) == CREDITS - PRICE_MICROS

    def test_an_unknown_id_is_left_alone(self, world: World) -> None:
        world.worker.run("no-such-id", "run-1")
        assert world.provider.submitted == []
        assert world.stores.generations.get("no-such-id") is None


class TestGivingUp:
    def test_two_submissions_without_an_answer_are_the_last(
        self, world: World, opened: Opened
    ) -> None:
        """I9, I6."""

        def lost(_: Job) -> Outcome:
            raise errors.OutcomeUnknown("no answer")

        world.provider.submits = [lost, lost]
        generation = world.admit(opened)
        for owner in ("run-1", "run-2"):
            with pytest.raises(errors.OutcomeUnknown):
                run(world, generation, owner)
            pass_lease(world)
        ended = run(world, generation, "run-3")
        assert (ended.status, ended.error) == (Status.FAILED, GAVE_UP)
        assert len(world.provider.submitted) == 2
        assert available(world, opened) == CREDITS

    def test_where_it_would_be_billed_one_without_an_answer_is_the_last(
        self, world: World, opened: Opened
    ) -> None:
        """I9, I6: whatever became of the run, the vendor may be at work."""

        def lost(_: Job) -> Outcome:
            raise errors.OutcomeUnknown("no answer")

        world.provider.repeats_safely = False
        world.provider.submits = [Failed("busy", retryable=True), lost]
        generation = world.admit(opened)
        run(world, generation, "run-1")
        with pytest.raises(errors.OutcomeUnknown):
            run(world, generation, "run-2")
        pass_lease(world)
        ended = run(world, generation, "run-3")
        assert (ended.status, ended.error) == (Status.FAILED, GAVE_UP)
        assert len(world.provider.submitted) == 2
        assert available(world, opened) == CREDITS


class TestTooLate:
    @pytest.fixture
    def overdue(self, world: World, opened: Opened) -> Generation:
        """A job that the provider still had when the deadline passed."""
        world.provider.submits = [Running("job-1", 60)]
        generation = run(world, world.admit(opened))
        manual(world.clock).advance(world.settings.timing.deadline_ms / 1000)
        return generation

    def test_an_image_that_is_ready_all_the_same_is_taken(
        self, world: World, overdue: Generation
    ) -> None:
        """The provider is asked before anything is given up."""
        world.provider.polls = [Done([PNG])]
        assert run(world, overdue, "run-2").status is Status.SUCCEEDED
        assert world.provider.canceled == []

    def test_the_provider_knows_that_nobody_will_ask_again(
        self, world: World, opened: Opened, overdue: Generation
    ) -> None:
        asked: list[bool] = []

        def noted(job: Job) -> Outcome:
            asked.append(job.is_last_question)
            return Done([PNG]) if job.is_last_question else Running("job-1", 60)

        world.provider.polls = [noted]
        assert run(world, overdue, "run-2").status is Status.SUCCEEDED
        assert asked == [True]

    @pytest.mark.parametrize("outcome", [Running("job-1", 1), Failed("no"), Failed("no", True)])
    def test_anything_else_ends_it_and_pays_back(
        self, world: World, opened: Opened, overdue: Generation, outcome: Outcome
    ) -> None:
        """I6, I8."""
        world.provider.polls = [outcome]
        ended = run(world, overdue, "run-2")
        assert (ended.status, ended.error) == (Status.FAILED, TOO_LATE)
        assert world.provider.canceled == ["job-1"]
        assert len(world.provider.submitted) == 1
        assert available(world, opened) == CREDITS

    def test_what_no_worker_ever_claimed_ends_unsubmitted(
        self, world: World, opened: Opened
    ) -> None:
        generation = world.admit(opened)
        manual(world.clock).advance(world.settings.timing.deadline_ms / 1000)
        assert run(world, generation).status is Status.FAILED
        assert world.provider.submitted == []
        assert available(world, opened) == CREDITS
