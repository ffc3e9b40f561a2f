"""The queue of fal, as its clients and its documentation of errors have it."""

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any

import httpx2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.vendors.inputs.fal import INPUTS
from tests.vendors.schemas import as_pydantic, problems
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

SIGNING_KEY = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"fal of the tests").digest())


def public_key(key: Ed25519PrivateKey = SIGNING_KEY) -> str:
    """The `x` of its JSON Web Key."""
    return base64.urlsafe_b64encode(key.public_key().public_bytes_raw()).decode().rstrip("=")


def webhook_headers(
    body: bytes, at_seconds: int, key: Ed25519PrivateKey = SIGNING_KEY
) -> dict[str, str]:
    """What a report is sent with, made independently of what verifies it."""
    named = {
        "x-fal-webhook-request-id": "r1-0",
        "x-fal-webhook-user-id": "github|1",
        "x-fal-webhook-timestamp": str(at_seconds),
    }
    signed = "\n".join([*named.values(), hashlib.sha256(body).hexdigest()]).encode()
    signature = {"x-fal-webhook-signature": key.sign(signed).hex()}
    return {"content-type": "application/json", **named, **signature}


def _typed(kind: str, message: str, *loc: str) -> Document:
    """An error of a model, one of several."""
    problem = {
        "loc": ["body", *loc],
        "msg": message,
        "type": kind,
        "url": f"https://docs.fal.ai/errors/#{kind}",
        "ctx": {"extra_info": {"reason": "partner_validation_failed"}},
        "input": {"prompt": "what the caller wrote"},
    }
    return {"detail": [problem]}


def _flat(kind: str, message: str) -> Document:
    """An error of the platform."""
    return {"detail": message, "error_type": kind}


Ending = tuple[int, Document, dict[str, str]]

PROBLEMS: dict[str, Ending] = {
    "unauthenticated": (401, {"detail": "Cannot access application. Authentication failed."}, {}),
    "no credit": (
        403,
        {
            "detail": "User is locked. Reason: Exhausted balance. Top up your balance at "
            "fal.ai/dashboard/billing."
        },
        {},
    ),
    "unpaid": (400, _flat("bad_request", ACCOUNT_WORDS), {}),
    "unpaid input": (422, _typed("value_error", ACCOUNT_WORDS), {}),
    "no model": (404, {"detail": 'Application "flux" not found'}, {}),
    "malformed": (400, _flat("bad_request", "The request body is not JSON"), {}),
    "throttled": (429, {"detail": "Too many requests"}, {"retry-after": "2"}),
    "throttled for long": (429, {"detail": "Too many requests"}, {"retry-after": "45"}),
    "overloaded": (503, {"detail": "Service unavailable"}, {}),
    "submission error": (500, _flat("internal_error", "An unexpected error occurred"), {}),
    "gateway": (504, {}, {}),
}
"""By scenario: what a submission is refused with. With ` once`, only the first one."""
ENDINGS: dict[str, Ending] = {
    "moderated": (
        422,
        _typed(
            "content_policy_violation",
            "The content could not be processed because it contained material flagged by a "
            "content checker.",
            "prompt",
        ),
        {"x-fal-retryable": "false"},
    ),
    "no media": (
        422,
        _typed("no_media_generated", "The model did not generate the expected output."),
        {"x-fal-retryable": "false"},
    ),
    "invalid": (
        422,
        _typed("less_than_equal", "ensure this value is less than or equal to 12", "num_steps"),
        {"x-fal-retryable": "false"},
    ),
    "bad reference": (
        422,
        _typed("file_download_error", "Failed to download the file", "image_url"),
        {"x-fal-retryable": "false"},
    ),
    "plain invalid": (422, {"detail": "image_size is too large"}, {}),
    "model error": (500, _typed("internal_server_error", "Internal server error"), {}),
    "model error for good": (
        500,
        _typed("internal_server_error", "Internal server error"),
        {"x-fal-retryable": "false"},
    ),
    "model timeout": (504, _typed("generation_timeout", "Generation timed out"), {}),
    "downstream error": (400, _typed("downstream_service_error", "Downstream service error"), {}),
    "downstream down": (
        500,
        _typed("downstream_service_unavailable", "Downstream service unavailable"),
        {},
    ),
    "timeout": (504, _flat("request_timeout", "Request timed out"), {}),
    "our timeout": (
        504,
        _flat("startup_timeout", "The request timed out"),
        {"x-fal-request-timeout-type": "user"},
    ),
    "start timeout": (504, _flat("startup_timeout", "The runner did not start in time"), {}),
    "no runner": (503, _flat("runner_scheduling_failure", "No runner could be allocated"), {}),
    "no connection": (
        503,
        _flat("runner_connection_refused", "The runner refused the connection"),
        {},
    ),
    "disconnected": (503, _flat("runner_disconnected", "The runner disconnected"), {}),
    "typed by header": (502, {}, {"x-fal-error-type": "runner_incomplete_response"}),
    "broke": (500, {"detail": "Internal Server Error"}, {}),
    "locked meanwhile": (403, {"detail": "User is locked. Reason: Exhausted balance."}, {}),
    "canceled": (499, _flat("client_cancelled", "The request was cancelled"), {}),
}
"""By scenario: what the request ends with. With ` once`, only the first one."""


@dataclass
class Job:
    """A request in the queue; each look at it takes it one state further."""

    id: str
    app: str
    input: Document
    scenario: str
    webhook: str | None = None
    refusal: Document | None = None
    """What its model says of its input, where it does not take it."""
    looks: int = 0
    result_looks: int = 0
    is_canceled: bool = False

    @property
    def ending(self) -> Ending | None:
        """What its result is, if not images."""
        if self.refusal is not None:
            return 422, self.refusal, {"x-fal-retryable": "false"}
        return ENDINGS.get(self.scenario)

    @property
    def status(self) -> str:
        if self.is_canceled:
            return "COMPLETED"
        states = {
            "endless": ["IN_PROGRESS"],
            "long queue": ["IN_QUEUE"] * 120 + ["IN_PROGRESS", "COMPLETED"],
            "unheard of": ["IN_QUEUE", "REHEARSING", "COMPLETED"],
        }.get(self.scenario, ["IN_QUEUE", "IN_PROGRESS", "COMPLETED"])
        return states[min(max(self.looks - 1, 0), len(states) - 1)]


class FakeFal(Fake):
    """The input is not looked at before a request is run."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs: dict[str, Job] = {}
        self.models: list[Document] = []
        """What the platform lists, each as with its expanded description."""
        self.prices: list[Document] = [
            {
                "endpoint_id": "fal-ai/flux/schnell",
                "unit_price": 0.003,
                "unit": "megapixels",
                "currency": "USD",
            }
        ]

    def forget(self) -> None:
        super().forget()
        self.jobs.clear()

    def app(self) -> Starlette:
        request = "/{owner}/{alias}/requests/{id}"
        return Starlette(
            routes=[
                Route("/files/{name:path}", self.file),
                Route("/v1/models", self.find),
                Route("/v1/models/pricing", self.pricing),
                Route(request + "/status", self.status),
                Route(request + "/cancel", self.cancel, methods=["PUT"]),
                Route(request, self.result),
                Route("/{model:path}", self.submit, methods=["POST"]),
            ]
        )

    async def find(self, request: Request) -> Response:
        """The platform's, which is at another host; it wants no key."""
        wanted = request.query_params.get("endpoint_id")
        found = [
            each if request.query_params.get("expand") == "openapi-3.0" else _plain(each)
            for each in self.models
            if each["endpoint_id"] == wanted
        ]
        return JSONResponse({"models": found, "next_cursor": None, "has_more": False})

    async def pricing(self, request: Request) -> Response:
        """The platform's: a key's own prices."""
        if not _is_authorized(request):
            error = {"type": "authorization_error", "message": "Authentication required"}
            return JSONResponse({"error": error}, 401)
        wanted = request.query_params["endpoint_id"]
        found = [each for each in self.prices if each["endpoint_id"] == wanted]
        if not found:
            error = {"type": "not_found", "message": f"No pricing for {wanted}"}
            return JSONResponse({"error": error}, 404)
        return JSONResponse({"prices": found, "next_cursor": None, "has_more": False})

    async def submit(self, request: Request) -> Response:
        if not _is_authorized(request):
            return _ended(PROBLEMS["unauthenticated"])
        model, body = request.path_params["model"], json.loads(await request.body())
        if not self._is_offered(model):
            alias = model.partition("/")[2]
            return JSONResponse({"detail": f'Application "{alias}" not found'}, 404)
        prompt = str(body.get("prompt", ""))
        scenario = self.scenario(prompt)
        if scenario in PROBLEMS:
            return _ended(PROBLEMS[scenario])
        if scenario == "silent":
            return await silence()
        if scenario in ("broken", "gibberish"):
            return Broken() if scenario == "broken" else Response("<html>ok</html>")
        webhook = request.query_params.get("fal_webhook")
        return self._queued(model, body, scenario, webhook)

    def _is_offered(self, model: str) -> bool:
        return model in INPUTS or any(each["endpoint_id"] == model for each in self.models)

    def _queued(self, model: str, body: Document, scenario: str, webhook: str | None) -> Response:
        # What comes after owner and name says how the application is called, not where it is.
        app = "/".join(model.split("/")[:2])
        wrong = [as_pydantic(each) for each in problems(INPUTS.get(model, {}), body)]
        refusal = {"detail": wrong} if wrong else None
        name = f"r{self.count('job')}-{len(self.jobs)}"
        job = Job(name, app, body, scenario, webhook, refusal)
        self.jobs[job.id] = job
        return JSONResponse({**self._named(job), "status": "IN_QUEUE", "queue_position": 0})

    def _named(self, job: Job) -> Document:
        url = self.url(f"/{job.app}/requests/{job.id}")
        if job.scenario == "led astray":
            url = f"https://queue.example/{job.app}/requests/{job.id}"
        return {
            "request_id": job.id,
            "response_url": url,
            "status_url": f"{url}/status",
            "cancel_url": f"{url}/cancel",
        }

    async def status(self, request: Request) -> Response:
        if not _is_authorized(request):
            return _ended(PROBLEMS["unauthenticated"])
        job = self.jobs.get(request.path_params["id"])
        if job is None:
            return _not_found()
        job.looks += 1
        answers: dict[str, tuple[bool, Response]] = {
            "gone": (job.looks > 1, _not_found()),
            "blinking": (job.looks < 3, Response("<html>nginx</html>", 502)),
            "polls throttled": (job.looks < 3, _throttled()),
            "put off": (True, Response(status_code=429, headers={"retry-after": "800"})),
        }
        is_disturbed, answer = answers.get(job.scenario, (False, Response()))
        return answer if is_disturbed else self._standing(job)

    def _standing(self, job: Job) -> Response:
        status = job.status
        document = {"status": status, **self._named(job), "logs": None}
        if status == "IN_QUEUE":
            document["queue_position"] = 1
        if status == "COMPLETED":
            document["metrics"] = {"inference_time": 1.5}
            _, ending, _ = job.ending or (200, {}, {})
            if "error_type" in ending:
                document |= {"error": ending["detail"], "error_type": ending["error_type"]}
        return JSONResponse(document, 200 if status == "COMPLETED" else 202)

    async def result(self, request: Request) -> Response:
        if not _is_authorized(request):
            return _ended(PROBLEMS["unauthenticated"])
        job = self.jobs.get(request.path_params["id"])
        if job is None:
            return _not_found()
        if job.is_canceled:
            return _ended(ENDINGS["canceled"])
        job.result_looks += 1
        answers: dict[str, tuple[bool, Response]] = {
            "result gone": (True, _not_found()),
            "result blinking": (job.result_looks < 3, Response("<html>nginx</html>", 502)),
            "result throttled": (job.result_looks < 3, _throttled()),
            "result gibberish": (True, Response("<html>ok</html>")),
        }
        is_disturbed, answer = answers.get(job.scenario, (False, Response()))
        if is_disturbed:
            return answer
        return JSONResponse(self._output(job)) if job.ending is None else _ended(job.ending)

    async def cancel(self, request: Request) -> Response:
        if not _is_authorized(request):
            return _ended(PROBLEMS["unauthenticated"])
        job = self.jobs.get(request.path_params["id"])
        if job is None:
            return JSONResponse({"status": "NOT_FOUND"}, 404)
        if job.status == "COMPLETED":
            return JSONResponse({"status": "ALREADY_COMPLETED"}, 400)
        job.is_canceled = True
        return JSONResponse({"status": "CANCELLATION_REQUESTED"}, 202)

    async def file(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name.startswith("removed"):
            return Response(status_code=404)
        if name.startswith("slow") and self.count(name) < 6:
            return Response(status_code=503)
        if name.startswith("text"):
            return Response("<html>no image</html>")
        if name.startswith("black"):
            return Response(black("JPEG"))
        return Response(picture(len(name), "JPEG"))

    def report(self, ref: str, at_seconds: int) -> int:
        """Let the request of these URLs end, and report it where it was asked for.

        The answer's status.
        """
        job = self.jobs[ref.split()[1].rpartition("/")[2]]
        job.scenario, job.looks = "good", 3
        assert job.webhook is not None
        named = {"request_id": job.id, "gateway_request_id": job.id, "error": None}
        body = json.dumps({**named, "status": "OK", "payload": self._output(job)}).encode()
        headers = webhook_headers(body, at_seconds)
        with httpx2.Client(trust_env=False) as client:
            return client.post(job.webhook, content=body, headers=headers).status_code

    def _output(self, job: Job) -> Document:
        count = int(job.input.get("num_images", 1))
        good = [self._file(f"{'x' * (n + 1)}.jpeg") for n in range(count)]
        dark = self._file("black.jpeg")
        document: Document = {
            "images": good,
            "timings": {"inference": 0.4},
            "seed": 7,
            "has_nsfw_concepts": [False] * count,
            "prompt": job.input.get("prompt"),
        }
        special: dict[str, Document] = {
            "one image": {"images": None, "image": good[0]},
            "inline": {"images": [{**good[0], "url": _data_url(picture(n))} for n in range(count)]},
            "fewer": {"images": good[:-1], "has_nsfw_concepts": [False] * (count - 1)},
            "one flagged": {
                "images": [*good[:-1], dark],
                "has_nsfw_concepts": [False] * (count - 1) + [True],
            },
            "flagged": {"images": [dark] * count, "has_nsfw_concepts": [True] * count},
            "black": {"images": [dark] * count},
            "one black": {"images": [*good[:-1], dark]},
            "unflagged": {"has_nsfw_concepts": None},
            "one removed": {"images": [*good[:-1], self._file("removed.jpeg")]},
            "removed": {"images": [self._file("removed.jpeg")] * count},
            "slow file": {"images": [self._file(f"slow-{job.id}.jpeg")]},
            "no image": {"images": [self._file("text.jpeg")]},
            "elsewhere": {"images": [{**good[0], "url": "https://files.example/1.jpeg"}]},
            "nothing": {"images": [], "has_nsfw_concepts": []},
            "no images": {"images": None},
        }
        made = {**document, **special.get(job.scenario, {})}
        return {name: value for name, value in made.items() if value is not None}

    def _file(self, name: str) -> Document:
        return {
            "url": self.url(f"/files/{name}"),
            "width": 64,
            "height": 48,
            "content_type": "image/jpeg",
        }


def _plain(model: Document) -> Document:
    return {name: value for name, value in model.items() if name != "openapi"}


def _data_url(data: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


def _is_authorized(request: Request) -> bool:
    return request.headers.get("authorization") == f"Key {TOKEN}"


def _not_found() -> Response:
    return JSONResponse({"detail": "Request not found"}, 404)


def _throttled() -> Response:
    return JSONResponse({"detail": "slow down"}, 429, headers={"retry-after": "30"})


def _ended(ending: Ending) -> Response:
    status, document, headers = ending
    return JSONResponse(document, status, headers=headers)
