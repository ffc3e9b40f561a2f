"""Bedrock's runtime API, as botocore describes it and AWS's user guide has Stability's models."""

import base64
import json
import re
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.vendors.inputs.bedrock import INPUTS
from tests.vendors.schemas import Problem, problems
from tests.vendors.server import ACCOUNT_WORDS, Broken, Fake, black, picture, silence

Document = dict[str, Any]
_MODEL = "arn:aws:bedrock:us-west-2::foundation-model/stability.stable-image-core-v1:1"
_ROLE = "arn:aws:sts::123456789012:assumed-role/worker/worker"

PROBLEMS: dict[str, tuple[int, str, str]] = {
    "invalid": (
        400,
        "ValidationException",
        "Malformed input request: #/seed: 9 is not less or equal to 3, please reformat your input.",
    ),
    "filtered words": (
        400,
        "ValidationException",
        "invalid_prompts: (400, 'invalid_prompts', 'One or more prompts contains filtered words.')",
    ),
    "filtered request": (
        400,
        "ValidationException",
        "This request has been blocked by our content filters.",
    ),
    "no such model": (400, "ValidationException", "The provided model identifier is invalid."),
    "no on demand": (
        400,
        "ValidationException",
        "Invocation of model ID stability.x with on-demand throughput isn't supported.",
    ),
    "not allowed": (400, "ValidationException", "Operation not allowed"),
    "quota": (
        400,
        "ServiceQuotaExceededException",
        "Your request exceeds the service quota for your account.",
    ),
    "unpaid": (400, "ValidationException", ACCOUNT_WORDS),
    "no credit": (
        403,
        "AccessDeniedException",
        "Model access is denied: INVALID_PAYMENT_INSTRUMENT. Provide a valid one.",
    ),
    "no access": (
        403,
        "AccessDeniedException",
        f"User: {_ROLE} is not authorized to perform: bedrock:InvokeModel on resource: {_MODEL}",
    ),
    "expired": (
        403,
        "ExpiredTokenException",
        "The security token included in the request is expired",
    ),
    "unknown key": (
        403,
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
    ),
    "no model": (404, "ResourceNotFoundException", "Could not resolve the foundation model"),
    "end of life": (
        404,
        "ResourceNotFoundException",
        "This model version has reached the end of its life.",
    ),
    "throttled": (429, "ThrottlingException", "Too many requests, please wait before trying again"),
    "throttled for long": (429, "ThrottlingException", "Too many tokens, please wait"),
    "not ready": (429, "ModelNotReadyException", "Model is not ready for inference"),
    "unavailable": (
        503,
        "ServiceUnavailableException",
        "Bedrock is unable to process your request",
    ),
    "server error": (500, "InternalServerException", "The system encountered an unexpected error"),
    "model timeout": (
        408,
        "ModelTimeoutException",
        "Model has timed out in processing the request",
    ),
    "model error": (424, "ModelErrorException", "The system encountered an unexpected error"),
    "too large": (413, "RequestEntityTooLargeException", "Request body is too large"),
}
"""By scenario: status, type and message of an error. With ` once`, only the first one."""
REASONS = {
    "prompt filtered": "Filter reason: prompt",
    "output filtered": "Filter reason: output image",
    "input filtered": "Filter reason: input image",
    "inference error": "Inference error",
    "unheard of": "Unknown reason",
}
"""By scenario: why there is no image in a success. With ` once`, only the first time."""
MOST_BYTES = 25_000_000
"""Of a whole request."""
_ARN = "arn:aws:bedrock:us-west-2::foundation-model"
_SIGNED = re.compile(
    r"AWS4-HMAC-SHA256 Credential=[^/,]+/\d{8}/us-west-2/bedrock/aws4_request, "
    r"SignedHeaders=[a-z0-9;-]*host[a-z0-9;-]*, Signature=[0-9a-f]{64}"
)


class FakeBedrock(Fake):
    """A request has to be signed for the region and the service; by whom does not matter."""

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/model/{model}/invoke", self.invoke, methods=["POST"]),
                Route("/foundation-models", self.models),
            ],
        )

    async def models(self, request: Request) -> Response:
        if not _SIGNED.fullmatch(request.headers.get("authorization", "")):
            return _error("unknown key")
        summaries = [{"modelId": name, "modelArn": f"{_ARN}/{name}"} for name in INPUTS]
        return JSONResponse({"modelSummaries": summaries})

    async def invoke(self, request: Request) -> Response:
        sent = await request.body()
        refusal = _refusal(request, sent)
        if refusal is not None:
            return refusal
        body = json.loads(sent)
        scenario = self.scenario(body["prompt"])
        if scenario in PROBLEMS:
            return _error(scenario)
        self.count("made")
        if scenario == "silent":
            return await silence()
        if scenario == "broken":
            return Broken()
        if scenario == "gibberish":
            return Response("<html>ok</html>")
        return JSONResponse(_answer(scenario))


def _answer(scenario: str) -> Document:
    if scenario in REASONS:
        return {"finish_reasons": [REASONS[scenario]]}
    special: dict[str, list[str]] = {
        "jpeg": [_base64(picture(2, "JPEG"))],
        "several": [_base64(picture(1)), _base64(picture(2))],
        "black": [_base64(black())],
        "no image": [_base64(b"<svg/>")],
        "not base64": ["%%%"],
        "empty": [""],
        "nothing": [],
    }
    images = special.get(scenario, [_base64(picture())])
    if scenario == "output withheld":
        # The picture is there, blurred; the reason says that it is not to be shown.
        return {"seeds": [7], "finish_reasons": ["Filter reason: output image"], "images": images}
    return {"seeds": [7] * len(images), "finish_reasons": [None] * len(images), "images": images}


def _refusal(request: Request, sent: bytes) -> Response | None:
    """What a request is refused with whatever its prompt says, if it is."""
    if not _SIGNED.fullmatch(request.headers.get("authorization", "")):
        return _error("unknown key")
    if len(sent) > MOST_BYTES:
        return _error("too large")
    model = request.path_params["model"]
    if model not in INPUTS:
        return _error("no such model")
    wrong = problems(INPUTS[model], json.loads(sent))
    if not wrong:
        return None
    told = "".join(map(_told, wrong))
    message = f"Malformed input request: {told}, please reformat your input and try again."
    return _error("invalid", message)


_RULES = {
    "type": "expected type: {limit}, found: {value}",
    "enum": "{value} is not a valid enum value",
    "minimum": "{value} is not greater or equal to {limit}",
    "maximum": "{value} is not less or equal to {limit}",
    "maxLength": "expected maxLength: {limit}, actual: {length}",
}


def _told(problem: Problem) -> str:
    if problem.rule == "required":
        return f"#: required key [{problem.name}] not found"
    if problem.rule == "additionalProperties":
        return f"#: extraneous key [{problem.name}] is not permitted"
    words = _RULES[problem.rule]
    given = {"limit": problem.limit, "value": problem.value, "length": len(str(problem.value))}
    return f"#/{problem.name}: {words.format(**given)}"


def _error(scenario: str, said: str | None = None) -> Response:
    status, kind, message = PROBLEMS[scenario]
    headers = {"x-amzn-errortype": f"{kind}:http://internal.amazon.com/coral/com.amazon.bedrock/"}
    if scenario == "throttled for long":
        headers["retry-after"] = "42"
    return JSONResponse({"message": said or message}, status, headers=headers)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
