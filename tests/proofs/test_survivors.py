"""Tests that a deliberate fault showed to be missing: each is the only one to notice it."""

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from handler.core import errors
from handler.core.accounts import Account, AccountStatus, ApiKey, hash_secret
from handler.core.generation import Status
from tests.handler.unreliable import stores_over
from tests.world import MODEL_ID, PRICE_MICROS, World, manual

CREDITS = 250_000
FAR = 10**15


@dataclass(frozen=True)
class WithoutAnswers:
    """A client whose every transaction arrives, and whose answer to it, even a refusal, is lost."""

    api: Any

    def transact_write_items(self, **parameters: Any) -> None:
        with suppress(ClientError):
            self.api.transact_write_items(**parameters)
        raise ReadTimeoutError(endpoint_url="https://aws.example")

    def __getattr__(self, name: str) -> Any:
        return getattr(self.api, name)


def test_a_closed_account_spends_nothing_of_what_it_holds(world: World) -> None:
    """It may be closed after its caller was let in, so admission itself has to look."""
    account = Account("acct_closed", CREDITS, CREDITS, AccountStatus.CLOSED)
    key = ApiKey(hash_secret("closed"), account.id, "…", world.clock.now_ms())
    world.stores.accounts.open_account(account, key, "opening")
    with pytest.raises(errors.ApiKeyDisabled):
        world.admissions.admit(account.id, MODEL_ID, {"prompt": "a boat"}, None)
    assert world.stores.accounts.account(account.id) == account
    assert world.stores.generations.due(FAR) == []


def test_a_lost_answer_does_not_hand_out_the_generation_of_another_request(world: World) -> None:
    """I7: what is read in its place must be what was asked for."""
    opened = world.open_account(CREDITS)
    world.admit(opened, key="k")
    stores = stores_over(world, WithoutAnswers)
    admissions = replace(
        world.admissions, ledger=stores.ledger, generations=stores.generations, queue=stores.queue
    )
    with pytest.raises(errors.OutcomeUnknown):
        admissions.admit(opened.account_id, MODEL_ID, {"prompt": "something else"}, "k")
    assert world.account(opened).available_micros == CREDITS - PRICE_MICROS


def test_a_request_is_kept_as_long_as_the_generation_that_ends_last(world: World) -> None:
    """I8: a worker that takes over reads what was asked for, however late."""
    timing = world.settings.timing
    generation = world.admit(world.open_account(CREDITS))
    manual(world.clock).advance((timing.deadline_ms + timing.deadline_grace_ms) / 1000)
    ended = world.stores.ledger.end(generation.id, Status.FAILED, "too late")
    request = world.db.get(world.settings.generations_table, f"REQ#{generation.id}")
    assert request is not None
    assert ended is not None
    assert ended.expires_at_ms is not None
    assert int(request["ttl"]["N"]) >= ended.expires_at_ms // 1000
