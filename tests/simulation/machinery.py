"""What the platform does: hands messages to workers and lets the sweeper run.

Errors of the code that its own loops swallow are caught in its log.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from handler.core import errors
from handler.events.jobs import work_on
from tests.simulation.books import Violation
from tests.simulation.faults import ProviderDefect
from tests.simulation.sqs import Message
from tests.simulation.system import System

_EXPECTED = (errors.Unavailable, ProviderDefect)


def deliver(system: System, message: Message) -> None:
    """One run of a worker over one message, which is deleted if all went well."""
    queue = system.services.queue
    event = {"Records": [queue.receive(message)]}
    if not work_on(system.worker, event)["batchItemFailures"]:
        queue.delete(message)


def sweep(system: System) -> None:
    """One scheduled run of the sweeper."""
    try:
        system.sweeper.sweep()
    except errors.Unavailable:
        # The next one comes in a minute.
        return


class _Listener(logging.Handler):
    """Lets nothing pass that the code logs about an error which nobody expects."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and not isinstance(error, _EXPECTED):
            raise Violation(f"the code broke: {error!r}") from error


@contextmanager
def listening() -> Iterator[None]:
    """Watch the log, and keep it off the screen."""
    log, listener = logging.getLogger("handler"), _Listener()
    level, propagates = log.level, log.propagate
    log.setLevel(logging.WARNING)
    log.addHandler(listener)
    log.propagate = False
    try:
        yield
    finally:
        log.removeHandler(listener)
        log.setLevel(level)
        log.propagate = propagates
