"""The lines of all entry modules: one JSON object each, metrics in it, nothing secret in it.

Fields are named as Powertools for AWS Lambda names them. Metrics are in CloudWatch's Embedded
Metric Format: what is written here is what alarms and the dashboard see, without a call to AWS.

Two things are kept out. Whatever looks like a key or a signature is replaced, wherever it stands.
And of an exception its kind and its place are told, not its text, which may quote what a caller
sent or what a vendor answered; only texts of ours that never do, and AWS's own, are told.
"""

import json
import logging
import re
import traceback
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, TextIO

from botocore.exceptions import ClientError

from handler.core.accounts import KEY_PREFIX
from handler.core.errors import ConfigurationError, Unavailable
from handler.telemetry.lines import METERED_LOGGER
from handler.telemetry.metrics import Metric

_REDACTED = "[redacted]"
_SECRETS = re.compile(
    rf"({KEY_PREFIX})[0-9A-Za-z]{{8,}}"
    r"|\b(bearer\s+)[^\s\"',;]+"
    r"|\b(X-Amz-(?:Signature|Credential|Security-Token)[=:])\s*[^\s\"'&]+",
    re.IGNORECASE,
)
_TELLING = (ClientError, ConfigurationError, Unavailable)
"""Exceptions whose text is told: it is AWS's or ours, and names things, not contents."""


class LineFormatter(logging.Formatter):
    """Renders a record as one line of JSON.

    `extra={"fields": {...}}` adds to it; `extra={"metrics": [...]}` makes it a document of
    `Metric`s in `namespace`.
    """

    def __init__(self, namespace: str) -> None:
        super().__init__()
        self.namespace = namespace

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line = {
            "level": record.levelname,
            "location": f"{record.funcName}:{record.lineno}",
            "message": record.getMessage(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(
                timespec="milliseconds"
            ),
            "logger": record.name,
            **getattr(record, "fields", {}),
        }
        metrics = getattr(record, "metrics", ())
        if metrics:
            line |= embedded(self.namespace, int(record.created * 1000), metrics)
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            line["exception_name"] = type(error).__name__
            line["exception"] = "".join(_told(error))
        text = json.dumps(line, ensure_ascii=False, separators=(",", ":"))
        return _SECRETS.sub(lambda found: f"{found[found.lastindex or 0]}{_REDACTED}", text)


def embedded(namespace: str, timestamp_ms: int, metrics: Sequence[Metric]) -> dict[str, Any]:
    """The members that make an object a document of the Embedded Metric Format.

    Each metric has a directive of its own: the dimensions of one would hold for all in it. The
    empty set of dimensions is the total.
    """
    directives: list[dict[str, Any]] = [
        {
            "Namespace": namespace,
            "Dimensions": [[], sorted(metric.dimensions)] if metric.dimensions else [[]],
            "Metrics": [{"Name": metric.name, "Unit": metric.unit}],
        }
        for metric in metrics
    ]
    return {
        "_aws": {"Timestamp": timestamp_ms, "CloudWatchMetrics": directives},
        **{name: value for metric in metrics for name, value in metric.dimensions.items()},
        **{metric.name: metric.value for metric in metrics},
    }


def _told(error: BaseException) -> Iterator[str]:
    """An exception the way Python prints it, without the texts."""
    cause = error.__cause__
    if cause is not None:
        yield from _told(cause)
        yield "\nThe above exception was the direct cause of the following exception:\n\n"
    elif error.__context__ is not None and not error.__suppress_context__:
        yield from _told(error.__context__)
        yield "\nDuring handling of the above exception, another exception occurred:\n\n"
    yield "Traceback (most recent call last):\n"
    yield from traceback.format_tb(error.__traceback__)
    yield type(error).__qualname__
    yield f": {error}\n" if isinstance(error, _TELLING) else "\n"
    if isinstance(error, BaseExceptionGroup):
        for number, member in enumerate(error.exceptions, start=1):
            yield f"\nException {number} of {len(error.exceptions)} in it:\n\n"
            yield from _told(member)


def configure_logging(level: str, namespace: str, stream: TextIO | None = None) -> None:
    """Send the project's own records to `stream`, by default standard error.

    Libraries speak up from warnings on, and the MCP SDK from errors on: its warnings quote what
    callers sent.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(LineFormatter(namespace))
    # The Lambda runtime brings a handler of its own, which would say everything twice.
    logging.root.handlers = [handler]
    logging.root.setLevel(logging.WARNING)
    logging.getLogger("mcp").setLevel(logging.ERROR)
    logging.getLogger("handler").setLevel(level)
    logging.getLogger(METERED_LOGGER).setLevel(logging.INFO)
