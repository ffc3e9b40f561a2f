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
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ReadResourceRequestParams,
    ReadResourceResult,
    Resource,
    TextResourceContents,
)

from handler.core.text import clipped
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
class ViewerResources:
    """The only resource there is, for callers of `base_url`."""

    base_url: str
    images_origin: Callable[[], str]
    """Scheme and host that the bytes of images come from."""

    async def list(self, *_: object) -> ListResourcesResult:
        """The result of `resources/list`."""
        resource = Resource(
            uri=VIEWER_URI,
            name="viewer",
            title="Image viewer",
            description="Shows the images of a generation and follows one that is being made.",
            mime_type=MEDIA_TYPE,
            _meta=await self._meta(),
        )
        return ListResourcesResult(resources=[resource])

    async def list_templates(self, *_: object) -> ListResourceTemplatesResult:
        """The result of `resources/templates/list`, which clients ask for along with the above."""
        return ListResourceTemplatesResult(resource_templates=[])

    async def read(self, _: object, params: ReadResourceRequestParams) -> ReadResourceResult:
        """The result of `resources/read`.

        Raises:
            MCPError: The address is not the viewer's.
        """
        if params.uri != VIEWER_URI:
            raise MCPError(
                INVALID_PARAMS,
                f"resource not found: {clipped(params.uri)}; the only one is {VIEWER_URI}",
            )
        contents = TextResourceContents(
            uri=VIEWER_URI, mime_type=MEDIA_TYPE, text=page(), _meta=await self._meta()
        )
        return ReadResourceResult(contents=[contents])

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
