"""Replicate's API in front of cog: what Replicate adds to the server that runs its models.

Predictions are cog's, and so are their states, errors, validation and outputs; here are ids, the
token, questions about a prediction (cog reports instead), and the files.
"""

from typing import Any

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.vendors.server import TOKEN, Fake

Document = dict[str, Any]
_ENDS = {"succeeded", "failed", "canceled"}


class ReplicateOverCog(Fake):
    """`cog` is the origin of the server; it is known only once this is served."""

    base_path = "/v1"

    def __init__(self) -> None:
        super().__init__()
        self.cog = ""
        self.predictions: dict[str, Document] = {}
        """What cog last reported of each."""
        self.files: dict[str, bytes] = {}

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v1/models/{owner}/{name}/predictions", self.create, methods=["POST"]),
                Route("/v1/predictions/{id}", self.get),
                Route("/v1/predictions/{id}/cancel", self.cancel, methods=["POST"]),
                Route("/reports/{id}", self.report, methods=["POST"]),
                Route("/upload/{name:path}", self.upload, methods=["PUT"]),
                Route("/files/{name:path}", self.file),
            ]
        )

    async def create(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return _problem(401, "Unauthenticated", "You did not pass a valid token")
        ref = f"p{self.count('prediction')}"
        body = {"input": (await request.json())["input"], "webhook": self.url(f"/reports/{ref}")}
        self.predictions[ref] = {"status": "starting"}
        answer = await self._ask("PUT", f"/predictions/{ref}", body)
        if answer.status_code == 409:
            # Where Replicate would queue it, or start another server.
            return _problem(503, "Service unavailable", answer.json()["error"])
        if answer.status_code == 422:
            said = answer.json()["detail"][0]
            detail = f"- {'.'.join(said['loc'][1:])}: {said['msg']}\n"
            return _problem(422, "Input validation failed", detail)
        return JSONResponse(self._document(ref), 201)

    async def get(self, request: Request) -> Response:
        return JSONResponse(self._document(request.path_params["id"]))

    async def cancel(self, request: Request) -> Response:
        ref = request.path_params["id"]
        answer = await self._ask("POST", f"/predictions/{ref}/cancel", {})
        return JSONResponse(self._document(ref), answer.status_code)

    async def report(self, request: Request) -> Response:
        ref, told = request.path_params["id"], await request.json()
        # Of a prediction that ends at once, cog's last report may overtake the one before.
        if self.predictions[ref]["status"] not in _ENDS:
            self.predictions[ref] = told
        return Response()

    async def upload(self, request: Request) -> Response:
        name = f"{self.count('file')}-{request.path_params['name']}"
        self.files[name] = await request.body()
        return Response(headers={"location": self.url(f"/files/{name}")})

    async def file(self, request: Request) -> Response:
        return Response(self.files[request.path_params["name"]])

    def _document(self, ref: str) -> Document:
        path = f"/v1/predictions/{ref}"
        urls = {"get": self.url(path), "cancel": self.url(f"{path}/cancel")}
        return {"output": None, "error": None, **self.predictions[ref], "id": ref, "urls": urls}

    async def _ask(self, method: str, path: str, body: Document) -> httpx2.Response:
        async with httpx2.AsyncClient(trust_env=False) as client:
            headers = {"prefer": "respond-async"}
            return await client.request(method, self.cog + path, json=body, headers=headers)


def _problem(status: int, title: str, detail: str) -> Response:
    document = {"title": title, "detail": detail, "status": status}
    return JSONResponse(document, status, media_type="application/problem+json")
