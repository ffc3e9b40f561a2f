"""Ids, fingerprints and the end of retention."""

import uuid
from dataclasses import replace
from typing import Any

import pytest

from handler.core.accounts import new_account_id
from handler.core.generation import Generation, Request, Status, new_generation_id, shard_of

RECORD = Generation(
    id="8a1c6a3e-4b3f-4c57-9d7e-0a4d6f2b9c11",
    account_id="acct",
    model_id="m",
    provider="p",
    provider_model="m-1",
    status=Status.STARTING,
    amount_micros=1,
    image_count=1,
    fingerprint="f",
    created_at_ms=0,
    deadline_at_ms=1,
)


class TestId:
    def test_it_is_a_uuid_of_version_4_either_way(self) -> None:
        for made in (new_generation_id("acct", None), new_generation_id("acct", "k")):
            assert str(uuid.UUID(made)) == made
            assert uuid.UUID(made).version == 4
            assert uuid.UUID(made).variant == uuid.RFC_4122

    def test_the_same_key_gives_the_same_id(self) -> None:
        """I7."""
        assert new_generation_id("acct", "k") == new_generation_id("acct", "k")

    def test_without_a_key_every_id_is_new(self) -> None:
        assert len({new_generation_id("acct", None) for _ in range(1000)}) == 1000

    def test_another_key_or_account_gives_another_id(self) -> None:
        """I7: neither can be shifted into the other."""
        pairs = [("acct", "k"), ("acct", "K"), ("acct", "k "), ("acctk", ""), ("a", "cctk")]
        assert len({new_generation_id(account, key) for account, key in pairs}) == len(pairs)

    def test_it_does_not_follow_from_the_key_alone(self) -> None:
        ids = {new_generation_id(new_account_id(), "k") for _ in range(100)}
        assert len(ids) == 100


class TestFingerprint:
    def test_the_order_of_keys_does_not_matter(self) -> None:
        one = Request("m", {"a": 1, "b": {"c": 2, "d": 3}})
        other = Request("m", {"b": {"d": 3, "c": 2}, "a": 1})
        assert one.fingerprint() == other.fingerprint()

    @pytest.mark.parametrize(
        "other",
        [
            Request("m2", {"prompt": "a"}),
            Request("m", {"prompt": "A"}),
            Request("m", {"prompt": "a", "seed": None}),
            Request("m", {"prompt": ["a"]}),
            Request("m", {}),
        ],
    )
    def test_another_request_has_another(self, other: Request) -> None:
        assert Request("m", {"prompt": "a"}).fingerprint() != other.fingerprint()

    @pytest.mark.parametrize(
        "given", [{"prompt": "Grün 🚤"}, {"n": 1, "x": 0.1, "b": True, "z": None}, {"a": ["", {}]}]
    )
    def test_the_text_reads_back_as_the_same_request(self, given: dict[str, Any]) -> None:
        request = Request("m", given)
        assert Request.from_json(request.canonical_json()) == request

    def test_what_json_cannot_hold_has_none(self) -> None:
        with pytest.raises(ValueError, match="JSON"):
            Request("m", {"x": float("nan")}).fingerprint()


class TestStatus:
    @pytest.mark.parametrize(
        ("status", "final"),
        [
            ("starting", False),
            ("processing", False),
            ("succeeded", True),
            ("failed", True),
            ("canceled", True),
        ],
    )
    def test_three_of_five_are_final(self, status: str, final: bool) -> None:
        assert Status(status).is_final is final
        assert len(Status) == 5


class TestRetention:
    def test_an_open_generation_is_always_retained(self) -> None:
        assert RECORD.is_retained(10**15)

    @pytest.mark.parametrize(("now_ms", "retained"), [(999, True), (1000, False), (1001, False)])
    def test_it_ends_to_the_millisecond(self, now_ms: int, retained: bool) -> None:
        assert replace(RECORD, expires_at_ms=1000).is_retained(now_ms) is retained


def test_generations_spread_over_all_shards() -> None:
    counts = [0] * 4
    for number in range(2000):
        counts[shard_of(new_generation_id("acct", str(number)), 4)] += 1
    assert min(counts) > 400
