"""The command line of the MCP Inspector."""

import asyncio
import json
from typing import Any

from driving import ENDPOINT, KEY, NODE, Block, converse, installed, output_of, report

PACKAGE, VERSION = installed("@modelcontextprotocol/inspector")
LAUNCHER = str(PACKAGE / "clients" / "launcher" / "build" / "index.js")
CONNECT = ("--transport", "http", "--header", f"Authorization: Bearer {KEY}")


def inspector(*arguments: str) -> Any:
    return json.loads(output_of(NODE, LAUNCHER, "--cli", ENDPOINT, *CONNECT, *arguments))


async def call(name: str, arguments: dict[str, Any]) -> list[Block]:
    pairs = [
        f"{key}={value if isinstance(value, str) else json.dumps(value)}"
        for key, value in arguments.items()
    ]
    given = ("--tool-arg", *pairs) if pairs else ()
    blocks = inspector("--method", "tools/call", "--tool-name", name, *given)["content"]
    return list(blocks)


# With --strict, a schema that some model's vendor would refuse is an error.
tools = [tool["name"] for tool in inspector("--method", "tools/list", "--strict")["tools"]]
report(VERSION, tools, asyncio.run(converse(call)))
