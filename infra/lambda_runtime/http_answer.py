"""What an HTTP API makes of a function's result in payload format 2.0, and its own answers.

Source: the API Gateway developer guide, "Create AWS Lambda proxy integrations for HTTP APIs".
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_SCALARS = (str, int, float)


class MalformedResult(Exception):
    """The function returned something that is no HTTP answer."""


@dataclass(frozen=True)
class HttpAnswer:
    """An HTTP answer; header names are in lower case."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def own_answer(status: int, message: str) -> HttpAnswer:
    """What the gateway says when it does not pass on a function's answer."""
    body = json.dumps({"message": message}, separators=(",", ":")).encode()
    return HttpAnswer(status, (("content-type", "application/json"),), body)


NOT_FOUND = own_answer(404, "Not Found")
TOO_LARGE = own_answer(413, "Request Entity Too Large")
INTERNAL_ERROR = own_answer(500, "Internal Server Error")
UNAVAILABLE = own_answer(503, "Service Unavailable")


def gateway_answer(result: bytes) -> HttpAnswer:
    """The answer that a function's result, as JSON, stands for.

    Raises:
        MalformedResult: It stands for none.
    """
    try:
        document = json.loads(result)
    except ValueError as error:
        raise MalformedResult("it is no JSON") from error
    if not isinstance(document, Mapping) or "statusCode" not in document:
        body = document.encode() if isinstance(document, str) else result
        return HttpAnswer(200, (("content-type", "application/json"),), body)
    body = _body(document)
    return HttpAnswer(_status(document), tuple(_headers(document, has_body=bool(body))), body)


def _status(document: Mapping[str, Any]) -> int:
    status = document["statusCode"]
    if isinstance(status, str) and status.isdecimal():
        status = int(status)
    if not isinstance(status, int) or not 200 <= status <= 599:
        raise MalformedResult("statusCode is no status")
    return status


def _headers(document: Mapping[str, Any], *, has_body: bool) -> list[tuple[str, str]]:
    given = document.get("headers") or {}
    cookies = document.get("cookies") or []
    if not isinstance(given, Mapping) or not isinstance(cookies, list):
        raise MalformedResult("headers is no object, or cookies no list")
    if not all(isinstance(value, _SCALARS) for value in (*given.values(), *cookies)):
        raise MalformedResult("a header is no text")
    headers = [(name.lower(), _text(value)) for name, value in given.items()]
    if has_body and "content-type" not in dict(headers):
        headers.append(("content-type", "text/plain; charset=utf-8"))
    return [*headers, *(("set-cookie", _text(cookie)) for cookie in cookies)]


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)


def _body(document: Mapping[str, Any]) -> bytes:
    body = document.get("body") or ""
    if not isinstance(body, str):
        raise MalformedResult("body is no text")
    if not document.get("isBase64Encoded"):
        return body.encode()
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error as error:
        raise MalformedResult("body is no base64") from error
