"""A line a run of a worker; every final move is counted once, whoever makes it."""

import threading
import time
from typing import Any

import pytest

from handler.core.generation import Generation, Status
from handler.core.ports import Done, Failed, Job, Outcome, Running
from handler.events.jobs import work_on
from handler.events.schedule import sweep_on
from handler.telemetry.invocation import Invocation
from tests.fakes import PNG
from tests.handler.events.test_jobs import record
from tests.handler.telemetry.written import Written, total
from tests.world import MODEL_ID, PRICE_MICROS, Opened, World, manual

CREDITS = 1_000_000
TRACE = "Root=1-5e6722a7-cc56ab46db7ae02d4da47eaa;Parent=53995c3f42cd8ad8;Sampled=1"
PROVIDER_SECONDS = 0.02


@pytest.fixture
def opened(world: World) -> Opened:
    return world.open_account(CREDITS)


def takes_a_moment(_: Job) -> Outcome:
    time.sleep(PROVIDER_SECONDS)
    return Done([PNG])


def deliver(world: World, generation_id: str, invocation: Invocation | None = None) -> Any:
    return work_on(world.worker, {"Records": [record(generation_id)]}, invocation)


def only(generation: Generation, **more: Any) -> dict[str, Any]:
    """What every line tells of a generation."""
    return {
        "generation": generation.id,
        "account": generation.account_id,
        "model": MODEL_ID,
        "amount_micros": generation.amount_micros,
        **more,
    }


def without_times(line: dict[str, Any]) -> dict[str, Any]:
    ignored = {"level", "location", "timestamp", "logger", "message", "_aws"}
    return {
        name: value
        for name, value in line.items()
        if name not in ignored and not name.endswith("_ms")
    }


def test_a_success_is_told_with_what_it_took_and_what_it_brought(
    world: World, opened: Opened, written: Written
) -> None:
    generation = world.admit(opened, num_outputs=2)
    manual(world.clock).advance(1.5)
    world.provider.submits = [takes_a_moment]
    message = record(generation.id)
    message["attributes"]["AWSTraceHeader"] = TRACE
    work_on(world.worker, {"Records": [message]}, Invocation("invocation-1", cold_start=True))

    line = written.one("job")
    assert line["level"] == "INFO"
    assert without_times(line) == {
        **only(generation, status="succeeded"),
        "function_request_id": "invocation-1",
        "cold_start": True,
        "xray_trace_id": "1-5e6722a7-cc56ab46db7ae02d4da47eaa",
        "outcome": "ended",
        "claims": 1,
        "provider": "scripted",
        "provider_answer": "Done",
        "charged_micros": PRICE_MICROS,
        "refunded_micros": PRICE_MICROS,
        "Model": MODEL_ID,
        "Status": "succeeded",
        "Generations": 1,
        "WaitMilliseconds": 1500,
        "ProviderMilliseconds": line["provider_ms"],
        "CreditsChargedMicros": PRICE_MICROS,
        "CreditsRefundedMicros": PRICE_MICROS,
    }
    assert line["queue_ms"] == 1500
    assert line["provider_ms"] >= PROVIDER_SECONDS * 1000
    phases = [line[f"{phase}_ms"] for phase in ("claim", "provider", "storing", "capture")]
    assert all(phase > 0 for phase in phases)
    # Each is rounded.
    assert sum(phases) <= line["total_ms"] + len(phases)


def test_a_failure_is_told_without_its_reason(
    world: World, opened: Opened, written: Written
) -> None:
    generation = world.admit(opened)
    world.provider.submits = [Failed("the prompt 'a boat' is not allowed")]
    deliver(world, generation.id)
    line = written.one("job")
    assert (line["outcome"], line["status"], line["provider_answer"]) == (
        "ended",
        "failed",
        "Failed",
    )
    assert (line["charged_micros"], line["refunded_micros"]) == (0, PRICE_MICROS)
    assert "xray_trace_id" not in line
    assert "error" not in line
    assert "a boat" not in written.text


def test_a_parked_job_is_told_and_not_yet_counted(
    world: World, opened: Opened, written: Written
) -> None:
    generation = world.admit(opened)
    world.provider.submits = [Running("ref-1", 60)]
    deliver(world, generation.id)
    line = written.one("job")
    assert (line["outcome"], line["status"]) == ("parked", "processing")
    assert "charged_micros" not in line
    assert written.metrics().keys() == {total("ProviderMilliseconds")}

    manual(world.clock).advance(60)
    world.provider.polls = [Done([PNG])]
    deliver(world, generation.id)
    line = written.last("job")
    assert (line["outcome"], line["claims"]) == ("ended", 2)
    assert "queue_ms" not in line, "it came when it was meant to"
    assert line["WaitMilliseconds"] == 60_000
    assert written.metrics()[total("Generations")] == 1


def test_a_message_about_nothing_to_do_is_told_and_not_counted(
    world: World, opened: Opened, written: Written
) -> None:
    generation = world.admit(opened)
    world.provider.submits = [Done([PNG])]
    for _ in range(3):
        deliver(world, generation.id)
    first, *others = written.of("job")
    assert first["outcome"] == "ended"
    assert [line["outcome"] for line in others] == ["nothing to do"] * 2
    assert all("status" not in line and "_aws" not in line for line in others)
    assert written.metrics()[total("Generations")] == 1


def test_a_run_that_was_cut_short_is_told_and_counted_as_such(
    world: World, opened: Opened, written: Written
) -> None:
    def breaks(_: Job) -> Outcome:
        raise ZeroDivisionError

    generation = world.admit(opened)
    world.provider.submits = [breaks]
    assert deliver(world, generation.id)["batchItemFailures"]
    line = written.one("job")
    assert (line["outcome"], line["error"], line["status"]) == (
        "cut short",
        "ZeroDivisionError",
        "processing",
    )
    assert written.metrics()[total("RunsCutShort")] == 1
    assert written.metrics()[total("Generations")] == 0


def test_a_run_that_lost_its_place_counts_nothing(
    world: World, opened: Opened, written: Written
) -> None:
    generation = world.admit(opened)

    def canceled_meanwhile(_: Job) -> Outcome:
        world.stores.ledger.end(generation.id, Status.CANCELED, None)
        return Done([PNG])

    world.provider.submits = [canceled_meanwhile]
    deliver(world, generation.id)
    line = written.one("job")
    assert line["outcome"] == "lost its place"
    assert written.metrics().keys() == {total("ProviderMilliseconds")}


def test_a_line_for_each_record_of_a_batch(world: World, opened: Opened, written: Written) -> None:
    world.provider.submits = [Done([PNG]), Failed("no"), Done([])]
    ids = [world.admit(opened).id for _ in range(3)]
    work_on(world.worker, {"Records": [record(each, f"m-{each}") for each in ids]})
    assert [line["generation"] for line in written.of("job")] == ids
    by_status = {
        status: written.metrics()["Generations", (MODEL_ID, status)]
        for status in ("succeeded", "failed")
    }
    assert by_status == {"succeeded": 1, "failed": 2}


def test_what_worker_and_sweeper_end_at_once_is_counted_once(
    world: World, opened: Opened, written: Written
) -> None:
    """The worker's provider answers while the sweeper gives up on it; both go on at once."""
    timing = world.settings.timing
    past_everything = (timing.deadline_ms + timing.deadline_grace_ms) / 1000
    both = threading.Barrier(2)

    def at_the_last_moment(_: Job) -> Outcome:
        manual(world.clock).advance(past_everything)
        both.wait(timeout=10)
        return Done([PNG])

    ids = []
    for _ in range(8):
        ids.append(world.admit(opened).id)
        world.provider.submits = [at_the_last_moment]
        worker = threading.Thread(target=deliver, args=(world, ids[-1]))
        worker.start()
        both.wait(timeout=10)
        sweep_on(world.sweeper)
        worker.join()

    ended = [world.generation(each) for each in ids]
    metrics = written.metrics()
    assert all(generation.status.is_final for generation in ended)
    assert metrics[total("Generations")] == len(ids)
    for status in Status:
        expected = sum(generation.status is status for generation in ended)
        assert metrics["Generations", (MODEL_ID, status.value)] == expected
    charged = sum(generation.charged_micros for generation in ended)
    assert metrics[total("CreditsChargedMicros")] == charged
    assert metrics[total("CreditsRefundedMicros")] == PRICE_MICROS * len(ids) - charged


def test_what_the_credits_metrics_say_is_what_the_account_lost(
    world: World, opened: Opened, written: Written
) -> None:
    world.provider.submits = [
        Done([PNG]),
        Done([PNG, PNG]),
        Failed("no"),
        Failed("busy", retryable=True),
        Done([PNG] * 4),
        Done([PNG]),
    ]
    wanted = [1, 4, 2, 1, 4]
    ids = [world.admit(opened, num_outputs=count).id for count in wanted]
    for each in ids:
        deliver(world, each)
    # The one that is to be submitted again.
    manual(world.clock).advance(5)
    deliver(world, ids[3])

    metrics = written.metrics()
    lost = CREDITS - world.account(opened).available_micros
    assert metrics[total("CreditsChargedMicros")] == lost
    assert lost + metrics[total("CreditsRefundedMicros")] == PRICE_MICROS * sum(wanted)
