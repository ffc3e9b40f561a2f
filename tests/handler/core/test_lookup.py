"""Whose generation is found by whom, and which image behind which address."""

import uuid
from typing import Any

import pytest

from handler.core import errors
from handler.core.generation import Generation, Status
from handler.core.ports import Done
from tests.fakes import JPEG, PNG
from tests.handler.fetching import fetch
from tests.world import Opened, World, manual

CREDITS = 250_000


@pytest.fixture
def opened(world: World) -> Opened:
    return world.open_account(CREDITS)


@pytest.fixture
def succeeded(world: World, opened: Opened) -> Generation:
    world.provider.submits = [Done([PNG, JPEG])]
    generation = world.admit(opened, num_outputs=2)
    world.worker.run(generation.id, "run-1")
    return world.generation(generation.id)


def pass_retention(world: World) -> None:
    manual(world.clock).advance(world.settings.timing.retention_days * 86_400)


class TestGeneration:
    def test_its_owner_finds_it(self, world: World, opened: Opened) -> None:
        generation = world.admit(opened)
        assert world.lookup.generation(opened.account_id, generation.id) == generation

    def test_an_id_in_capitals_is_the_same_id(self, world: World, opened: Opened) -> None:
        generation = world.admit(opened)
        assert world.lookup.generation(opened.account_id, generation.id.upper()) == generation

    def test_somebody_elses_is_told_like_one_that_does_not_exist(
        self, world: World, opened: Opened
    ) -> None:
        theirs = world.admit(world.open_account(CREDITS)).id
        nobodys = str(uuid.uuid4())
        helping = set()
        for wanted in (theirs, nobodys):
            with pytest.raises(errors.GenerationNotFound) as refusal:
                world.lookup.generation(opened.account_id, wanted)
            assert str(refusal.value) == f"generation not found: {wanted}"
            helping.add(refusal.value.help)
        assert len(helping) == 1

    def test_it_is_gone_when_its_retention_ends_though_the_record_is_still_there(
        self, world: World, opened: Opened, succeeded: Generation
    ) -> None:
        pass_retention(world)
        manual(world.clock).advance(-0.001)
        assert world.lookup.generation(opened.account_id, succeeded.id) == succeeded
        manual(world.clock).advance(0.001)
        with pytest.raises(errors.GenerationNotFound):
            world.lookup.generation(opened.account_id, succeeded.id)
        assert world.generation(succeeded.id) == succeeded

    def test_what_is_no_uuid_is_told_so(self, world: World, opened: Opened) -> None:
        good = "8a1c6a3e-4b3f-4c57-9d7e-0a4d6f2b9c11"
        cases: list[tuple[Any, str]] = [
            (None, "id is required"),
            ("", "id is required"),
            (7, "id is required"),
            ([good], "id is required"),
            ("x", "invalid id format"),
            (f"{{{good}}}", "invalid id format"),
            (f"urn:uuid:{good}", "invalid id format"),
            (good.replace("-", ""), "invalid id format"),
            (f" {good}", "invalid id format"),
            (f"{good}\n", "invalid id format"),
            (f"{good}0", "invalid id format"),
            ("٨a1c6a3e-4b3f-4c57-9d7e-0a4d6f2b9c11", "invalid id format"),
        ]
        for wanted, text in cases:
            with pytest.raises(errors.InvalidArgument) as refusal:
                world.lookup.generation(opened.account_id, wanted)
            assert str(refusal.value) == text, wanted
            assert refusal.value.help, wanted


class TestImage:
    def test_its_address_leads_to_its_bytes(self, world: World, succeeded: Generation) -> None:
        for number, extension, data in ((1, "png", PNG), (2, "jpg", JPEG)):
            found = world.lookup.image(succeeded.id, number, extension)
            assert found is not None
            assert found.image == succeeded.images[number - 1]
            assert fetch(found.signed_url)[0] == data

    def test_there_is_none_behind_any_other_address(
        self, world: World, succeeded: Generation
    ) -> None:
        wrong = [
            (succeeded.id, 0, "png"),
            (succeeded.id, -1, "jpg"),
            (succeeded.id, 3, "png"),
            (succeeded.id, 10**9, "png"),
            (succeeded.id, 1, "jpg"),
            (succeeded.id, 1, "PNG"),
            (succeeded.id, 2, "jpeg"),
            (succeeded.id, 1, ""),
            (str(uuid.uuid4()), 1, "png"),
            ("../x", 1, "png"),
            ("", 1, "png"),
        ]
        assert [world.lookup.image(*address) for address in wrong] == [None] * len(wrong)

    def test_there_is_none_after_its_retention(self, world: World, succeeded: Generation) -> None:
        pass_retention(world)
        assert world.lookup.image(succeeded.id, 1, "png") is None

    def test_there_is_none_before_the_generation_succeeded(
        self, world: World, opened: Opened
    ) -> None:
        """I10: nor after it was canceled."""
        generation = world.admit(opened)
        assert world.lookup.image(generation.id, 1, "png") is None
        world.stores.ledger.end(generation.id, Status.CANCELED, None)
        assert world.lookup.image(generation.id, 1, "png") is None
