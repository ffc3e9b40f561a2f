"""SQS events: records with generation ids, answered with the ones to deliver again."""

import logging
import uuid
from typing import Any

from handler.core.work import Worker

log = logging.getLogger(__name__)


def work_on(worker: Worker, event: dict[str, Any]) -> dict[str, Any]:
    """Work on every record; the answer names those that failed (`ReportBatchItemFailures`)."""
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
