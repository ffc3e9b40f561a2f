"""What `images-mcp serve` prints once it runs."""

import json
from pathlib import Path

from handler.core.money import format_usd


def client_configuration(endpoint: str, key: str) -> str:
    """Configuration that most MCP clients take as it is."""
    server = {
        "type": "http",
        "url": endpoint,
        "headers": {"Authorization": f"Bearer {key}"},
    }
    return json.dumps({"mcpServers": {"tokenflux-images": server}}, indent=2)


def banner(endpoint: str, key: str, available_micros: int, data: Path) -> str:
    """Endpoint, key and configuration, ready to copy."""
    return "\n".join(
        [
            "",
            "tokenflux-images is running.",
            "",
            f"  endpoint  {endpoint}",
            f"  key       {key}",
            f"  credits   {format_usd(available_micros)}",
            f"  data      {data}",
            "",
            "Configuration for an MCP client:",
            "",
            client_configuration(endpoint, key),
            "",
            "Stop it with Ctrl-C.",
            "",
        ]
    )
