"""Lambda entry module for the schedule: one sweep an event."""

import os
from typing import Any

from handler.adapters.aws import new_session
from handler.bootstrap.sweeper import build_sweeper
from handler.events.schedule import sweep_on
from handler.logs import configure_logging
from handler.settings import Settings
from handler.telemetry.invocation import Invocations

_settings = Settings.from_env(os.environ)
configure_logging(_settings.log_level, _settings.metrics_namespace)
_sweeper = build_sweeper(_settings, new_session())
_invocations = Invocations()


def handler(_event: dict[str, Any], context: Any) -> dict[str, int]:
    """Sweep once and say what was done."""
    swept = sweep_on(_sweeper, _invocations.next(context))
    return {"redriven": swept.redriven, "expired": swept.expired}
