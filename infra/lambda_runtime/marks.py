"""Finds and ends processes by a mark in their environment, which every descendant inherits.

The emulator puts the function's process into a group of its own, and whoever started both may be
gone; the mark stays.
"""

import contextlib
import os
import signal
import time
from pathlib import Path

VARIABLE = "LAMBDA_SANDBOX"
_PAUSE_SECONDS = 0.01


def marked(mark: str) -> list[int]:
    """Process ids with this mark or one that continues it after a slash."""
    wanted = f"{VARIABLE}={mark}".encode()
    return [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdecimal() and _has(entry, wanted)
    ]


def end(mark: str, until_quiet_seconds: float = 0.0) -> None:
    """Kill every process with the mark, and those that appear meanwhile.

    Returns once none has been seen for `until_quiet_seconds`.
    """
    seen = time.monotonic()
    while True:
        found = marked(mark)
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if found:
            seen = time.monotonic()
        elif time.monotonic() - seen >= until_quiet_seconds:
            return
        time.sleep(_PAUSE_SECONDS)


def _has(entry: Path, wanted: bytes) -> bool:
    try:
        variables = (entry / "environ").read_bytes().split(b"\0")
    except OSError:
        # It has ended, or is somebody else's.
        return False
    return any(one == wanted or one.startswith(wanted + b"/") for one in variables)
