"""The contents of an artifact: dependencies, the handler, bytecode; the same bytes every time."""

import compileall
import os
import py_compile
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FUNCTION_PYTHON = (3, 13)
DEPLOYED_AT = "/var/task"
"""Where Lambda unpacks an artifact, and so what tracebacks name."""

REQUIREMENTS = {
    "ApiFunction": "requirements-api.txt",
    "WorkerFunction": "requirements-worker.txt",
    "SweeperFunction": None,
}
"""By the function's logical id; None where the runtime has all that is imported."""

MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}
"""Lambda's name of an architecture, and the one in the names of wheels."""
# Lambda's python3.13 runs on Amazon Linux 2023, whose C library is of this version.
_GLIBC_MINORS = (34, 28, 27, 17)

_NEVER_IMPORTED = ("bin", "tests", "__pycache__")
_NEVER_READ = ("*.pyi", "*.dist-info/RECORD", "*.dist-info/REQUESTED", "*.dist-info/INSTALLER")
_TIMESTAMP = 946_684_800


class PackagingError(Exception):
    """An artifact cannot be built; says why and what to do."""


@dataclass(frozen=True)
class Artifact:
    """What is to be built, and where."""

    function: str
    architecture: str
    directory: Path

    def build(self) -> None:
        """Fill the directory.

        Raises:
            PackagingError: The wrong Python runs this, or pip could not get what is needed.
        """
        if sys.version_info[:2] != FUNCTION_PYTHON:
            raise PackagingError(
                "artifacts are built by Python 3.13, which the functions run on: bytecode is of one"
                f" version only. This is {sys.version.split()[0]}; put python3.13 on the PATH"
            )
        self.directory.mkdir(parents=True, exist_ok=True)
        requirements = REQUIREMENTS[self.function]
        if requirements is not None:
            _install(ROOT / requirements, self.directory, self.architecture)
        shutil.copytree(
            ROOT / "handler",
            self.directory / "handler",
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        _remove_unused(self.directory)
        _compile(self.directory)
        _normalize(self.directory)


def pip_arguments(requirements: Path, into: Path, architecture: str) -> Sequence[str]:
    """How pip is asked for another machine's wheels, every one checked against its hash."""
    machine = MACHINES[architecture]
    platforms = [f"manylinux_2_{minor}_{machine}" for minor in _GLIBC_MINORS]
    return [
        *("install", "--quiet", "--disable-pip-version-check", "--no-input"),
        *("--target", str(into), "--no-compile", "--no-deps", "--require-hashes"),
        *("--implementation", "cp", "--python-version", "3.13", "--only-binary", ":all:"),
        *(
            argument
            for name in [*platforms, f"manylinux2014_{machine}"]
            for argument in ("--platform", name)
        ),
        *("--requirement", str(requirements)),
    ]


def _install(requirements: Path, into: Path, architecture: str) -> None:
    command = [sys.executable, "-m", "pip", *pip_arguments(requirements, into, architecture)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if done.returncode != 0:
        raise PackagingError(f"pip could not install {requirements.name}:\n{done.stderr.strip()}")


def _remove_unused(directory: Path) -> None:
    for name in _NEVER_IMPORTED:
        for path in [p for p in _below(directory) if p.name == name and p.is_dir()]:
            shutil.rmtree(path)
    for pattern in _NEVER_READ:
        for path in directory.rglob(pattern):
            path.unlink()


def _compile(directory: Path) -> None:
    # Unchecked: a function's files never change, so nothing is compared when they are imported.
    compiled = compileall.compile_dir(
        str(directory),
        quiet=2,
        force=True,
        stripdir=str(directory),
        prependdir=DEPLOYED_AT,
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        maxlevels=30,
    )
    if not compiled:
        raise PackagingError(f"not every module under {directory} could be compiled")


def _normalize(directory: Path) -> None:
    """Take out of the files what differs from build to build: times and a builder's umask."""
    for path in [*_below(directory), directory]:
        path.chmod(0o755 if path.is_dir() else 0o644)
        os.utime(path, (_TIMESTAMP, _TIMESTAMP))


def _below(directory: Path) -> Iterator[Path]:
    # Deepest first: what is above a file outlives it, and keeps the time it is given.
    yield from sorted(directory.rglob("*"), key=lambda path: len(path.parts), reverse=True)
