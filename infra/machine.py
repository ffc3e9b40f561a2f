"""What this machine is in Lambda's terms."""

import platform

_ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


def lambda_architecture(machine: str | None = None) -> str:
    """Lambda's name of a machine's architecture, of this one's if none is given."""
    name = (machine or platform.machine()).lower()
    return _ARCHITECTURES.get(name, name)
