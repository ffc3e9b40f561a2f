"""What is written while a test runs, as the functions write it."""

import io
import logging
from collections.abc import Iterator

import pytest

from handler.logs import configure_logging
from handler.telemetry.lines import METERED_LOGGER
from tests.handler.telemetry.written import NAMESPACE, Written

CONFIGURED = ("handler", "mcp", METERED_LOGGER)


@pytest.fixture
def written() -> Iterator[Written]:
    """Every line from here on, of our own loggers down to DEBUG."""
    stream = io.StringIO()
    handlers, level = logging.root.handlers, logging.root.level
    levels = {name: logging.getLogger(name).level for name in CONFIGURED}
    configure_logging("DEBUG", NAMESPACE, stream)
    try:
        yield Written(stream)
    finally:
        logging.root.handlers = handlers
        logging.root.setLevel(level)
        for name, was in levels.items():
            logging.getLogger(name).setLevel(was)
