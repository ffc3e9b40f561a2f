"""Lambda entry module for the jobs queue: SQS events with partial-batch answers."""

import os
from typing import Any

from handler.adapters.aws import new_session
from handler.bootstrap.tokens import with_tokens
from handler.bootstrap.worker import build_worker
from handler.events.jobs import work_on
from handler.logs import configure_logging
from handler.settings import Settings
from handler.telemetry.invocation import Invocations

_connect = new_session()
_settings = Settings.from_env(with_tokens(os.environ, _connect))
configure_logging(_settings.log_level, _settings.metrics_namespace)
_worker = build_worker(_settings, _connect)
_invocations = Invocations()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Work on every record; name those that the queue is to deliver again."""
    return work_on(_worker, event, _invocations.next(context))
