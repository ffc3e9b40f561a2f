"""Lambda entry module for the schedule: one sweep an event."""

import os
from functools import cache
from typing import Any

from handler.bootstrap.sweeper import build_sweeper
from handler.core.sweep import Sweeper
from handler.logs import configure_logging
from handler.settings import Settings


@cache
def _sweeper() -> Sweeper:
    settings = Settings.from_env(os.environ)
    configure_logging(settings.log_level)
    return build_sweeper(settings)


def handler(_event: dict[str, Any], _context: Any) -> dict[str, int]:
    """Sweep once and say what was done."""
    swept = _sweeper().sweep()
    return {"redriven": swept.redriven, "expired": swept.expired}
