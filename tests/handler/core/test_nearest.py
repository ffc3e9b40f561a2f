"""Ids that are meant by others."""

import time

import pytest

from handler.core.nearest import nearest

NAMES = {
    "labs/flux-dev": ("labs/flux-dev", "flux-dev", "FLUX.1 [dev]"),
    "labs/flux-schnell": ("labs/flux-schnell", "flux-schnell", "FLUX.1 [schnell]"),
    "local/sketch": ("local/sketch", "sketch", "Sketch"),
}


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ("flux-schnell", ["labs/flux-schnell"]),
        ("FLUX_Schnell", ["labs/flux-schnell"]),
        ("FLUX.1 [schnell]", ["labs/flux-schnell", "labs/flux-dev"]),
        ("flux", ["labs/flux-dev", "labs/flux-schnell"]),
        ("local/sktech", ["local/sketch"]),
        ("other/sketch", ["local/sketch"]),
        ("dall-e-3", []),
        ("lo", []),
        ("…", []),
        ("", []),
    ],
)
def test_an_id_is_found_by_its_parts_and_its_models_name(wanted: str, ids: list[str]) -> None:
    assert list(nearest(wanted, NAMES))[: max(1, len(ids))] == ids


def test_there_are_three_at_most_whatever_is_asked() -> None:
    many = {f"labs/flux-{number}": (f"labs/flux-{number}",) for number in range(9)}
    assert list(nearest("flux", many)) == ["labs/flux-0", "labs/flux-1", "labs/flux-2"]
    assert nearest("flux", {}) == []


def test_an_endless_id_costs_no_time() -> None:
    many = {f"labs/flux-{number}": ("flux" * 20, "ab" * 50) for number in range(100)}
    began = time.process_time()
    nearest("ab" * 1_000_000, many)
    assert time.process_time() - began < 2
