"""What callers see of defects and of services that do not answer."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NoReturn

import pytest
from starlette.types import Receive, Scope, Send

from handler.core.errors import Unavailable
from handler.core.models import Model
from handler.core.ports import PrincipalStore
from handler.web.app import build_app
from handler.web.failing import FailureMiddleware
from tests.doors import LATEST_HANDSHAKE, MODERN, AsgiDoor, HttpAnswer, request
from tests.world import MODEL_ID, World

pytestmark = pytest.mark.anyio
both_families = pytest.mark.parametrize("revision", [LATEST_HANDSHAKE, MODERN])

INTERNALS = "arn:aws:sts::123456789012:assumed-role/ApiRole on table/secret-table"


@dataclass(frozen=True)
class Failing:
    """Stands in for any store or ledger; every method raises."""

    error: Exception

    def __getattr__(self, name: str) -> Any:
        def fail(*_: object, **__: object) -> NoReturn:
            raise self.error

        return fail


async def generate(world: World, error: Exception, revision: str) -> HttpAnswer:
    opened = world.open_account(1_000_000)
    failing: Any = Failing(error)
    admissions = replace(world.admissions, ledger=failing, generations=failing)
    arguments = {"model_id": MODEL_ID, "input": {"prompt": "x"}}
    call = {"name": "generate_image", "arguments": arguments}
    message, headers = request("tools/call", call, revision)
    door = AsgiDoor(build_app(replace(world.api, admissions=admissions)))
    return await door.post(message, opened.secret, {**headers, "Origin": "https://a.example"})


@both_families
async def test_a_defect_in_a_tool_is_logged_and_told_in_general(
    shared_world: World, revision: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = await generate(shared_world, RuntimeError(INTERNALS), revision)
    assert answer.json()["error"] == {
        "code": -32603,
        "message": "Something went wrong on our side.",
    }
    assert INTERNALS in caplog.text


@both_families
async def test_a_service_that_does_not_answer_is_a_503_that_says_when_to_come_back(
    shared_world: World, revision: str
) -> None:
    answer = await generate(shared_world, Unavailable("busy, try again"), revision)
    assert answer.status == 503
    document = answer.json()
    assert (document["code"], document["message"]) == ("UNAVAILABLE", "busy, try again")
    assert document["error"]["message"] == "busy, try again"
    assert int(answer.headers["retry-after"]) > 0
    assert answer.headers["access-control-allow-origin"] == "*"


TEMPLATE = {"type": "ref/resource", "uri": "model://{+model_id}"}
OF_MODELS: list[tuple[str, dict[str, Any]]] = [
    ("tools/call", {"name": "list_models", "arguments": {}}),
    ("tools/call", {"name": "get_model", "arguments": {"model_id": MODEL_ID}}),
    ("resources/read", {"uri": f"model://{MODEL_ID}"}),
    ("completion/complete", {"ref": TEMPLATE, "argument": {"name": "model_id", "value": "a"}}),
]


@both_families
async def test_where_no_model_can_be_known_what_is_asked_of_them_is_a_503_and_the_tools_are_listed(
    shared_world: World, revision: str
) -> None:
    def unknown() -> Mapping[str, Model]:
        raise Unavailable("no list now")

    admissions = replace(shared_world.api.admissions, models=unknown)
    door = AsgiDoor(build_app(replace(shared_world.api, admissions=admissions)))
    secret = shared_world.open_account(1_000_000).secret
    for method, params in OF_MODELS:
        message, headers = request(method, params, revision)
        answer = await door.post(message, secret, headers)
        assert (answer.status, answer.json()["message"]) == (503, "no list now"), method
        assert int(answer.headers["retry-after"]) > 0
    message, headers = request("tools/list", {}, revision)
    listed = await door.post(message, secret, headers)
    assert [tool["name"] for tool in listed.json()["result"]["tools"]] == [
        "list_models",
        "get_model",
        "generate_image",
        "get_generation",
    ]


async def test_a_key_that_cannot_be_looked_up_now_is_a_503_and_not_a_401(
    shared_world: World,
) -> None:
    accounts: PrincipalStore = Failing(Unavailable("busy, try again"))
    authentication = replace(shared_world.api.authentication, accounts=accounts)
    door = AsgiDoor(build_app(replace(shared_world.api, authentication=authentication)))
    assert (await door.post({}, "some-key")).status == 503


async def test_a_defect_outside_a_tool_is_a_500_in_json_with_cors_headers(
    shared_world: World, caplog: pytest.LogCaptureFixture
) -> None:
    accounts: PrincipalStore = Failing(LookupError(INTERNALS))
    authentication = replace(shared_world.api.authentication, accounts=accounts)
    door = AsgiDoor(build_app(replace(shared_world.api, authentication=authentication)))
    answer = await door.post({}, "some-key", {"Origin": "https://a.example"})
    assert answer.status == 500
    assert answer.json()["code"] == "INTERNAL_ERROR"
    assert INTERNALS not in answer.body.decode()
    assert INTERNALS in caplog.text
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_an_answer_that_has_begun_cannot_be_replaced() -> None:
    async def breaks_off(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("too late")

    with pytest.raises(RuntimeError, match="too late"):
        await AsgiDoor(FailureMiddleware(breaks_off)).send("GET")
