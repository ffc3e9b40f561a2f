"""Which key a request presents, and what a caller without credits may still do."""

import json
from typing import Any

import pytest
from starlette.datastructures import Headers

from handler.core.accounts import Account, ApiKey, Principal
from handler.web.gate import may_proceed, presented_key

POOR, RICH = 9_999, 10_000


def _principal(available_micros: int) -> Principal:
    key = ApiKey("00" * 32, "acct_1", "tfi_abcd…wxyz", 0)
    return Principal(key, Account("acct_1", available_micros, 1_000_000))


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ({}, None),
        ({"Authorization": "Bearer k"}, "k"),
        ({"Authorization": "bearer k"}, "k"),
        ({"AUTHORIZATION": "BEARER k"}, "k"),
        ({"Authorization": "  Bearer   k  "}, "k"),
        ({"X-Api-Key": "k"}, "k"),
        ({"x-api-key": " k "}, "k"),
        ({"Authorization": "Bearer first", "X-Api-Key": "second"}, "first"),
        ({"Authorization": "Basic dTpw", "X-Api-Key": "k"}, "k"),
        ({"Authorization": "Basic dTpw"}, None),
        ({"Authorization": "Bearer", "X-Api-Key": "k"}, "k"),
        ({"Authorization": "Bearer ", "X-Api-Key": "k"}, "k"),
        ({"Authorization": "k"}, None),
        ({"Authorization": "Bearerk"}, None),
        ({"Authorization": "", "X-Api-Key": ""}, None),
    ],
    ids=str,
)
def test_the_bearer_token_comes_first_then_the_api_key_header(
    headers: dict[str, str], key: str | None
) -> None:
    assert presented_key(Headers(headers)) == key


FREE: list[Any] = [
    {"method": "tools/call", "params": {"name": "get_generation", "arguments": {}}},
    {"method": "tools/call", "params": {"name": "get_generation"}},
    {"method": "tasks/get"},
    {"method": "tasks/cancel"},
]
CHARGED: list[Any] = [
    {"method": "initialize"},
    {"method": "ping"},
    {"method": "server/discover"},
    {"method": "notifications/initialized"},
    {"method": "tools/list"},
    {"method": "resources/list"},
    {"method": "resources/read", "params": {"uri": "ui://tokenflux-images/viewer"}},
    {"method": "tasks/list"},
    {"method": "tasks/update"},
    {"method": "tools/call"},
    {"method": "tools/call", "params": None},
    {"method": "tools/call", "params": ["get_generation"]},
    {"method": "tools/call", "params": {"name": ["get_generation"]}},
    {"method": "tools/call", "params": {"name": "generate_image"}},
    {"method": "tools/call", "params": {"name": "list_models"}},
    {"method": "get_generation", "params": {"name": "get_generation"}},
    {"params": {"name": "get_generation"}},
    {"method": {"tasks/get": 1}},
    {"method": ["tasks/get"]},
    [{"method": "tasks/get"}],
    "tasks/get",
    None,
    7,
]


@pytest.mark.parametrize("message", FREE, ids=str)
def test_the_poor_may_collect_and_stop_what_they_paid_for(message: Any) -> None:
    assert may_proceed(_principal(POOR), json.dumps(message).encode())


@pytest.mark.parametrize("message", CHARGED, ids=str)
def test_the_poor_may_do_nothing_else_and_the_rich_anything(message: Any) -> None:
    body = json.dumps(message).encode()
    assert not may_proceed(_principal(POOR), body)
    assert may_proceed(_principal(RICH), body)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 20_000, b"9" * 5_000])
def test_what_is_no_json_is_no_reason_to_let_the_poor_in(body: bytes) -> None:
    assert not may_proceed(_principal(POOR), body)
    assert may_proceed(_principal(RICH), body)


@pytest.mark.parametrize("available_micros", [-1, 0, 1, POOR])
def test_poor_is_whoever_has_less_than_a_hundredth(available_micros: int) -> None:
    assert not may_proceed(_principal(available_micros), b"{}")
