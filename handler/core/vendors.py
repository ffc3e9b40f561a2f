"""What is configured about a vendor: where it is reached, and with which token."""

from dataclasses import dataclass
from typing import NoReturn


class Secret:
    """A string that shows itself to whoever asks for it by name, and to nothing else."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value; for the header that carries it, and for nothing else."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(hidden)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not to be copied to anywhere")


@dataclass(frozen=True)
class VendorAccess:
    """How a vendor is reached."""

    token: Secret | None = None
    """None where it needs none: the vendor goes by our role, or the server is our own."""
    base_url: str | None = None
    """Instead of the vendor's own; https, or near; without a slash at its end."""
    server: str = "other"
    """Which of the servers that are compatible with OpenAI's; decides on what it is sent."""
