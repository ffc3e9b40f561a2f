"""The stores of a running local stack, for commands that run outside it."""

from pathlib import Path

from handler.bootstrap.stores import Stores, build_stores
from handler.settings import Settings
from infra.local.clients import emulator_clients
from infra.local.data import DataDirectory


def operator_stores(data: Path) -> Stores:
    """Open the stores of the stack that runs on `data`.

    Raises:
        ConfigurationError: None runs there.
    """
    return running(data)[0]


def running(data: Path) -> tuple[Stores, Settings]:
    """The same, and what its functions run with.

    Raises:
        ConfigurationError: None runs there.
    """
    stack = DataDirectory(data).running_stack()
    settings = Settings.from_env(stack.environment)
    return build_stores(settings, emulator_clients(stack.aws_endpoint)), settings
