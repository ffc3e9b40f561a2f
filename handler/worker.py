"""Lambda entry module for the jobs queue: SQS events with partial-batch answers."""

import os
from typing import Any

from handler.adapters.aws import new_session
from handler.bootstrap.tokens import with_tokens
from handler.bootstrap.worker import build_worker
from handler.events.jobs import work_on
from handler.logs import configure_logging
from handler.settings import Settings

_connect = new_session()
_settings = Settings.from_env(with_tokens(os.environ, _connect))
configure_logging(_settings.log_level)
_worker = build_worker(_settings, _connect)


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Work on every record; name those that the queue is to deliver again."""
    return work_on(_worker, event)
