"""Lambda entry module for HTTP: API Gateway HTTP API, REST API and Function URL events.

Everything is built while the module is imported, so that SnapStart's snapshot has it.
`handler.snapshot` keeps out of the snapshot what must not be in it.
"""

import os
from typing import Any

from mangum import Mangum
from snapshot_restore_py import register_before_snapshot

from handler import lean
from handler.adapters.aws import new_session
from handler.bootstrap.api import build_api, nothing_published
from handler.events.gateway import ColdStart, adapt
from handler.events.priming import prime
from handler.logs import configure_logging
from handler.settings import Settings
from handler.snapshot import Renewed

lean.loaded()
_settings = Settings.from_env(os.environ)
configure_logging(_settings.log_level, _settings.metrics_namespace)


def _trace_header() -> str | None:
    # Lambda renews it with every invocation.
    return os.environ.get("_X_AMZN_TRACE_ID")


def _build() -> Mangum:
    return adapt(build_api(_settings, new_session()), ColdStart(), _trace_header)


_adapter = Renewed(_build)
register_before_snapshot(lambda: prime(build_api(_settings, new_session(), nothing_published)))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one HTTP event."""
    return _adapter.current(event, context)
