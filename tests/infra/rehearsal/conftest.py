"""An account of its own, because the other tests' emulator enforces no rights."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.rehearsal.account import Account, emulated_account


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    with emulated_account(tmp_path_factory.mktemp("account"), Path(sys.executable)) as running:
        yield running
