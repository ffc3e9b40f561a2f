"""Logging for all entry modules.

One JSON line a record, with anything that looks like a key taken out.
"""

import json
import logging
import re

from handler.core.accounts import KEY_PREFIX

_SECRET = re.compile(rf"{KEY_PREFIX}[0-9A-Za-z]{{8,}}")


class JsonFormatter(logging.Formatter):
    """Renders a record as one line of JSON; `extra={"fields": {...}}` adds to it."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return _SECRET.sub(f"{KEY_PREFIX}[redacted]", json.dumps(line, ensure_ascii=False))


def configure_logging(level: str) -> None:
    """Send the project's own records to standard error; libraries speak up from warnings on."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    # The Lambda runtime brings a handler of its own, which would say everything twice.
    logging.root.handlers = [handler]
    logging.root.setLevel(logging.WARNING)
    logging.getLogger("handler").setLevel(level)
