"""A role for the one vendor that goes by it."""

import pytest

from infra.local.environment import aws_environment


@pytest.fixture(autouse=True)
def role(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials as a function has them; no AWS behind them."""
    for name, value in aws_environment({}, "http://127.0.0.1:1").items():
        monkeypatch.setenv(name, value)
