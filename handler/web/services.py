"""What the HTTP edge needs of the core."""

from collections.abc import Mapping
from dataclasses import dataclass

from handler.core.admission import Admissions
from handler.core.authentication import Authentication
from handler.core.cancellation import Cancellation
from handler.core.lookup import Lookup
from handler.core.ports import Clock
from handler.core.waking import Waking
from handler.web.signatures import Verify


@dataclass(frozen=True)
class ApiServices:
    """The core's services, wired."""

    clock: Clock
    authentication: Authentication
    admissions: Admissions
    lookup: Lookup
    cancellation: Cancellation
    waking: Waking
    webhooks: Mapping[str, Verify]
    """How the reports of each vendor are known to be its own."""
    wait_seconds: float
    """The longest that a call waits for a generation."""
    allowed_origins: tuple[str, ...]
    """Origins of pages that may call; `*` stands for all."""
    previews: bool
    """Whether results carry a small version of each image."""
