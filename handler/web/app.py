"""Assembles the ASGI application: what all requests share, around three addresses."""

from mcp.server.transport_security import TransportSecuritySettings
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from handler.tools.server import ServerBuilder, build_server
from handler.web.draining import DrainingMiddleware
from handler.web.endpoint import McpEndpoint
from handler.web.failing import FailureMiddleware
from handler.web.files import Files
from handler.web.location import PrefixMiddleware
from handler.web.recording import RecordingMiddleware
from handler.web.responses import not_found
from handler.web.services import ApiServices
from handler.web.webhooks import Webhooks

MCP_PATH = "/v1/images/mcp"
FILES_PATH = "/v1/images/files/{generation_id}/{name}"
WEBHOOKS_PATH = "/v1/images/webhooks/{provider}/{generation_id:uuid}"

ANY_METHOD = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
"""Each address says itself what it takes, in JSON like every other answer."""

ALLOW_HEADERS = (
    "Authorization",
    "X-Api-Key",
    "Content-Type",
    "Accept",
    "Mcp-Protocol-Version",
    "Mcp-Method",
    "Mcp-Name",
    "Mcp-Session-Id",
    "Last-Event-ID",
    "Idempotency-Key",
)
EXPOSE_HEADERS = ("Mcp-Session-Id", "Mcp-Protocol-Version", "WWW-Authenticate", "Retry-After")

ANY_HOST = TransportSecuritySettings(enable_dns_rebinding_protection=False)
"""Behind a gateway, which fixes the host; elsewhere a server must say which hosts are its own."""


def build_app(
    services: ApiServices,
    security: TransportSecuritySettings = ANY_HOST,
    server_builder: ServerBuilder = build_server,
) -> ASGIApp:
    """The application over these services, with the MCP server that `server_builder` makes."""
    endpoint = McpEndpoint(services, security, server_builder)
    router = Router(
        [
            Route(MCP_PATH, endpoint),
            Route(MCP_PATH + "/", endpoint),
            Route(FILES_PATH, Files(services.lookup).serve, methods=ANY_METHOD),
            Route(WEBHOOKS_PATH, Webhooks(services.webhooks, services.waking, services.clock)),
        ],
        redirect_slashes=False,
        default=_nothing_here,
    )
    return RecordingMiddleware(
        CORSMiddleware(
            FailureMiddleware(DrainingMiddleware(PrefixMiddleware(router))),
            allow_origins=services.allowed_origins,
            allow_methods=["GET", "HEAD", "POST", "OPTIONS"],
            allow_headers=ALLOW_HEADERS,
            expose_headers=EXPOSE_HEADERS,
        )
    )


async def _nothing_here(scope: Scope, receive: Receive, send: Send) -> None:
    await not_found()(scope, receive, send)
