"""Under which address the service was reached."""

from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from handler.web.location import PrefixMiddleware, base_url

MCP = "/v1/images/mcp"


class Recorder:
    """An application that remembers what it was asked."""

    def __init__(self) -> None:
        self.scopes: list[Scope] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scopes.append(scope)


async def _nothing() -> Message:
    raise AssertionError("nothing is to be received")


async def _nowhere(message: Message) -> None:
    raise AssertionError("nothing is to be sent")


def _scope(path: str, context_path: str | None = None, host: str | None = "h.example") -> Scope:
    scope: dict[str, Any] = {"type": "http", "scheme": "https", "path": path, "headers": []}
    if host is not None:
        scope["headers"] = [(b"accept", b"*/*"), (b"host", host.encode())]
    if context_path is not None:
        scope["aws.event"] = {"requestContext": {"path": context_path}}
    return scope


async def _inside(scope: Scope) -> Scope:
    recorder = Recorder()
    await PrefixMiddleware(recorder)(scope, _nothing, _nowhere)
    (inside,) = recorder.scopes
    return inside


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("path", "context_path", "prefix"),
    [
        (MCP, None, ""),
        (MCP, MCP, ""),
        # HTTP API with a named stage: the stage is part of every path.
        (f"/prod{MCP}", None, "/prod"),
        # REST API: the stage is in the context's path only.
        (MCP, f"/prod{MCP}", "/prod"),
        # A custom domain with a base path: both have it.
        (f"/pictures{MCP}", f"/pictures{MCP}", "/pictures"),
        (f"/a/b{MCP}", None, "/a/b"),
        # A stage that is named like the beginning of the service's own path.
        (f"/v1{MCP}", None, "/v1"),
        (MCP, f"/v1{MCP}", "/v1"),
        ("/prod/v1/images/files/x/1.png", None, "/prod"),
        # The service's own path a second time is no prefix.
        ("/v1/images/files/v1/images/mcp", None, ""),
    ],
)
async def test_what_stands_before_the_services_path_is_part_of_its_address(
    path: str, context_path: str | None, prefix: str
) -> None:
    inside = await _inside(_scope(path, context_path))
    assert inside["root_path"] == prefix
    assert inside["path"].startswith(f"{prefix}/v1/images/")
    assert base_url(inside) == f"https://h.example{prefix}"


@pytest.mark.anyio
@pytest.mark.parametrize(
    "path",
    [
        *("/", "/favicon.ico", "/v1/images", "/prod", "/prod/v1"),
        # Where a client looks for metadata about this very address (RFC 8615, RFC 9728).
        f"/.well-known/oauth-protected-resource{MCP}",
        f"/.well-known/oauth-authorization-server/prod{MCP}",
    ],
)
async def test_other_paths_have_no_prefix(path: str) -> None:
    inside = await _inside(_scope(path))
    assert (inside["path"], inside["root_path"]) == (path, "")


@pytest.mark.anyio
async def test_what_is_not_http_passes_unchanged() -> None:
    scope = {"type": "lifespan"}
    assert await _inside(scope) is scope


@pytest.mark.anyio
async def test_the_callers_scope_is_left_alone() -> None:
    scope = _scope(MCP, f"/prod{MCP}")
    await _inside(scope)
    assert scope["path"] == MCP
    assert "root_path" not in scope


@pytest.mark.parametrize("host", ["h.example", "127.0.0.1:8787", "[::1]:8787"])
def test_the_address_is_as_the_caller_wrote_it(host: str) -> None:
    assert base_url(_scope(MCP, host=host)) == f"https://{host}"
    assert base_url({**_scope(MCP, host=host), "scheme": "http"}) == f"http://{host}"


def test_without_a_host_it_is_this_machine() -> None:
    assert base_url(_scope(MCP, host=None)) == "https://localhost"


def test_a_prefix_is_written_so_that_it_stays_a_path() -> None:
    scope: Scope = {
        "type": "http",
        "scheme": "https",
        "headers": [(b"host", b"api.example")],
        "root_path": '/">a b\r\nX:y',
    }
    assert base_url(scope) == "https://api.example/%22%3Ea%20b%0D%0AX%3Ay"
