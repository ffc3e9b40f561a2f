"""The operator's work on keys."""

import json

import pytest

from handler.core import errors
from handler.core.accounts import hash_secret, require_well_formed
from handler.core.authentication import Authentication
from infra.commands.keys import key_object
from infra.operator.keys import add_key, create_key, rotate_key
from tests.world import World, manual

CREDITS = 2_500_000
CHOSEN = "local-development-key"


def test_a_new_key_opens_an_account_with_its_credits(world: World) -> None:
    """I2: granted is available."""
    made, secret = create_key(world.stores.accounts, world.clock, CREDITS)
    assert require_well_formed(secret) == secret
    principal = Authentication(world.stores.accounts, world.clock).principal(secret)
    assert principal == made
    assert principal.account.available_micros == principal.account.granted_micros == CREDITS
    assert principal.key.created_at_ms == world.clock.now_ms()


def test_every_new_key_has_an_account_of_its_own(world: World) -> None:
    made = [create_key(world.stores.accounts, world.clock, CREDITS) for _ in range(3)]
    assert len({principal.account.id for principal, _ in made}) == 3
    assert len({secret for _, secret in made}) == 3


def test_a_secret_chosen_by_hand_works_as_it_is(world: World) -> None:
    _, secret = create_key(world.stores.accounts, world.clock, CREDITS, CHOSEN)
    assert secret == CHOSEN
    Authentication(world.stores.accounts, world.clock).principal(CHOSEN)


def test_a_secret_chosen_twice_opens_nothing_the_second_time(world: World) -> None:
    made, secret = create_key(world.stores.accounts, world.clock, CREDITS, CHOSEN)
    with pytest.raises(errors.ServiceError):
        create_key(world.stores.accounts, world.clock, 1, secret)
    listed = world.stores.accounts.list_keys()
    assert listed == [(made.key, made.account)]


def test_a_listed_key_shows_what_is_left_and_no_secret(world: World) -> None:
    opened = world.open_account(CREDITS)
    world.admit(opened)
    ((key, account),) = world.stores.accounts.list_keys()
    shown = key_object(key, account)
    assert shown["id"] == opened.key_id
    assert shown["account"] == opened.account_id
    assert shown["status"] == "active"
    assert shown["credits"] == 2.475
    text = json.dumps(shown)
    assert opened.secret[8:-4] not in text
    assert hash_secret(opened.secret) not in text


def test_a_revoked_key_is_listed_as_such_and_lets_nobody_in(world: World) -> None:
    """I12."""
    opened = world.open_account(CREDITS)
    world.stores.accounts.revoke(opened.key_id)
    ((key, account),) = world.stores.accounts.list_keys()
    assert key_object(key, account)["status"] == "revoked"
    with pytest.raises(errors.ApiKeyDisabled):
        Authentication(world.stores.accounts, world.clock).principal(opened.secret)


def test_a_second_key_opens_the_same_account(world: World) -> None:
    opened = world.open_account(CREDITS)
    _, secret = add_key(world.stores.accounts, world.clock, opened.account_id)
    principal = Authentication(world.stores.accounts, world.clock).principal(secret)
    assert principal.account == world.account(opened)
    assert principal.account.granted_micros == CREDITS


def test_a_rotated_key_moves_no_money_and_ends_at_once(world: World) -> None:
    opened = world.open_account(CREDITS)
    before = world.account(opened)
    _, secret = rotate_key(world.stores.accounts, world.clock, opened.key_id, 0)
    authentication = Authentication(world.stores.accounts, world.clock)
    assert authentication.principal(secret).account == before
    with pytest.raises(errors.ApiKeyDisabled):
        authentication.principal(opened.secret)


def test_an_overlapping_rotation_lets_both_keys_in_until_it_ends(world: World) -> None:
    opened = world.open_account(CREDITS)
    _, secret = rotate_key(world.stores.accounts, world.clock, opened.key_id, 60_000)
    authentication = Authentication(world.stores.accounts, world.clock)
    manual(world.clock).advance(59)
    assert authentication.principal(opened.secret).account == world.account(opened)
    manual(world.clock).advance(1)
    with pytest.raises(errors.ApiKeyDisabled):
        authentication.principal(opened.secret)
    assert authentication.principal(secret).account == world.account(opened)


def test_what_is_not_there_can_be_neither_rotated_nor_given_a_key(world: World) -> None:
    with pytest.raises(errors.OperatorRefused, match="no key has the id"):
        rotate_key(world.stores.accounts, world.clock, "key_0", 0)
    with pytest.raises(errors.OperatorRefused, match="there is no account"):
        add_key(world.stores.accounts, world.clock, "acct_0")


def test_a_key_that_has_ended_cannot_be_rotated(world: World) -> None:
    opened = world.open_account(CREDITS)
    world.stores.accounts.revoke(opened.key_id)
    with pytest.raises(errors.OperatorRefused, match="has ended"):
        rotate_key(world.stores.accounts, world.clock, opened.key_id, 0)
