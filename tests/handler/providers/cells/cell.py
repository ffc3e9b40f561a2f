"""A cell of the table vendor x situation -> status, message, charged, retried."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from handler.core.failures import FailureKind
from handler.core.generation import Status
from tests.vendors.server import Fake


@dataclass(frozen=True)
class Cell:
    """A situation, and what has to come of it."""

    scenario: str
    """The word that the fake finds in the prompt."""
    failure: FailureKind | None = None
    """As the operator counts it; None: it succeeds."""
    error: str | None = None
    """The whole text that the caller reads, without the assurance that nothing was charged."""
    images: int = 0
    """How many are delivered, and charged."""
    submits: int = 1
    """How often the core asked the vendor (I9)."""
    posts: int | None = None
    """How many requests that make something arrived; None: as many as `submits`."""
    begun: int = 1
    """How many jobs the vendor began with: more than one is paid twice."""
    input: Mapping[str, Any] = field(default_factory=dict)
    """Beside the prompt."""
    is_down: bool = False
    """Nobody answers at the vendor's address."""

    @property
    def status(self) -> Status:
        """What the caller is told in the end."""
        return Status.SUCCEEDED if self.images else Status.FAILED


@dataclass(frozen=True)
class VendorCells:
    """One vendor's column."""

    provider: str
    """The adapter's name in the registry."""
    new_fake: Callable[[], Fake]
    posts_to: Callable[[Fake], int]
    """How many requests that make something arrived."""
    begun_at: Callable[[Fake], int]
    """How many jobs it began with."""
    model: Mapping[str, Any]
    """A catalogue document."""
    cells: tuple[Cell, ...]
