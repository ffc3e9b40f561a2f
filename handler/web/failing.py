"""The answer to what should not happen."""

import logging

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from handler.telemetry.requests import record_of

log = logging.getLogger(__name__)


class FailureMiddleware:
    """Logs what broke and where, and tells the caller only that something did."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        began = False

        async def watched(message: Message) -> None:
            nonlocal began
            began = True
            await send(message)

        try:
            with record_of(scope).noting_failure():
                await self.app(scope, receive, watched)
        except Exception:  # whatever it is, an answer is owed
            log.exception("a request failed")
            if began:
                raise
            body = {"code": "INTERNAL_ERROR", "message": "Something went wrong on our side."}
            await JSONResponse(body, 500)(scope, receive, send)
