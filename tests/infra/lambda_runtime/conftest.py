"""What this machine has for running sandboxes; what needs them is skipped where they are not."""

import pytest

from handler.core.errors import ConfigurationError
from infra.lambda_runtime.installation import Installation, find_installation


@pytest.fixture(scope="session")
def installation() -> Installation:
    """AWS's emulator and runtime client."""
    try:
        return find_installation()
    except ConfigurationError as error:
        pytest.skip(str(error))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
