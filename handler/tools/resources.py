"""The resources that the server offers: the viewer's page, and one for each model."""

from dataclasses import dataclass

from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ReadResourceRequestParams,
    ReadResourceResult,
)

from handler.core.text import clipped
from handler.tools.model_resources import FRESH_MS, URI_TEMPLATE, ModelResources
from handler.tools.viewer import VIEWER_URI, ViewerResource


@dataclass(frozen=True)
class Resources:
    """Answers what is asked of resources."""

    viewer: ViewerResource
    models: ModelResources

    async def list(self, *_: object) -> ListResourcesResult:
        """The result of `resources/list`: what is not made from a template."""
        return ListResourcesResult(resources=[await self.viewer.resource()])

    async def list_templates(self, *_: object) -> ListResourceTemplatesResult:
        """The result of `resources/templates/list`."""
        return ListResourceTemplatesResult(resource_templates=[self.models.template()])

    async def read(self, _: object, params: ReadResourceRequestParams) -> ReadResourceResult:
        """The result of `resources/read`.

        Raises:
            MCPError: There is nothing at this address.
        """
        uri = params.uri
        if uri == VIEWER_URI:
            return ReadResourceResult(contents=[await self.viewer.read()])
        model = await self.models.read(uri)
        if model is None:
            known = f"{VIEWER_URI} and {URI_TEMPLATE}"
            raise MCPError(INVALID_PARAMS, f"resource not found: {clipped(uri)}; there are {known}")
        return ReadResourceResult(contents=[model], ttl_ms=FRESH_MS)
