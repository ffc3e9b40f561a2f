"""From a request to an admitted generation: checks in order, and nothing done where one fails."""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from handler.adapters.dynamodb.generations import DynamoGenerationStore
from handler.adapters.dynamodb.writes import Update
from handler.catalogue.load import parse_model
from handler.core import errors
from handler.core.admission import Admissions
from handler.core.generation import Generation, Status
from handler.core.models import Model
from tests.world import MODEL_DOCUMENT, MODEL_ID, PRICE_MICROS, Opened, World

CREDITS = 250_000
INPUT = {"prompt": "a boat"}


@pytest.fixture
def opened(world: World) -> Opened:
    return world.open_account(CREDITS)


REFUSALS: list[tuple[Any, Any, str | None, type[errors.Refused], str]] = [
    (None, INPUT, None, errors.InvalidArgument, "model_id is required"),
    ("", INPUT, None, errors.InvalidArgument, "model_id is required"),
    (7, INPUT, None, errors.InvalidArgument, "model_id is required"),
    (["test/easel"], INPUT, None, errors.InvalidArgument, "model_id is required"),
    ({}, INPUT, None, errors.InvalidArgument, "model_id is required"),
    ("test/weasel", INPUT, None, errors.ModelNotFound, "model not found: test/weasel"),
    ("TEST/EASEL", INPUT, None, errors.ModelNotFound, "model not found: TEST/EASEL"),
    (MODEL_ID, None, None, errors.InvalidArgument, "input is required and must be an object"),
    (MODEL_ID, [], None, errors.InvalidArgument, "input is required and must be an object"),
    (MODEL_ID, "{}", None, errors.InvalidArgument, "input is required and must be an object"),
    (MODEL_ID, {}, None, errors.InvalidInput, "invalid input: prompt: is required"),
    (
        MODEL_ID,
        INPUT,
        "",
        errors.InvalidArgument,
        "idempotency key must be 1 to 255 printable ASCII characters",
    ),
    (
        MODEL_ID,
        INPUT,
        "x" * 256,
        errors.InvalidArgument,
        "idempotency key must be 1 to 255 printable ASCII characters",
    ),
    (
        MODEL_ID,
        INPUT,
        "schlüssel",
        errors.InvalidArgument,
        "idempotency key must be 1 to 255 printable ASCII characters",
    ),
    (
        MODEL_ID,
        INPUT,
        "a\nb",
        errors.InvalidArgument,
        "idempotency key must be 1 to 255 printable ASCII characters",
    ),
    # Checks run in the order of the contract's table: the first that fails is told.
    (None, None, "", errors.InvalidArgument, "model_id is required"),
    ("nope", None, "", errors.ModelNotFound, "model not found: nope"),
    (MODEL_ID, None, "", errors.InvalidArgument, "input is required and must be an object"),
]


def test_every_refusal_says_why_and_does_nothing(world: World, opened: Opened) -> None:
    for model_id, given, key, kind, text in REFUSALS:
        with pytest.raises(kind) as refusal:
            world.admissions.admit(opened.account_id, model_id, given, key)
        assert str(refusal.value) == text
        assert refusal.value.help, text
    assert world.account(opened).available_micros == CREDITS
    assert world.stores.generations.due(10**15) == []
    assert world.queued() == []


def test_a_model_that_is_nearly_right_is_suggested(world: World) -> None:
    with pytest.raises(errors.ModelNotFound) as refusal:
        world.admissions.model("test/easle")
    assert refusal.value.help == "The nearest id is 'test/easel'; list_models gives every id."


def test_models_are_listed_by_id(world: World) -> None:
    models = {name: parse_model(name, MODEL_DOCUMENT) for name in ("b/b", "a/z", "a/a")}
    listed = replace(world.admissions, models=lambda: models).listed_models()
    assert [model.id for model in listed] == ["a/a", "a/z", "b/b"]


class TestAdmitted:
    def test_it_is_sent_to_the_workers_once(self, world: World, opened: Opened) -> None:
        generation = world.admit(opened)
        assert world.queued() == [generation.id]

    def test_a_repeat_is_not_sent_again(self, world: World, opened: Opened) -> None:
        first = world.admit(opened, key="k")
        world.admit(opened, key="k")
        assert world.queued() == [first.id]

    def test_it_is_what_was_asked_for(self, world: World, opened: Opened) -> None:
        generation = world.admit(opened, num_outputs=3)
        now_ms, timing = world.clock.now_ms(), world.settings.timing
        assert uuid.UUID(generation.id).version == 4
        assert generation.account_id == opened.account_id
        assert generation.model_id == MODEL_ID
        assert generation.provider == "scripted"
        assert generation.status is Status.STARTING
        assert (generation.image_count, generation.amount_micros) == (3, 3 * PRICE_MICROS)
        assert generation.created_at_ms == now_ms
        assert generation.deadline_at_ms == now_ms + timing.deadline_ms
        assert generation.due_at_ms == now_ms + timing.dispatch_grace_ms

    def test_a_default_and_the_same_value_given_are_one_request(
        self, world: World, opened: Opened
    ) -> None:
        """I7: the fingerprint is of what was validated."""
        first = world.admit(opened, key="k")
        again = world.admit(opened, key="k", num_outputs=1.0, aspect_ratio="1:1")
        assert again.id == first.id

    @pytest.mark.parametrize("key", ["k", " ", "x" * 255, "~!@#$%^&*()"])
    def test_any_short_printable_text_is_an_idempotency_key(
        self, world: World, opened: Opened, key: str
    ) -> None:
        assert world.admit(opened, key=key).id == world.admit(opened, key=key).id

    def test_without_a_key_the_same_request_twice_is_two_generations(
        self, world: World, opened: Opened
    ) -> None:
        assert world.admit(opened).id != world.admit(opened).id
        assert world.account(opened).available_micros == CREDITS - 2 * PRICE_MICROS


class TestRepeatedAfterTheCatalogueChanged:
    """I7: the same call is the same generation, whatever became of its model meanwhile."""

    def changed(self, world: World, document: Mapping[str, Any] | None) -> Admissions:
        models = {} if document is None else {MODEL_ID: parse_model(MODEL_ID, document)}
        return replace(world.admissions, models=lambda: models)

    def with_property(self, name: str, **more: Any) -> Mapping[str, Any]:
        schema = MODEL_DOCUMENT["input_schema"]
        properties = {**schema["properties"], name: {**schema["properties"].get(name, {}), **more}}
        return {**MODEL_DOCUMENT, "input_schema": {**schema, "properties": properties}}

    CHANGES: ClassVar = {
        "hidden": None,
        "another default": {"name": "aspect_ratio", "default": "16:9"},
        "a new default": {
            "name": "steps",
            "type": "integer",
            "default": 4,
            "minimum": 1,
            "maximum": 8,
            "description": "Steps.",
        },
        "refused since": {"name": "prompt", "maxLength": 3},
    }

    @pytest.mark.parametrize("change", CHANGES)
    def test_it_is_the_first_and_charged_once(
        self, world: World, opened: Opened, change: str
    ) -> None:
        first = world.admit(opened, key="k")
        how = self.CHANGES[change]
        admissions = self.changed(world, how and self.with_property(**how))
        again = admissions.admit(opened.account_id, MODEL_ID, {"prompt": "a boat"}, "k")
        assert again == first
        assert world.account(opened).available_micros == CREDITS - PRICE_MICROS
        assert world.queued() == [first.id]

    def test_not_even_the_catalogue_need_be_readable(self, world: World, opened: Opened) -> None:
        def unreadable() -> Mapping[str, Model]:
            raise errors.Unavailable("the catalogue cannot be read")

        first = world.admit(opened, key="k")
        admissions = replace(world.admissions, models=unreadable)
        assert admissions.admit(opened.account_id, MODEL_ID, {"prompt": "a boat"}, "k") == first
        with pytest.raises(errors.Unavailable):
            admissions.admit(opened.account_id, MODEL_ID, {"prompt": "a boat"}, "k2")

    def test_another_request_under_its_key_is_still_another(
        self, world: World, opened: Opened
    ) -> None:
        world.admit(opened, key="k")
        admissions = self.changed(world, self.with_property("aspect_ratio", default="16:9"))
        with pytest.raises(errors.IdempotencyKeyReused):
            admissions.admit(opened.account_id, MODEL_ID, {"prompt": "a ship"}, "k")
        with pytest.raises(errors.ModelNotFound):
            self.changed(world, None).admit(opened.account_id, MODEL_ID, {"prompt": "a ship"}, "k")
        assert world.account(opened).available_micros == CREDITS - PRICE_MICROS

    def test_somebody_elses_key_is_not_found_by_it(self, world: World, opened: Opened) -> None:
        world.admit(opened, key="k")
        other = world.open_account(CREDITS)
        with pytest.raises(errors.ModelNotFound):
            self.changed(world, None).admit(other.account_id, MODEL_ID, {"prompt": "a boat"}, "k")

    def test_of_two_at_once_the_loser_gets_the_winners(self, world: World, opened: Opened) -> None:
        """The look before comes too early for it: the record decides."""
        stores = world.stores.generations
        assert isinstance(stores, DynamoGenerationStore)
        late = replace(
            self.changed(world, self.with_property("aspect_ratio", default="16:9")),
            generations=Blind(stores.db, stores.table, stores.large_requests),
        )
        first = world.admit(opened, key="k")
        again = late.admit(opened.account_id, MODEL_ID, {"prompt": "a boat"}, "k")
        assert again == first
        assert world.account(opened).available_micros == CREDITS - PRICE_MICROS

    def test_what_was_recorded_before_records_held_what_was_sent_still_repeats(
        self, world: World, opened: Opened
    ) -> None:
        first = world.admit(opened, key="k")
        world.db.update(
            world.settings.generations_table,
            Update(f"GEN#{first.id}", "REMOVE #sent_fingerprint", "attribute_exists(#pk)", {}),
        )
        assert world.admit(opened, key="k") == replace(first, sent_fingerprint=None)

    def test_without_a_key_nothing_is_looked_for(self, world: World, opened: Opened) -> None:
        world.admit(opened)
        with pytest.raises(errors.ModelNotFound):
            self.changed(world, None).admit(opened.account_id, MODEL_ID, {"prompt": "a boat"}, None)


class Blind(DynamoGenerationStore):
    """A store that finds nothing yet."""

    def get(self, generation_id: str) -> Generation | None:
        return None
