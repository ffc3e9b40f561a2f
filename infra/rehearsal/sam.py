"""Runs the SAM CLI, quietly unless it fails."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.rehearsal.report import RehearsalFailed

COMMAND_SECONDS = 300
LAST_LINES = 25


@dataclass(frozen=True)
class Sam:
    """The SAM CLI with what it runs in."""

    program: Path
    environment: Mapping[str, str]

    def run(self, *arguments: str) -> str:
        """Run one command; what it printed.

        Raises:
            RehearsalFailed: It failed, or did not end; with the end of what it printed.
        """
        try:
            finished = subprocess.run(  # noqa: S603 - our own command
                [self.program, *arguments],
                env={**self.environment, "SAM_CLI_TELEMETRY": "0"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
                timeout=COMMAND_SECONDS,
            )
        except subprocess.TimeoutExpired as error:
            raise RehearsalFailed(f"sam {arguments[0]}: not done in {COMMAND_SECONDS} s") from error
        if finished.returncode:
            said = [line for line in finished.stdout.splitlines() if line.strip()]
            raise RehearsalFailed("\n".join([f"sam {arguments[0]} failed:", *said[-LAST_LINES:]]))
        return finished.stdout
