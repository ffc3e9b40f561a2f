"""The format of keys, and who is let in."""

import string

import pytest

from handler.core import errors
from handler.core.accounts import (
    KEY_PREFIX,
    MINIMUM_BALANCE_MICROS,
    Account,
    ApiKey,
    KeyStatus,
    Principal,
    display_of,
    hash_secret,
    new_account_id,
    new_secret,
    require_well_formed,
)
from handler.core.authentication import Authentication
from tests.world import World, manual

LETTERS = string.ascii_letters + string.digits


class TestFormat:
    def test_a_key_is_recognisable_and_long_enough_to_be_unguessable(self) -> None:
        secret = new_secret()
        assert secret.startswith(KEY_PREFIX)
        assert len(secret) == len(KEY_PREFIX) + 43 + 6
        assert set(secret.removeprefix(KEY_PREFIX)) <= set(LETTERS)

    def test_every_new_key_is_well_formed(self) -> None:
        secrets = [new_secret() for _ in range(300)]
        assert [require_well_formed(secret) for secret in secrets] == secrets

    def test_no_two_keys_or_accounts_are_alike(self) -> None:
        assert len({new_secret() for _ in range(2000)}) == 2000
        assert len({new_account_id() for _ in range(2000)}) == 2000

    def test_every_letter_occurs_everywhere(self) -> None:
        """Neither the random part nor its start is from a smaller alphabet."""
        bodies = [new_secret()[len(KEY_PREFIX) :] for _ in range(3000)]
        for position in (5, 20, 42):
            assert {body[position] for body in bodies} == set(LETTERS)

    def test_a_single_wrong_character_is_noticed(self) -> None:
        secret = new_secret()
        for position in range(len(KEY_PREFIX), len(secret)):
            wrong = "b" if secret[position] == "a" else "a"
            mistyped = secret[:position] + wrong + secret[position + 1 :]
            with pytest.raises(errors.InvalidApiKey):
                require_well_formed(mistyped)

    def test_two_swapped_characters_are_noticed(self) -> None:
        secret = KEY_PREFIX + "Ab" + new_secret()[6:]
        with pytest.raises(errors.InvalidApiKey):
            require_well_formed(secret)

    def test_a_truncated_or_extended_key_is_noticed(self) -> None:
        secret = new_secret()
        for wrong in [*(secret[:length] for length in range(4, len(secret))), secret + "0"]:
            with pytest.raises(errors.InvalidApiKey):
                require_well_formed(wrong)

    @pytest.mark.parametrize("chosen", ["dev", "a", "sk-hand-chosen", "tfi", "TFI_x", "x" * 200])
    def test_a_key_chosen_by_hand_is_taken_as_it_is(self, chosen: str) -> None:
        assert require_well_formed(chosen) == chosen

    @pytest.mark.parametrize(
        "wrong",
        ["x" * 201, "schlüssel", "a\nb", "a\x00b", "tab\t", "tfi_", "tfi_dev", "\ud800", "🔑"],
        ids=ascii,
    )
    def test_what_can_be_no_key_is_refused(self, wrong: str) -> None:
        with pytest.raises(errors.InvalidApiKey):
            require_well_formed(wrong)


class TestDisplay:
    def test_it_shows_the_ends_of_a_key_only(self) -> None:
        secret = new_secret()
        assert display_of(secret) == f"{secret[:8]}…{secret[-4:]}"

    @pytest.mark.parametrize("chosen", ["d", "dev", "local-dev", "twelve-chars", "just-13-chars"])
    def test_a_short_key_cannot_be_read_off_it(self, chosen: str) -> None:
        shown = display_of(chosen).replace("…", "")
        assert len(shown) < len(chosen)


class TestKey:
    @pytest.mark.parametrize(
        ("status", "expires_at_ms", "usable"),
        [
            (KeyStatus.ACTIVE, None, True),
            (KeyStatus.ACTIVE, 1001, True),
            (KeyStatus.ACTIVE, 1000, False),
            (KeyStatus.ACTIVE, 999, False),
            (KeyStatus.REVOKED, None, False),
            (KeyStatus.REVOKED, 1001, False),
        ],
    )
    def test_it_is_usable_until_it_is_revoked_or_expires(
        self, status: KeyStatus, expires_at_ms: int | None, usable: bool
    ) -> None:
        key = ApiKey("0" * 64, "acct", "…", 0, status, expires_at_ms)
        assert key.is_usable(1000) is usable

    def test_its_id_says_nothing_about_the_secret(self) -> None:
        secret = new_secret()
        key = ApiKey(hash_secret(secret), "acct", "…", 0)
        assert key.id == f"key_{hash_secret(secret)[:16]}"
        assert secret[4:12] not in key.id

    @pytest.mark.parametrize(
        ("available", "poor"),
        [(0, True), (-1, True), (9_999, True), (MINIMUM_BALANCE_MICROS, False), (10_001, False)],
    )
    def test_one_cent_is_the_least_to_be_let_in_with(self, available: int, poor: bool) -> None:
        principal = Principal(ApiKey("0", "a", "…", 0), Account("a", available, 10**9))
        assert principal.is_poor is poor


class TestAuthentication:
    @pytest.fixture
    def authentication(self, world: World) -> Authentication:
        return Authentication(world.stores.accounts, world.clock)

    def test_a_key_opens_its_account(self, world: World, authentication: Authentication) -> None:
        opened = world.open_account(77)
        principal = authentication.principal(opened.secret)
        assert principal.account == Account(opened.account_id, 77, 77)
        assert principal.key.id == opened.key_id

    @pytest.mark.parametrize("nothing", [None, ""])
    def test_no_key_is_asked_for(self, authentication: Authentication, nothing: str | None) -> None:
        with pytest.raises(errors.ApiKeyRequired):
            authentication.principal(nothing)

    def test_an_unknown_key_is_refused(self, authentication: Authentication) -> None:
        with pytest.raises(errors.InvalidApiKey):
            authentication.principal(new_secret())

    def test_a_leaked_hash_is_no_key(self, world: World, authentication: Authentication) -> None:
        opened = world.open_account(77)
        with pytest.raises(errors.InvalidApiKey):
            authentication.principal(hash_secret(opened.secret))

    def test_an_expired_key_is_refused_from_that_very_millisecond(
        self, world: World, authentication: Authentication
    ) -> None:
        secret, now_ms = new_secret(), world.clock.now_ms()
        key = ApiKey(hash_secret(secret), "acct", "…", now_ms, expires_at_ms=now_ms + 1000)
        world.stores.accounts.open_account(Account("acct", 1, 1), key, "payment")
        assert authentication.principal(secret).key == key
        manual(world.clock).advance(1)
        with pytest.raises(errors.ApiKeyDisabled):
            authentication.principal(secret)
