"""Events of payload format 2.0, field by field."""

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from infra.lambda_runtime.http_api import Match, Route
from infra.lambda_runtime.http_event import Request, gateway_event, new_request_id

FILES = Match(
    Route("ANY /v1/images/files/{id}/{name}", "ApiFunction", 30), {"id": "7", "name": "1.png"}
)
MCP = Match(Route("ANY /v1/images/mcp", "ApiFunction", 30), {})
REQUEST = Request(
    method="POST",
    path="/v1/images/mcp",
    query="",
    headers=[
        ("Host", "127.0.0.1:8787"),
        ("User-Agent", "some-agent/1.4"),
        ("Content-Type", "application/json"),
        ("X-Amzn-Trace-Id", "Root=1-6929c0de-0f1e2d3c4b5a69788796a5b4"),
    ],
    body=b'{"jsonrpc": "2.0"}',
    scheme="http",
    protocol="HTTP/1.1",
    source_ip="127.0.0.1",
    port=8787,
    received_ms=1_800_000_000_123,
    id="Ff0fBhRJIAMEVXg=",
)


def event(match: Match = MCP, **changes: Any) -> dict[str, Any]:
    return gateway_event(replace(REQUEST, **changes), match)


def headers(*pairs: tuple[str, str], body: bytes = b"") -> dict[str, str]:
    found: dict[str, str] = event(headers=pairs, body=body)["headers"]
    return found


def test_a_whole_event() -> None:
    assert event() == {
        "version": "2.0",
        "routeKey": "ANY /v1/images/mcp",
        "rawPath": "/v1/images/mcp",
        "rawQueryString": "",
        "headers": {
            "content-length": "18",
            "content-type": "application/json",
            "host": "127.0.0.1:8787",
            "user-agent": "some-agent/1.4",
            "x-amzn-trace-id": "Root=1-6929c0de-0f1e2d3c4b5a69788796a5b4",
            "x-forwarded-for": "127.0.0.1",
            "x-forwarded-port": "8787",
            "x-forwarded-proto": "http",
        },
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "local",
            "domainName": "127.0.0.1",
            "domainPrefix": "127",
            "http": {
                "method": "POST",
                "path": "/v1/images/mcp",
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "some-agent/1.4",
            },
            "requestId": "Ff0fBhRJIAMEVXg=",
            "routeKey": "ANY /v1/images/mcp",
            "stage": "$default",
            "time": "15/Jan/2027:08:00:00 +0000",
            "timeEpoch": 1_800_000_000_123,
        },
        "body": '{"jsonrpc": "2.0"}',
        "isBase64Encoded": False,
    }


class TestPathAndQuery:
    def test_the_path_is_decoded_and_the_query_is_not(self) -> None:
        made = event(FILES, path="/v1/images/files/7/a%20b", query="x=%C3%A9&y=a+b")
        assert made["rawPath"] == made["requestContext"]["http"]["path"] == "/v1/images/files/7/a b"
        assert made["rawQueryString"] == "x=%C3%A9&y=a+b"
        assert made["queryStringParameters"] == {"x": "é", "y": "a b"}

    def test_what_comes_twice_in_a_query_is_joined(self) -> None:
        made = event(query="a=1&b=&a=2")
        assert made["queryStringParameters"] == {"a": "1,2", "b": ""}

    def test_variables_of_the_path_are_told(self) -> None:
        assert event(FILES)["pathParameters"] == {"id": "7", "name": "1.png"}

    def test_what_is_not_there_is_not_mentioned(self) -> None:
        assert not {"cookies", "queryStringParameters", "pathParameters", "body"} & set(
            event(body=b"")
        )


class TestHeaders:
    def test_names_are_in_lower_case_and_values_of_one_name_joined(self) -> None:
        made = headers(("Accept", "a/b"), ("X-One", "1"), ("accept", "c/d"), ("x-ONE", "2"))
        assert (made["accept"], made["x-one"]) == ("a/b,c/d", "1,2")
        assert all(name == name.lower() for name in made)

    def test_cookies_have_a_list_of_their_own(self) -> None:
        made = event(headers=[("Cookie", "a=1; b=2"), ("cookie", "c=3")])
        assert made["cookies"] == ["a=1", "b=2", "c=3"]
        assert "cookie" not in made["headers"]

    def test_what_concerns_one_connection_ends_with_it(self) -> None:
        made = headers(
            ("Connection", "close"), ("TE", "trailers"), ("Transfer-Encoding", "chunked")
        )
        assert set(made) == {
            "x-amzn-trace-id",
            "x-forwarded-for",
            "x-forwarded-port",
            "x-forwarded-proto",
        }

    def test_a_body_of_unknown_length_gets_its_length(self) -> None:
        made = headers(("Transfer-Encoding", "chunked"), body=b"abc")
        assert made["content-length"] == "3"

    def test_proxies_on_the_way_stay_known_and_cannot_claim_another_scheme(self) -> None:
        made = headers(
            ("X-Forwarded-For", "203.0.113.9"),
            ("X-Forwarded-Proto", "https"),
            ("X-Forwarded-Port", "443"),
        )
        assert made["x-forwarded-for"] == "203.0.113.9, 127.0.0.1"
        assert (made["x-forwarded-proto"], made["x-forwarded-port"]) == ("http", "8787")

    def test_a_trace_begins_here_if_the_caller_has_none(self) -> None:
        one, other = headers()["x-amzn-trace-id"], headers()["x-amzn-trace-id"]
        assert one.startswith("Root=1-6b49d200-")
        assert len(one) == len("Root=1-6b49d200-") + 24
        assert one != other

    @pytest.mark.parametrize(
        ("host", "domain"), [("api.example", "api.example"), ("a.b:443", "a.b"), ("", "")]
    )
    def test_the_domain_is_the_hosts_without_its_port(self, host: str, domain: str) -> None:
        context = event(headers=[("Host", host)])["requestContext"]
        assert context["domainName"] == domain
        assert context["domainPrefix"] == domain.partition(".")[0]


class TestBody:
    @pytest.mark.parametrize(
        "media_type",
        ["application/json", "Application/JSON; charset=utf-8", "text/plain", "application/xml"],
    )
    def test_text_is_sent_as_it_is(self, media_type: str) -> None:
        made = event(headers=[("Content-Type", media_type)], body="é".encode())
        assert (made["body"], made["isBase64Encoded"]) == ("é", False)

    @pytest.mark.parametrize(
        "given",
        [
            [("Content-Type", "image/png")],
            [("Content-Type", "application/x-www-form-urlencoded")],
            [("Content-Type", "application/octet-stream")],
            [],
        ],
    )
    def test_everything_else_is_base64(self, given: list[tuple[str, str]]) -> None:
        made = event(headers=given, body=b"\x89PNG")
        assert (base64.b64decode(made["body"]), made["isBase64Encoded"]) == (b"\x89PNG", True)

    def test_what_only_claims_to_be_text_is_not_damaged(self) -> None:
        made = event(body=b"\xff\xfe")
        assert (base64.b64decode(made["body"]), made["isBase64Encoded"]) == (b"\xff\xfe", True)

    def test_nothing_is_not_encoded(self) -> None:
        assert event(body=b"", headers=[])["isBase64Encoded"] is False


def test_an_event_is_json_and_every_request_has_an_id_of_its_own() -> None:
    assert json.loads(json.dumps(event()))["version"] == "2.0"
    one = new_request_id()
    assert (len(one), one[-1]) == (16, "=")
    assert one != new_request_id()
