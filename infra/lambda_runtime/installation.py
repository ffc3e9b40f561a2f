"""Finds what the sandboxes need on this machine, and says how to make what is missing."""

import platform
import sys
from dataclasses import dataclass
from pathlib import Path

from handler.core.errors import ConfigurationError

PROJECT = Path(__file__).parents[2]

# As the emulator's files are called, and as compiled Python modules are.
_ARCHITECTURES = {
    "x86_64": ("x86_64", "x86_64"),
    "amd64": ("x86_64", "x86_64"),
    "aarch64": ("arm64", "aarch64"),
    "arm64": ("arm64", "aarch64"),
}


@dataclass(frozen=True)
class Installation:
    """Where everything is."""

    emulator: Path
    """AWS's Runtime Interface Emulator, which comes with the SAM CLI."""
    python: Path
    """The functions' Python, with AWS's runtime client and boto3 as the runtime has them."""
    artifacts: Path
    """One directory a function, named by its logical id."""

    def artifact(self, logical_id: str) -> Path:
        """The directory of a function's code.

        Raises:
            ConfigurationError: It has not been built, or for another processor.
        """
        directory = self.artifacts / logical_id
        name, machine = _architecture()
        build = f"build it with: make build ARCH={name}"
        if not directory.is_dir():
            raise ConfigurationError(f"{directory} has not been built; {build}")
        compiled = next(directory.rglob("*-linux-gnu.so"), None)
        if compiled is not None and f"-{machine}-" not in compiled.name:
            raise ConfigurationError(
                f"{directory} was built for another processor than this machine's; {build}"
            )
        return directory


def find_installation(root: Path = PROJECT) -> Installation:
    """What `make lambda` sets up.

    Raises:
        ConfigurationError: Something is missing; names the command that makes it.
    """
    if sys.platform != "linux":
        raise ConfigurationError("AWS's Runtime Interface Emulator runs on Linux only")
    name = f"aws-lambda-rie-{_architecture()[0]}"
    emulator = next(
        root.glob(f".venv-sam/lib/python3*/site-packages/samcli/local/rapid/{name}"), None
    )
    if emulator is None:
        raise ConfigurationError(f"{name} is missing; install it with: make .venv-sam/.ready")
    python = root / ".venv-lambda" / "bin" / "python"
    if not python.exists():
        raise ConfigurationError(f"{python} is missing; make it with: make .venv-lambda/.ready")
    return Installation(emulator, python, root / ".aws-sam" / "build")


def _architecture() -> tuple[str, str]:
    machine = platform.machine().lower()
    if machine not in _ARCHITECTURES:
        raise ConfigurationError(f"Lambda does not run on {machine}")
    return _ARCHITECTURES[machine]
