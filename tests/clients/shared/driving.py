"""What the Python drivers have in common; standard library only, as it runs in every client's venv.

A driver connects its client, hands `converse` a way to call a tool, and prints what came of it as
its last line. The conversation is what an assistant does: look, read the schema, generate, collect.
"""

import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

ENDPOINT = os.environ.get("DRIVE_ENDPOINT", "")
KEY = os.environ.get("DRIVE_KEY", "")
AUTHORIZATION = {"Authorization": f"Bearer {KEY}"}
NODE = os.environ.get("DRIVE_NODE", "")
PROTOCOL = os.environ.get("DRIVE_PROTOCOL", "")
"""Which family to speak, for a client that has a choice; empty for what it does by itself."""

REQUEST = "Draw a lighthouse at dusk."
INPUT = {"prompt": "a lighthouse at dusk", **json.loads(os.environ.get("DRIVE_INPUT", "{}"))}
OPEN = ("starting", "processing")

Block = dict[str, Any]
"""A part of a tool's answer as the client hands it on: `type`, and `text` of a text."""


def next_call(answers: list[str]) -> tuple[str, dict[str, Any]] | None:
    """The next call of an assistant that has got these texts, or None once it has its image."""
    if not answers:
        return "list_models", {}
    if len(answers) == 1:
        listed = json.loads(answers[0])
        # Some clients hand on the structured content, an object, in place of the text.
        models = listed["models"] if isinstance(listed, dict) else listed
        return "get_model", {"model_id": models[0]["id"]}
    if len(answers) == 2:
        return "generate_image", {"model_id": json.loads(answers[1])["id"], "input": INPUT}
    latest = json.loads(answers[-1])
    if len(answers) == 3 or latest["status"] in OPEN:
        return "get_generation", {"id": latest["id"]}
    return None


async def converse(call: Callable[[str, dict[str, Any]], Awaitable[list[Block]]]) -> list[Any]:
    """Have the whole conversation through `call`."""
    calls: list[Any] = []
    answers: list[str] = []
    while (step := next_call(answers)) is not None:
        blocks = await call(*step)
        calls.append(record(step[0], blocks))
        answers.append(first_text(blocks))
    return calls


def first_text(blocks: list[Block]) -> str:
    """The text of an answer that carries everything."""
    return next(block["text"] for block in blocks if block["type"] == "text")


def record(tool: str, blocks: list[Block]) -> dict[str, Any]:
    """A call, for the report."""
    return {"tool": tool, "blocks": [kind(block) for block in blocks], "text": first_text(blocks)}


def kind(block: Block) -> str:
    """What sort of block it is, and of how many bytes if it is no text."""
    data = block.get("data")
    return block["type"] if data is None else f"{block['type']} of {len(data) * 3 // 4} bytes"


def report(version: str, tools: list[str], calls: list[Any]) -> None:
    """Print what the runner reads."""
    print(json.dumps({"version": version, "tools": tools, "calls": calls}))


def output_of(*command: str) -> str:
    """What a command line client prints.

    Raises:
        RuntimeError: It failed; with what it said.
    """
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"exit code {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def installed(package: str) -> tuple[Path, str]:
    """Where npm put a package of the driver that runs, and in which version."""
    directory = Path(sys.argv[0]).parent / "node_modules" / package
    return directory, json.loads((directory / "package.json").read_text())["version"]
