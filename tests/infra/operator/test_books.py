"""The check of the books finds a micro-dollar, and nothing where nothing is wrong."""

from dataclasses import replace
from typing import Any

import pytest

from handler.adapters.dynamodb import items
from handler.adapters.dynamodb.writes import Update
from handler.core.errors import Unavailable
from handler.core.generation import Status
from handler.core.ports import Done, Failed, Running
from infra.operator.books import Discrepancy, check_account
from infra.operator.statement import statement
from tests.fakes import JPEG, PNG
from tests.world import PRICE_MICROS, Opened, World, manual

CREDITS = 1_000_000


@pytest.fixture
def opened(world: World) -> Opened:
    return world.open_account(CREDITS)


def busy_account(world: World, opened: Opened) -> dict[str, str]:
    """Generations in every state; their ids by what became of them."""
    ids = {}
    lives: dict[str, Any] = {
        "succeeded": Done([PNG]),
        "failed": Failed("no"),
        "processing": Running("job-1", 60),
    }
    for name, outcome in lives.items():
        world.provider.submits = [outcome]
        ids[name] = world.admit(opened).id
        world.worker.run(ids[name], name)
    partial = world.admit(opened, num_outputs=3)
    world.provider.submits = [Done([PNG, JPEG])]
    world.worker.run(partial.id, "partial")
    ids["partial"] = partial.id
    ids["canceled"] = world.admit(opened).id
    world.stores.ledger.end(ids["canceled"], Status.CANCELED, None)
    ids["starting"] = world.admit(opened).id
    return ids


def set_micros(world: World, table: str, pk: str, name: str, change: int) -> None:
    """Falsify one number."""
    write = Update(
        pk, f"SET #{name} = #{name} + :change", "attribute_exists(#pk)", {":change": change}
    )
    assert world.db.update(table, write) is not None


def invariants(found: list[Discrepancy]) -> list[tuple[str, int]]:
    return sorted((each.invariant, each.drift_micros) for each in found)


def test_healthy_books_are_right_whatever_became_of_the_generations(
    world: World, opened: Opened
) -> None:
    busy_account(world, opened)
    assert check_account(world.stores, opened.account_id) == []


@pytest.mark.parametrize("change", [1, -1, 25_000])
def test_a_drift_of_a_micro_dollar_in_an_account_is_found(
    world: World, opened: Opened, change: int
) -> None:
    busy_account(world, opened)
    pk = items.account_pk(opened.account_id)
    set_micros(world, world.settings.credits_table, pk, "available_micros", change)
    found = check_account(world.stores, opened.account_id)
    assert invariants(found) == [("I2", change)]


def test_credits_without_an_entry_are_found(world: World, opened: Opened) -> None:
    pk = items.account_pk(opened.account_id)
    for name in ("available_micros", "granted_micros"):
        set_micros(world, world.settings.credits_table, pk, name, 1)
    assert invariants(check_account(world.stores, opened.account_id)) == [("I11", 1)]


@pytest.mark.parametrize("life", ["succeeded", "partial", "failed", "canceled"])
def test_a_charge_that_was_tampered_with_is_found_with_its_generation(
    world: World, opened: Opened, life: str
) -> None:
    generation_id = busy_account(world, opened)[life]
    pk = items.generation_pk(generation_id)
    set_micros(world, world.settings.generations_table, pk, "charged_micros", 1)
    found = check_account(world.stores, opened.account_id)
    assert ("I2", 1) in invariants(found)
    assert life == "partial" or generation_id in {each.generation_id for each in found}


def test_an_image_that_is_gone_is_found_with_its_generation(world: World, opened: Opened) -> None:
    generation_id = busy_account(world, opened)["succeeded"]
    s3, bucket = world.connect("s3"), world.settings.images_bucket
    for stored in s3.list_objects_v2(Bucket=bucket, Prefix=f"images/{generation_id}/")["Contents"]:
        s3.delete_object(Bucket=bucket, Key=stored["Key"])
    (found,) = check_account(world.stores, opened.account_id)
    assert (found.invariant, found.generation_id) == ("I5", generation_id)


def test_an_image_past_its_retention_is_not_missed(world: World, opened: Opened) -> None:
    generation_id = busy_account(world, opened)["succeeded"]
    s3, bucket = world.connect("s3"), world.settings.images_bucket
    for stored in s3.list_objects_v2(Bucket=bucket, Prefix=f"images/{generation_id}/")["Contents"]:
        s3.delete_object(Bucket=bucket, Key=stored["Key"])
    manual(world.clock).advance(world.settings.timing.retention_ms / 1000)
    assert check_account(world.stores, opened.account_id) == []


def test_an_account_that_never_stands_still_is_left_unchecked_and_not_called_wrong(
    world: World, opened: Opened
) -> None:
    class Restless:
        """Every look at the account finds it changed."""

        looks = 0

        def account(self, account_id: str) -> Any:
            self.looks += 1
            account = world.stores.accounts.account(account_id)
            assert account is not None
            return replace(account, available_micros=account.available_micros - self.looks)

    restless: Any = Restless()
    with pytest.raises(Unavailable, match="changed too fast"):
        check_account(replace(world.stores, accounts=restless), opened.account_id)


def test_an_index_that_lags_behind_an_admission_is_waited_for(world: World, opened: Opened) -> None:
    admitted = world.admit(opened)

    class Lagging:
        """Does not list the newest generation at first."""

        looks = 0

        def of_account(self, account_id: str, known: Any) -> Any:
            self.looks += 1
            listed = world.stores.generations.of_account(account_id, known)
            return listed if self.looks > 3 else [g for g in listed if g.id != admitted.id]

    lagging: Any = Lagging()
    assert check_account(replace(world.stores, generations=lagging), opened.account_id) == []
    assert lagging.looks == 4


def test_a_statement_lists_every_movement_and_adds_up(world: World, opened: Opened) -> None:
    ids = busy_account(world, opened)
    account = world.account(opened)
    stated = statement(
        account,
        world.stores.movements.movements(opened.account_id),
        world.stores.generations.of_account(opened.account_id, {}),
    )
    assert stated.adds_up
    assert stated.lines[-1].balance_micros == account.available_micros
    assert sum(line.amount_micros for line in stated.lines) == account.available_micros
    assert sorted((line.kind, line.reference) for line in stated.lines[1:]) == sorted(
        [
            ("charge", ids["succeeded"]),
            ("charge", ids["partial"]),
            ("held", ids["processing"]),
            ("held", ids["starting"]),
        ]
    )
    amounts = {line.reference: line.amount_micros for line in stated.lines}
    assert amounts[ids["partial"]] == -2 * PRICE_MICROS


def test_a_statement_that_does_not_add_up_says_so(world: World, opened: Opened) -> None:
    account = world.account(opened)
    movements = world.stores.movements.movements(opened.account_id)
    wrong = replace(account, available_micros=account.available_micros + 1)
    assert not statement(wrong, movements, []).adds_up
    assert statement(replace(account, available_micros=0), [], []).adds_up
