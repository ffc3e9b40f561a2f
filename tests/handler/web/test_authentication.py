"""Who gets in: the order of checks, and every refusal's status, code and headers."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from handler.core.accounts import (
    Account,
    AccountStatus,
    ApiKey,
    Principal,
    display_of,
    hash_secret,
    new_account_id,
    new_secret,
)
from handler.core.authentication import Authentication
from handler.core.errors import Unavailable
from handler.core.ports import Done
from handler.web.app import MCP_PATH, build_app
from tests.doors import (
    HTTP_API,
    HTTP_KINDS,
    MODERN,
    REST_API,
    REVISIONS,
    AsgiDoor,
    HttpAnswer,
    HttpDoor,
    HttpKind,
    WireDoor,
    asgi_transport,
    initialize,
    request,
    unworked,
    worked_at_once,
)
from tests.fakes import PNG
from tests.world import MODEL_ID, PRICE_MICROS, Opened, World, manual

pytestmark = pytest.mark.anyio
every_door = pytest.mark.parametrize("kind", HTTP_KINDS, ids=str)

RICH, ENOUGH, POOR = 1_000_000, 10_000, 9_999
WRONG_ID = "0a4c1d62-2cd0-4cf1-9e0c-1b2f7f4f5678"
BOAT: dict[str, Any] = {"model_id": MODEL_ID, "input": {"prompt": "a boat"}}


async def _initialize(http: HttpDoor, **headers: str) -> HttpAnswer:
    return await http.post(
        initialize(), headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


def _assert_refused(answer: HttpAnswer, status: int, code: str) -> None:
    assert answer.status == status, answer
    assert answer.headers["content-type"].startswith("application/json")
    document = answer.json()
    assert set(document) == {"code", "message", "jsonrpc", "id", "error"}
    assert document["code"] == code
    assert len(document["message"]) > 10
    # The same once more as MCP knows it, for clients that show nothing else.
    assert (document["jsonrpc"], document["id"]) == ("2.0", None)
    assert document["error"] == {
        "code": status,
        "message": document["message"],
        "data": {"code": code},
    }
    if status == 401:
        assert answer.headers["www-authenticate"] == "Bearer"
    else:
        assert "www-authenticate" not in answer.headers


@pytest.mark.parametrize("mode", ["legacy", "auto", MODERN])
@pytest.mark.parametrize(
    ("credits_micros", "damage", "reason"),
    [(RICH, "x", "This API key is not valid"), (POOR, "", "Less than 0.01 credits remain")],
)
async def test_the_official_client_says_why_it_was_refused(
    shared_world: World, mode: str, credits_micros: int, damage: str, reason: str
) -> None:
    secret = shared_world.open_account(credits_micros).secret + damage
    transport = asgi_transport(build_app(shared_world.api))
    headers = {"Authorization": f"Bearer {secret}"}
    async with httpx2.AsyncClient(transport=transport, headers=headers) as http:
        streams = streamable_http_client(f"http://127.0.0.1{MCP_PATH}", http_client=http)
        with pytest.RaisesGroup(
            pytest.RaisesExc(MCPError, match=reason), flatten_subgroups=True, allow_unwrapped=True
        ):
            async with Client(streams, mode=mode) as client:
                await client.list_tools()


# ------------------------------------------------------------------ which key counts
@every_door
async def test_a_key_comes_as_a_bearer_token_or_in_its_own_header(
    shared_world: World, kind: HttpKind
) -> None:
    secret = shared_world.open_account(RICH).secret
    async with kind.open(shared_world.api) as http:
        for scheme in ("Bearer", "bearer", "BEARER", "bEaReR"):
            answer = await _initialize(http, Authorization=f"{scheme} {secret}")
            assert answer.status == 200, scheme
        assert (await _initialize(http, X_Api_Key=secret)).status == 200
        assert (await _initialize(http, x_api_key=secret)).status == 200


@every_door
async def test_the_bearer_token_is_the_one_that_counts(shared_world: World, kind: HttpKind) -> None:
    secret = shared_world.open_account(RICH).secret
    async with kind.open(shared_world.api) as http:
        good = await _initialize(http, Authorization=f"Bearer {secret}", X_Api_Key="nonsense")
        bad = await _initialize(http, Authorization="Bearer nonsense", X_Api_Key=secret)
    assert good.status == 200
    _assert_refused(bad, 401, "INVALID_API_KEY")


@every_door
async def test_another_scheme_falls_through_to_the_other_header(
    shared_world: World, kind: HttpKind
) -> None:
    secret = shared_world.open_account(RICH).secret
    async with kind.open(shared_world.api) as http:
        served = await _initialize(http, Authorization="Basic YTpi", X_Api_Key=secret)
        wrong = await _initialize(http, Authorization="Basic YTpi", X_Api_Key="nonsense")
        alone = await _initialize(http, Authorization="Basic YTpi")
    assert served.status == 200
    _assert_refused(wrong, 401, "INVALID_API_KEY")
    _assert_refused(alone, 401, "API_KEY_REQUIRED")


@every_door
async def test_a_key_in_the_query_is_never_read(shared_world: World, kind: HttpKind) -> None:
    secret = shared_world.open_account(RICH).secret
    names = ("api_key", "key", "x-api-key", "X-Api-Key", "access_token", "token", "authorization")
    body = json.dumps(initialize()).encode()
    async with kind.open(shared_world.api) as http:
        for name in names:
            answer = await http.send(
                "POST",
                MCP_PATH,
                {"Content-Type": "application/json"},
                body,
                query=f"{name}={secret}",
            )
            _assert_refused(answer, 401, "API_KEY_REQUIRED")


# ------------------------------------------------------------------ 401
@every_door
async def test_without_a_key_one_is_required(shared_world: World, kind: HttpKind) -> None:
    async with kind.open(shared_world.api) as http:
        _assert_refused(await _initialize(http), 401, "API_KEY_REQUIRED")
        _assert_refused(await _initialize(http, X_Api_Key=""), 401, "API_KEY_REQUIRED")
        _assert_refused(await _initialize(http, Authorization="Bearer "), 401, "API_KEY_REQUIRED")


@pytest.mark.parametrize("kind", [HttpKind(), HttpKind(HTTP_API), HttpKind(REST_API)], ids=str)
async def test_an_unknown_or_malformed_key_is_invalid(shared_world: World, kind: HttpKind) -> None:
    secret = shared_world.open_account(RICH).secret
    wrong_end = "0" if secret[-1] != "0" else "1"
    wrong = {
        "never issued": new_secret(),
        "no key at all": "nonsense",
        "cut short": secret[:-1],
        "too long": f"{secret}0",
        "mistyped": secret[:-1] + wrong_end,
        "other case": secret.swapcase(),
        "two of them": f"{secret} {secret}",
        "not ASCII": "clé",
        "endless": "k" * 10_000,
    }
    async with kind.open(shared_world.api) as http:
        for name, key in wrong.items():
            for headers in ({"Authorization": f"Bearer {key}"}, {"X-Api-Key": key}):
                answer = await http.post(initialize(), headers=headers)
                assert answer.status == 401, name
                _assert_refused(answer, 401, "INVALID_API_KEY")


@every_door
async def test_a_revoked_key_is_disabled(shared_world: World, kind: HttpKind) -> None:
    opened = shared_world.open_account(RICH)
    async with kind.open(shared_world.api) as http:
        assert (await _initialize(http, X_Api_Key=opened.secret)).status == 200
        assert shared_world.stores.accounts.revoke(opened.key_id)
        _assert_refused(await _initialize(http, X_Api_Key=opened.secret), 401, "API_KEY_DISABLED")


async def test_a_key_is_disabled_from_the_moment_it_expires(world: World) -> None:
    clock = manual(world.clock)
    opened = _open(world, expires_at_ms=clock.now_ms() + 60_000)
    http = AsgiDoor(build_app(world.api))
    clock.advance(59.999)
    assert (await _initialize(http, X_Api_Key=opened.secret)).status == 200
    clock.advance(0.001)
    _assert_refused(await _initialize(http, X_Api_Key=opened.secret), 401, "API_KEY_DISABLED")


async def test_a_closed_account_disables_its_keys(shared_world: World) -> None:
    opened = _open(shared_world, status=AccountStatus.CLOSED)
    http = AsgiDoor(build_app(shared_world.api))
    _assert_refused(await _initialize(http, X_Api_Key=opened.secret), 401, "API_KEY_DISABLED")


async def test_the_key_is_checked_before_the_balance_and_both_before_the_message(
    shared_world: World,
) -> None:
    revoked, poor = shared_world.open_account(0), shared_world.open_account(0)
    shared_world.stores.accounts.revoke(revoked.key_id)
    http = AsgiDoor(build_app(shared_world.api))
    for body in (b"{", b"[" * 20_000, b"x" * (5 * 1024 * 1024)):
        _assert_refused(await http.post(body), 401, "API_KEY_REQUIRED")
        _assert_refused(await http.post(body, "nonsense"), 401, "INVALID_API_KEY")
        _assert_refused(await http.post(body, revoked.secret), 401, "API_KEY_DISABLED")
    for body in (b"{", b"[" * 20_000):
        _assert_refused(await http.post(body, poor.secret), 403, "INSUFFICIENT_BALANCE")


# ------------------------------------------------------------------ 403
@every_door
async def test_exactly_a_hundredth_passes_and_less_does_not(
    shared_world: World, kind: HttpKind
) -> None:
    enough, poor = shared_world.open_account(ENOUGH), shared_world.open_account(POOR)
    async with kind.open(shared_world.api) as http:
        assert (await http.post(initialize(), enough.secret)).status == 200
        answer = await http.post(initialize(), poor.secret)
        _assert_refused(answer, 403, "INSUFFICIENT_BALANCE")


CLOSED_TO_THE_POOR: list[tuple[str, dict[str, Any]]] = [
    ("tools/list", {}),
    ("ping", {}),
    ("server/discover", {}),
    ("tools/call", {"name": "list_models", "arguments": {}}),
    ("tools/call", {"name": "get_model", "arguments": {"model_id": MODEL_ID}}),
    ("tools/call", {"name": "generate_image", "arguments": BOAT}),
    ("tools/call", {"name": "nope"}),
    ("no/such", {}),
]


@pytest.mark.parametrize("revision", REVISIONS)
async def test_without_credits_everything_is_refused_but_collecting(
    shared_world: World, revision: str
) -> None:
    """`initialize` included; who spent the last credit can still collect what it paid for."""
    secret = shared_world.open_account(POOR).secret
    http = AsgiDoor(build_app(unworked(shared_world)))
    for method, params in CLOSED_TO_THE_POOR:
        message, headers = request(method, params, revision)
        answer = await http.post(message, secret, headers)
        _assert_refused(answer, 403, "INSUFFICIENT_BALANCE")
    note = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    _assert_refused(await http.post(note, secret), 403, "INSUFFICIENT_BALANCE")
    door = WireDoor(http, secret, revision)
    blocks = await door.error("get_generation", {"id": WRONG_ID})
    assert blocks[0] == f"generation not found: {WRONG_ID}"
    for method in ("tasks/get", "tasks/cancel"):
        message, headers = request(method, {"taskId": WRONG_ID}, revision)
        answer = await http.post(message, secret, headers)
        assert answer.status not in (401, 403)
        assert answer.json()["jsonrpc"] == "2.0"


@pytest.mark.parametrize("kind", [HttpKind(), HttpKind(HTTP_API), HttpKind(REST_API)], ids=str)
async def test_who_spent_the_last_credit_collects_the_image(world: World, kind: HttpKind) -> None:
    opened = world.open_account(PRICE_MICROS)
    world.provider.submits.append(Done([PNG]))
    async with kind.open(worked_at_once(world)) as http:
        door = WireDoor(http, opened.secret)
        made = await door.value("generate_image", BOAT)
        assert world.account(opened).available_micros == 0
        _assert_refused(await http.post(initialize(), opened.secret), 403, "INSUFFICIENT_BALANCE")
        read = await door.value("get_generation", {"id": made["id"]})
    assert (read["status"], read["images"]) == ("succeeded", made["images"])


SMUGGLED: dict[str, bytes] = {
    "a batch": b'[{"jsonrpc":"2.0","id":1,"method":"tools/call",'
    b'"params":{"name":"get_generation"}},{"jsonrpc":"2.0","id":2,"method":"tools/list"}]',
    "a name in a list": b'{"jsonrpc":"2.0","id":1,"method":"tools/call",'
    b'"params":{"name":["get_generation"]}}',
    "a method in an object": b'{"jsonrpc":"2.0","id":1,"method":{"tasks/get":1}}',
    "a method in a list": b'{"jsonrpc":"2.0","id":1,"method":["tasks/get"]}',
    "a free name first": b'{"jsonrpc":"2.0","id":1,"method":"tools/call",'
    b'"params":{"name":"get_generation","name":"list_models"}}',
    "a free method first": b'{"jsonrpc":"2.0","id":1,"method":"tasks/get","method":"tools/list"}',
    "free parameters first": b'{"jsonrpc":"2.0","id":1,"method":"tools/call",'
    b'"params":{"name":"get_generation"},"params":{"name":"list_models"}}',
}


@pytest.mark.parametrize("body", SMUGGLED.values(), ids=SMUGGLED.keys())
@pytest.mark.parametrize("kind", [HttpKind(HTTP_API), HttpKind(REST_API)], ids=str)
async def test_nothing_is_smuggled_past_the_balance(
    shared_world: World, kind: HttpKind, body: bytes
) -> None:
    secret = shared_world.open_account(POOR).secret
    async with kind.open(shared_world.api) as http:
        for headers in ({}, {"Mcp-Protocol-Version": MODERN, "Mcp-Name": "get_generation"}):
            answer = await http.post(body, secret, headers)
            _assert_refused(answer, 403, "INSUFFICIENT_BALANCE")


async def test_a_free_call_last_does_what_the_gate_let_through_and_no_more(
    shared_world: World,
) -> None:
    """Gate and protocol read the same of two names: the last."""
    opened = shared_world.open_account(POOR)
    http = AsgiDoor(build_app(unworked(shared_world)))
    arguments = json.dumps({**BOAT, "id": WRONG_ID})
    body = (
        '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":'
        f'{{"name":"generate_image","name":"get_generation","arguments":{arguments}}}}}'
    )
    answer = await http.post(body.encode(), opened.secret)
    text = answer.json()["result"]["content"][0]["text"]
    assert text == f"generation not found: {WRONG_ID}"


# ------------------------------------------------------------------ faults and secrecy
@dataclass(frozen=True)
class SilentAccounts:
    """Accounts that cannot be read."""

    def principal(self, key_sha256: str) -> Principal | None:
        raise Unavailable("the service cannot be reached, try again in a few seconds")

    def open_account(self, account: Account, key: ApiKey, payment_id: str) -> None:
        raise NotImplementedError

    def list_keys(self) -> Sequence[tuple[ApiKey, Account]]:
        raise NotImplementedError

    def revoke(self, key_id: str) -> ApiKey | None:
        raise NotImplementedError


@every_door
async def test_accounts_that_cannot_be_read_are_worth_another_try(
    shared_world: World, kind: HttpKind
) -> None:
    authentication = Authentication(SilentAccounts(), shared_world.clock)
    async with kind.open(replace(shared_world.api, authentication=authentication)) as http:
        answer = await http.post(initialize(), new_secret(), {"Origin": "https://x.example"})
    assert answer.status == 503
    assert answer.json()["code"] == "UNAVAILABLE"
    assert int(answer.headers["retry-after"]) > 0
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("kind", [HttpKind(), HttpKind(HTTP_API), HttpKind(REST_API)], ids=str)
async def test_no_key_appears_in_any_log_record_or_answer(
    world: World, kind: HttpKind, caplog: pytest.LogCaptureFixture
) -> None:
    opened, unknown = world.open_account(RICH), new_secret()
    revoked = world.open_account(RICH)
    world.stores.accounts.revoke(revoked.key_id)
    world.provider.submits.append(Done([PNG]))
    answers: list[str] = []
    with caplog.at_level(logging.DEBUG):
        async with kind.open(worked_at_once(world)) as http:
            for key in (opened.secret, unknown, revoked.secret, opened.secret[:-1]):
                for headers in ({"X-Api-Key": key}, {"Authorization": f"Bearer {key}"}):
                    for body in (initialize(), b"{", b'{"jsonrpc":"2.0"}'):
                        answer = await http.post(body, headers=headers)
                        answers.append(f"{answer.headers} {answer.body.decode()}")
                answer = await http.send("POST", MCP_PATH, {}, b"{}", query=f"key={key}")
                answers.append(f"{answer.headers} {answer.body.decode()}")
            door = WireDoor(http, opened.secret)
            made = await door.value("generate_image", BOAT)
            answers.append(str(await door.call("get_generation", {"id": made["id"]})))
    assert len(caplog.records) > 20
    formatter = logging.Formatter("%(name)s %(message)s")
    said = "\n".join([*map(formatter.format, caplog.records), *answers])
    for secret in (opened.secret, unknown, revoked.secret):
        assert secret not in said
        assert secret[4:40] not in said


# ------------------------------------------------------------------ used above
def _open(
    world: World,
    status: AccountStatus = AccountStatus.ACTIVE,
    expires_at_ms: int | None = None,
) -> Opened:
    secret = new_secret()
    account = Account(new_account_id(), RICH, RICH, status)
    key = ApiKey(
        hash_secret(secret),
        account.id,
        display_of(secret),
        world.clock.now_ms(),
        expires_at_ms=expires_at_ms,
    )
    world.stores.accounts.open_account(account, key, payment_id=f"grant-{account.id}")
    return Opened(account.id, key.id, secret)
