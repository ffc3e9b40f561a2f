"""mcporter, which calls tools from a shell."""

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

from driving import AUTHORIZATION, ENDPOINT, NODE, Block, converse, installed, output_of, report

PACKAGE, VERSION = installed("mcporter")


def mcporter(*arguments: str) -> str:
    return output_of(NODE, str(PACKAGE / "dist" / "cli.js"), "--config", str(config), *arguments)


async def call(name: str, arguments: dict[str, Any]) -> list[Block]:
    given = json.dumps(arguments)
    # What a person sees: the text. Images are saved with --save-images.
    return [{"type": "text", "text": mcporter("call", f"images.{name}", "--args", given)}]


with tempfile.TemporaryDirectory() as directory:
    config = Path(directory) / "mcporter.json"
    server = {"baseUrl": ENDPOINT, "headers": AUTHORIZATION}
    config.write_text(json.dumps({"mcpServers": {"images": server}, "imports": []}))
    listed = json.loads(mcporter("list", "images", "--schema", "--json"))
    report(VERSION, [tool["name"] for tool in listed["tools"]], asyncio.run(converse(call)))
