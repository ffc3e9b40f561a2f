"""The API of Black Forest Labs, as its documentation and recorded answers have it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.vendors.inputs.bfl import INPUTS
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

PROBLEMS: dict[str, tuple[int, Document, dict[str, str]]] = {
    "unauthenticated": (403, {"detail": "Not authenticated - Invalid Authentication"}, {}),
    "no credit": (
        402,
        {"detail": "Insufficient credits. Add some at https://dashboard.bfl.ai/billing."},
        {},
    ),
    "unpaid": (400, {"detail": ACCOUNT_WORDS}, {}),
    "unpaid input": (422, {"detail": [{"loc": ["body"], "msg": ACCOUNT_WORDS}]}, {}),
    "no model": (404, {"detail": "Not Found"}, {}),
    "invalid": (
        422,
        {
            "detail": [
                {
                    "loc": ["body", "width"],
                    "msg": "Input should be a multiple of 16",
                    "type": "multiple_of",
                    "input": 1001,
                }
            ]
        },
        {},
    ),
    "bad reference": (400, {"detail": "Unable to load input_image"}, {}),
    "throttled": (429, {"detail": "Too many active tasks"}, {}),
    "throttled for long": (429, {"detail": "Too many active tasks"}, {"retry-after": "30"}),
    "overloaded": (503, {"detail": "Service Unavailable"}, {}),
    "server error": (500, {"detail": "Internal Server Error"}, {}),
    "gateway": (504, {}, {}),
}
"""By scenario: what a submission is refused with. With ` once`, only the first one."""
ENDS: dict[str, Document] = {
    "request moderated": {
        "status": "Request Moderated",
        "details": {"Moderation Reasons": ["Derivative Works Filter"]},
    },
    "content moderated": {
        "status": "Content Moderated",
        "details": {"Moderation Reasons": ["Safety Filter"]},
    },
    "error": {"status": "Error", "details": {"error": "worker died"}},
    "bare error": {"status": "Error"},
}
"""By scenario: what a task ends with. With ` once`, only the first one."""


@dataclass
class Task:
    """A task; each look at it takes it one state further."""

    id: str
    model: str
    input: Document
    scenario: str
    looks: int = 0


class FakeBfl(Fake):
    """One region."""

    base_path = "/v1"

    def __init__(self) -> None:
        super().__init__()
        self.tasks: dict[str, Task] = {}

    def forget(self) -> None:
        super().forget()
        self.tasks.clear()

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v1/get_result", self.result),
                Route("/v1/credits", self.credits),
                Route("/v1/{model}", self.submit, methods=["POST"]),
                Route("/files/{name:path}", self.file),
            ]
        )

    async def submit(self, request: Request) -> Response:
        model, body = request.path_params["model"], json.loads(await request.body())
        refusal = _refused(request, model, body)
        if refusal is not None:
            return refusal
        prompt = str(body.get("prompt"))
        scenario = self.scenario(prompt)
        if scenario in PROBLEMS:
            return _refusal(scenario)
        lost: dict[str, Callable[[], Response]] = {
            "broken": Broken,
            "gibberish": lambda: Response("<html>ok</html>"),
        }
        if scenario == "silent":
            return await silence()
        if scenario in lost:
            return lost[scenario]()
        return self._submitted(model, body, scenario)

    def _submitted(self, model: str, body: Document, scenario: str) -> Response:
        task = Task(f"t{self.count('task')}", model, body, scenario)
        self.tasks[task.id] = task
        special = {
            "led astray": f"https://api.bfl.ai.example.com/v1/get_result?id={task.id}",
            "led inside": "http://169.254.169.254/latest/meta-data",
            "no url": None,
        }
        document = {
            "id": task.id,
            "polling_url": special.get(scenario, self.url(f"/v1/get_result?id={task.id}")),
            "cost": 3.0,
            "input_mp": 0.0,
            "output_mp": 1.05,
        }
        return JSONResponse(document)

    async def result(self, request: Request) -> Response:
        if request.headers.get("x-key") != TOKEN:
            return _refusal("unauthenticated")
        task = self.tasks.get(request.query_params.get("id", ""))
        if task is None:
            return JSONResponse({"id": "", "status": "Task not found", "result": None}, 404)
        task.looks += 1
        disturbed = self._disturbed(task)
        if disturbed is not None:
            return disturbed
        if task.looks < 3 or task.scenario == "endless":
            return JSONResponse(self._document(task, status="Pending", progress=0.4))
        return JSONResponse(self._document(task, **ENDS.get(task.scenario, self._made(task))))

    def _disturbed(self, task: Task) -> Response | None:
        """An answer that says nothing of how the task stands, while there are such."""
        unknown = {"id": task.id, "status": "Task not found", "result": None}
        throttled = JSONResponse({"detail": "slow down"}, 429, headers={"retry-after": "20"})
        answers: dict[str, tuple[int, Response]] = {
            "gone": (1000, JSONResponse(unknown, 404)),
            "gone politely": (1000, JSONResponse(unknown)),
            "known late": (3, JSONResponse(unknown, 404)),
            "blinking": (2, Response(status_code=502)),
            "polls throttled": (2, throttled),
            "unheard of": (1, JSONResponse(self._document(task, status="Dreaming"))),
            "blank answer": (1, Response("")),
            "key revoked": (1000, _refusal("unauthenticated")),
        }
        times, answer = answers.get(task.scenario, (0, Response()))
        return answer if task.looks <= times else None

    def _made(self, task: Task) -> Document:
        names: dict[str, str | None] = {
            "black": "black.jpeg",
            "removed": "removed.jpeg",
            "no image": "text.jpeg",
            "nothing": None,
        }
        name = names.get(task.scenario, f"{task.id}/sample.jpeg")
        sample = None if name is None else self.url(f"/files/{name}")
        if task.scenario == "elsewhere":
            sample = "https://bfl.blob.core.windows.net/results/sample.jpeg"
        result = {"sample": sample, "prompt": task.input.get("prompt"), "seed": 7, "duration": 2.5}
        return {"status": "Ready", "result": None if task.scenario == "no result" else result}

    def _document(self, task: Task, **more: Any) -> Document:
        rest = {"result": None, "progress": None, "details": None, "preview": None}
        return {"id": task.id, **rest, **more}

    async def credits(self, request: Request) -> Response:
        if request.headers.get("x-key") != TOKEN:
            return _refusal("unauthenticated")
        return JSONResponse({"credits": 120.5})

    async def file(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name.startswith("removed"):
            return Response(status_code=403)
        if name.startswith("text"):
            return Response("<html>no image</html>")
        if name.startswith("black"):
            return Response(black("JPEG"))
        return Response(picture(len(name), "JPEG"))


def _refused(request: Request, model: str, body: Document) -> Response | None:
    """What a submission is refused with whatever its prompt says, if it is."""
    if model not in INPUTS:
        # A path like any other that nobody serves.
        return _refusal("no model")
    if request.headers.get("x-key") != TOKEN:
        return _refusal("unauthenticated")
    wrong = [as_pydantic(each) for each in problems(INPUTS[model], body)]
    return JSONResponse({"detail": wrong}, 422) if wrong else None


def _refusal(scenario: str) -> Response:
    status, document, headers = PROBLEMS[scenario]
    return JSONResponse(document, status, headers=headers)
