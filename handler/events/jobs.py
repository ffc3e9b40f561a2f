"""SQS events: records with generation ids, answered with the ones to deliver again."""

import logging
import uuid
from collections.abc import Mapping
from typing import Any

from handler.core.work import Worker
from handler.telemetry.invocation import Invocation
from handler.telemetry.jobs import JobRecord
from handler.telemetry.trace import Trace

log = logging.getLogger(__name__)


def work_on(
    worker: Worker, event: Mapping[str, Any], invocation: Invocation | None = None
) -> dict[str, Any]:
    """Work on every record; the answer names those that failed (`ReportBatchItemFailures`)."""
    failures = []
    for message in event["Records"]:
        record = JobRecord(
            message["body"],
            Trace.parse(message["attributes"].get("AWSTraceHeader")),
            invocation or Invocation(),
        )
        try:
            # Nothing that comes with a message tells its deliveries apart: the queue may repeat
            # one, id, count and all, while the first is still worked on.
            owner = f"{message['messageId']}#{uuid.uuid4()}"
            record.observed(worker).run(message["body"], owner)
        except Exception as error:  # whatever one's failure is, it must not take the others along
            log.exception("generation %s was not brought to its end", message["body"])
            record.cut_short(error)
            failures.append({"itemIdentifier": message["messageId"]})
        record.write()
    return {"batchItemFailures": failures}
