"""Where vendors report that a job has moved on. A report only wakes the job; it carries nothing."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from anyio import to_thread
from mcp.server.transport_security import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from handler.core.errors import Unavailable
from handler.core.ports import Clock
from handler.core.waking import Waking
from handler.web.responses import (
    error_response,
    invalid_signature,
    method_not_allowed,
    not_found,
)
from handler.web.signatures import Verify

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class Webhooks:
    """The ASGI application at `/v1/images/webhooks/{provider}/{generation id}`."""

    verifiers: Mapping[str, Verify]
    """By provider; one without cannot report."""
    waking: Waking
    clock: Clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        await RequestBodyLimitMiddleware(self._serve, MAX_BODY_BYTES)(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        await (await self._answer(request))(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        provider = request.path_params["provider"]
        if request.method != "POST":
            return method_not_allowed("POST")
        verify = self.verifiers.get(provider)
        if verify is None:
            return not_found()
        body = await request.body()
        if not verify(request.headers, body, self.clock.now_ms()):
            log.warning("a report in the name of %s is not signed by it", provider)
            return invalid_signature()
        generation_id = str(request.path_params["generation_id"])
        try:
            woken = await to_thread.run_sync(
                self.waking.wake, generation_id, provider, self.clock.now_ms()
            )
        except Unavailable as error:
            # The vendor sends it again.
            return error_response(error)
        return JSONResponse({"woken": woken})
