"""Money into and out of accounts: once, whole, and never below zero."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from handler.core import errors
from handler.core.accounts import Movement, Source
from tests.world import Opened, World

CREDITS = 1_000_000


@pytest.fixture
def opened(world: World) -> Opened:
    return world.open_account(CREDITS)


def movement(opened: Opened, amount_micros: int, payment_id: str = "pay-1") -> Movement:
    return Movement(Source.PAYMENT, payment_id, opened.account_id, amount_micros, 1_800_000_000_001)


def held(world: World, opened: Opened) -> tuple[int, int]:
    account = world.account(opened)
    return account.available_micros, account.granted_micros


def test_a_payment_is_available_and_granted(world: World, opened: Opened) -> None:
    assert world.stores.movements.move(movement(opened, 250_000))
    assert held(world, opened) == (1_250_000, 1_250_000)


def test_a_payment_counts_once(world: World, opened: Opened) -> None:
    """I13."""
    assert world.stores.movements.move(movement(opened, 250_000))
    assert not world.stores.movements.move(movement(opened, 250_000))
    assert held(world, opened) == (1_250_000, 1_250_000)


def test_a_payment_that_arrives_many_times_at_once_counts_once(
    world: World, opened: Opened
) -> None:
    """I13."""
    together = Barrier(8)

    def arrive(_: int) -> bool:
        together.wait()
        return world.stores.movements.move(movement(opened, 250_000))

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(arrive, range(8))) == [False] * 7 + [True]
    assert held(world, opened) == (1_250_000, 1_250_000)


@pytest.mark.parametrize(
    "other",
    [
        lambda world, opened: movement(opened, 250_001),
        lambda world, opened: movement(world.open_account(0), 250_000),
    ],
    ids=["amount", "account"],
)
def test_a_payment_id_used_for_another_amount_or_account_is_refused(
    world: World, opened: Opened, other: Callable[[World, Opened], Movement]
) -> None:
    world.stores.movements.move(movement(opened, 250_000))
    with pytest.raises(errors.OperatorRefused, match=r"was booked before, with 0\.25"):
        world.stores.movements.move(other(world, opened))
    assert held(world, opened) == (1_250_000, 1_250_000)


def test_no_more_can_go_out_than_is_there(world: World, opened: Opened) -> None:
    """I1."""
    with pytest.raises(errors.OperatorRefused, match="only 1 are available"):
        world.stores.movements.move(movement(opened, -1_000_001))
    assert held(world, opened) == (CREDITS, CREDITS)
    assert world.stores.movements.move(movement(opened, -1_000_000))
    assert held(world, opened) == (0, 0)


def test_an_unknown_account_gets_nothing(world: World) -> None:
    nobody = Opened("acct_nobody", "", "")
    with pytest.raises(errors.OperatorRefused, match="there is no account acct_nobody"):
        world.stores.movements.move(movement(nobody, 1))
    assert world.stores.movements.movements("acct_nobody") == []


def test_the_movements_of_an_account_are_listed_in_their_order(
    world: World, opened: Opened
) -> None:
    later = Movement(
        Source.ADJUSTMENT, "a-1", opened.account_id, -5, 1_900_000_000_000, "a goodwill"
    )
    world.stores.movements.move(later)
    world.stores.movements.move(movement(opened, 7, "pay#with#marks"))
    world.stores.movements.move(movement(world.open_account(0), 9, "pay-other"))
    listed = world.stores.movements.movements(opened.account_id)
    assert [each.source for each in listed] == [Source.GRANT, Source.PAYMENT, Source.ADJUSTMENT]
    assert listed[1:] == [movement(opened, 7, "pay#with#marks"), later]
