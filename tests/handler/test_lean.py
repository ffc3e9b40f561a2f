"""A function loads the SDK's server side and leaves the rest of it where it is."""

from tests.test_architecture import imported_by

UNUSED_AT_FIRST = {"mcp.client", "mcp.server.mcpserver", "httpx2", "jwt", "cryptography", "nacl"}


def test_the_api_function_loads_nothing_of_the_client() -> None:
    loaded = imported_by("handler.api")
    assert {"mcp.server.lowlevel.server", "mcp_types", "handler.web.endpoint"} <= loaded
    assert loaded & UNUSED_AT_FIRST == set()
