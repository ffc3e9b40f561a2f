"""Nobody's words, keys or tokens are in any line, whatever happens: real traffic, then a search.

Everything that may not be told carries a mark. What is written meanwhile, down to DEBUG of our own
loggers, must not hold one.
"""

import base64
import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from botocore.exceptions import ClientError, HTTPClientError
from mcp.server.transport_security import TransportSecuritySettings

from handler.core.accounts import new_secret
from handler.core.errors import ProviderFailure, Unavailable
from handler.core.ports import Done, Failed, Job, Outcome, Running
from handler.events.jobs import work_on
from handler.events.schedule import sweep_on
from handler.web.app import MCP_PATH, build_app
from tests.doors import (
    HTTP_API,
    MODERN,
    REST_API,
    AsgiDoor,
    HttpDoor,
    HttpKind,
    WireDoor,
    initialize,
    request,
    unworked,
)
from tests.fakes import PNG
from tests.handler.events.test_jobs import record
from tests.handler.telemetry.written import Written
from tests.handler.unreliable import stores_over
from tests.world import MODEL_ID, Opened, World, manual

pytestmark = pytest.mark.anyio

TOKEN = f"r8_{secrets.token_hex(20)}"
CHOSEN_KEY = f"chosen-by-hand-{secrets.token_hex(8)}"
MARK = f"mark{secrets.token_hex(8)}"
PROMPT = f'a boat called {MARK}\nwith "quotes" and 🚤'
every_door = pytest.mark.parametrize(
    "kind", [HttpKind(), HttpKind(HTTP_API), HttpKind(REST_API)], ids=str
)
every_family = pytest.mark.parametrize("revision", ["2025-06-18", MODERN])


def encoded(mark: str) -> str:
    return base64.b64encode(mark.encode()).decode().rstrip("=")


@dataclass
class Told:
    """What may not be told, and a search for it."""

    marks: set[str] = field(default_factory=lambda: {MARK, TOKEN, CHOSEN_KEY})

    def key(self, opened: Opened) -> str:
        """A key whose parts may not be told either."""
        self.marks |= {opened.secret, opened.secret[8:30]}
        return opened.secret

    def found_in(self, text: str) -> set[str]:
        return {mark for mark in self.marks if mark in text or encoded(mark) in text}


@pytest.fixture
def told() -> Told:
    return Told()


def arguments(prompt: str = PROMPT, **more: Any) -> dict[str, Any]:
    return {"model_id": MODEL_ID, "input": {"prompt": prompt, **more}}


CALLS: list[tuple[str, Any]] = [
    ("list_models", {}),
    ("list_models", {MARK: MARK}),
    ("get_model", {"model_id": MODEL_ID}),
    ("get_model", {"model_id": MARK}),
    ("get_model", {"model_id": {"$ref": MARK}}),
    ("generate_image", arguments()),
    ("generate_image", arguments(num_outputs=MARK)),
    ("generate_image", arguments(strength=MARK)),
    ("generate_image", arguments(aspect_ratio=PROMPT)),
    ("generate_image", arguments(PROMPT, **{MARK: 1})),
    ("generate_image", arguments(PROMPT * 100)),
    ("generate_image", arguments(f"\ud800{MARK}")),
    ("generate_image", {"model_id": MARK, "input": {"prompt": PROMPT}}),
    ("generate_image", {"model_id": MODEL_ID, "input": PROMPT}),
    ("generate_image", {"model_id": MODEL_ID, "input": json.dumps({"prompt": PROMPT})}),
    ("generate_image", {"prompt": PROMPT}),
    ("get_generation", {"id": MARK}),
    ("get_generation", {"id": [MARK]}),
    (MARK, {"prompt": PROMPT}),
]


def odd_headers(key: str) -> Iterator[dict[str, str]]:
    """A key where it belongs, and in every place where somebody may put it by mistake."""
    yield {"X-Api-Key": key}
    for scheme in ("Bearer", "bearer", "Basic", "Token", ""):
        yield {"Authorization": f"{scheme} {key}".strip()}
    for name in (
        "Api-Key",
        "Cookie",
        "Host",
        "Idempotency-Key",
        "Last-Event-Id",
        "Mcp-Method",
        "Mcp-Name",
        "Mcp-Protocol-Version",
        "Mcp-Session-Id",
        "Origin",
        "Referer",
        "User-Agent",
        "X-Forwarded-For",
        "X-Request-Id",
        "X-Amzn-Trace-Id",
    ):
        yield {name: key}
    yield {"X-Amzn-Trace-Id": f"Root=1-5e6722a7-cc56ab46db7ae02d4da47eaa;Parent={key};X={key}"}


@every_door
@every_family
async def test_calls(
    world: World, told: Told, written: Written, kind: HttpKind, revision: str
) -> None:
    keys = [told.key(world.open_account(held)) for held in (10_000_000, 1)]
    async with kind.open(unworked(world)) as http:
        for tool, given in CALLS:
            call, headers = request("tools/call", {"name": tool, "arguments": given}, revision)
            headers.pop("Mcp-Name", None)
            for key in keys:
                await http.post(call, key, {**headers, "Idempotency-Key": MARK})
    assert len(written.of("request")) == len(CALLS) * len(keys)
    assert told.found_in(written.text) == set()


@every_door
async def test_keys_anywhere(world: World, told: Told, written: Written, kind: HttpKind) -> None:
    rich, unknown = told.key(world.open_account(10_000_000)), new_secret()
    told.marks |= {unknown, unknown[8:30]}
    world.open_account(1_000_000, CHOSEN_KEY)
    async with kind.open(unworked(world)) as http:
        for key in (rich, unknown, CHOSEN_KEY):
            for headers in odd_headers(key):
                for presented in (rich, None):
                    await http.post(initialize(), presented, headers)
    statuses = {line["http_status"] for line in written.of("request")}
    assert statuses >= {200, 401}
    assert told.found_in(written.text) == set()


@every_door
async def test_keys_of_every_kind(
    world: World, told: Told, written: Written, kind: HttpKind
) -> None:
    rich, poor, revoked = (world.open_account(held) for held in (1_000_000, 1, 1_000_000))
    world.stores.accounts.revoke(revoked.key_id)
    keys = [*map(told.key, (rich, poor, revoked)), rich.secret[:-1], MARK]
    async with kind.open(unworked(world)) as http:
        for key in keys:
            for body in (b"{", MARK.encode(), f'{{"jsonrpc":"2.0","{MARK}":1}}'.encode()):
                await http.post(body, key)
            for path in (MCP_PATH, f"/{key}", f"/v1/images/files/{key}/1.png", f"{MCP_PATH}/{key}"):
                await http.send("GET", path, query=f"api_key={key}&prompt={MARK}")
    statuses = {line["http_status"] for line in written.of("request")}
    assert statuses >= {400, 401, 403, 404, 405}
    assert told.found_in(written.text) == set()


async def test_names_of_hosts(world: World, told: Told, written: Written) -> None:
    """What a server on one machine refuses, the SDK warns of, and quotes."""
    secret = told.key(world.open_account(1_000_000))
    door = AsgiDoor(build_app(world.api, TransportSecuritySettings(allowed_hosts=["localhost"])))
    answers = [
        await door.post(initialize(), secret, {"Host": MARK}),
        await door.post(initialize(), secret, {"Host": "localhost", "Origin": f"https://{MARK}"}),
    ]
    assert [answer.status for answer in answers] == [421, 403]
    assert told.found_in(written.text) == set()


def failures() -> list[Callable[[Job], Outcome]]:
    """Ways in which a vendor's module may end, each with words in it that are not ours to tell."""
    said = f"401 for https://vendor.example/run?key={TOKEN} with {PROMPT!r} as Bearer {TOKEN}"

    def raising(error: Exception) -> Callable[[Job], Outcome]:
        def fail(job: Job) -> Outcome:
            error.add_note(said)
            raise error from ValueError(f"{said} {job.input}")

        return fail

    return [
        raising(RuntimeError(said)),
        raising(KeyError(said)),
        raising(ExceptionGroup(said, [ValueError(said), OSError(5, said)])),
        raising(HTTPClientError(error=said)),
        raising(json.JSONDecodeError("no JSON", said, 0)),
        raising(UnicodeDecodeError("utf-8", said.encode(), 0, 1, said)),
        raising(ProviderFailure(said, retryable=True)),
        raising(Unavailable("the provider cannot be reached")),
        lambda _: Failed(said),
        lambda _: Failed(said, retryable=True),
        lambda _: Running(f"ref-{TOKEN}", 60),
        lambda _: Done([said.encode()]),
        lambda _: Done([PNG]),
    ]


async def test_jobs(world: World, told: Told, written: Written) -> None:
    opened = world.open_account(10_000_000)
    behaviours = failures()
    for number, behaviour in enumerate(behaviours):
        generation = world.admit(opened, f"{PROMPT} {number}")
        world.provider.submits, world.provider.polls = [behaviour], [behaviour]
        work_on(world.worker, {"Records": [record(generation.id, f"m-{number}")]})
    sweep_on(world.sweeper)
    timing = world.settings.timing
    manual(world.clock).advance((timing.deadline_ms + timing.deadline_grace_ms) / 1000)
    sweep_on(world.sweeper)
    assert len(written.of("job")) == len(behaviours)
    assert {line["outcome"] for line in written.of("job")} == {"ended", "parked", "cut short"}
    assert written.of("expired")
    assert written.text.count('"exception"') >= 7
    assert told.found_in(written.text) == set()


@dataclass(frozen=True)
class Betraying:
    """A service whose every error quotes what it was sent."""

    api: Any
    make: Callable[[str], Exception]

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def fail(**parameters: Any) -> Any:
            raise self.make(f"{name} {parameters} {TOKEN} {MARK}")

        return fail


@pytest.mark.parametrize(
    "make",
    [RuntimeError, lambda said: HTTPClientError(error=said), lambda said: ClientError({}, "Put")],
    ids=["defect", "connection", "refusal"],
)
async def test_services(
    world: World, told: Told, written: Written, make: Callable[[str], Exception]
) -> None:
    opened = world.open_account(1_000_000)
    generation = world.admit(opened, PROMPT)
    broken = stores_over(world, lambda api: Betraying(api, make))
    services = replace(
        world.api,
        admissions=replace(world.admissions, ledger=broken.ledger, queue=broken.queue),
        lookup=replace(world.lookup, generations=broken.generations),
    )
    async with HttpKind().open(services) as http:
        door: HttpDoor = http
        for tool, given in [*CALLS, ("get_generation", {"id": generation.id})]:
            call, headers = request("tools/call", {"name": tool, "arguments": given})
            await door.post(call, told.key(opened), headers)
    work_on(replace(world.worker, jobs=broken.jobs), {"Records": [record(generation.id)]})
    assert "cut short" in written.text
    assert '"exception"' in written.text
    assert told.found_in(written.text) == set()


async def test_the_search_finds_what_is_there(told: Told) -> None:
    for mark in (MARK, TOKEN, CHOSEN_KEY):
        assert told.found_in(f"x {mark} y") == {mark}
        assert told.found_in(f"x {encoded(mark)}= y") == {mark}


@every_door
async def test_images(world: World, told: Told, written: Written, kind: HttpKind) -> None:
    """Who has the address of an image may see it, and who has a signed one may fetch it."""
    opened = world.open_account(1_000_000)
    generation = world.admit(opened, PROMPT)
    world.provider.submits = [Done([PNG])]
    work_on(world.worker, {"Records": [record(generation.id)]})
    async with kind.open(world.api) as http:
        door = WireDoor(http, told.key(opened))
        shown = await door.value("get_generation", {"id": generation.id})
        path = shown["images"][0]["url"].removeprefix(http.base_url)
        signed = (await http.send("GET", path)).headers["location"]
    signature = signed.partition("X-Amz-Signature=")[2][:40]
    assert signature
    told.marks |= {path, signature}
    assert told.found_in(written.text) == set()
