"""What runs on this machine, as `ps` tells it."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator


def children(parent: int, naming: str = "") -> list[int]:
    """Process ids of the parent's children whose command line contains `naming`."""
    return [pid for pid, ppid, command in _table() if ppid == parent and naming in command]


def mentioning(text: str) -> list[int]:
    """Process ids whose command line contains `text`, except this process's own."""
    return [pid for pid, _, command in _table() if text in command and pid != os.getpid()]


def is_running(pid: int) -> bool:
    return any(pid == other for other, _, _ in _table())


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def eventually(holds: Callable[[], bool], within_seconds: float) -> bool:
    """Whether it comes to hold in time; looks often, and goes on at once when it does."""
    ends = time.monotonic() + within_seconds
    while time.monotonic() < ends:
        if holds():
            return True
        time.sleep(0.05)
    return holds()


def _table() -> Iterator[tuple[int, int, str]]:
    listing = subprocess.run(
        ["/bin/ps", "-A", "-ww", "-o", "pid=,ppid=,stat=,args="],
        capture_output=True,
        text=True,
        check=True,
    )
    for line in listing.stdout.splitlines():
        pid, ppid, state, command = line.split(None, 3)
        if not state.startswith("Z"):
            yield int(pid), int(ppid), command
