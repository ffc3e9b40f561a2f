"""Where the lines of the stack's own process go."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from handler.logs import LineFormatter, configure_logging
from handler.settings import Settings


@contextmanager
def lines_in(path: Path, settings: Settings) -> Iterator[None]:
    """Write every line to a file, and to the terminal only what asks for attention."""
    terminal = logging.StreamHandler()
    terminal.setLevel(logging.WARNING)
    terminal.setFormatter(LineFormatter(settings.metrics_namespace))
    with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
        configure_logging(settings.log_level, settings.metrics_namespace, file)
        logging.root.addHandler(terminal)
        try:
            yield
        finally:
            logging.root.handlers = [terminal]
