"""What went wrong in a method that has no result to tell it in, as an error of the protocol.

A tool's own failures are results (`handler.tools.present`).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mcp.shared.exceptions import MCPError
from mcp_types import INTERNAL_ERROR, INVALID_PARAMS

from handler.core.errors import Refused, Unavailable
from handler.telemetry.requests import RequestRecord

OnUnavailable = Callable[[Unavailable], None]
"""Hears that a call could not be served now: over HTTP there is a better answer."""


@contextmanager
def as_protocol_errors(record: RequestRecord, on_unavailable: OnUnavailable) -> Iterator[None]:
    """Translate the failures of what runs within; `record` notes them.

    Raises:
        MCPError: It was refused, or could not be done now.
    """
    try:
        with record.noting_failure():
            yield
    except Refused as error:
        raise MCPError(INVALID_PARAMS, str(error)) from None
    except Unavailable as error:
        on_unavailable(error)
        raise MCPError(INTERNAL_ERROR, str(error)) from None
