"""curl: one request, one answer, no handshake."""

import asyncio
import json
from typing import Any

from driving import ENDPOINT, KEY, Block, converse, output_of, report

HEADERS = (
    *("-H", f"Authorization: Bearer {KEY}"),
    *("-H", "Content-Type: application/json"),
)


def curl(method: str, params: dict[str, Any]) -> Any:
    message = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    answer = output_of("curl", "-sS", "--fail-with-body", ENDPOINT, *HEADERS, "-d", message)
    return json.loads(answer)["result"]


async def call(name: str, arguments: dict[str, Any]) -> list[Block]:
    return list(curl("tools/call", {"name": name, "arguments": arguments})["content"])


version = output_of("curl", "--version").split()[1]
tools = [tool["name"] for tool in curl("tools/list", {})["tools"]]
report(version, tools, asyncio.run(converse(call)))
