"""The endpoint's transport, row by row."""

import json
import re
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from mcp.server.transport_security import TransportSecuritySettings

from handler.web.app import MCP_PATH, build_app
from tests.doors import (
    GATEWAYS,
    HANDSHAKE_REVISIONS,
    HTTP_API,
    HTTP_KINDS,
    MODERN,
    REST_API,
    REVISIONS,
    AsgiDoor,
    EventDoor,
    Gateway,
    HttpAnswer,
    HttpDoor,
    HttpKind,
    initialize,
    request,
)
from tests.world import World

pytestmark = pytest.mark.anyio
every_door = pytest.mark.parametrize("kind", HTTP_KINDS, ids=str)

ORIGIN = "https://inspector.example"
LIMIT = 4 * 1024 * 1024
ALLOWED_HEADERS = (
    "Authorization, X-Api-Key, Content-Type, Accept, Mcp-Protocol-Version, Mcp-Method, Mcp-Name, "
    "Mcp-Session-Id, Last-Event-ID, Idempotency-Key"
)
EXPOSED_HEADERS = "Mcp-Session-Id, Mcp-Protocol-Version, WWW-Authenticate, Retry-After"


def _secret(shared_world: World, credits_micros: int = 1_000_000) -> str:
    return shared_world.open_account(credits_micros).secret


def _names(header: str) -> set[str]:
    return {name.strip().lower() for name in header.split(",")}


async def _list_tools(
    http: HttpDoor,
    secret: str,
    headers: Mapping[str, str] | None = None,
    revision: str = "2025-06-18",
    path: str = MCP_PATH,
) -> HttpAnswer:
    message, usual = request("tools/list", revision=revision)
    return await http.post(message, secret, {**usual, **(headers or {})}, path)


def _assert_four_tools(answer: HttpAnswer) -> None:
    assert answer.status == 200, answer
    assert answer.headers["content-type"].startswith("application/json")
    assert len(answer.json()["result"]["tools"]) == 4


# ------------------------------------------------------------------ methods
@every_door
async def test_any_other_method_is_refused_at_once_with_or_without_a_key(
    shared_world: World, kind: HttpKind
) -> None:
    """405 before authentication; a GET in particular is never held open as a stream."""
    secret = _secret(shared_world)
    async with kind.open(shared_world.api) as http:
        for method in ("GET", "DELETE", "PUT", "PATCH", "HEAD"):
            for key in ({}, {"Authorization": f"Bearer {secret}"}, {"X-Api-Key": "nonsense"}):
                began = time.monotonic()
                answer = await http.send(method, headers={"Accept": "text/event-stream", **key})
                assert answer.status == 405, (method, key)
                assert _names(answer.headers["allow"]) == {"post", "options"}
                assert time.monotonic() - began < 2


async def test_a_browsers_get_is_no_stream_either(shared_world: World) -> None:
    async with HttpKind().open(shared_world.api) as http:
        answer = await http.send("GET", headers={"Accept": "text/html,application/xhtml+xml"})
    assert answer.status in (200, 405)
    assert "event-stream" not in answer.headers["content-type"]


@every_door
async def test_a_preflight_is_answered_without_a_key(shared_world: World, kind: HttpKind) -> None:
    async with kind.open(shared_world.api) as http:
        answer = await http.send(
            "OPTIONS",
            headers={
                "Origin": ORIGIN,
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": ALLOWED_HEADERS.lower().replace(" ", ""),
            },
        )
    assert answer.status in (200, 204)
    assert answer.headers["access-control-allow-origin"] in ("*", ORIGIN)
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert _names(ALLOWED_HEADERS) <= _names(answer.headers["access-control-allow-headers"])


@every_door
async def test_a_deployment_may_name_the_pages_that_call_it(
    shared_world: World, kind: HttpKind
) -> None:
    """What is no page's call has no origin, and is answered as ever."""
    own = "https://app.example"
    services = replace(shared_world.api, allowed_origins=(own,))
    async with kind.open(services) as http:
        allowed = await http.post(initialize(), _secret(shared_world), {"Origin": own})
        other = await http.post(initialize(), _secret(shared_world), {"Origin": ORIGIN})
        none = await http.post(initialize(), _secret(shared_world))
        preflight = await http.send(
            "OPTIONS", headers={"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
        )
    assert allowed.headers["access-control-allow-origin"] == own
    assert "origin" in allowed.headers["vary"].lower()
    assert "access-control-allow-origin" not in other.headers
    assert none.status == 200
    assert preflight.status == 400
    assert "access-control-allow-origin" not in preflight.headers


@every_door
async def test_options_without_preflight_headers_is_answered_too(
    shared_world: World, kind: HttpKind
) -> None:
    async with kind.open(shared_world.api) as http:
        plain = await http.send("OPTIONS")
        with_origin = await http.send("OPTIONS", headers={"Origin": ORIGIN})
    for answer in (plain, with_origin):
        assert answer.status in (200, 204)
        assert answer.body == b""
        assert _names(answer.headers["allow"]) == {"post", "options"}
    assert with_origin.headers["access-control-allow-origin"] == "*"


@every_door
async def test_every_answer_carries_cors_headers_errors_too(
    shared_world: World, kind: HttpKind
) -> None:
    secret, poor = _secret(shared_world), _secret(shared_world, 9_999)
    usual = {"Origin": ORIGIN, "Content-Type": "application/json"}
    key = {**usual, "X-Api-Key": secret}
    body = json.dumps(initialize()).encode()
    requests: list[tuple[int, str, str, dict[str, str], bytes]] = [
        (200, "POST", MCP_PATH, key, body),
        (202, "POST", MCP_PATH, key, b'{"jsonrpc":"2.0","method":"notifications/initialized"}'),
        (400, "POST", MCP_PATH, key, b"{"),
        (401, "POST", MCP_PATH, usual, body),
        (403, "POST", MCP_PATH, {**usual, "X-Api-Key": poor}, body),
        (404, "GET", "/v1/images/nothing", usual, b""),
        (404, "GET", "/v1/images/files/x/1.png", usual, b""),
        (405, "GET", MCP_PATH, usual, b""),
        (413, "POST", MCP_PATH, key, b" " * (LIMIT + 1)),
    ]
    async with kind.open(shared_world.api) as http:
        for status, method, path, headers, content in requests:
            answer = await http.send(method, path, headers, content)
            assert answer.status == status
            assert answer.headers["access-control-allow-origin"] == "*", status
            assert _names(answer.headers["access-control-expose-headers"]) == _names(
                EXPOSED_HEADERS
            )


@every_door
async def test_a_message_that_is_too_large_is_told_what_to_do(
    shared_world: World, kind: HttpKind
) -> None:
    """Images inside it are what makes one large."""
    headers = {"Content-Type": "application/json", "X-Api-Key": _secret(shared_world)}
    async with kind.open(shared_world.api) as http:
        answer = await http.send("POST", MCP_PATH, headers, b" " * (LIMIT + 1))
    told = (
        "The message is larger than 4,194,304 bytes. Refer to large images by https URLs instead of"
        " data: URLs."
    )
    assert answer.json()["error"]["message"] == answer.json()["message"] == told
    assert answer.json()["code"] == "REQUEST_TOO_LARGE"


# ------------------------------------------------------------------ addresses
@every_door
async def test_a_trailing_slash_is_the_same_address(shared_world: World, kind: HttpKind) -> None:
    secret = _secret(shared_world)
    async with kind.open(shared_world.api) as http:
        answers = [
            await _list_tools(http, secret, path=path) for path in (MCP_PATH, f"{MCP_PATH}/")
        ]
        refused = await http.send("GET", f"{MCP_PATH}/")
    for answer in answers:
        _assert_four_tools(answer)
        assert "location" not in answer.headers
    assert answers[0].json()["result"] == answers[1].json()["result"]
    assert refused.status == 405


@pytest.mark.parametrize("stage", ["/prod", "/v1", "/mcp", "/$default"])
@pytest.mark.parametrize("gateway", [HTTP_API, REST_API], ids=lambda gateway: gateway.template)
async def test_a_stage_of_any_name_may_stand_before_the_path(
    shared_world: World, gateway: Gateway, stage: str
) -> None:
    secret = _secret(shared_world)
    async with HttpKind(replace(gateway, prefix=stage)).open(shared_world.api) as http:
        _assert_four_tools(await _list_tools(http, secret))
        _assert_four_tools(await _list_tools(http, secret, path=f"{MCP_PATH}/"))


@every_door
async def test_there_is_nothing_at_any_other_address(shared_world: World, kind: HttpKind) -> None:
    secret = _secret(shared_world)
    async with kind.open(shared_world.api) as http:
        for path in ("/", "/v1/images", "/v1/images/mcp/x", "/v1/images/mcpx", "/v1/images/files"):
            answer = await http.post(initialize(), secret, path=path)
            assert answer.status == 404, path
            assert answer.json()["code"] == "NOT_FOUND"


@every_door
async def test_clients_that_look_for_an_authorization_server_are_told_there_is_none(
    shared_world: World, kind: HttpKind
) -> None:
    # Anything but 404 would have them believe in one and start a login instead of sending the key.
    asked = ("oauth-protected-resource", "oauth-authorization-server", "openid-configuration")
    async with kind.open(shared_world.api) as http:
        for name in asked:
            for path in (f"/.well-known/{name}", f"/.well-known/{name}{MCP_PATH}"):
                assert (await http.send("GET", path)).status == 404, path


@every_door
async def test_any_host_is_served_behind_a_gateway(shared_world: World, kind: HttpKind) -> None:
    secret = _secret(shared_world)
    async with kind.open(shared_world.api) as http:
        for host in ("images.customer.example", "evil.example:8080", "localhost"):
            for revision in ("2025-06-18", MODERN):
                headers = {"Host": host, "Origin": ORIGIN}
                _assert_four_tools(await _list_tools(http, secret, headers, revision))


@pytest.mark.parametrize("revision", ["2025-06-18", MODERN])
async def test_a_server_that_says_which_hosts_are_its_own_refuses_others(
    shared_world: World, revision: str
) -> None:
    """The local server's protection against DNS rebinding."""
    security = TransportSecuritySettings(
        allowed_hosts=["localhost", "localhost:*", "127.0.0.1:*"],
        allowed_origins=["http://localhost", "http://localhost:*"],
    )
    http = AsgiDoor(build_app(shared_world.api, security), "http://localhost:8787")
    secret = _secret(shared_world)
    for served in ({}, {"Host": "127.0.0.1:9000"}, {"Origin": "http://localhost:6274"}):
        _assert_four_tools(await _list_tools(http, secret, served, revision))
    for refused in ({"Host": "evil.example"}, {"Host": "localhost.evil.example:8787"}):
        answer = await _list_tools(http, secret, refused, revision)
        assert answer.status == 421
    answer = await _list_tools(http, secret, {"Origin": "http://evil.example"}, revision)
    assert answer.status == 403


# ------------------------------------------------------------------ headers
@every_door
@pytest.mark.parametrize("revision", ["2025-06-18", MODERN])
async def test_every_accept_is_served_as_json(
    shared_world: World, kind: HttpKind, revision: str
) -> None:
    secret = _secret(shared_world)
    message, headers = request("tools/list", revision=revision)
    body = json.dumps(message).encode()
    headers |= {"Content-Type": "application/json", "Authorization": f"Bearer {secret}"}
    async with kind.open(shared_world.api) as http:
        _assert_four_tools(await http.send("POST", headers=headers, body=body))
        for accept in (
            "*/*",
            "application/json",
            "text/event-stream",
            "application/json, text/event-stream",
            "text/html",
            "",
        ):
            answer = await http.send("POST", headers={**headers, "Accept": accept}, body=body)
            _assert_four_tools(answer)


@pytest.mark.parametrize("revision", REVISIONS)
async def test_a_stale_session_id_is_ignored(shared_world: World, revision: str) -> None:
    secret = _secret(shared_world)
    async with HttpKind().open(shared_world.api) as http:
        headers = {"Mcp-Session-Id": "gone-long-ago", "Last-Event-ID": "17"}
        _assert_four_tools(await _list_tools(http, secret, headers, revision))


@every_door
async def test_no_session_id_is_minted(shared_world: World, kind: HttpKind) -> None:
    secret = _secret(shared_world)
    async with kind.open(shared_world.api) as http:
        for revision in HANDSHAKE_REVISIONS:
            answer = await http.post(initialize(revision), secret)
            assert answer.status == 200
            assert "mcp-session-id" not in answer.headers
        assert "mcp-session-id" not in (await _list_tools(http, secret, None, MODERN)).headers


async def test_an_unknown_revision_is_refused_with_those_that_are_served(
    shared_world: World,
) -> None:
    async with HttpKind().open(shared_world.api) as http:
        message, headers = request("tools/list", revision=MODERN)
        headers["Mcp-Protocol-Version"] = "2099-01-01"
        message["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = "2099-01-01"
        answer = await http.post(message, _secret(shared_world), headers)
    assert answer.status == 400
    assert MODERN in str(answer.json()["error"])


async def test_a_charset_in_the_content_type_is_fine_and_another_type_is_not(
    shared_world: World,
) -> None:
    secret = _secret(shared_world)
    async with HttpKind().open(shared_world.api) as http:
        for revision in ("2025-06-18", MODERN):
            fine = {"Content-Type": "application/json; charset=utf-8"}
            _assert_four_tools(await _list_tools(http, secret, fine, revision))
            wrong = {"Content-Type": "text/plain"}
            answer = await _list_tools(http, secret, wrong, revision)
            assert answer.status in (400, 415)


# ------------------------------------------------------------------ bodies
@every_door
async def test_a_notification_is_accepted_with_nothing_to_say(
    shared_world: World, kind: HttpKind
) -> None:
    secret = _secret(shared_world)
    async with kind.open(shared_world.api) as http:
        for method in ("notifications/initialized", "notifications/cancelled", "no/such"):
            for headers in ({}, *({"Mcp-Protocol-Version": revision} for revision in REVISIONS)):
                answer = await http.post({"jsonrpc": "2.0", "method": method}, secret, headers)
                assert (answer.status, answer.body) == (202, b"")


@every_door
@pytest.mark.parametrize("revision", ["2025-06-18", MODERN])
async def test_four_mebibytes_are_taken_and_one_byte_more_is_too_large(
    shared_world: World, kind: HttpKind, revision: str
) -> None:
    secret = _secret(shared_world)
    message, headers = request("tools/list", revision=revision)
    body = json.dumps(message).encode()
    async with kind.open(shared_world.api) as http:
        _assert_four_tools(await http.post(body.ljust(LIMIT), secret, headers))
        assert (await http.post(body.ljust(LIMIT + 1), secret, headers)).status == 413


async def test_a_body_is_measured_whatever_its_headers_claim(shared_world: World) -> None:
    secret = _secret(shared_world)
    async with HttpKind(HTTP_API).open(shared_world.api) as http:
        answer = await http.post(b" " * (LIMIT + 1), secret, {"Content-Length": "2"})
        assert answer.status == 413
        answer = await http.post(initialize(), secret, {"Content-Length": str(LIMIT + 1)})
        assert answer.status == 413


MALFORMED: dict[str, bytes] = {
    "nothing": b"",
    "half an object": b"{",
    "no JSON": b"tools/list",
    "an empty batch": b"[]",
    "a batch": b'[{"jsonrpc":"2.0","id":1,"method":"tools/list"}]',
    "a string": b'"x"',
    "a number": b"7",
    "null": b"null",
    "bad UTF-8": b"\xff\xfe",
    "bad UTF-8 inside": b'{"jsonrpc":"2.0","id":1,"method":"\xff"}',
    "no method": b'{"jsonrpc":"2.0"}',
    "another JSON-RPC": b'{"jsonrpc":"1.0","id":1,"method":"tools/list"}',
    "parameters in a list": b'{"jsonrpc":"2.0","id":1,"method":"tools/list","params":[1]}',
    "20,000 lists deep": b"[" * 20_000,
    "20,000 closed lists deep": b"[" * 20_000 + b"]" * 20_000,
    "20,000 objects deep": b'{"a":' * 20_000,
    "a number of 5,000 digits": b'{"jsonrpc":"2.0","method":"x","id":' + b"9" * 5_000 + b"}",
}


@pytest.mark.parametrize("kind", [HttpKind(), HttpKind(HTTP_API), HttpKind(REST_API)], ids=str)
async def test_a_malformed_body_is_the_callers_error(shared_world: World, kind: HttpKind) -> None:
    secret = _secret(shared_world)
    async with kind.open(shared_world.api) as http:
        for name, body in MALFORMED.items():
            for revision in (None, "2025-06-18", MODERN):
                headers = {} if revision is None else {"Mcp-Protocol-Version": revision}
                answer = await http.post(body, secret, headers)
                assert answer.status == 400, (name, revision)
                error = answer.json()["error"]
                assert error["code"] in (-32700, -32600, -32602), (name, revision)
        _assert_four_tools(await _list_tools(http, secret))


def _call(arguments: str, extra: str = "") -> bytes:
    return (
        '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"generate_image",'
        f'"arguments":{{"model_id":"test/easel","input":{{{arguments}}}}}{extra}}}}}'
    ).encode()


DISTURBING: dict[str, bytes] = {
    "NaN": _call('"prompt":"x","strength":NaN'),
    "an infinity": _call('"prompt":"x","strength":1e999'),
    "a huge integer": _call('"prompt":"x","num_outputs":' + "9" * 4_000),
    "a lone surrogate": _call(r'"prompt":"\ud800"'),
    "a lone surrogate as a name": _call(r'"\ud800":1'),
    "a lone surrogate in the meta": _call(
        '"prompt":"x"', r',"_meta":{"tokenflux/idempotencyKey":"\ud800"}'
    ),
    "100 deep": _call('"prompt":' + "[" * 100 + "]" * 100),
    "a meta that is a list": _call('"prompt":"x"', ',"_meta":[]'),
    "a progress token that is a list": _call('"prompt":"x"', ',"_meta":{"progressToken":[1]}'),
}


@pytest.mark.parametrize("revision", [None, "2025-06-18", MODERN])
@pytest.mark.parametrize("body", DISTURBING.values(), ids=DISTURBING.keys())
async def test_values_that_json_cannot_hold_are_refused_and_never_charged(
    shared_world: World, body: bytes, revision: str | None
) -> None:
    opened = shared_world.open_account(1_000_000)
    headers = {} if revision is None else {"Mcp-Protocol-Version": revision}
    if revision == MODERN:
        meta = (
            f'"io.modelcontextprotocol/protocolVersion":"{MODERN}",'
            '"io.modelcontextprotocol/clientCapabilities":{}'
        )
        if b'"_meta":{' in body:
            body = body.replace(b'"_meta":{', f'"_meta":{{{meta},'.encode())
        elif b'"_meta"' not in body:
            body = body[:-2] + f',"_meta":{{{meta}}}'.encode() + b"}}"
        headers |= {"Mcp-Method": "tools/call", "Mcp-Name": "generate_image"}
    async with HttpKind().open(shared_world.api) as http:
        answer = await http.post(body, opened.secret, headers)
    assert answer.status in (200, 400)
    document = answer.json()
    if "error" in document:
        assert document["error"]["code"] in (-32700, -32600, -32602)
    else:
        text = document["result"]["content"][0]["text"]
        assert document["result"]["isError"] is True
        assert re.match(r"invalid input: |idempotency key must be ", text)
    assert shared_world.account(opened).available_micros == 1_000_000


@pytest.mark.parametrize(
    ("body", "result"),
    [
        (b'{"jsonrpc":"2.0","id":1,"method":"no/such","method":"tools/list"}', "tools"),
        (
            (
                b'{"jsonrpc":"2.0","id":1,"method":"tools/call",'
                b'"params":{"name":"generate_image","name":"list_models"}}'
            ),
            "content",
        ),
    ],
    ids=["method", "name"],
)
async def test_of_duplicate_keys_the_last_one_counts(
    shared_world: World, body: bytes, result: str
) -> None:
    async with HttpKind().open(shared_world.api) as http:
        answer = await http.post(body, _secret(shared_world))
    assert result in answer.json()["result"]


# ------------------------------------------------------------------ functions
@pytest.mark.parametrize("gateway", GATEWAYS, ids=lambda gateway: gateway.name)
async def test_a_warm_function_answers_one_call_after_the_other(
    shared_world: World, gateway: Any
) -> None:
    secret = _secret(shared_world)
    async with HttpKind(gateway).open(shared_world.api) as http:
        assert isinstance(http, EventDoor)
        for revision in REVISIONS:
            _assert_four_tools(await _list_tools(http, secret, None, revision))
            assert (await http.post(b"{", secret)).status == 400
            assert (await http.post(initialize())).status == 401


@pytest.mark.parametrize("revision", HANDSHAKE_REVISIONS)
async def test_a_ping_is_answered(shared_world: World, revision: str) -> None:
    async with HttpKind(HTTP_API).open(shared_world.api) as http:
        message, headers = request("ping", revision=revision)
        answer = await http.post(message, _secret(shared_world), headers)
    assert (answer.status, answer.json()["result"]) == (200, {})


async def test_an_event_of_a_browser_with_cookies_is_served(shared_world: World) -> None:
    secret = _secret(shared_world)
    message, headers = request("tools/list")
    headers |= {"Content-Type": "application/json", "X-Api-Key": secret}
    async with HttpKind(HTTP_API).open(shared_world.api) as http:
        assert isinstance(http, EventDoor)
        event = HTTP_API.event(
            "POST",
            MCP_PATH,
            headers,
            json.dumps(message).encode(),
            "a=1&b=2",
            shared_world.clock.now_ms(),
        )
        event["cookies"] = ["theme=dark", "lang=de"]
        event["queryStringParameters"] = {"a": "1", "b": "2"}
        _assert_four_tools(await http.invoke(event))
