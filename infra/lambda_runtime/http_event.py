"""What an HTTP API tells a function of a request: events of payload format 2.0.

Sources: the API Gateway developer guide, "Create AWS Lambda proxy integrations for HTTP APIs", and
captured events where the guide is silent: the path comes decoded, the query does not, and every
body is base64 unless its type is one of `_TEXT_TYPES`.
"""

import base64
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

from infra.lambda_runtime.http_api import Match

ACCOUNT_ID = "000000000000"
API_ID = "local"
STAGE = "$default"

_TEXT_TYPES = re.compile(r"text/.*|application/(json|xml|javascript)")
_HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


@dataclass(frozen=True)
class Request:
    """A request as the front took it."""

    method: str
    path: str
    """Encoded, as it was sent."""
    query: str
    """Encoded, without the question mark."""
    headers: Sequence[tuple[str, str]]
    body: bytes
    scheme: str
    protocol: str
    """Such as `HTTP/1.1`."""
    source_ip: str
    port: int
    """The one the request came in at."""
    received_ms: int
    """Epoch milliseconds at which its head was there."""
    id: str
    """The gateway's name for it."""


def new_request_id() -> str:
    """One the way API Gateway makes them."""
    return base64.b64encode(secrets.token_bytes(11)).decode()


def gateway_event(request: Request, match: Match) -> dict[str, Any]:
    """The event for a request that has found its route."""
    headers = _headers(request)
    path = unquote(request.path)
    host = headers.get("host", "").rpartition(":")[0] or headers.get("host", "")
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": match.route.key,
        "rawPath": path,
        "rawQueryString": request.query,
        "cookies": _cookies(request.headers),
        "headers": headers,
        "queryStringParameters": _combined(parse_qsl(request.query, keep_blank_values=True)),
        "requestContext": {
            "accountId": ACCOUNT_ID,
            "apiId": API_ID,
            "domainName": host,
            "domainPrefix": host.split(".")[0],
            "http": {
                "method": request.method,
                "path": path,
                "protocol": request.protocol,
                "sourceIp": request.source_ip,
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": request.id,
            "routeKey": match.route.key,
            "stage": STAGE,
            "time": _time(request.received_ms),
            "timeEpoch": request.received_ms,
        },
        "pathParameters": dict(match.path_parameters),
        **_body(request.body, headers.get("content-type", "")),
    }
    # What a request does not have is not mentioned.
    optional = ("cookies", "queryStringParameters", "pathParameters")
    return {name: value for name, value in event.items() if value or name not in optional}


def _headers(request: Request) -> dict[str, str]:
    kept = [
        (name.lower(), value)
        for name, value in request.headers
        if name.lower() not in _HOP_BY_HOP and name.lower() != "cookie"
    ]
    headers = _combined(kept)
    forwarded = [headers["x-forwarded-for"]] if "x-forwarded-for" in headers else []
    if request.body:
        headers["content-length"] = str(len(request.body))
    return {
        **headers,
        "x-amzn-trace-id": headers.get("x-amzn-trace-id") or _trace_id(request.received_ms),
        "x-forwarded-for": ", ".join([*forwarded, request.source_ip]),
        "x-forwarded-port": str(request.port),
        "x-forwarded-proto": request.scheme,
    }


def _combined(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    combined: dict[str, str] = {}
    for name, value in pairs:
        combined[name] = f"{combined[name]},{value}" if name in combined else value
    return combined


def _cookies(headers: Sequence[tuple[str, str]]) -> list[str]:
    sent = [value for name, value in headers if name.lower() == "cookie"]
    return [cookie.strip() for value in sent for cookie in value.split(";") if cookie.strip()]


def _body(body: bytes, content_type: str) -> Mapping[str, Any]:
    if not body:
        return {"isBase64Encoded": False}
    if _TEXT_TYPES.fullmatch(content_type.partition(";")[0].strip().lower()):
        try:
            return {"body": body.decode(), "isBase64Encoded": False}
        except UnicodeDecodeError:
            # What AWS does then is not known; this way nothing is lost.
            pass
    return {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}


def _trace_id(received_ms: int) -> str:
    return f"Root=1-{received_ms // 1000:08x}-{secrets.token_hex(12)}"


def _time(received_ms: int) -> str:
    return datetime.fromtimestamp(received_ms // 1000, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
