"""What a function's result becomes, in payload format 2.0."""

import base64
import json
from typing import Any

import pytest

from infra.lambda_runtime.http_answer import HttpAnswer, MalformedResult, gateway_answer, own_answer

JSON = (("content-type", "application/json"),)


def answer(result: Any) -> HttpAnswer:
    return gateway_answer(json.dumps(result).encode())


def test_a_complete_result() -> None:
    result = {
        "statusCode": 201,
        "headers": {"Content-Type": "text/html", "X-Count": 7, "x-flag": True},
        "body": "<p>é</p>",
        "isBase64Encoded": False,
    }
    headers = (("content-type", "text/html"), ("x-count", "7"), ("x-flag", "true"))
    assert answer(result) == HttpAnswer(201, headers, "<p>é</p>".encode())


@pytest.mark.parametrize(
    ("result", "body"),
    [
        ({"message": "hello"}, b'{"message": "hello"}'),
        ("hello", b"hello"),
        ([1, 2], b"[1, 2]"),
        (7, b"7"),
        (None, b"null"),
    ],
)
def test_a_result_without_a_status_is_the_body(result: Any, body: bytes) -> None:
    assert answer(result) == HttpAnswer(200, JSON, body)


def test_base64_is_decoded() -> None:
    encoded = base64.b64encode(b"\x89PNG").decode()
    made = answer(
        {
            "statusCode": 200,
            "headers": {"content-type": "image/png"},
            "body": encoded,
            "isBase64Encoded": True,
        }
    )
    assert made == HttpAnswer(200, (("content-type", "image/png"),), b"\x89PNG")


def test_every_cookie_is_a_header_of_its_own() -> None:
    made = answer({"statusCode": 204, "cookies": ["a=1; Secure", "b=2"]})
    assert made == HttpAnswer(204, (("set-cookie", "a=1; Secure"), ("set-cookie", "b=2")), b"")


def test_a_body_of_no_stated_type_is_text_and_no_body_has_no_type() -> None:
    assert answer({"statusCode": 200, "body": "x"}).headers == (
        ("content-type", "text/plain; charset=utf-8"),
    )
    assert answer({"statusCode": "302", "headers": {"location": "/"}}) == HttpAnswer(
        302, (("location", "/"),), b""
    )


@pytest.mark.parametrize(
    "result",
    [
        {"statusCode": None},
        {"statusCode": "many"},
        {"statusCode": 99},
        {"statusCode": 600},
        {"statusCode": True},
        {"statusCode": 200.5},
        {"statusCode": 200, "headers": ["a"]},
        {"statusCode": 200, "headers": {"a": ["b"]}},
        {"statusCode": 200, "headers": {"a": None}},
        {"statusCode": 200, "cookies": "a=1"},
        {"statusCode": 200, "cookies": [{}]},
        {"statusCode": 200, "body": {"a": 1}},
        {"statusCode": 200, "body": "***", "isBase64Encoded": True},
    ],
    ids=str,
)
def test_a_result_that_is_no_answer_is_malformed(result: Any) -> None:
    with pytest.raises(MalformedResult):
        answer(result)


@pytest.mark.parametrize("result", [b"", b"\xff", b"{'a': 1}", b"<html>"])
def test_a_result_that_is_no_json_is_malformed(result: bytes) -> None:
    with pytest.raises(MalformedResult):
        gateway_answer(result)


def test_the_gateways_own_answers_are_json_with_a_message() -> None:
    assert own_answer(503, "Service Unavailable") == HttpAnswer(
        503, JSON, b'{"message":"Service Unavailable"}'
    )
