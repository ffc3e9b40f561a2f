"""The local stack's data directory: who uses it now, how to reach it, and the key it was given.

lock          held while a stack runs on this directory
stack.json    how to reach the running stack; gone when it stops in order
key           the API key that the first start made (only its owner may read it)
emulator/     tables, queues and images
logs/         one file a process
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

from handler.core.errors import ConfigurationError

DEFAULT_DATA = Path(".local")


@dataclass(frozen=True)
class RunningStack:
    """How to reach a running stack."""

    pid: int
    endpoint: str
    aws_endpoint: str
    environment: dict[str, str]
    """What its functions run with."""


@dataclass(frozen=True)
class DataDirectory:
    """One stack's files."""

    root: Path

    @property
    def emulator(self) -> Path:
        """Where the emulator keeps its state."""
        return self.root / "emulator"

    def log(self, name: str) -> Path:
        """The log file of a process: `api`, `worker` or `emulator`."""
        directory = self.root / "logs"
        directory.mkdir(parents=True, exist_ok=True)
        return directory / f"{name}.log"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep the directory for this process.

        Raises:
            ConfigurationError: Another stack runs on it, or it cannot be written.
        """
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = self._lock_file.open("w")
        except OSError as error:
            raise ConfigurationError(
                f"cannot use {self.root} for data: {error.strerror}"
            ) from error
        with file:
            if not _lock(file):
                raise ConfigurationError(
                    f"another stack runs on {self.root}; stop it, or choose another --data"
                )
            # One that was killed could not take its announcement back.
            self._stack_file.unlink(missing_ok=True)
            yield

    @contextmanager
    def announced(self, stack: RunningStack) -> Iterator[None]:
        """Let other commands find the stack while it runs."""
        self._write_private("stack.json", json.dumps(asdict(stack), indent=2))
        try:
            yield
        finally:
            self._stack_file.unlink(missing_ok=True)

    def running_stack(self) -> RunningStack:
        """The stack that runs on this directory.

        Raises:
            ConfigurationError: None does.
        """
        if self._is_locked():
            # Between its lock and its announcement a stack is still starting.
            with suppress(FileNotFoundError, ValueError, TypeError):
                document = json.loads(self._stack_file.read_text(encoding="utf-8"))
                return RunningStack(**document)
        raise ConfigurationError(
            f"no stack runs on {self.root}; start one with: images-mcp serve --data {self.root},"
            " or name a deployed one with --stack"
        )

    @property
    def _stack_file(self) -> Path:
        return self.root / "stack.json"

    @property
    def _lock_file(self) -> Path:
        return self.root / "lock"

    def _is_locked(self) -> bool:
        try:
            with self._lock_file.open() as file:
                return not _lock(file)
        except FileNotFoundError:
            return False

    def saved_key(self) -> str | None:
        """The key that an earlier start made, if any."""
        path = self.root / "key"
        return path.read_text(encoding="utf-8").strip() if path.exists() else None

    def save_key(self, secret: str) -> None:
        """Keep a key, so that the next start can print it again."""
        self._write_private("key", secret + "\n")

    def _write_private(self, name: str, text: str) -> None:
        path = self.root / name
        temporary = path.with_suffix(".new")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        temporary.replace(path)


def _lock(file: TextIO) -> bool:
    """Whether the lock could be taken; closing the file, or dying, lets go of it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
