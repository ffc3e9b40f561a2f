"""Lambda entry module for the schedule: one sweep an event."""

import os
from typing import Any

from handler.adapters.aws import new_session
from handler.bootstrap.sweeper import build_sweeper
from handler.logs import configure_logging
from handler.settings import Settings

_settings = Settings.from_env(os.environ)
configure_logging(_settings.log_level)
_sweeper = build_sweeper(_settings, new_session())


def handler(_event: dict[str, Any], _context: Any) -> dict[str, int]:
    """Sweep once and say what was done."""
    swept = _sweeper.sweep()
    return {"redriven": swept.redriven, "expired": swept.expired}
