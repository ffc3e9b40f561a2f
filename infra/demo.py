"""`make demo`: starts the local stack and uses it the way an assistant does, step by step."""

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

from handler.core.accounts import hash_secret
from handler.core.errors import ServiceError
from handler.core.money import format_usd
from infra.local.assistant import Assistant, connected, fetch
from infra.local.data import DEFAULT_DATA, DataDirectory
from infra.local.launch import launched
from infra.operator.stores import operator_stores

DATA = DEFAULT_DATA / "demo"
SAVED = Path("out") / "demo.png"
MODEL = "local/sketch"
INPUT = {
    "prompt": "a beautiful sunset over snow-capped mountains, golden hour, reflected in a lake",
    "aspect_ratio": "16:9",
}


def main() -> int:
    """Run the demonstration; the exit code."""
    began = time.monotonic()
    say("Starting the local stack: web server, worker, sweeper, and an AWS emulator ...")
    try:
        with launched(DATA, "--port", "0") as (_, stack):
            say(f"It runs at {stack.endpoint} (after {time.monotonic() - began:.1f} s)")
            key = DataDirectory(DATA).saved_key() or ""
            say(f"The key's account holds {credits_of(key)} credits")
            asyncio.run(demonstrate(stack.endpoint, key))
            say(f"The key's account holds {credits_of(key)} credits now")
    except (ServiceError, RuntimeError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    say("The stack has stopped, and the image's URL with it. To keep one running: make serve")
    print(f"saved: {SAVED}")
    return 0


async def demonstrate(endpoint: str, key: str) -> None:
    """List, look up, generate, collect, save."""
    async with connected(endpoint, key) as assistant:
        server = assistant.client.server_info
        name = f"{server.name} {server.version}" if server else "the server"
        say(f"Connected to {name} with MCP {assistant.client.protocol_version}")
        await explore(assistant)
        call("generate_image", model_id=MODEL, input=INPUT)
        asked = time.monotonic()
        generation = await assistant.call("generate_image", model_id=MODEL, input=INPUT)
        detail(f"{generation['status']} after {time.monotonic() - asked:.1f} s")
        call("get_generation", id=generation["id"])
        generation = await assistant.final(
            await assistant.call("get_generation", id=generation["id"])
        )
    if generation["status"] != "succeeded":
        raise RuntimeError(f"the generation {generation['status']}: {generation.get('error')}")
    detail(f"{generation['status']}, cost {generation['cost']} USD")
    url = generation["images"][0]["url"]
    say(f"The image: {url}")
    SAVED.parent.mkdir(exist_ok=True)
    SAVED.write_bytes(await fetch(url))


async def explore(assistant: Assistant) -> None:
    """What an assistant does before it generates."""
    call("list_models")
    for model in await assistant.call("list_models"):
        pricing = model["pricing"]
        detail(f"{model['id']}: {model['name']}, {pricing['price']} {pricing['currency']} an image")
    call("get_model", model_id=MODEL)
    model = await assistant.call("get_model", model_id=MODEL)
    for name, schema in model["input_schema"]["properties"].items():
        detail(f"{name}: {schema['description']}")


def credits_of(key: str) -> str:
    """What the account of `key` holds, as its operator sees it."""
    principal = operator_stores(DATA).accounts.principal(hash_secret(key))
    return "no" if principal is None else format_usd(principal.account.available_micros)


def say(text: str) -> None:
    """One step."""
    print(f"* {text}", flush=True)


def call(tool: str, **arguments: Any) -> None:
    """A call about to be made."""
    shown = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
    print(f"> {tool}({shown})", flush=True)


def detail(text: str) -> None:
    """Part of an answer."""
    print(f"    {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
