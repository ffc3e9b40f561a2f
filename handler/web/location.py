"""Under which address the service was reached, whatever prefix a gateway puts before its paths."""

from typing import Any
from urllib.parse import quote

from starlette.types import ASGIApp, Receive, Scope, Send

SERVICE_PATH = "/v1/images/"
_WELL_KNOWN = "/.well-known/"
"""What is asked about a path stands before it (RFC 8615), and is no gateway's prefix."""


class PrefixMiddleware:
    """Moves a gateway's prefix from `path` to `root_path`, so that routes need not know it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with its path beginning at the service's own."""
        if scope["type"] == "http":
            public = _public_path(scope)
            scope = {**scope, "path": public, "root_path": _prefix(public)}
        await self.app(scope, receive, send)


def base_url(scope: Scope) -> str:
    """Scheme, host and prefix, as the caller wrote them; no slash at its end."""
    host = next((v.decode("latin-1") for k, v in scope["headers"] if k == b"host"), "localhost")
    return f"{scope['scheme']}://{host}{quote(scope.get('root_path', ''))}"


def _public_path(scope: Scope) -> str:
    # A REST API's event leaves the stage out of `path`; only its context has the path that was
    # asked for.
    event: dict[str, Any] = scope.get("aws.event") or {}
    public = event.get("requestContext", {}).get("path")
    return public if isinstance(public, str) else str(scope["path"])


def _prefix(public_path: str) -> str:
    position = public_path.find(SERVICE_PATH)
    prefix = public_path[:position] if position > 0 else ""
    return "" if _WELL_KNOWN in prefix else prefix
