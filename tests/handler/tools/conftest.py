"""Fixtures of the tests of the MCP edge."""

import pytest

from handler.adapters.aws import Connect


@pytest.fixture(scope="session")
def connect(kept_clients: Connect) -> Connect:
    """The edges leave their AWS clients as they are, so all tests may share them."""
    return kept_clients
