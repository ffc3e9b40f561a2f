"""`make coldstart`: how long the API function takes to start, against a naive equivalent.

Both are built by the SAM CLI and started by AWS's Runtime Interface Emulator, in turns, so that a
busy moment of the machine meets both. The emulator has no SnapStart: these are the starts that
SnapStart's snapshot is made of, and all of a start where it is off.
"""

import io
import json
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from handler.adapters.clock import SystemClock
from handler.bootstrap.stores import build_stores
from handler.settings import Settings
from handler.web.app import MCP_PATH
from infra.lambda_runtime.functions import Function
from infra.lambda_runtime.http_api import read_http_api
from infra.lambda_runtime.http_event import Request, gateway_event, new_request_id
from infra.lambda_runtime.installation import Installation, find_installation
from infra.lambda_runtime.marks import marked
from infra.lambda_runtime.sandbox import Launch
from infra.local.clients import emulator_clients
from infra.local.data import DataDirectory
from infra.local.emulator_process import running_emulator
from infra.operator.keys import create_key
from infra.provision import provision
from infra.template import load_template

STARTS = 15
PROFILED_STARTS = 5
LARGEST = 15
MEGABYTE = 1_000_000
_INIT = re.compile(r"INIT REPORT\(durationMs: ([0-9.]+)\)")
_IMPORT = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)")
_NAIVE = ("Naive", "app.handler")


@dataclass
class Candidate:
    """One artifact, and what was measured of it."""

    name: str
    launch: Launch
    init_ms: list[float] = field(default_factory=list)
    answer_ms: list[float] = field(default_factory=list)
    """From the start of the sandbox to its first answer."""
    resident_mb: list[float] = field(default_factory=list)

    def start(self, event: bytes) -> None:
        """Start once, ask once."""
        mark = f"coldstart-{os.getpid()}-{self.name}-{len(self.init_ms)}"
        began = time.perf_counter()
        sandbox = self.launch.start(mark)
        try:
            answer = json.loads(sandbox.invoke(event))
            self.answer_ms.append((time.perf_counter() - began) * 1000)
            if answer["statusCode"] != 200 or "generate_image" not in answer["body"]:
                raise RuntimeError(f"{self.name} answered {answer}; see {self.launch.log}")
            function_pids = [pid for pid in marked(mark) if pid != sandbox.pid]
            self.resident_mb.append(max(map(_resident_mb, function_pids)))
        finally:
            sandbox.stop()
        found = _INIT.findall(self.launch.log.read_text(encoding="utf-8", errors="replace"))
        self.init_ms.append(float(found[-1]))

    def report(self) -> None:
        """Print what was measured."""
        print(f"{self.name}")
        print(f"  init            {_spread(self.init_ms)} ms")
        print(f"  first answer    {_spread(self.answer_ms)} ms after the sandbox was started")
        print(f"  resident        {statistics.median(self.resident_mb):.0f} MB after it")
        unzipped, zipped = _sizes(self.launch.task_root)
        print(f"  artifact        {zipped:.1f} MB zipped, {unzipped:.1f} MB unzipped")


def _spread(values: Sequence[float]) -> str:
    return f"median {statistics.median(values):.0f} (min {min(values):.0f}, max {max(values):.0f})"


def _resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    found = re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


def _sizes(directory: Path) -> tuple[float, float]:
    buffer, unzipped = io.BytesIO(), 0
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(directory.rglob("*")):
            if path.is_file():
                unzipped += path.stat().st_size
                archive.write(path, path.relative_to(directory))
    return unzipped / MEGABYTE, buffer.tell() / MEGABYTE


def import_ms(launch: Launch) -> Mapping[str, float]:
    """Milliseconds of every module of its own, the least of some imports of the entry module."""
    environment = {**launch.environment(), "PYTHONPATH": str(launch.task_root)}
    entry = launch.function.handler.rpartition(".")[0]
    least: dict[str, float] = {}
    for _ in range(PROFILED_STARTS):
        done = subprocess.run(  # noqa: S603 - our own words
            [str(launch.installation.python), "-X", "importtime", "-c", f"import {entry}"],
            env=environment,
            cwd=launch.task_root,
            capture_output=True,
            text=True,
            check=True,
        )
        for microseconds, name in _IMPORT.findall(done.stderr):
            least[name] = min(least.get(name, math.inf), int(microseconds) / 1000)
    return least


def report_imports(module_ms: Mapping[str, float]) -> None:
    """Print which packages and which modules take the longest."""
    package_ms: defaultdict[str, float] = defaultdict(float)
    for name, spent in module_ms.items():
        package_ms[name.partition(".")[0]] += spent
    print(f"where ours spends {sum(module_ms.values()):.0f} ms of imports, under the profiler")
    pairs = zip(_largest(package_ms), _largest(module_ms), strict=True)
    for (package, of_package), (module, of_module) in pairs:
        print(f"  {of_package:6.1f}  {package:22}  {of_module:6.1f}  {module}")


def _largest(spent_ms: Mapping[str, float]) -> Sequence[tuple[str, float]]:
    return sorted(spent_ms.items(), key=lambda entry: entry[1], reverse=True)[:LARGEST]


def tools_list(secret: str) -> bytes:
    """The HTTP API's event for a first question."""
    match = read_http_api(load_template()).match("POST", MCP_PATH)
    if match is None:
        raise RuntimeError(f"the template has no route for {MCP_PATH}")
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    request = Request(
        method="POST",
        path=MCP_PATH,
        query="",
        headers=[
            ("Host", "abc123.execute-api.us-east-1.amazonaws.com"),
            ("Content-Type", "application/json"),
            ("Accept", "application/json, text/event-stream"),
            ("Mcp-Protocol-Version", "2025-06-18"),
            ("Authorization", f"Bearer {secret}"),
        ],
        body=json.dumps(message).encode(),
        scheme="https",
        protocol="HTTP/1.1",
        source_ip="192.0.2.1",
        port=443,
        received_ms=int(time.time() * 1000),
        id=new_request_id(),
    )
    return json.dumps(gateway_event(request, match)).encode()


def _function(logical_id: str, handler: str, environment: Mapping[str, str]) -> Function:
    properties = load_template().resources("AWS::Serverless::Function")["ApiFunction"]
    return Function(
        logical_id, handler, properties["Timeout"], properties["MemorySize"], environment
    )


def measure(data: DataDirectory, installation: Installation, naive: Path) -> int:
    """Measure, print; the exit code."""
    with running_emulator(data, os.environ) as (_, endpoint):
        connect = emulator_clients(endpoint)
        environment = {**provision(load_template(), connect), "LOCAL_SKETCH": "on"}
        stores = build_stores(Settings.from_env(environment), connect)
        _, secret = create_key(stores.accounts, SystemClock(), 1_000_000)
        ours = Candidate(
            "ours",
            Launch(
                _function("ApiFunction", "handler.api.handler", environment),
                installation,
                installation.artifact("ApiFunction"),
                endpoint,
                data.log("ours"),
            ),
        )
        other = Candidate(
            "naive",
            Launch(
                _function(*_NAIVE, environment), installation, naive, endpoint, data.log("naive")
            ),
        )
        for _ in range(STARTS):
            for candidate in (ours, other):
                candidate.start(tools_list(secret))
        for candidate in (ours, other):
            candidate.report()
        report_imports(import_ms(ours.launch))
    first = statistics.median(ours.answer_ms) / statistics.median(other.answer_ms)
    print(f"first answer ratio: {first:.2f}")
    print(f"init ratio: {statistics.median(ours.init_ms) / statistics.median(other.init_ms):.2f}")
    return 0


def main() -> int:
    """`python -m infra.bench.coldstart NAIVE_ARTIFACT`."""
    with tempfile.TemporaryDirectory(prefix="images-coldstart-") as directory:
        return measure(DataDirectory(Path(directory)), find_installation(), Path(sys.argv[1]))


if __name__ == "__main__":
    sys.exit(main())
