"""What is asked before a snapshot: answered, and of no AWS service."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from handler.bootstrap.api import build_api, nothing_published
from handler.events.gateway import adapt
from handler.events.priming import prime
from handler.settings import Settings
from tests.world import World


@pytest.fixture(autouse=True)
def current_loop() -> Iterator[None]:
    """The entry module's, which these tests do without."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    asyncio.set_event_loop(None)
    loop.close()


def nowhere(service: str) -> Any:
    return Nowhere(service)


class Nowhere:
    """A client that must not be used."""

    def __init__(self, service: str) -> None:
        self._service = service

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{self._service}.{name} was asked for")


def test_the_usual_questions_are_answered_without_any_service(settings: Settings) -> None:
    prime(build_api(settings, nowhere, nothing_published))


def test_a_build_that_cannot_answer_makes_no_snapshot(settings: Settings) -> None:
    services = build_api(settings, nowhere, nothing_published)
    broken: Any = {"local/sketch": None}
    with pytest.raises(RuntimeError, match="tools/list"):
        prime(replace(services, admissions=replace(services.admissions, models=lambda: broken)))


def test_its_account_is_nobodys_once_it_is_over(world: World) -> None:
    prime(world.api)
    event = {
        "version": "2.0",
        "rawPath": "/v1/images/mcp",
        "rawQueryString": "",
        "headers": {"host": "a.example", "authorization": "Bearer priming"},
        "requestContext": {"http": {"method": "POST", "path": "/v1/images/mcp", "sourceIp": "::1"}},
        "body": "{}",
        "isBase64Encoded": False,
    }
    context: Any = None
    answer = adapt(world.api)(event, context)
    assert answer["statusCode"] == 401
    assert json.loads(answer["body"])["code"] == "INVALID_API_KEY"
