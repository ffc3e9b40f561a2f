"""Children that end when their parent does, however it ends.

The parent holds the write end of a child's standard input and never writes. When the parent is
gone, even by SIGKILL, the kernel closes it, and the child reads the end of the file.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path


class Child:
    """One child process, its output in a log file; `python` is the interpreter, if not ours."""

    def __init__(
        self, module: str, environment: Mapping[str, str], log: Path, python: Path | None = None
    ) -> None:
        self.module = module
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(  # noqa: S603 - our own module
                [python or sys.executable, "-m", module],
                env=dict(environment),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                # Ctrl-C is for the parent, which ends its children in order.
                start_new_session=True,
            )

    def has_ended(self) -> bool:
        """Whether the process is gone."""
        return self.process.poll() is not None

    def stop(self, timeout_seconds: float) -> None:
        """Let go of the lifeline, and use force if that does not help in time."""
        assert self.process.stdin is not None  # noqa: S101 - opened as a pipe above
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        try:
            self.process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def last_words(self, lines: int = 5) -> Sequence[str]:
        """The end of its log."""
        return self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]


def when_parent_ends(act: Callable[[], None]) -> None:
    """Call `act` in a thread of this child once its parent is gone or lets go."""

    def watch() -> None:
        with contextlib.suppress(OSError):
            while os.read(sys.stdin.fileno(), 1):
                pass
        act()

    threading.Thread(target=watch, name="lifeline", daemon=True).start()


def uninterrupted(act: Callable[[], None]) -> None:
    """Call `act` with Ctrl-C shut out: a second one must not leave a child behind."""
    before = {
        number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        act()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
