"""Models as resources, for people: a host can attach one to a conversation and complete its id.

MCP completes the variables of resource templates and the arguments of prompts, and nothing of
tools. What a model reads there is what `get_model` says.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from anyio import to_thread
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CompleteRequestParams,
    CompleteResult,
    Completion,
    ResourceTemplate,
    ResourceTemplateReference,
    TextResourceContents,
)

from handler.core.admission import Admissions
from handler.core.models import Model
from handler.telemetry.requests import RequestRecord
from handler.tools import present
from handler.tools.protocol_errors import OnUnavailable, as_protocol_errors

SCHEME = "model://"
# An id has slashes, which `+` leaves as they are.
URI_TEMPLATE = SCHEME + "{+model_id}"
VARIABLE = "model_id"
FRESH_MS = 60_000
"""How long a client may keep what it read: operators change prices without a deployment."""
_MEDIA_TYPE = "application/json"
_MOST = 100
"""As many values as the protocol allows."""


def completed(ids: Iterable[str], typed: str) -> list[str]:
    """The ids that contain what was `typed`, in any case; those that begin with it come first."""
    sought = typed.lower()
    found = [model_id for model_id in sorted(ids) if sought in model_id.lower()]
    return sorted(found, key=lambda model_id: not model_id.lower().startswith(sought))


@dataclass(frozen=True)
class ModelResources:
    """The models that can be used."""

    admissions: Admissions
    record: RequestRecord
    on_unavailable: OnUnavailable

    def template(self) -> ResourceTemplate:
        """How `resources/templates/list` shows them."""
        return ResourceTemplate(
            uri_template=URI_TEMPLATE,
            name="model",
            title="Image model",
            description=(
                "One image model: what it is good at, what it costs and the schema of its input."
            ),
            mime_type=_MEDIA_TYPE,
        )

    async def read(self, uri: str) -> TextResourceContents | None:
        """What `get_model` says of the model at `uri`; None if there is none.

        Raises:
            MCPError: It cannot be known now.
        """
        model = (await self._models()).get(unquote(uri.removeprefix(SCHEME)))
        if model is None or not uri.startswith(SCHEME):
            return None
        text = json.dumps(present.model_with_schema(model), ensure_ascii=False)
        return TextResourceContents(uri=uri, mime_type=_MEDIA_TYPE, text=text)

    async def complete(self, _: object, params: CompleteRequestParams) -> CompleteResult:
        """The result of `completion/complete`.

        Raises:
            MCPError: It asks for something else than a model's id, or it cannot be known now.
        """
        ref = params.ref
        if (
            not isinstance(ref, ResourceTemplateReference)
            or ref.uri != URI_TEMPLATE
            or params.argument.name != VARIABLE
        ):
            message = f"only {VARIABLE!r} of the resource template {URI_TEMPLATE} can be completed"
            raise MCPError(INVALID_PARAMS, message)
        found = completed(await self._models(), params.argument.value)
        values, total = found[:_MOST], len(found)
        return CompleteResult(
            completion=Completion(values=values, total=total, has_more=total > len(values))
        )

    async def _models(self) -> Mapping[str, Model]:
        with as_protocol_errors(self.record, self.on_unavailable):
            return await to_thread.run_sync(self.admissions.models)
