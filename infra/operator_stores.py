"""The stores of a running local stack, for commands that run outside it."""

import os
from pathlib import Path

from handler.bootstrap.stores import Stores, build_stores
from handler.settings import Settings
from infra.local.data import DataDirectory
from infra.local.environment import aws_environment


def operator_stores(data: Path) -> Stores:
    """Open the stores of the stack that runs on `data`; this process talks to it from now on.

    Raises:
        ConfigurationError: None runs there.

    """
    stack = DataDirectory(data).running_stack()
    inherited = dict(os.environ)
    os.environ.clear()
    os.environ.update({**aws_environment(inherited, stack.aws_endpoint), **stack.environment})
    return build_stores(Settings.from_env(os.environ))
