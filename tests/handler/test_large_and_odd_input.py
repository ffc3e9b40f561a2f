"""Requests up to the limit, and input that no writer of JSON would write."""

import copy
import json
from dataclasses import replace
from typing import Any

import pytest

from handler.adapters.large_requests import LARGEST_ITEM_BYTES
from handler.catalogue.load import parse_model
from handler.core import errors
from handler.core.admission import Admissions
from handler.core.generation import Status
from handler.core.ports import Done
from handler.web.app import build_app
from infra.operator.books import check_account
from tests.doors import LATEST_HANDSHAKE, MODERN, AsgiDoor, request
from tests.fakes import PNG
from tests.world import MODEL_DOCUMENT, MODEL_ID, PRICE_MICROS, World

CREDITS = 1_000_000
MEBIBYTE = 1 << 20


@pytest.fixture
def admissions(world: World) -> Admissions:
    """The model takes a reference image besides."""
    document = copy.deepcopy(MODEL_DOCUMENT)
    document["input_schema"]["properties"]["image"] = {
        "type": "string",
        "maxLength": 4 * MEBIBYTE,
        "description": "A data URI.",
    }
    world.models[MODEL_ID] = parse_model(MODEL_ID, document)
    return world.admissions


@pytest.mark.parametrize(
    "length", [LARGEST_ITEM_BYTES - 1_000, LARGEST_ITEM_BYTES + 1, 3 * MEBIBYTE]
)
@pytest.mark.parametrize("letter", ["A", "ü", "🚤"])
def test_a_large_request_reaches_the_provider_whole(
    world: World, admissions: Admissions, length: int, letter: str
) -> None:
    opened = world.open_account(CREDITS)
    given = {"prompt": "like this one", "image": letter * (length // len(letter.encode()))}
    admitted = admissions.admit(opened.account_id, MODEL_ID, given, "key")
    repeated = admissions.admit(opened.account_id, MODEL_ID, given, "key")
    assert repeated.id == admitted.id

    world.provider.submits = [Done([PNG])]
    world.worker.run(admitted.id, "run-1")

    assert world.generation(admitted.id).status is Status.SUCCEEDED
    (job,) = world.provider.submitted
    assert job.input["image"] == given["image"]
    assert world.account(opened).available_micros == CREDITS - PRICE_MICROS
    with pytest.raises(errors.IdempotencyKeyReused):
        admissions.admit(opened.account_id, MODEL_ID, {**given, "prompt": "another"}, "key")


@pytest.mark.anyio
@pytest.mark.parametrize("revision", [LATEST_HANDSHAKE, MODERN])
async def test_a_body_just_under_the_limit_is_generated(
    world: World, admissions: Admissions, revision: str
) -> None:
    opened = world.open_account(CREDITS)
    arguments = {
        "model_id": MODEL_ID,
        "input": {"prompt": "x", "image": "A" * (4 * MEBIBYTE - 900)},
    }
    call = {"name": "generate_image", "arguments": arguments}
    message, headers = request("tools/call", call, revision)
    door = AsgiDoor(build_app(replace(world.api, wait_seconds=0, admissions=admissions)))
    answer = await door.post(message, opened.secret, headers)
    assert answer.status == 200
    begun = json.loads(answer.json()["result"]["content"][0]["text"])
    assert begun["status"] == "starting"
    assert check_account(world.stores, opened.account_id) == []


ODD_INPUTS: dict[str, str] = {
    "a lone surrogate": r'{"prompt": "\ud800"}',
    "a NUL": r'{"prompt": "a\u0000b"}',
    "ten thousand levels": '{"prompt": ' + "[" * 10_000 + "]" * 10_000 + "}",
    "five hundred levels": '{"prompt": ' + "[" * 500 + "]" * 500 + "}",
    "a huge integer": '{"prompt": "x", "num_outputs": ' + "9" * 4_000 + "}",
    "an integer past any limit": '{"prompt": "x", "num_outputs": ' + "9" * 10_000 + "}",
    "not a number": '{"prompt": "x", "strength": NaN}',
    "infinity": '{"prompt": "x", "strength": -Infinity}',
    "a number out of range": '{"prompt": "x", "strength": 1e400}',
    "a duplicate key": '{"prompt": "x", "prompt": 7}',
    "a prompt of 100,000 characters": '{"prompt": "' + "x" * 100_000 + '"}',
    "a byte order mark": '\ufeff{"prompt": "x"}',
}


@pytest.mark.anyio
@pytest.mark.parametrize("revision", [LATEST_HANDSHAKE, MODERN])
@pytest.mark.parametrize("given", ODD_INPUTS.values(), ids=ODD_INPUTS)
async def test_odd_input_gets_an_answer_and_leaves_the_books_right(
    shared_world: World, given: str, revision: str
) -> None:
    opened = shared_world.open_account(CREDITS)
    call: dict[str, Any] = {"model_id": MODEL_ID, "input": "HERE"}
    message, headers = request(
        "tools/call", {"name": "generate_image", "arguments": call}, revision
    )
    body = json.dumps(message).replace('"HERE"', given).encode()
    door = AsgiDoor(build_app(replace(shared_world.api, wait_seconds=0)))

    answer = await door.post(body, opened.secret, headers)

    assert answer.status in (200, 400)
    document = answer.json()
    if "result" in document and not document["result"].get("isError"):
        begun = json.loads(document["result"]["content"][0]["text"])
        assert begun["status"] == "starting"
    assert check_account(shared_world.stores, opened.account_id) == []
