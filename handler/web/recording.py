"""Every request gets a record, and its line once it is answered, whoever answers it."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from handler.telemetry.invocation import Invocations
from handler.telemetry.requests import RequestRecord, with_record
from handler.telemetry.trace import HTTP_HEADER, first_trace

TRACE_HEADER = "tokenflux.trace_header"
"""Under which name a request's scope has the trace header that the platform gave."""


class RecordingMiddleware:
    """The outermost layer: a preflight, a refusal and a defect are requests too."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._invocations = Invocations()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        record = self._record(scope)
        status: int | None = None

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(with_record(scope, record), receive, watched)
        finally:
            record.write(status)

    def _record(self, scope: Scope) -> RequestRecord:
        event = scope.get("aws.event") or {}
        traces = (scope.get(TRACE_HEADER), Headers(scope=scope).get(HTTP_HEADER))
        return RequestRecord(
            http_method=scope["method"],
            request_id=(event.get("requestContext") or {}).get("requestId"),
            trace=first_trace(traces),
            invocation=self._invocations.next(scope.get("aws.context")),
        )
