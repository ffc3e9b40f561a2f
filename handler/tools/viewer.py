"""The MCP App (`io.modelcontextprotocol/ui`, SEP-1865): what tools and resources say of the viewer.

The page itself is `handler.viewer`'s. Tools point at it for every client: who does not know the
extension ignores the metadata, and a stateless server cannot tell a handshake client's capabilities
when it lists. So the list stays one for all callers and may be cached in public.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from anyio import to_thread
from mcp_types import Resource, TextResourceContents

from handler.viewer.page import page

EXTENSION_ID = "io.modelcontextprotocol/ui"
VIEWER_URI = "ui://tokenflux-images/viewer"
MEDIA_TYPE = "text/html;profile=mcp-app"

TOOL_META: dict[str, Any] = {
    "ui": {"resourceUri": VIEWER_URI},
    # The name before the specification was stable, which some hosts still look for alone; the
    # official helpers write both.
    "ui/resourceUri": VIEWER_URI,
}
"""`_meta` of a tool whose results the viewer shows."""


@dataclass(frozen=True)
class ViewerResource:
    """The page as a resource, for callers of `base_url`."""

    base_url: str
    images_origin: Callable[[], str]
    """Scheme and host that the bytes of images come from."""

    async def resource(self) -> Resource:
        """How `resources/list` shows it."""
        return Resource(
            uri=VIEWER_URI,
            name="viewer",
            title="Image viewer",
            description="Shows the images of a generation and follows one that is being made.",
            mime_type=MEDIA_TYPE,
            _meta=await self._meta(),
        )

    async def read(self) -> TextResourceContents:
        """The page."""
        return TextResourceContents(
            uri=VIEWER_URI, mime_type=MEDIA_TYPE, text=page(), _meta=await self._meta()
        )

    async def _meta(self) -> dict[str, Any]:
        # An image's address is the service's own and leads on to the bucket; a page's policy holds
        # for both steps.
        service = urlsplit(self.base_url)
        origins = dict.fromkeys(
            [f"{service.scheme}://{service.netloc}", await to_thread.run_sync(self.images_origin)]
        )
        return {
            "ui": {
                "csp": {"connectDomains": [], "resourceDomains": [*origins]},
                "permissions": {"clipboardWrite": {}},
                "prefersBorder": True,
            }
        }
