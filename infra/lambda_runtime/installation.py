"""Finds what the sandboxes need on this machine, and says how to make what is missing."""

import sys
from dataclasses import dataclass
from pathlib import Path

from handler.core.errors import ConfigurationError
from infra.machine import lambda_architecture

PROJECT = Path(__file__).parents[2]
ARTIFACTS = Path(".aws-sam") / "lambda"


@dataclass(frozen=True)
class Installation:
    """Where everything is."""

    emulator: Path
    """AWS's Runtime Interface Emulator, which comes with the SAM CLI."""
    python: Path
    """The functions' Python, with AWS's runtime client and boto3 as the runtime has them."""
    artifacts: Path
    """One directory a function, named by its logical id, built for this machine's processor."""

    def artifact(self, logical_id: str) -> Path:
        """The directory of a function's code.

        Raises:
            ConfigurationError: It has not been built.
        """
        directory = self.artifacts / logical_id
        if not directory.is_dir():
            raise ConfigurationError(
                f"{directory} is missing; make it with: make {ARTIFACTS}/.ready"
            )
        return directory


def find_installation(root: Path = PROJECT) -> Installation:
    """What `make lambda` sets up.

    Raises:
        ConfigurationError: Something is missing; names the command that makes it.
    """
    if sys.platform != "linux":
        raise ConfigurationError("AWS's Runtime Interface Emulator runs on Linux only")
    name = f"aws-lambda-rie-{lambda_architecture()}"
    found = root.glob(f".venv-sam/lib/python3*/site-packages/samcli/local/rapid/{name}")
    emulator = next(found, None)
    if emulator is None:
        raise ConfigurationError(f"{name} is missing; make it with: make .venv-sam/.ready")
    python = root / ".venv-lambda" / "bin" / "python"
    if not python.exists():
        raise ConfigurationError(f"{python} is missing; make it with: make .venv-lambda/.ready")
    return Installation(emulator, python, root / ARTIFACTS)
