"""Whatever an adapter raises becomes an outcome, and a job that may have begun is left alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pytest

from handler.core.errors import ProviderFailure
from handler.core.failures import FailureKind as Kind
from handler.core.generation import Status
from handler.core.ports import Done, Failed, Job, Outcome, Provider, Running
from handler.core.timing import Timing
from handler.core.vendors import Secret, VendorAccess
from handler.providers.calls import AnswerLost, AnswerTooLarge, AskLater, NotBegun
from handler.providers.images.sanitize import sanitized
from handler.providers.outputs import FETCH_SECONDS, MAX_OUTPUTS, Outputs
from handler.providers.registry import build_providers
from handler.providers.vendor import (
    Answer,
    Immediate,
    Ready,
    VendorProvider,
)
from handler.settings import COMPATIBLE, TOKENS
from tests.fakes import ManualClock
from tests.handler.providers.bench import Bench
from tests.handler.providers.cells.replicate import REPLICATE
from tests.vendors.server import black, picture

JOB = Job("g-1", "model", {"prompt": "a boat"}, 2)


@dataclass
class Scripted(Immediate):
    """Does the same with every question."""

    act: Callable[[], Answer]

    def submit(self, job: Job) -> Answer:
        return self.act()

    def poll(self, ref: str) -> Answer:
        return self.act()

    def cancel(self, ref: str) -> None:
        self.act()


@dataclass
class Files:
    """Downloads from memory, each taking its time; remembers how long it was given."""

    files: dict[str, bytes | ProviderFailure]
    takes_seconds: float = 0

    def __post_init__(self) -> None:
        self.seconds: list[float] = []
        self.now = 0.0

    def fetch(self, url: str, allowed_hosts: Sequence[str], timeout_seconds: float) -> bytes:
        self.seconds.append(timeout_seconds)
        self.now += min(timeout_seconds, self.takes_seconds)
        found = self.files[url]
        if isinstance(found, ProviderFailure):
            raise found
        return found


@dataclass(frozen=True)
class Begun:
    """A provider whose vendor takes its time."""

    provider: Provider
    repeats_safely: bool = False

    def submit(self, job: Job) -> Outcome:
        return Running("ref", 1)

    def poll(self, job: Job, ref: str) -> Outcome:
        return self.provider.poll(job, ref)

    def cancel(self, job: Job, ref: str) -> None:
        self.provider.cancel(job, ref)


def raising(error: BaseException) -> Callable[[], Answer]:
    def act() -> Answer:
        raise error

    return act


def provider(act: Callable[[], Answer], files: Files | None = None) -> VendorProvider:
    files = files or Files({})
    outputs = Outputs(files.fetch, sanitized, ["files.example"], lambda: files.now)
    return VendorProvider(Scripted(act), outputs, 1000)


PASSING = ProviderFailure("the provider's image was not sent in time", retryable=True)
GONE = ProviderFailure("the provider's image is no longer there", kind=Kind.VANISHED_OUTPUT)


class TestSubmission:
    @pytest.mark.parametrize(
        ("error", "kind", "retryable"),
        [
            (NotBegun("no connection"), Kind.CAPACITY, True),
            (AnswerLost("no answer"), Kind.UNKNOWN_OUTCOME, False),
            (AnswerTooLarge("too large"), Kind.BAD_OUTPUT, False),
            (GONE, Kind.VANISHED_OUTPUT, False),
            (PASSING, Kind.BAD_OUTPUT, False),
            (KeyError("a defect of the adapter"), Kind.UNKNOWN_OUTCOME, False),
            (RecursionError(), Kind.UNKNOWN_OUTCOME, False),
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_only_what_was_not_begun_may_be_begun_again(
        self, error: BaseException, kind: Kind, retryable: bool
    ) -> None:
        outcome = provider(raising(error)).submit(JOB)
        assert isinstance(outcome, Failed)
        assert (outcome.kind, outcome.retryable) == (kind, retryable)
        assert outcome.reason.endswith("; nothing was charged")

    def test_images_are_fetched_and_cleaned_in_order(self) -> None:
        files = Files({"https://a": picture(1), "https://b": picture(2, "JPEG")})
        ready = Ready(["https://a", picture(3), "https://b"])
        outcome = provider(lambda: ready, files).submit(replace(JOB, image_count=3))
        assert isinstance(outcome, Done)
        assert [data[:3] for data in outcome.outputs] == [b"\x89PN", b"\x89PN", b"\xff\xd8\xff"]
        assert files.seconds == [FETCH_SECONDS / 3, FETCH_SECONDS]

    def test_one_that_is_gone_does_not_take_the_others_along(self) -> None:
        files = Files({"https://a": GONE, "https://b": PASSING, "https://c": picture()})
        ready = Ready(["https://a", "https://b", "https://c"])
        outcome = provider(lambda: ready, files).submit(JOB)
        assert isinstance(outcome, Done)
        assert len(outcome.outputs) == 1

    def test_no_more_are_fetched_than_were_asked_for(self) -> None:
        files = Files({"https://a": black(), "https://b": picture(), "https://c": picture()})
        ready = Ready(["https://a", "https://b", "https://c", "https://d"])
        outcome = provider(lambda: ready, files).submit(JOB)
        assert isinstance(outcome, Done)
        assert len(outcome.outputs) == 2
        assert len(files.seconds) == 3

    def test_not_everything_is_looked_at_that_a_vendor_names(self) -> None:
        files = Files({"https://a": GONE, "https://b": picture()})
        ready = Ready(["https://a"] * 10_000 + ["https://b"])
        outcome = provider(lambda: ready, files).submit(JOB)
        assert isinstance(outcome, Failed)
        assert outcome.kind is Kind.VANISHED_OUTPUT
        assert len(files.seconds) == MAX_OUTPUTS

    def test_all_together_have_one_time(self) -> None:
        files = Files({"https://a": picture(), "https://b": PASSING}, takes_seconds=25)
        ready = Ready(["https://a", *["https://b"] * 9])
        outcome = provider(lambda: ready, files).submit(replace(JOB, image_count=2))
        assert isinstance(outcome, Done)
        assert len(outcome.outputs) == 1
        assert files.seconds == [30, 35, 10]

    def test_without_any_there_is_none(self) -> None:
        outcome = provider(lambda: Ready([])).submit(JOB)
        assert isinstance(outcome, Failed)
        assert outcome.kind is Kind.NO_OUTPUT


class TestPoll:
    def test_a_vendor_that_does_not_answer_is_asked_later(self) -> None:
        later = AskLater("HTTP 503", retry_after_seconds=33)
        assert provider(raising(later)).poll(JOB, "ref") == Running("ref", 33)
        assert provider(raising(AskLater("HTTP 503"))).poll(JOB, "ref") == Running("ref", 5)

    def test_an_image_that_cannot_be_had_now_is_fetched_later(self) -> None:
        files = Files({"https://a": picture(), "https://b": PASSING})
        outcome = provider(lambda: Ready(["https://a", "https://b"]), files).poll(JOB, "ref")
        assert outcome == Running("ref", 30)

    def test_one_that_stays_away_is_asked_for_a_few_times_and_then_done_without(self) -> None:
        files = Files({"https://a": picture(), "https://b": PASSING})
        vendor = provider(lambda: Ready(["https://a", "https://b"]), files)
        bench = Bench("replicate", REPLICATE.model, "", adapter=lambda _: Begun(vendor))
        generation = bench.finish(bench.admit("two boats", num_outputs=2))
        assert generation.status is Status.SUCCEEDED
        assert len(generation.images) == 1
        assert 20 < len(files.seconds) / 2 < 40

    def test_what_can_be_had_is_taken_if_nobody_will_ask_again(self) -> None:
        files = Files({"https://a": picture(), "https://b": PASSING})
        last = replace(JOB, is_last_question=True)
        outcome = provider(lambda: Ready(["https://a", "https://b"]), files).poll(last, "ref")
        assert isinstance(outcome, Done)
        assert len(outcome.outputs) == 1

    @pytest.mark.parametrize(
        ("error", "kind"),
        [
            (GONE, Kind.VANISHED_OUTPUT),
            (AnswerTooLarge("too large"), Kind.BAD_OUTPUT),
            (KeyError("a defect of the adapter"), Kind.PROVIDER_ERROR),
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_what_stays_ends_it(self, error: Exception, kind: Kind) -> None:
        outcome = provider(raising(error)).poll(JOB, "ref")
        assert isinstance(outcome, Failed)
        assert (outcome.kind, outcome.retryable) == (kind, False)


@pytest.mark.parametrize(
    "error", [NotBegun("no"), AnswerLost("no"), AskLater("no"), AssertionError("not ours now")]
)
def test_a_cancel_that_fails_is_nobodys_concern(error: Exception) -> None:
    provider(raising(error)).cancel(JOB, "ref")


class TestRegistry:
    def test_every_provider_that_can_be_turned_on_is_there(self) -> None:
        named = [*TOKENS, COMPATIBLE, "sketch", "bedrock"]
        access = VendorAccess(Secret("s3cr3t"), "https://vendor.example", "other")
        built = build_providers(dict.fromkeys(named, access), ManualClock(), Timing(10, 20, 5))
        assert set(built) <= set(named)
        assert {"sketch", "replicate", "openai", COMPATIBLE} <= set(built)
        assert "s3cr3t" not in repr(built)

    def test_what_is_not_turned_on_is_not_built(self) -> None:
        assert build_providers({}, ManualClock(), Timing(10, 20, 5)) == {}
