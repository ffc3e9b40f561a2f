"""Replicate's API, as its OpenAPI description and recorded answers have it."""

import base64
import json
import re
from dataclasses import dataclass
from typing import Any

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.vendors.inputs.replicate import INPUTS, OF_A_MODEL, OF_A_VERSION
from tests.vendors.schemas import Problem, problems
from tests.vendors.server import (
    ACCOUNT_WORDS,
    TOKEN,
    Broken,
    Fake,
    black,
    picture,
    silence,
    standard_webhook_headers,
)

WEBHOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - everybody's
CREATED_AT = "2026-11-25T10:00:00.000Z"
Document = dict[str, Any]


@dataclass
class Prediction:
    """A prediction; each look at it takes it one state further."""

    id: str
    model: str
    input: Document
    scenario: str
    states: list[str]
    looks: int = 0
    is_canceled: bool = False
    webhook: str | None = None

    @property
    def status(self) -> str:
        if self.is_canceled:
            return "canceled"
        return self.states[min(self.looks, len(self.states) - 1)]


STATES = {
    "cold boot": ["starting"] * 120 + ["processing", "succeeded"],
    "aborted": ["starting", "aborted"],
    "canceled by deadline": ["starting", "processing", "canceled"],
    "endless": ["processing"],
    "put off": ["processing"],
    "at once": ["succeeded"],
    "unheard of": ["starting", "queued", "succeeded"],
}
"""The states that a prediction goes through, where they are not the usual ones."""
ERRORS = {
    "flagged": "The input or output was flagged as sensitive. Please try again with different "
    "inputs. (E005) (PTZ1)",
    "nsfw": "NSFW content detected. Try running it again, or try a different prompt.",
    "all nsfw": "All generated images contained NSFW content. Try running it again with a "
    "different prompt.",
    "interrupted": "Prediction interrupted; please retry (code: PA)",
    "director": "Director: unexpected error handling prediction (E9243)",
    "unavailable": "Service is currently unavailable. Please try again later (E004) (Zq1)",
    "start timeout": "Start timed out (E6716)",
    "unknown error": "An unknown error occurred (E1000)",
    "memory": "CUDA out of memory. Tried to allocate 20.00 MiB (E1001)",
    "no webhook": "Webhook URL is empty (E4875)",
    "at capacity": "At capacity - all prediction slots busy",
    "boot": "Model failed to boot and become ready within 600 seconds",
    "exception": "Prediction failed: ValueError: could not broadcast input array",
    "upload": "Failed to upload output: upload returned status 403 Forbidden",
}
"""By scenario: the `error` of the failed prediction. With ` once`, only the first one's."""
PROBLEMS: dict[str, tuple[int, Document]] = {
    "unauthenticated": (
        401,
        {"title": "Unauthenticated", "detail": "You did not pass a valid authentication token"},
    ),
    "no credit": (
        402,
        {
            "title": "Insufficient credit",
            "detail": "You have insufficient credit to run this model. Go to "
            "https://replicate.com/account/billing#billing to purchase credit.",
        },
    ),
    "forbidden": (403, {"title": "Forbidden", "detail": "Your account is disabled"}),
    "unpaid": (400, {"title": "Bad request", "detail": ACCOUNT_WORDS}),
    "unpaid input": (422, {"title": "Input validation failed", "detail": ACCOUNT_WORDS}),
    "no model": (404, {"title": "Not found", "detail": "The requested resource does not exist"}),
    "invalid": (
        422,
        {
            "title": "Input validation failed",
            "detail": "- input.aspect_ratio: aspect_ratio must be one of the following: "
            '"1:1", "16:9"\n',
            "invalid_fields": [
                {
                    "type": "enum",
                    "field": "input.aspect_ratio",
                    "description": "aspect_ratio must be one of the following",
                }
            ],
        },
    ),
    "no version": (
        422,
        {
            "title": "Invalid version or not permitted",
            "detail": "The specified version does not exist (or perhaps you don't have permission "
            "to use it?)",
        },
    ),
    "throttled": (
        429,
        {
            "detail": "Request was throttled. Your rate limit for creating predictions is reduced "
            "to 6 requests per minute with a burst of 1 requests until you add a payment method. "
            "Your rate limit resets in ~7s.",
            "retry_after": 7,
        },
    ),
    "throttled for long": (
        429,
        {"detail": "Request was throttled. Your rate limit resets in ~60s.", "retry_after": 60},
    ),
    "overloaded": (503, {"title": "Service unavailable", "detail": "Try again later"}),
    "server error": (500, {"title": "Internal server error", "detail": ""}),
    "gateway": (504, {}),
}
"""By scenario: what a creation is refused with. With ` once`, only the first one."""


class FakeReplicate(Fake):
    """A scenario's last word says how often: `throttled once`, `flagged once`."""

    base_path = "/v1"

    def __init__(self) -> None:
        super().__init__()
        self.predictions: dict[str, Prediction] = {}
        self.models: dict[str, Document] = {}
        """By owner and name: the models that it describes."""

    def forget(self) -> None:
        super().forget()
        self.predictions.clear()

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v1/models/{owner}/{name}", self.model),
                Route("/v1/models/{owner}/{name}/predictions", self.create, methods=["POST"]),
                Route("/v1/predictions", self.create, methods=["POST"]),
                Route("/v1/predictions/{id}", self.get),
                Route("/v1/predictions/{id}/cancel", self.cancel, methods=["POST"]),
                Route("/v1/account", self.account),
                Route("/files/{name:path}", self.file),
            ]
        )

    async def model(self, request: Request) -> Response:
        if not _is_authorized(request):
            return _problem("unauthenticated")
        model = self.models.get("/".join(request.path_params.values()))
        return _problem("no model") if model is None else JSONResponse(model)

    async def create(self, request: Request) -> Response:
        body = json.loads(await request.body())
        refusal = self._refusal(request, body)
        if refusal is not None:
            return refusal
        prompt = str(body["input"].get("prompt", ""))
        scenario = self.scenario(prompt)
        if scenario in PROBLEMS:
            return _problem(scenario)
        if scenario == "silent":
            return await silence()
        if scenario == "broken":
            return Broken()
        if scenario == "gibberish":
            return Response("<html>oops</html>", 201)
        model = "/".join(request.path_params.values()) or str(body.get("version", ""))
        prediction = Prediction(
            id=f"p{self.count('prediction')}x{len(self.predictions)}",
            model=model,
            input=body["input"],
            scenario=scenario,
            states=["starting", "processing", "failed"]
            if scenario in ERRORS
            else STATES.get(scenario, ["starting", "processing", "succeeded"]),
            webhook=body.get("webhook"),
        )
        self.predictions[prediction.id] = prediction
        return JSONResponse(self.document(prediction), 201, headers={"ratelimit-remaining": "599"})

    def _refusal(self, request: Request, body: Document) -> Response | None:
        """What a creation is refused with whatever its prompt says, if it is."""
        if not _is_authorized(request):
            return _problem("unauthenticated")
        named = "/".join(request.path_params.values())
        wrong = [
            *_wrong_headers(request),
            *map(_wrong_field, problems(OF_A_MODEL if named else OF_A_VERSION, body)),
        ]
        if wrong:
            return _invalid(wrong)
        model = named or _model_of(body["version"])
        if model is None or (model and not self._is_offered(model)):
            return _problem("no model" if named else "no version")
        found = problems(INPUTS.get(model, {}), body["input"])
        return _invalid([_wrong_field(each, "input") for each in found]) if found else None

    def _is_offered(self, model: str) -> bool:
        return model in INPUTS or model in self.models

    async def get(self, request: Request) -> Response:
        if not _is_authorized(request):
            return _problem("unauthenticated")
        prediction = self.predictions.get(request.path_params["id"])
        if prediction is None:
            return _problem("no model")
        prediction.looks += 1
        looks, broken = prediction.looks, JSONResponse({"detail": "bad gateway"}, 502)
        throttled = JSONResponse({"detail": "slow down"}, 429, headers={"retry-after": "30"})
        put_off = JSONResponse({"detail": "later"}, 429, headers={"retry-after": "800"})
        answers: dict[str, tuple[bool, Response]] = {
            "gone": (looks > 1, _problem("no model")),
            "blinking": (looks < 3, broken),
            "blinking for long": (looks < 8, broken),
            "polls throttled": (looks < 3, throttled),
            "put off": (prediction.status == "processing", put_off),
        }
        is_disturbed, answer = answers.get(prediction.scenario, (False, Response()))
        if is_disturbed:
            return answer
        return JSONResponse(self.document(prediction), headers={"ratelimit-remaining": "2999"})

    async def cancel(self, request: Request) -> Response:
        if not _is_authorized(request):
            return _problem("unauthenticated")
        prediction = self.predictions.get(request.path_params["id"])
        if prediction is None:
            return _problem("no model")
        prediction.is_canceled = True
        return JSONResponse(self.document(prediction))

    async def account(self, request: Request) -> Response:
        if not _is_authorized(request):
            return _problem("unauthenticated")
        account = {"type": "organization", "username": "acme", "name": "Acme Corp"}
        return JSONResponse({**account, "github_url": "https://github.com/acme"})

    async def file(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name.startswith("removed"):
            return Response("gone", 404)
        if name.startswith("slow") and self.count(name) < 6:
            return Response(status_code=503)
        if name.startswith("text"):
            return Response("<html>no image</html>")
        if name.startswith("black"):
            return Response(black("WEBP"))
        return Response(picture(len(name), "WEBP"))

    def report(self, prediction_id: str, at_seconds: int) -> int:
        """Let a prediction end, and report it the way that was asked for; the answer's status."""
        prediction = self.predictions[prediction_id]
        prediction.states = ["succeeded"]
        assert prediction.webhook is not None
        body = json.dumps(self.document(prediction)).encode()
        headers = standard_webhook_headers(WEBHOOK_SECRET, body, at_seconds)
        with httpx2.Client(trust_env=False) as client:
            return client.post(prediction.webhook, content=body, headers=headers).status_code

    def document(self, prediction: Prediction) -> Document:
        """What the API shows of a prediction."""
        status = prediction.status
        path = f"/v1/predictions/{prediction.id}"
        document: Document = {
            "id": prediction.id,
            "model": prediction.model,
            "version": "hidden",
            "input": prediction.input,
            "logs": "",
            "output": None,
            "data_removed": False,
            "error": None,
            "status": status,
            "created_at": CREATED_AT,
            "urls": {
                "web": f"https://replicate.com/p/{prediction.id}",
                "get": self.url(path),
                "cancel": self.url(f"{path}/cancel"),
            },
        }
        if status == "failed":
            document["error"] = ERRORS[prediction.scenario]
        if status == "processing" and prediction.scenario == "early output":
            document["output"] = [self.url("/files/early.webp")]
        if status == "succeeded":
            document |= {"output": self._output(prediction), "metrics": {"predict_time": 1.5}}
            document["data_removed"] = prediction.scenario == "data removed"
        return document

    def _output(self, prediction: Prediction) -> Any:
        count = int(prediction.input.get("num_outputs", 1))
        names = [f"{prediction.id}/{'out' * (n + 1)}-{n}.webp" for n in range(count)]
        urls = [self.url(f"/files/{name}") for name in names]
        special = {
            "nothing": None,
            "empty list": [],
            "empty text": "",
            "data removed": None,
            "single": urls[0],
            "object": {"image": urls[0], "seed": 7, "more": urls[1:]},
            "inline": [f"data:image/png;base64,{_base64(picture(n))}" for n in range(count)],
            "fewer": urls[:-1],
            "one removed": [*urls[:-1], self.url("/files/removed.webp")],
            "all removed": [self.url("/files/removed.webp")] * count,
            "elsewhere": ["https://files.example/out-0.png"],
            "slow file": [self.url(f"/files/slow-{prediction.id}.webp")],
            "no image": [self.url("/files/text.webp")],
            "black": [self.url("/files/black.webp")] * count,
            "one black": [*urls[:-1], self.url("/files/black.webp")],
        }
        return special.get(prediction.scenario, urls)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _is_authorized(request: Request) -> bool:
    return request.headers.get("authorization") == f"Bearer {TOKEN}"


_VERSION = re.compile(r"(?:(?P<model>[\w.-]+/[\w.-]+)(?::[0-9a-f]{64})?|[0-9a-f]{64})")
_LIFETIME = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?")
_PREFER = re.compile(r"wait(?:=(?:[1-9]|[1-9][0-9]|60))?")


def _model_of(version: str) -> str | None:
    """Whose version it is: empty where it does not say, None where it is none."""
    found = _VERSION.fullmatch(version)
    return None if found is None else found["model"] or ""


def _wrong_headers(request: Request) -> list[Document]:
    """What the description's formats do not allow."""
    lifetime, prefer = request.headers.get("cancel-after"), request.headers.get("prefer")
    wrong = []
    if lifetime is not None and _seconds(lifetime) < 5:
        wrong.append(_field("format", "", "Cancel-After is no duration of 5s or more"))
    if prefer is not None and not _PREFER.fullmatch(prefer):
        wrong.append(_field("pattern", "", "Prefer is not wait, nor wait=1 or more"))
    return wrong


def _seconds(lifetime: str) -> int:
    found = _LIFETIME.fullmatch(lifetime)
    parts = (0, 0, 0) if found is None else [int(part or 0) for part in found.groups()]
    return parts[0] * 3600 + parts[1] * 60 + parts[2]


_RULES = {
    "required": ("required", "{name} is required"),
    "additionalProperties": (
        "additional_property_not_allowed",
        "Additional property {name} is not allowed",
    ),
    "enum": ("enum", "{name} must be one of the following: {limit}"),
    "type": ("invalid_type", "Invalid type. Expected: {limit}"),
    "minimum": ("number_gte", "Must be greater than or equal to {limit}"),
    "maximum": ("number_lte", "Must be less than or equal to {limit}"),
    "maxItems": ("array_max_items", "Array must have at most {limit} items"),
}


def _wrong_field(problem: Problem, within: str = "") -> Document:
    kind, words = _RULES[problem.rule]
    limit = problem.limit
    if isinstance(limit, list):
        limit = ", ".join(f'"{each}"' for each in limit)
    # Of what is missing or too much, the object is named that it is missing from.
    is_whole = problem.rule in ("required", "additionalProperties")
    path = problem.path[:-1] if is_whole else problem.path
    field = ".".join(filter(None, (within, *path)))
    return _field(kind, field, words.format(name=problem.name, limit=limit))


def _field(kind: str, field: str, description: str) -> Document:
    return {"type": kind, "field": field, "description": description}


def _invalid(fields: list[Document]) -> Response:
    lines = [": ".join(filter(None, (each["field"], each["description"]))) for each in fields]
    document = {
        "title": "Input validation failed",
        "detail": "".join(f"- {line}\n" for line in lines),
        "status": 422,
        "invalid_fields": fields,
    }
    return JSONResponse(document, 422, media_type="application/problem+json")


def _problem(scenario: str) -> Response:
    status, document = PROBLEMS[scenario]
    return JSONResponse(
        {**document, "status": status} if document else {},
        status,
        media_type="application/problem+json",
    )
