"""The models that are offered now: freshness, what happens when they cannot be read, callers."""

import copy
import json
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import pytest

from handler.catalogue.live import LiveCatalogue
from handler.catalogue.load import built_in
from handler.catalogue.published import encode
from handler.core.errors import Unavailable
from handler.core.generation import Status
from handler.core.ports import Done, Published
from handler.web.services import ApiServices
from tests.doors import in_process, unworked
from tests.fakes import PNG, ManualClock
from tests.world import MODEL_DOCUMENT, MODEL_ID, World, manual

SKETCH = "local/sketch"
MINUTE = 60

DEEP = b'{"format": 1, "models": {"x": ' + b"[" * 100_000


def content(entries: dict[str, Any]) -> bytes:
    return encode({name: json.dumps(entry) for name, entry in entries.items()})


@dataclass
class Bucket:
    """What is published; it remembers how it was asked."""

    held: Published = field(default_factory=lambda: Published(None, b""))
    asked: list[str | None] = field(default_factory=list)
    is_down: bool = False
    before_answer: Callable[[], None] = lambda: None

    def publish(self, entries: dict[str, Any] | bytes) -> None:
        data = entries if isinstance(entries, bytes) else content(entries)
        self.held = Published(f"v{hash(data)}", data)

    def read(self, known_version: str | None) -> Published | None:
        self.asked.append(known_version)
        self.before_answer()
        if self.is_down:
            raise Unavailable("S3 is away")
        return None if known_version == self.held.version is not None else self.held


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def live(bucket: Bucket, clock: ManualClock) -> LiveCatalogue:
    return LiveCatalogue(bucket.read, clock, {"scripted", "sketch"}, Fraction(1))


def troubles(caplog: pytest.LogCaptureFixture) -> list[dict[str, str]]:
    """What the alarm counts."""
    fields = [record.__dict__.get("fields", {}) for record in caplog.records]
    return [each for each in fields if each.get("catalogue") == "trouble"]


class TestFreshness:
    def test_nothing_is_read_before_somebody_asks(
        self, live: LiveCatalogue, bucket: Bucket
    ) -> None:
        assert bucket.asked == []
        assert set(live()) == {SKETCH}

    def test_only_models_of_providers_that_are_on_are_offered(
        self, bucket: Bucket, clock: ManualClock
    ) -> None:
        offered = LiveCatalogue(bucket.read, clock, {"bfl"}, Fraction(1))()
        assert set(offered) == {m for m, d in built_in().items() if d["provider"] == "bfl"}
        assert LiveCatalogue(bucket.read, clock, set(), Fraction(1))() == {}

    def test_it_is_read_once_a_minute_and_only_if_it_has_changed(
        self, live: LiveCatalogue, bucket: Bucket, clock: ManualClock
    ) -> None:
        bucket.publish({MODEL_ID: MODEL_DOCUMENT})
        first = live()
        clock.advance(MINUTE - 0.001)
        assert live() is first
        assert bucket.asked == [None]
        clock.advance(0.001)
        assert live() is first
        assert bucket.asked == [None, bucket.held.version]

    def test_a_change_is_there_after_a_minute(
        self, live: LiveCatalogue, bucket: Bucket, clock: ManualClock
    ) -> None:
        assert set(live()) == {SKETCH}
        bucket.publish({MODEL_ID: MODEL_DOCUMENT, SKETCH: {"hidden": True}})
        assert set(live()) == {SKETCH}
        clock.advance(MINUTE)
        assert set(live()) == {MODEL_ID}
        bucket.held = Published(None, b"")
        clock.advance(MINUTE)
        assert set(live()) == {SKETCH}

    def test_a_markup_holds_for_every_model(self, bucket: Bucket, clock: ManualClock) -> None:
        bucket.publish({MODEL_ID: MODEL_DOCUMENT})
        markup = Fraction("1.2345")
        models = LiveCatalogue(bucket.read, clock, {"scripted", "sketch"}, markup)()
        # 2,000 and 25,000 micro-dollars, rounded up.
        assert models[SKETCH].listed_micros == 2_469
        assert models[MODEL_ID].listed_micros == 30_863


class TestTrouble:
    def test_what_is_known_holds_while_it_cannot_be_read(
        self,
        live: LiveCatalogue,
        bucket: Bucket,
        clock: ManualClock,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        bucket.publish({SKETCH: {"pricing": {"price": 1, "unit": 1}}})
        known = live()
        bucket.is_down = True
        for _ in range(3):
            clock.advance(MINUTE)
            assert live() is known
            assert live() is known
        assert len(bucket.asked) == 4
        assert [each["why"] for each in troubles(caplog)] == ["S3 is away"] * 3

    def test_with_nothing_known_there_is_no_list_that_may_be_wrong(
        self, live: LiveCatalogue, bucket: Bucket, caplog: pytest.LogCaptureFixture
    ) -> None:
        bucket.publish({SKETCH: {"hidden": True}})
        bucket.is_down = True
        for _ in range(2):
            with pytest.raises(Unavailable, match="cannot be listed now"):
                live()
        assert len(troubles(caplog)) == 2
        bucket.is_down = False
        assert live() == {}

    @pytest.mark.parametrize(
        "garbage", [b"", b"{", b'{"format": 2, "models": {}}', DEEP, DEEP + b"]" * 100_000 + b"}}"]
    )
    def test_an_object_that_is_none_is_as_good_as_unread(
        self,
        live: LiveCatalogue,
        bucket: Bucket,
        clock: ManualClock,
        garbage: bytes,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        bucket.publish(garbage)
        with pytest.raises(Unavailable):
            live()
        bucket.publish({MODEL_ID: MODEL_DOCUMENT})
        known = live()
        bucket.publish(garbage)
        clock.advance(MINUTE)
        assert live() is known
        assert len(troubles(caplog)) == 2

    def test_a_bad_entry_takes_only_its_own_model_off_the_list(
        self,
        live: LiveCatalogue,
        bucket: Bucket,
        clock: ManualClock,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        bucket.publish({MODEL_ID: MODEL_DOCUMENT, SKETCH: {"pricing": {"price": 0}}, "x": 7})
        assert set(live()) == {MODEL_ID}
        assert [each["model"] for each in troubles(caplog)] == [SKETCH, "x"]
        assert {record.levelno for record in caplog.records} == {logging.ERROR}
        # The alarm goes on as long as it lasts.
        clock.advance(MINUTE)
        live()
        assert len(troubles(caplog)) == 4
        bucket.publish({MODEL_ID: MODEL_DOCUMENT})
        clock.advance(MINUTE)
        assert set(live()) == {MODEL_ID, SKETCH}
        assert len(troubles(caplog)) == 4


class TestThreads:
    def test_one_reads_again_and_nobody_waits_for_it(
        self, live: LiveCatalogue, bucket: Bucket, clock: ManualClock
    ) -> None:
        known = live()
        clock.advance(MINUTE)
        bucket.publish({MODEL_ID: MODEL_DOCUMENT})
        asked, go_on = threading.Event(), threading.Event()

        def wait() -> None:
            asked.set()
            assert go_on.wait(10)

        bucket.before_answer = wait
        with ThreadPoolExecutor(9) as threads:
            reading = threads.submit(live)
            assert asked.wait(10)
            others = [threads.submit(live) for _ in range(8)]
            assert all(other.result(10) is known for other in others)
            go_on.set()
            assert set(reading.result(10)) == {MODEL_ID, SKETCH}
        assert len(bucket.asked) == 2

    @pytest.mark.parametrize("is_down", [False, True])
    def test_at_the_start_one_reads_for_all_that_came_meanwhile(
        self, live: LiveCatalogue, bucket: Bucket, *, is_down: bool
    ) -> None:
        bucket.is_down = is_down
        began = threading.Barrier(9, timeout=10)
        asked, go_on = threading.Event(), threading.Event()

        def wait() -> None:
            asked.set()
            assert go_on.wait(10)

        bucket.before_answer = wait

        def ask() -> set[str] | None:
            began.wait()
            try:
                return set(live())
            except Unavailable:
                return None

        with ThreadPoolExecutor(8) as threads:
            answers = [threads.submit(ask) for _ in range(8)]
            began.wait()
            assert asked.wait(10)
            go_on.set()
            expected = None if is_down else {SKETCH}
            assert [answer.result(10) for answer in answers] == [expected] * 8
        if not is_down:
            assert len(bucket.asked) == 1


@pytest.mark.anyio
class TestCallers:
    """Through the MCP client; the operator's object is in the emulated bucket."""

    @pytest.fixture
    def services(self, world: World) -> ApiServices:
        catalogue = LiveCatalogue(
            world.stores.published.read, world.clock, {"scripted", "sketch"}, Fraction("1.5")
        )
        world.worker.providers["sketch"] = world.provider  # type: ignore[index]
        services = unworked(world)
        return replace(services, admissions=replace(services.admissions, models=catalogue))

    async def test_models_are_added_hidden_and_priced_anew(
        self, world: World, services: ApiServices
    ) -> None:
        async with in_process("auto").open(services, world.open_account(1_000_000)) as door:
            (sketch,) = await door.value("list_models")
            assert (sketch["id"], sketch["pricing"]["price"]) == (SKETCH, 0.003)

            world.stores.published.publish(
                content({MODEL_ID: MODEL_DOCUMENT, SKETCH: {"pricing": {"price": 0.1, "unit": 1}}})
            )
            manual(world.clock).advance(MINUTE)
            listed = await door.value("list_models")
            assert [(m["id"], m["pricing"]["price"]) for m in listed] == [
                (SKETCH, 0.15),
                (MODEL_ID, 0.0375),
            ]

            world.stores.published.publish(content({SKETCH: {"hidden": True}}))
            manual(world.clock).advance(MINUTE)
            assert await door.value("list_models") == []
            for tool in ("get_model", "generate_image"):
                arguments = {"model_id": SKETCH, "input": {"prompt": "x"}}
                assert (await door.error(tool, arguments))[0] == f"model not found: {SKETCH}"

    async def test_what_could_not_be_shown_keeps_no_caller_from_the_others(
        self, world: World, services: ApiServices
    ) -> None:
        bounds = {"maximum": float("inf"), "minimum": float("nan")}
        schema = copy.deepcopy(MODEL_DOCUMENT["input_schema"])
        schema["properties"]["strength"] |= bounds
        odd = {
            "test/half": {**MODEL_DOCUMENT, "description": "half a \ud83d"},
            "test/endless": {**MODEL_DOCUMENT, "input_schema": schema},
            MODEL_ID: MODEL_DOCUMENT,
        }
        world.stores.published.publish(content(odd))
        async with in_process("auto").open(services, world.open_account(1_000_000)) as door:
            listed = await door.value("list_models")
            assert [model["id"] for model in listed] == [SKETCH, MODEL_ID]
            assert (await door.value("get_model", {"model_id": MODEL_ID}))["id"] == MODEL_ID

    @pytest.mark.parametrize(
        "later",
        [
            {SKETCH: {"hidden": True}},
            {SKETCH: {"pricing": {"price": 9, "unit": 1}}},
            {SKETCH: MODEL_DOCUMENT},
            {SKETCH: "broken"},
        ],
        ids=["hidden", "priced anew", "replaced", "broken"],
    )
    async def test_what_was_admitted_runs_as_it_was_and_costs_what_it_did(
        self, world: World, services: ApiServices, later: dict[str, Any]
    ) -> None:
        opened = world.open_account(1_000_000)
        async with in_process("auto").open(services, opened) as door:
            arguments = {"model_id": SKETCH, "input": {"prompt": "a boat", "num_outputs": 2}}
            begun = await door.value("generate_image", arguments)
            world.stores.published.publish(content(later))
            manual(world.clock).advance(MINUTE)
            await door.value("list_models")

            world.provider.submits = [Done([PNG, PNG])]
            world.worker.run(begun["id"], "run")
            assert world.provider.submitted[0].provider_model == "sketch"
            ended = await door.value("get_generation", {"id": begun["id"]})
        assert (ended["status"], ended["model"], ended["cost"]) == ("succeeded", SKETCH, 0.006)
        assert world.account(opened).available_micros == 994_000

    async def test_a_part_of_what_was_asked_for_costs_its_part_exactly(
        self, world: World, services: ApiServices
    ) -> None:
        # 0.000333 x 1.5 is rounded up for each image.
        world.stores.published.publish(content({SKETCH: {"pricing": {"price": 333e-6, "unit": 1}}}))
        opened = world.open_account(1_000_000)
        async with in_process("auto").open(services, opened) as door:
            arguments = {"model_id": SKETCH, "input": {"prompt": "a boat", "num_outputs": 3}}
            begun = await door.value("generate_image", arguments)
        assert world.account(opened).available_micros == 1_000_000 - 3 * 500
        world.provider.submits = [Done([PNG])]
        world.worker.run(begun["id"], "run")
        ended = world.generation(begun["id"])
        assert (ended.status, ended.charged_micros) == (Status.SUCCEEDED, 500)
        assert world.account(opened).available_micros == 1_000_000 - 500

    async def test_a_repeated_call_is_the_first_one_at_its_price(
        self, world: World, services: ApiServices
    ) -> None:
        opened = world.open_account(1_000_000)
        arguments = {"model_id": SKETCH, "input": {"prompt": "a boat"}}
        async with in_process("auto").open(services, opened) as door:
            first = await door.value("generate_image", arguments, idempotency_key="once")
            world.stores.published.publish(content({SKETCH: {"pricing": {"price": 9, "unit": 1}}}))
            manual(world.clock).advance(MINUTE)
            again = await door.value("generate_image", arguments, idempotency_key="once")
            assert again["id"] == first["id"]
        assert world.account(opened).available_micros == 997_000

    async def test_while_nothing_is_known_nothing_is_sold(self, world: World) -> None:
        bucket = Bucket(is_down=True)
        services = unworked(world)
        catalogue = LiveCatalogue(bucket.read, world.clock, {"sketch"}, Fraction(1))
        services = replace(services, admissions=replace(services.admissions, models=catalogue))
        opened = world.open_account(1_000_000)
        async with in_process("auto").open(services, opened) as door:
            for tool in ("list_models", "get_model", "generate_image"):
                arguments = {"model_id": SKETCH, "input": {"prompt": "a boat"}}
                (text, *_) = await door.error(tool, arguments if tool != "list_models" else {})
                assert text == "the models cannot be listed now, try again in a few seconds"
            bucket.is_down = False
            assert [model["id"] for model in await door.value("list_models")] == [SKETCH]
        assert world.account(opened).available_micros == 1_000_000
