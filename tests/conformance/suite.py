"""Runs the suite's command line and reads what it leaves behind."""

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.conformance.verdict import Check, Run

HERE = Path(__file__).parent
NODE = HERE.parent / "node" / "node_modules" / ".bin" / "node"
SUITE = HERE / "node_modules" / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"
LIMIT_SECONDS = 240
EXTENSION = "extension"
_LISTED = re.compile(r"^\s*- (\S+) \[(.*)\]$", re.MULTILINE)
_RESULT = re.compile(r"server-(?P<scenario>.+)-\d{4}-\d\d-\d\dT[^/]*")


@dataclass(frozen=True)
class Scenario:
    """A scenario for servers, with the revisions that it applies to, or `extension`."""

    name: str
    wires: tuple[str, ...]


def scenarios() -> list[Scenario]:
    """Every scenario for servers that the suite has."""
    listed = _suite("list", "--server").stdout
    return [
        Scenario(match[1], tuple(match[2].replace(" ", "").split(",")))
        for match in _LISTED.finditer(listed)
    ]


def run_revision(endpoint: str, revision: str, output: Path) -> Iterator[Run]:
    """Run all that applies to a revision of the protocol."""
    arguments = ("--suite", "all", "--spec-version", revision)
    _suite("server", "--url", endpoint, "--output-dir", str(output), *arguments)
    return _results(output, revision)


def run_scenario(endpoint: str, scenario: str, output: Path) -> Iterator[Run]:
    """Run one scenario of an extension, which belong to no revision."""
    arguments = ("--scenario", scenario)
    _suite("server", "--url", endpoint, "--output-dir", str(output), *arguments)
    return _results(output, EXTENSION)


def _suite(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [NODE, SUITE, *arguments],
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )


def _results(output: Path, wire: str) -> Iterator[Run]:
    for found in sorted(output.glob("*/checks.json")):
        name = _RESULT.fullmatch(found.parent.name)
        if name is not None:
            checks = [
                Check(item["id"], item["status"], item.get("errorMessage") or "")
                for item in json.loads(found.read_text())
            ]
            yield Run(wire, name["scenario"], checks)
