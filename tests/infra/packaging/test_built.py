"""Artifacts that `sam build` made: `make artifacts` builds them, twice, and runs this.

`ARTIFACTS` names a directory with `first/ARCHITECTURE/FUNCTION` and `second/…` in it.
"""

import hashlib
import io
import json
import os
import platform
import re
import shutil
import struct
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.environment import aws_environment
from infra.packaging.artifact import DEPLOYED_AT, MACHINES, REQUIREMENTS
from tests.vendors.fal import public_key, webhook_headers

MEGABYTE = 1_000_000
ZIPPED_LIMITS = {"ApiFunction": 12, "WorkerFunction": 30, "SweeperFunction": 1}
ENTRY_MODULES = {
    "ApiFunction": "handler.api",
    "WorkerFunction": "handler.worker",
    "SweeperFunction": "handler.sweeper",
}
ELF_MACHINES = {"arm64": 183, "x86_64": 62}
UNCHECKED_HASH = 0b01
SETTINGS = {
    "CREDITS_TABLE": "credits",
    "GENERATIONS_TABLE": "generations",
    "JOBS_QUEUE_URL": "https://queue.example",
    "IMAGES_BUCKET": "images",
    "LOCAL_SKETCH": "on",
}

pytestmark = pytest.mark.skipif(
    "ARTIFACTS" not in os.environ, reason="make artifacts builds what this looks at"
)
of_every_artifact = pytest.mark.parametrize(
    ("architecture", "function"), [(a, f) for a in MACHINES for f in REQUIREMENTS]
)


def built(architecture: str, function: str, build: str = "first") -> Path:
    path = Path(os.environ["ARTIFACTS"]) / build / architecture / function
    assert path.is_dir(), f"{path} is missing"
    return path


def files(artifact: Path) -> Iterator[Path]:
    yield from (path for path in sorted(artifact.rglob("*")) if path.is_file())


def digest(artifact: Path) -> str:
    """Of names, permissions, times and contents."""
    total = hashlib.sha256()
    for path in sorted(artifact.rglob("*")):
        status = path.stat()
        total.update(f"{path.relative_to(artifact)} {status.st_mode} {status.st_mtime_ns}".encode())
        if path.is_file():
            total.update(path.read_bytes())
    return total.hexdigest()


@of_every_artifact
class TestEach:
    def test_two_builds_are_the_same(self, architecture: str, function: str) -> None:
        first, second = (built(architecture, function, b) for b in ("first", "second"))
        assert digest(first) == digest(second)

    def test_it_holds_the_handler_and_nothing_that_does_not_run(
        self, architecture: str, function: str
    ) -> None:
        artifact = built(architecture, function)
        assert (artifact / "handler" / "catalogue" / "models").is_dir()
        top = {path.name for path in artifact.iterdir()}
        unwanted = {"infra", "tests", "boto3", "botocore", "s3transfer", "urllib3", "bin", "pip"}
        assert not top & (unwanted | {"Makefile", "template.yaml", ".git", ".venv"})
        assert not [path for path in files(artifact) if "tests" in path.parts]

    def test_licences_stay_with_what_they_license(self, architecture: str, function: str) -> None:
        records = list(built(architecture, function).glob("*.dist-info"))
        assert bool(records) == (REQUIREMENTS[function] is not None)
        for record in records:
            metadata = (record / "METADATA").read_text(encoding="utf-8")
            for name in re.findall(r"^License-File: (.+)$", metadata, re.MULTILINE):
                assert (record / "licenses" / name).is_file() or (record / name).is_file(), record

    def test_every_module_is_compiled_and_never_compared_with_its_source(
        self, architecture: str, function: str
    ) -> None:
        artifact = built(architecture, function)
        for source in artifact.rglob("*.py"):
            compiled = source.parent / "__pycache__" / f"{source.stem}.cpython-313.pyc"
            assert compiled.is_file(), source
            head = compiled.read_bytes()[:8]
            assert struct.unpack("<I", head[4:])[0] == UNCHECKED_HASH
        assert not list(artifact.rglob("*.cpython-311.pyc"))

    def test_tracebacks_name_where_it_is_deployed(self, architecture: str, function: str) -> None:
        artifact = built(architecture, function)
        data = (artifact / "handler" / "__pycache__" / "settings.cpython-313.pyc").read_bytes()
        assert f"{DEPLOYED_AT}/handler/settings.py".encode() in data
        assert str(artifact).encode() not in data

    def test_machine_code_is_for_its_architecture(self, architecture: str, function: str) -> None:
        libraries = [p for p in files(built(architecture, function)) if p.suffix == ".so"]
        assert bool(libraries) == (REQUIREMENTS[function] is not None)
        for library in libraries:
            (machine,) = struct.unpack("<H", library.read_bytes()[18:20])
            assert machine == ELF_MACHINES[architecture], library

    def test_it_is_small(
        self, architecture: str, function: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        artifact, buffer = built(architecture, function), io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for path in files(artifact):
                archive.write(path, path.relative_to(artifact))
        zipped = buffer.tell() / MEGABYTE
        unzipped = sum(path.stat().st_size for path in files(artifact)) / MEGABYTE
        with capsys.disabled():
            print(f"\n  {function} {architecture}: {zipped:.1f} MB zipped, {unzipped:.1f} MB")  # noqa: T201 - it is asked for
        assert zipped <= ZIPPED_LIMITS[function]


IMPORT = """
import importlib, importlib.metadata, sys
module = importlib.import_module(sys.argv[1])
assert callable(module.handler)
print(module.__file__)
for installed in importlib.metadata.distributions(path=[sys.argv[2]]):
    assert importlib.metadata.version(installed.name) == installed.version
"""

VERIFY = """
import json, sys
from handler.core.vendors import Secret
from handler.web.signatures import FalWebhook
verify = FalWebhook(Secret(sys.argv[1]))
headers, body = json.loads(sys.argv[2]), sys.argv[3].encode()
now_ms = int(headers["x-fal-webhook-timestamp"]) * 1000
print(verify(headers, body, now_ms), verify(headers, body + b" ", now_ms))
"""
HERE = next((a for a, machine in MACHINES.items() if machine == platform.machine()), "")


@pytest.fixture(scope="session")
def function_python() -> str:
    python = os.environ.get("FUNCTION_PYTHON") or shutil.which("python3.13")
    if not python:
        pytest.skip("no Python 3.13 here")
    return python


@pytest.mark.parametrize("function", REQUIREMENTS)
def test_its_entry_module_needs_nothing_but_the_artifact_and_the_runtime(
    function: str, function_python: str, tmp_path: Path
) -> None:
    """With a source that would fail, if one were read."""
    artifact = tmp_path / "task"
    shutil.copytree(built(HERE, function), artifact)
    for source in artifact.rglob("*.py"):
        source.write_text("raise AssertionError('the bytecode was not used')")
    told = run(function_python, artifact, IMPORT, ENTRY_MODULES[function], str(artifact))
    assert told.startswith(str(artifact))


def test_the_api_function_verifies_what_fal_signed(function_python: str) -> None:
    body = b'{"status": "OK"}'
    headers = json.dumps(webhook_headers(body, 1_764_064_800))
    artifact = built(HERE, "ApiFunction")
    told = run(function_python, artifact, VERIFY, public_key(), headers, body.decode())
    assert told.split() == ["True", "False"]


def run(python: str, artifact: Path, program: str, *arguments: str) -> str:
    """What a program says that has the artifact and the runtime, and nothing else."""
    environ = {
        **SETTINGS,
        **aws_environment({}, "http://127.0.0.1:1"),
        "PYTHONPATH": os.pathsep.join([str(artifact), os.environ["RUNTIME"]]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [python, "-S", "-P", "-c", program, *arguments],
        env=environ,
        cwd=artifact.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
