"""The short, lasting addresses of images.

Each hit is sent on to a freshly signed URL of the private bucket.
"""

import re
from dataclasses import dataclass

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from handler.core.errors import Unavailable
from handler.core.lookup import Lookup
from handler.telemetry.requests import record_of
from handler.web.responses import error_response, method_not_allowed, not_found

CACHE_SECONDS = 600
"""How long a redirect may be kept.

A signed URL works for longer, so that none is followed too late.
"""

_HEADERS = {
    "Cache-Control": f"public, max-age={CACHE_SECONDS}",
    "X-Content-Type-Options": "nosniff",
}
_NAME = re.compile(r"(?P<number>[1-9][0-9]?)\.(?P<extension>[a-z]{3,4})")


@dataclass(frozen=True)
class Files:
    """Serves `/v1/images/files/{generation id}/{n}.{ext}`.

    Whoever has the address may see the image.
    """

    lookup: Lookup

    async def serve(self, request: Request) -> Response:
        """Redirect to the image, or say that there is none."""
        record = record_of(request.scope)
        record.route = "files"
        if request.method not in ("GET", "HEAD"):
            return method_not_allowed("GET, HEAD")
        name = _NAME.fullmatch(request.path_params["name"])
        if name is None:
            return not_found()
        try:
            found = await to_thread.run_sync(
                self.lookup.image,
                request.path_params["generation_id"],
                int(name["number"]),
                name["extension"],
            )
        except Unavailable as error:
            record.failed(error)
            return error_response(error)
        if found is None:
            return not_found()
        record.generation_id = request.path_params["generation_id"].lower()
        if request.method == "HEAD":
            # A signed URL is good for one method; who asks for headers only gets them here.
            described = {
                "Content-Type": found.image.media_type,
                "Content-Length": str(found.image.size_bytes),
            }
            return Response(headers={**_HEADERS, **described})
        return RedirectResponse(found.signed_url, status_code=302, headers=_HEADERS)
