"""Installs what a client needs from its lock file, beside its driver."""

import hashlib
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

from tests.clients.roster import Entry

LIMIT_SECONDS = 300
_STAMP = ".installed"


def python_of(entry: Entry) -> Path:
    """The interpreter that runs the driver."""
    return _venv(entry) / "bin" / "python" if entry.uses_pip else Path(sys.executable)


def install(entry: Entry) -> None:
    """Install unless this very lock file has been installed already.

    Raises:
        subprocess.CalledProcessError: It failed; carries what was said.
    """
    if entry.uses_pip:
        _once(entry.directory / "requirements.txt", _venv(entry), lambda: _pip(entry))
    if entry.uses_npm:
        command = ("npm", "ci", "--silent", "--prefix", str(entry.directory))
        lock = entry.directory / "package-lock.json"
        _once(lock, entry.directory / "node_modules", lambda: _run(*command))


def _pip(entry: Entry) -> None:
    venv.create(_venv(entry), clear=True)
    command = (sys.executable, "-m", "pip", "--python", str(python_of(entry)), "install")
    lock = str(entry.directory / "requirements.txt")
    _run(*command, "-qq", "--disable-pip-version-check", "--require-hashes", "-r", lock)


def _venv(entry: Entry) -> Path:
    return entry.directory / ".venv"


def _once(lock: Path, target: Path, action: Callable[[], None]) -> None:
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    stamp = target / _STAMP
    if stamp.exists() and stamp.read_text() == wanted:
        return
    action()
    stamp.write_text(wanted)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=LIMIT_SECONDS)
