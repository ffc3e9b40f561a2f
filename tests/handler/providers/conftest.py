"""A role for the one vendor that goes by it, and every vendor's fake."""

import contextlib
from collections.abc import Iterator

import pytest

from infra.local.environment import aws_environment
from tests.handler.providers.cells.table import VENDORS
from tests.vendors.server import Fake, served


@pytest.fixture(autouse=True)
def role(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials as a function has them; no AWS behind them."""
    for name, value in aws_environment({}, "http://127.0.0.1:1").items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def fakes() -> Iterator[dict[str, Fake]]:
    """Every vendor's fake, by the adapter's name."""
    with contextlib.ExitStack() as running:
        yield {v.provider: running.enter_context(served(v.new_fake())) for v in VENDORS}
