"""Processes are found and ended by the mark that they inherit."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.lambda_runtime import reaper
from infra.lambda_runtime.marks import VARIABLE, end, marked
from infra.local.lifeline import Child
from tests.infra.local.processes import eventually

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="marks are read from /proc")

# In a session and a group of its own, like a function's process below the emulator.
DESCENDANT = "import subprocess; subprocess.run(['setsid', 'sleep', '60'])"


@pytest.fixture
def mark() -> Iterator[str]:
    made = f"test-{secrets.token_hex(4)}"
    yield made
    end(made)


def start(mark: str) -> "subprocess.Popen[bytes]":
    environment = {"PATH": os.environ["PATH"], VARIABLE: mark}
    return subprocess.Popen([sys.executable, "-c", DESCENDANT], env=environment)


def both_run(mark: str) -> bool:
    return len(marked(mark)) == 2


def test_a_process_ends_with_its_descendants_and_the_neighbours_stay(mark: str) -> None:
    one, other = start(f"{mark}/1"), start(f"{mark}/10")
    assert eventually(lambda: len(marked(mark)) == 4, within_seconds=10)
    end(f"{mark}/1")
    assert one.wait(5) == -9
    assert marked(f"{mark}/1") == []
    assert both_run(f"{mark}/10")
    end(mark)
    assert other.wait(5) == -9


def test_what_its_parent_leaves_behind_is_ended_for_it(mark: str, tmp_path: Path) -> None:
    child = Child(
        "infra.lambda_runtime.reaper", {**os.environ, reaper.MARK: mark}, tmp_path / "reaper.log"
    )
    process = start(f"{mark}/1")
    assert eventually(lambda: both_run(mark), within_seconds=10)
    child.stop(timeout_seconds=5)
    assert process.wait(5) == -9
    assert marked(mark) == []
    assert child.last_words() == []
