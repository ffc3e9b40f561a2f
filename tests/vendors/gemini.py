"""Google's Gemini API, as its client, its documentation and reported errors have it."""

import base64
import json
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.vendors.inputs.gemini import MODELS, MOST_BYTES, snaked, unknown
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
USAGE = {"promptTokenCount": 9, "candidatesTokenCount": 1120, "totalTokenCount": 1129}
_RPC = "type.googleapis.com/google.rpc"


def _error(code: int, status: str, message: str, *details: Document) -> Document:
    error: Document = {"code": code, "message": message, "status": status}
    return {"error": {**error, "details": list(details)} if details else error}


def _reason(reason: str) -> Document:
    return {
        "@type": f"{_RPC}.ErrorInfo",
        "reason": reason,
        "domain": "googleapis.com",
        "metadata": {"service": "generativelanguage.googleapis.com"},
    }


def _quota(quota_id: str) -> Document:
    violation = {"quotaMetric": "generativelanguage.googleapis.com/requests", "quotaId": quota_id}
    return {"@type": f"{_RPC}.QuotaFailure", "violations": [violation]}


def _retry(delay: str) -> Document:
    return {"@type": f"{_RPC}.RetryInfo", "retryDelay": delay}


_NO_KEY = _error(
    400,
    "INVALID_ARGUMENT",
    "API key not valid. Please pass a valid API key.",
    _reason("API_KEY_INVALID"),
)
_QUOTA = "You exceeded your current quota, please check your plan and billing details."
PROBLEMS: dict[str, tuple[int, Document]] = {
    "unauthenticated": (400, _NO_KEY),
    "leaked key": (
        403,
        _error(403, "PERMISSION_DENIED", "Your API key was reported as leaked. Use another one."),
    ),
    "expired key": (400, _error(400, "INVALID_ARGUMENT", "API key expired. Please renew it.")),
    "wrong country": (
        400,
        _error(400, "FAILED_PRECONDITION", "User location is not supported for the API use."),
    ),
    "no credit": (
        400,
        _error(400, "FAILED_PRECONDITION", "This model is accessible to billed users only."),
    ),
    "invalid": (
        400,
        _error(400, "INVALID_ARGUMENT", "Aspect ratio 7:7 is not supported for this model"),
    ),
    "unpaid": (400, _error(400, "INVALID_ARGUMENT", ACCOUNT_WORDS)),
    "no model": (
        404,
        _error(404, "NOT_FOUND", "models/x is not found for API version v1beta"),
    ),
    "too large": (413, _error(413, "INVALID_ARGUMENT", "Request payload size exceeds the limit")),
    "throttled": (429, _error(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted")),
    "throttled per minute": (
        429,
        _error(
            429,
            "RESOURCE_EXHAUSTED",
            _QUOTA,
            _quota("GenerateRequestsPerMinutePerProjectPerModel"),
            _retry("35.5s"),
        ),
    ),
    "used up": (
        429,
        _error(
            429,
            "RESOURCE_EXHAUSTED",
            _QUOTA,
            _quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier"),
            _retry("17s"),
        ),
    ),
    "no quota": (
        429,
        _error(429, "RESOURCE_EXHAUSTED", f"{_QUOTA}\n* Quota exceeded, limit: 0, model: x"),
    ),
    "overloaded": (503, _error(503, "UNAVAILABLE", "The model is overloaded. Try again later.")),
    "server error": (500, _error(500, "INTERNAL", "An internal error has occurred.")),
    "deadline": (504, _error(504, "DEADLINE_EXCEEDED", "Deadline expired")),
}
"""By scenario: status and body of a refusal. With ` once`, only the first one."""
BLOCKS = {
    "prompt blocked": "PROHIBITED_CONTENT",
    "prompt unsafe": "IMAGE_SAFETY",
    "prompt blocked otherwise": "OTHER",
}
"""By scenario: the reason for which the prompt was blocked."""
STOPS = {
    "image unsafe": "IMAGE_SAFETY",
    "image prohibited": "IMAGE_PROHIBITED_CONTENT",
    "image recited": "IMAGE_RECITATION",
    "unsafe": "SAFETY",
    "prohibited": "PROHIBITED_CONTENT",
    "recited": "RECITATION",
    "listed": "BLOCKLIST",
    "personal": "SPII",
    "account limited": "PUP_LIMITED_DISABLED",
    "image other": "IMAGE_OTHER",
    "no image": "NO_IMAGE",
    "used all tokens": "MAX_TOKENS",
}
"""By scenario: the reason for which the model stopped without an image."""


class FakeGemini(Fake):
    """The key is asked for in its header alone; the real one takes it in a URL too."""

    base_path = "/v1beta"

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v1beta/models", self.models),
                Route("/v1beta/models/{model}:generateContent", self.generate, methods=["POST"]),
            ]
        )

    async def generate(self, request: Request) -> Response:
        sent, model = await request.body(), request.path_params["model"]
        refusal = _refusal(sent, model, request.headers.get("x-goog-api-key"))
        if refusal is not None:
            code = refusal["error"]["code"]
            return JSONResponse(refusal, code)
        prompt = json.loads(sent)["contents"][0]["parts"][0]["text"]
        scenario = self.scenario(prompt)
        if scenario in PROBLEMS:
            status, document = PROBLEMS[scenario]
            return JSONResponse(document, status)
        self.count("made")
        if scenario == "silent":
            return await silence()
        if scenario == "broken":
            return Broken()
        if scenario == "gibberish":
            return Response("<html>ok</html>")
        return JSONResponse(
            {
                **self._answer(scenario),
                "usageMetadata": USAGE,
                "modelVersion": model,
                "responseId": "r-1",
            }
        )

    def _answer(self, scenario: str) -> Document:
        if scenario in BLOCKS:
            return {"promptFeedback": {"blockReason": BLOCKS[scenario], "safetyRatings": []}}
        if scenario in STOPS:
            said = "Unable to show the generated image."
            candidate = {"finishReason": STOPS[scenario], "finishMessage": said, "index": 0}
            return {"candidates": [candidate]}
        good = [_inline(picture(), "image/png")]
        special: dict[str, list[Document]] = {
            "jpeg": [_inline(picture(2, "JPEG"), "image/jpeg")],
            "lying type": [_inline(picture(2, "WEBP"), "image/png")],
            "talkative": [{"text": "Here is your boat."}, *good, {"text": "Enjoy."}],
            "draft": [{**_inline(picture(9), "image/png"), "thought": True}, *good],
            "draft alone": [{**_inline(picture(9), "image/png"), "thought": True}],
            "several": [*good, _inline(picture(2), "image/png")],
            "words": [{"text": "I cannot paint that."}],
            "black": [_inline(black(), "image/png")],
            "svg": [_inline(b"<svg/>", "image/svg+xml")],
            "not base64": [{"inlineData": {"mimeType": "image/png", "data": "%%%"}}],
            "empty": [],
        }
        if scenario == "no candidates":
            return {}
        content = {"role": "model", "parts": special.get(scenario, good)}
        return {"candidates": [{"content": content, "finishReason": "STOP", "index": 0}]}

    async def models(self, request: Request) -> Response:
        if request.headers.get("x-goog-api-key") != TOKEN:
            return JSONResponse(_NO_KEY, 400)
        models = [
            {"name": f"models/{name}", "supportedGenerationMethods": ["generateContent"]}
            for name in MODELS
        ]
        return JSONResponse({"models": models})


def _refusal(sent: bytes, model: str, key: str | None) -> Document | None:
    """What a request is refused with whatever its prompt says, if it is."""
    if key != TOKEN:
        return _NO_KEY
    if len(sent) > MOST_BYTES:
        return _invalid(f"Request payload size exceeds the limit: {MOST_BYTES} bytes.")
    if model not in MODELS:
        said = f"models/{model} is not found for API version v1beta"
        return _error(404, "NOT_FOUND", said)
    asked = snaked(json.loads(sent))
    for where, name in unknown(asked):
        place = f" at '{where}'" if where else ""
        said = f'Invalid JSON payload received. Unknown name "{name}"{place}: Cannot find field.'
        return _invalid(
            said, {"@type": f"{_RPC}.BadRequest", "fieldViolations": [{"field": where}]}
        )
    if not asked.get("contents"):
        return _invalid("* GenerateContentRequest.contents: contents is not specified\n")
    return _wrong_shape(model, asked.get("generation_config", {}).get("image_config", {}))


def _wrong_shape(model: str, wanted: Document) -> Document | None:
    shapes = MODELS[model]
    ratio, size = wanted.get("aspect_ratio"), wanted.get("image_size")
    if ratio is not None and ratio not in shapes.ratios:
        return _invalid(f"Aspect ratio {ratio} is not supported for this model")
    if size is not None and size not in shapes.sizes:
        supported = ", ".join(shapes.sizes)
        return _invalid(f"Unsupported image_size '{size}'. Supported values are: {supported}.")
    return None


def _invalid(message: str, *details: Document) -> Document:
    return _error(400, "INVALID_ARGUMENT", message, *details)


def _inline(data: bytes, media_type: str) -> Document:
    return {"inlineData": {"mimeType": media_type, "data": base64.b64encode(data).decode()}}
