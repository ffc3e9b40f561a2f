"""OpenAI's images API, as its OpenAPI description and the errors that people report have it."""

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.vendors.inputs.openai import EDITS, GENERATIONS, is_size
from tests.vendors.schemas import Problem, Schema, problems
from tests.vendors.server import (
    ACCOUNT_WORDS,
    TOKEN,
    Broken,
    Fake,
    black,
    picture,
    silence,
)

Document = dict[str, Any]

OTHERS = ("stable-diffusion",)
"""Models of servers that only speak its language: what they take is theirs to say."""
MODELS = ("gpt-image-2", "gpt-image-2.5-flare", *OTHERS)


def _error(message: str, kind: str, code: str | None, **more: Any) -> Document:
    return {"error": {"message": message, "type": kind, "param": None, "code": code, **more}}


MODERATED = _error(
    "Your request was rejected by the safety system. If you believe this is an error, contact us "
    "at help.openai.com and include the request ID req_1. safety_violations=[violence].",
    "image_generation_user_error",
    "moderation_blocked",
    moderation_details={"moderation_stage": "input", "categories": ["violence"]},
)
PROBLEMS: dict[str, tuple[int, Document, dict[str, str]]] = {
    "moderated": (400, MODERATED, {}),
    "moderated by a gateway": (
        400,
        _error("Your request was rejected", "image_generation_user_error", "400"),
        {},
    ),
    "policy": (
        400,
        _error(
            "Rejected by our content policy", "invalid_request_error", "content_policy_violation"
        ),
        {},
    ),
    "invalid": (
        400,
        _error("Invalid size '1x1'.", "invalid_request_error", "invalid_value", param_path="size"),
        {},
    ),
    "detail": (
        422,
        {"detail": [{"loc": ["body", "size"], "msg": "no such size", "type": "v"}]},
        {},
    ),
    "detail text": (400, {"detail": "steps must be at most 50"}, {}),
    "unauthenticated": (
        401,
        _error(
            "Incorrect API key provided: tok***f3a.", "invalid_request_error", "invalid_api_key"
        ),
        {},
    ),
    "unverified": (
        403,
        _error("Your organization must be verified", "invalid_request_error", None),
        {},
    ),
    "no credit": (
        429,
        _error(
            "You exceeded your current quota, please check your plan and billing details.",
            "insufficient_quota",
            "insufficient_quota",
        ),
        {},
    ),
    "no quota by type": (429, _error("Too many requests", "insufficient_quota", None), {}),
    "no quota in words": (
        429,
        _error("You exceeded your current quota.", "requests", "429"),
        {},
    ),
    "hard limit": (
        400,
        _error(
            "Billing hard limit has been reached.", "billing_limit", "billing_hard_limit_reached"
        ),
        {},
    ),
    "unpaid": (400, _error(ACCOUNT_WORDS, "invalid_request_error", "402"), {}),
    "unpaid input": (422, {"detail": ACCOUNT_WORDS}, {}),
    "over budget": (
        429,
        _error(
            "Budget has been exceeded! Current cost: 2.0, Max budget: 1.0", "budget_exceeded", "429"
        ),
        {},
    ),
    "no model": (
        404,
        _error("The model does not exist", "invalid_request_error", "model_not_found"),
        {},
    ),
    "no model any more": (
        400,
        _error("The model has been deprecated", "invalid_request_error", "model_not_found"),
        {},
    ),
    "throttled": (
        429,
        _error("Rate limit reached", "requests", "rate_limit_exceeded"),
        {"retry-after-ms": "1200"},
    ),
    "throttled for long": (
        429,
        _error("Rate limit reached", "requests", "rate_limit_exceeded"),
        {"retry-after": "42"},
    ),
    "do not retry": (
        429,
        _error("Too many", "requests", "rate_limit_exceeded"),
        {"x-should-retry": "false"},
    ),
    "overloaded": (503, _error("The engine is overloaded", "server_error", None), {}),
    "server error": (500, _error("The server had an error", "server_error", None), {}),
    "bad gateway": (502, {}, {}),
    "gateway": (504, {}, {}),
    "large": (413, _error("Payload too large", "invalid_request_error", None), {}),
}
"""By scenario: status, body and headers of a refusal. With ` once`, only the first time."""


class FakeOpenAI(Fake):
    """It also stands for other servers, with the models that it does not know as its own."""

    base_path = "/v1"
    listed: Sequence[str] = MODELS

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v1/images/generations", self.create, methods=["POST"]),
                Route("/v1/images/edits", self.edit, methods=["POST"]),
                Route("/v1/models", self.models),
                Route("/files/{name:path}", self.file),
            ]
        )

    async def create(self, request: Request) -> Response:
        return await self._answer(request, GENERATIONS)

    async def edit(self, request: Request) -> Response:
        return await self._answer(request, EDITS)

    async def _answer(self, request: Request, inputs: Mapping[str, Schema]) -> Response:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return _refusal("unauthenticated")
        body = json.loads(await request.body())
        refusal = _refused(body, inputs)
        if refusal is not None:
            return refusal
        scenario = self.scenario(body["prompt"])
        if scenario in PROBLEMS:
            return _refusal(scenario)
        return await self._made(scenario, body)

    async def _made(self, scenario: str, body: Document) -> Response:
        self.count("made")
        if scenario == "silent":
            return await silence()
        if scenario == "broken":
            return Broken()
        if scenario == "gibberish":
            return Response("<html>ok</html>")
        document = {
            "created": 1764064800,
            "background": "opaque",
            "output_format": "png",
            "quality": "low",
            "size": "1024x1024",
            "data": self._data(scenario, int(body.get("n") or 1)),
            "usage": {
                "input_tokens": 12,
                "input_tokens_details": {"text_tokens": 12, "image_tokens": 0},
                "output_tokens": 272,
                "total_tokens": 284,
            },
        }
        return JSONResponse(document)

    def _data(self, scenario: str, count: int) -> Any:
        good = [{"b64_json": _base64(picture(number))} for number in range(count)]
        by_url = [{"url": self.url(f"/files/{'x' * n}.png")} for n in range(1, count + 1)]
        special: dict[str, Any] = {
            "urls": by_url,
            "data urls": [{"b64_json": f"data:image/png;base64,{_base64(picture())}"}],
            "fewer": good[:-1],
            "one null": [*good[:-1], {"b64_json": None, "url": None}],
            "one black": [*good[:-1], {"b64_json": _base64(black())}],
            "black": [{"b64_json": _base64(black("JPEG"))}],
            "nothing": [],
            "no data": None,
            "not base64": [{"b64_json": "%%%"}],
            "no image": [{"b64_json": _base64(b"<svg/>")}],
            "removed": [{"url": self.url("/files/removed.png")}],
            "elsewhere": [{"url": "https://files.example/1.png"}],
            "inside": [{"url": "http://169.254.169.254/latest/meta-data"}],
            "jpeg": [{"b64_json": _base64(picture(3, "JPEG"))}],
        }
        return special.get(scenario, good)

    async def models(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return _refusal("unauthenticated")
        data = [
            {"id": name, "object": "model", "created": 1764064800, "owned_by": "system"}
            for name in self.listed
        ]
        return JSONResponse({"object": "list", "data": data})

    async def file(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name.startswith("removed"):
            return Response(status_code=404)
        return Response(picture(len(name)))


def _refused(body: Document, inputs: Mapping[str, Schema]) -> Response | None:
    """What a request is refused with whatever its prompt says, if it is."""
    model = str(body.get("model"))
    if model in OTHERS:
        return None
    if model not in inputs:
        return _refusal("no model")
    for problem in problems(inputs[model], body):
        code, message = _RULES[problem.rule]
        error = _error(message.format(**_words(problem)), "invalid_request_error", code)
        return JSONResponse(_about(error, problem.name), 400)
    size = body.get("size") or "auto"
    if not is_size(size):
        error = _error(f"Invalid size '{size}'.", "invalid_request_error", "invalid_value")
        return JSONResponse(_about(error, "size"), 400)
    return None


_INTEGER = "Invalid '{name}': integer"
_INSTEAD = "{limit}, but got {value} instead."
_LOW = "below minimum value. Expected a value >="
_HIGH = "above maximum value. Expected a value <="
_LONG = "Invalid '{name}': string too long. Expected a string with maximum length"
_RULES = {
    "required": ("missing_required_parameter", "Missing required parameter: '{name}'."),
    "additionalProperties": ("unknown_parameter", "Unknown parameter: '{name}'."),
    "enum": ("invalid_value", "Invalid value: '{value}'. Supported values are: {limit}."),
    "type": ("invalid_type", "Invalid type for '{name}': got '{value}' instead."),
    "minimum": (
        "integer_below_min_value",
        f"{_INTEGER} {_LOW} {_INSTEAD}",
    ),
    "maximum": (
        "integer_above_max_value",
        f"{_INTEGER} {_HIGH} {_INSTEAD}",
    ),
    "maxLength": (
        "string_above_max_length",
        f"{_LONG} {{limit}}, but got a string with length {{length}} instead.",
    ),
    "minItems": ("empty_array", "Invalid '{name}': empty array."),
    "maxItems": ("array_above_max_length", "Invalid '{name}': array too long."),
}


def _words(problem: Problem) -> Document:
    limit = problem.limit
    if isinstance(limit, list):
        limit = ", ".join(f"'{each}'" for each in limit if each is not None)
    length = len(str(problem.value))
    return {"name": problem.name, "limit": limit, "value": problem.value, "length": length}


def _about(error: Document, name: str) -> Document:
    return {"error": {**error["error"], "param": name}}


def _refusal(scenario: str) -> Response:
    status, document, headers = PROBLEMS[scenario]
    return JSONResponse(document, status, headers=headers)


def _base64(data: bytes) -> str:
    return b64encode(data).decode()
