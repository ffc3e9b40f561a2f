"""SnapStart, simulated: a warmed process is forked, and each fork restored.

As after a real restore, its connections are dead and its environment has other credentials.
"""

import json
import os
import subprocess
import sys
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from handler.core.ports import Done
from infra.local.environment import aws_environment
from tests.fakes import PNG
from tests.handler.test_entry_modules import http_event
from tests.world import World

SNAPSHOT = """
import contextlib, gc, json, os, random, socket, sys

requests = json.load(sys.stdin)

class Context:
    aws_request_id = "request-1"
    def get_remaining_time_in_millis(self): return 28_000

def sockets():
    with contextlib.suppress(FileNotFoundError):
        links = {fd: os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd")
                 if os.path.exists(f"/proc/self/fd/{fd}")}
        return {int(fd): name for fd, name in links.items() if name.startswith("socket:")}

def held():
    gc.collect()
    return {os.readlink(f"/proc/self/fd/{thing.fileno()}") for thing in gc.get_objects()
            if isinstance(thing, socket.socket) and thing.fileno() >= 0}

def answers():
    return [handler(event, Context()) for event in requests]

from handler.api import handler
from snapshot_restore_py import get_after_restore, get_before_snapshot

warm = answers()
for function, arguments, options in get_before_snapshot():
    function(*arguments, **options)
before = sockets()
assert before, "a warm process has connections"
state = random.getstate()

def restored():
    for fd in before:
        with socket.socket(fileno=os.dup(fd)) as dead, contextlib.suppress(OSError):
            dead.shutdown(socket.SHUT_RDWR)
    # A fork would be given new randomness by Python; a restore is not.
    random.setstate(state)
    os.environ["AWS_ACCESS_KEY_ID"] = "renewed"
    for function, arguments, options in get_after_restore():
        function(*arguments, **options)
    return {
        "answers": answers(),
        "random": random.random(),
        "held": sorted(held() & set(before.values())),
    }

reports = []
for _ in range(2):
    read, write = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.write(write, json.dumps(restored()).encode())
        finally:
            os._exit(0)
    os.close(write)
    with open(read) as report:
        reports.append(json.load(report))
    os.waitpid(child, 0)
json.dump({"warm": warm, "restored": reports}, sys.stdout)
"""

pytestmark = pytest.mark.skipif(
    not os.path.isdir("/proc/self/fd"),  # noqa: PTH112 - where a kernel shows a process's sockets
    reason="needs a kernel that shows a process's sockets under /proc",
)


@pytest.fixture
def image_path(world: World) -> str:
    """An image that can be asked for."""
    world.provider.submits = [Done([PNG])]
    generation = world.admit(world.open_account(1_000_000))
    world.worker.run(generation.id, "run-1")
    return f"/v1/images/files/{generation.id}/1.png"


@pytest.fixture
def outcome(
    world: World, emulator: str, environment: dict[str, str], image_path: str
) -> dict[str, Any]:
    """What a warm process answered, and what two restored from it did."""
    secret = world.open_account(1_000_000).secret
    arguments = {"model_id": "local/sketch", "input": {"prompt": "a hut"}}
    generate = http_event(secret, "tools/call", {"name": "generate_image", "arguments": arguments})
    look = http_event(secret, "", {})
    look["rawPath"] = look["requestContext"]["http"]["path"] = image_path
    look["requestContext"]["http"]["method"] = "GET"
    done = subprocess.run(
        [sys.executable, "-c", SNAPSHOT],
        input=json.dumps([generate, look]),
        env={**aws_environment(os.environ, emulator), **environment, "WAIT_SECONDS": "0.3"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_processes_restored_from_one_snapshot_share_nothing(outcome: dict[str, Any]) -> None:
    first, second = outcome["restored"]

    ids = [generated_id(answers) for answers in (outcome["warm"], *all_answers(outcome))]
    assert len(set(ids)) == 3
    assert first["random"] != second["random"], "retries would all come at the same moments"
    assert (first["held"], second["held"]) == ([], []), "connections from before the snapshot"
    assert access_key(outcome["warm"]) != "renewed"
    assert [access_key(answers) for answers in all_answers(outcome)] == ["renewed", "renewed"]


def all_answers(outcome: dict[str, Any]) -> list[Any]:
    return [restored["answers"] for restored in outcome["restored"]]


def generated_id(answers: list[Any]) -> str:
    begun = json.loads(json.loads(answers[0]["body"])["result"]["content"][0]["text"])
    return str(begun["id"])


def access_key(answers: list[Any]) -> str:
    """Whose credentials an image's address was signed with."""
    query = parse_qs(urlsplit(answers[1]["headers"]["location"]).query)
    return str(query["X-Amz-Credential"][0]).split("/", maxsplit=1)[0]
