"""Any value in any place of a vendor's reply is an answer or a failure, never a defect of ours.

Each place of a reply that the vendor does send is given each of the odd values, with each status.
"""

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, get_args

import pytest
from botocore.exceptions import ClientError

from handler.core.errors import ProviderFailure
from handler.core.ports import Failed, Running
from handler.providers import bedrock, bfl, fal, gemini, openai, replicate
from handler.providers.calls import CallFailed, Reply
from handler.providers.fetch.download import Fetcher
from handler.providers.images.sanitize import sanitized
from handler.providers.outputs import Outputs
from handler.providers.vendor import Answer, Ready

HUGE = 20_000
ODD: Sequence[Any] = (
    *(None, True, False, 0, -1, 1.5, 10**400, math.nan, math.inf),
    *("", " ", "\ud800", "\x00", "a b", "http://[", "data:", "x" * HUGE, "9" * 400),
    *([], {}, [[]], [{}], [None], ["\ud800"], {"": None}, {"\ud800": [7]}, [7] * HUGE),
)
STATUSES = (200, 400, 401, 404, 422, 429, 500, 503)
REF = "https://api.bfl.ai/v1/get_result?id=1 1800000000000"

Read = Callable[[Reply], Any]

PREDICTION = {
    "id": "abc",
    "status": "succeeded",
    "output": {"images": ["https://a.example/1.png", {"url": "https://a.example/2.png"}]},
    "error": "E1000",
    "data_removed": True,
    "invalid_fields": [{"field": "input", "description": "no"}],
    "detail": "Invalid version or not permitted",
    "title": "No",
    "retry_after": 3,
}
FAL = {
    "status": "COMPLETED",
    "status_url": "https://queue.fal.run/m/requests/1/status",
    "response_url": "https://queue.fal.run/m/requests/1",
    "cancel_url": "https://queue.fal.run/m/requests/1/cancel",
    "images": [{"url": "https://a.example/1.png"}, "https://a.example/2.png"],
    "image": {"url": "https://a.example/1.png"},
    "has_nsfw_concepts": [False, True],
    "error_type": "internal_error",
    "detail": [{"loc": ["body", "prompt"], "msg": "no", "type": "content_policy_violation"}],
}
FAL_ERROR = {name: FAL[name] for name in ("error_type", "detail")}
BFL = {
    "id": "1",
    "status": "Ready",
    "polling_url": "https://api.bfl.ai/v1/get_result?id=1",
    "result": {"sample": "https://a.example/1.png"},
    "details": {"Moderation Reasons": ["no"]},
    "detail": [{"loc": ["body", "prompt"], "msg": "no"}],
}
OPENAI = {
    "data": [{"b64_json": "AAAA"}, {"url": "https://a.example/1.png"}],
    "error": {"message": "no", "code": "no", "type": "invalid_api_key", "param": None},
}
CANDIDATE = {
    "finishReason": "STOP",
    "finishMessage": "no",
    "content": {
        "parts": [{"text": "a", "thought": True}, {"inlineData": {"data": "AAAA"}}, {"text": "b"}]
    },
}
GEMINI = {"candidates": [CANDIDATE], "promptFeedback": {"blockReason": ""}, "usageMetadata": {}}
GEMINI_ERROR = {
    "error": {
        "message": "no",
        "status": "RESOURCE_EXHAUSTED",
        "details": [
            {"reason": "NO", "violations": [{"quotaId": "PerMinute"}]},
            {"retryDelay": "35.5s"},
        ],
    }
}
BEDROCK = {"images": ["AAAA", None], "finish_reasons": [None, "Filter reason: prompt"]}

PARSERS: Mapping[str, tuple[Read, Sequence[Mapping[str, Any]]]] = {
    "replicate creation": (replicate.read_creation, [PREDICTION]),
    "replicate state": (replicate.read_state, [PREDICTION, {**PREDICTION, "status": "failed"}]),
    "fal submission": (fal.read_submission, [FAL, FAL_ERROR]),
    "fal status": (lambda reply: fal.read_status(reply, "a b c"), [FAL]),
    "fal result": (fal.read_result, [FAL, FAL_ERROR]),
    "fal end": (lambda reply: fal.read_end(reply, fal.read_result(reply)), [FAL, FAL_ERROR]),
    "bfl submission": (bfl.read_submission, [BFL]),
    "bfl state": (
        lambda reply: bfl.read_state(reply, REF),
        [BFL, {**BFL, "status": "Error"}, {**BFL, "status": "Request Moderated"}],
    ),
    "openai": (openai.read, [OPENAI, {"error": OPENAI["error"]}]),
    "openai again": (openai.is_not_begun, [OPENAI]),
    "gemini": (gemini.read, [GEMINI, GEMINI_ERROR]),
    "gemini again": (gemini.is_not_begun, [GEMINI_ERROR]),
    "bedrock": (bedrock.read, [BEDROCK]),
}


def changed(value: Any) -> Iterator[Any]:
    """The value with one place in it, or all of it, replaced by each of the odd ones."""
    yield from ODD
    if isinstance(value, dict):
        for name, part in value.items():
            yield {other: value[other] for other in value if other != name}
            yield from ({**value, name: odd} for odd in changed(part))
    elif isinstance(value, list):
        for position, part in enumerate(value):
            for odd in changed(part):
                yield [*value[:position], odd, *value[position + 1 :]]


def nowhere(host: str, port: int) -> Sequence[str]:
    raise OSError


OUTPUTS = Outputs(
    Fetcher(resolve=nowhere, sleep=lambda _: None).fetch, sanitized, ["*"], lambda: 0.0
)


def require_sound(answer: Any) -> None:
    """What comes after it can work with it: the record is written, a pause kept, images fetched."""
    match answer:
        case Failed():
            assert f"{answer.said} {answer.reason}".isprintable()
            assert len(answer.reason) < 1000
            assert answer.retry_after_seconds is None or 0 <= answer.retry_after_seconds < 86_400
        case Running():
            assert 0 < answer.poll_after_seconds < 86_400
        case Ready():
            with pytest.raises(ProviderFailure):
                OUTPUTS.collected(answer.outputs, 2, comes_back=False)
        case None | bool():
            pass
        case _:
            raise AssertionError(f"{answer} is none of {get_args(Answer)}")


@pytest.mark.parametrize("name", PARSERS)
def test_any_value_may_be_anywhere(name: str) -> None:
    read, documents = PARSERS[name]
    for document in documents:
        for odd in changed(document):
            body = json.dumps(odd).encode()
            for status in STATUSES:
                reply = Reply(status, body, at_ms=1_800_000_000_000)
                try:
                    answer = read(reply)
                except (CallFailed, ProviderFailure):
                    continue
                except Exception as error:
                    raise AssertionError(f"{status} {body[:300]!r}") from error
                require_sound(answer)


@pytest.mark.parametrize("name", PARSERS)
def test_headers_may_say_anything(name: str) -> None:
    read, documents = PARSERS[name]
    names = ("retry-after", "retry-after-ms", "x-fal-error-type", "x-fal-retryable")
    for header in (*names, "x-fal-request-timeout-type", "x-should-retry"):
        for odd in filter(lambda value: isinstance(value, str), ODD):
            for status in STATUSES:
                reply = Reply(status, json.dumps(documents[-1]).encode(), {header: odd})
                try:
                    require_sound(read(reply))
                except (CallFailed, ProviderFailure):
                    continue


def test_bedrocks_errors_may_say_anything() -> None:
    error = {
        "Error": {"Code": "ValidationException", "Message": "no"},
        "ResponseMetadata": {"HTTPStatusCode": 400},
    }
    for code, message in [(odd, "no") for odd in ODD] + [("Validation", odd) for odd in ODD]:
        response = {**error, "Error": {"Code": code, "Message": message}}
        require_sound(bedrock.read_error(ClientError(response, "InvokeModel")))
