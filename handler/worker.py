"""Lambda entry module for the jobs queue: SQS events with partial-batch answers."""

import logging
import os
import uuid
from functools import cache
from typing import Any

from handler.bootstrap.worker import build_worker
from handler.core.work import Worker
from handler.logs import configure_logging
from handler.settings import Settings

log = logging.getLogger(__name__)


@cache
def _worker() -> Worker:
    settings = Settings.from_env(os.environ)
    configure_logging(settings.log_level)
    return build_worker(settings)


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Work on every record; name those that the queue is to deliver again."""
    return work_on(_worker(), event)


def work_on(worker: Worker, event: dict[str, Any]) -> dict[str, Any]:
    """Answer one SQS event with `worker`."""
    failures = []
    for record in event["Records"]:
        try:
            # Nothing that comes with a message tells its deliveries apart: the queue may repeat
            # one, id, count and all, while the first is still worked on.
            worker.run(record["body"], owner=f"{record['messageId']}#{uuid.uuid4()}")
        except Exception:  # one record's failure, of whatever kind, must not take the others along
            log.exception("generation %s was not brought to its end", record["body"])
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
