"""The record of one HTTP request."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from handler.core.accounts import Principal
from handler.core.generation import Generation
from handler.telemetry.invocation import Invocation
from handler.telemetry.lines import generation_fields, write
from handler.telemetry.stopwatch import Stopwatch
from handler.telemetry.trace import Trace

_RECORD = "tokenflux.record"
_HTTP_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_MCP_METHODS = frozenset(
    {
        "completion/complete",
        "initialize",
        "notifications/cancelled",
        "notifications/initialized",
        "ping",
        "resources/list",
        "resources/read",
        "resources/templates/list",
        "server/discover",
        "tasks/cancel",
        "tasks/get",
        "tasks/update",
        "tools/call",
        "tools/list",
    }
)
_OTHER = "other"


@dataclass
class RequestRecord:
    """Filled in on the request's way through the layers."""

    http_method: str = ""
    request_id: str | None = None
    """The gateway's, which its access log carries too."""
    trace: Trace | None = None
    invocation: Invocation = field(default_factory=Invocation)
    watch: Stopwatch = field(default_factory=Stopwatch)
    route: str | None = None
    mcp_method: str | None = None
    tool: str | None = None
    principal: Principal | None = None
    model_id: str | None = None
    """Of a model that there is."""
    generation_id: str | None = None
    """Of the generation whose image is asked for, where there is one."""
    generation: Generation | None = None
    """As the answer shows it."""
    error: str | None = None
    """The kind of what went wrong: its text may be the caller's own words."""

    def failed(self, error: Exception) -> None:
        """Note what is answered instead of a result."""
        self.error = type(error).__name__

    @contextmanager
    def noting_failure(self) -> Iterator[None]:
        """Note the error that comes out of what happens inside, if any."""
        try:
            yield
        except Exception as error:
            self.failed(error)
            raise

    def write(self, http_status: int | None) -> None:
        """Write the line; a request that got no answer has no status."""
        principal = self.principal
        write(
            "request",
            {
                "request_id": self.request_id,
                **self.invocation.fields(),
                "xray_trace_id": self.trace.id if self.trace else None,
                "http_method": _known(self.http_method, _HTTP_METHODS),
                "route": self.route,
                "http_status": http_status,
                "mcp_method": _known(self.mcp_method, _MCP_METHODS),
                "tool": self.tool,
                "account": principal.account.id if principal else None,
                "key_id": principal.key.id if principal else None,
                "model": self.model_id,
                "generation": self.generation_id,
                "error": self.error,
                **generation_fields(self.generation),
                **self.watch.milliseconds(),
            },
        )


def _known(chosen: str | None, ours: frozenset[str]) -> str | None:
    return chosen if chosen is None or chosen in ours else _OTHER


def with_record(scope: Mapping[str, Any], record: RequestRecord) -> dict[str, Any]:
    """An ASGI scope that brings the record along."""
    return {**scope, _RECORD: record}


def record_of(scope: Mapping[str, Any]) -> RequestRecord:
    """The record that a scope brings along; one that nobody reads, if it has none."""
    record = scope.get(_RECORD)
    return record if isinstance(record, RequestRecord) else RequestRecord()
