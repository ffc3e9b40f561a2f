"""Lets a refused upload end in order."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_DRAINED_BYTES = 32 * 1024 * 1024


class DrainingMiddleware:
    """Takes in the rest of a request before its answer goes out.

    A server that answers early and hangs up resets the connection, and the client loses the answer
    that says why. More than 32 MiB nobody sends by mistake.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        more, received_bytes = True, 0

        async def counting() -> Message:
            nonlocal more, received_bytes
            message = await receive()
            more = message["type"] == "http.request" and message.get("more_body", False)
            received_bytes += len(message.get("body", b""))
            return message

        async def after_draining(message: Message) -> None:
            while more and received_bytes < MAX_DRAINED_BYTES:
                await counting()
            await send(message)

        await self.app(scope, counting, after_draining)
