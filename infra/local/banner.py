"""What `images-mcp serve` prints once it runs."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from handler.core.money import format_usd


def client_configuration(endpoint: str, key: str) -> str:
    """Configuration that most MCP clients take as it is."""
    server = {
        "type": "http",
        "url": endpoint,
        "headers": {"Authorization": f"Bearer {key}"},
    }
    return json.dumps({"mcpServers": {"tokenflux-images": server}}, indent=2)


def banner(
    endpoint: str,
    key: str,
    available_micros: int,
    data: Path,
    more: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Endpoint, key and configuration, ready to copy; `more` is told beside them, by its name."""
    return "\n".join(
        [
            "",
            "tokenflux-images is running.",
            "",
            f"  endpoint  {endpoint}",
            f"  key       {key}",
            f"  credits   {format_usd(available_micros)}",
            f"  data      {data}",
            *(f"  {name.ljust(8)}  {value}" for name, value in more.items()),
            "",
            "Configuration for an MCP client:",
            "",
            client_configuration(endpoint, key),
            "",
            "Stop it with Ctrl-C.",
            "",
        ]
    )
