"""`python -m infra.sam_local` with stand-ins for Docker and the SAM CLI."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.infra.local.processes import eventually, mentioning

STAND_IN_FOR_SAM = f"""#!{sys.executable}
import json, os, pathlib, signal, sys, boto3
arguments = sys.argv[1:]
template = json.loads(pathlib.Path(arguments[arguments.index("--template") + 1]).read_text())
variables = template["Resources"]["ApiFunction"]["Properties"]["Environment"]["Variables"]
tables = boto3.client("dynamodb", endpoint_url=variables["AWS_ENDPOINT_URL"]).list_tables()
said = {{"arguments": arguments, "variables": variables, "tables": tables["TableNames"]}}
said["shell"] = os.environ["AWS_ENDPOINT_URL"]
pathlib.Path("said.new").write_text(json.dumps(said))
pathlib.Path("said.new").rename("said")
signal.pause()
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="has no second loopback address")


def program(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o700)
    return path


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A directory to work in, with Docker on the path and an artifact."""
    (tmp_path / "bin").mkdir()
    gateway = json.dumps([{"Gateway": "127.0.0.2"}])
    program(tmp_path / "bin" / "docker", f"#!/bin/sh\necho '{gateway}'\n")
    (tmp_path / ".aws-sam" / "lambda" / "ApiFunction").mkdir(parents=True)
    return tmp_path


def started(clone: Path, *more: str, sam: str = STAND_IN_FOR_SAM) -> subprocess.Popen[str]:
    program(clone / "sam", sam)
    path = f"{clone / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return subprocess.Popen(
        [sys.executable, "-m", "infra.sam_local", "--sam", str(clone / "sam"), *more],
        cwd=clone,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_sam_is_given_a_stack_that_its_containers_reach_and_nothing_outlives_it(
    clone: Path,
) -> None:
    process = started(clone, "--port", "3456", "--skip-pull-image")
    assert eventually((clone / "said").exists, 30), process.communicate(timeout=1)
    process.terminate()
    printed, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    said = json.loads((clone / "said").read_text())
    assert said["arguments"][:4] == ["local", "start-api", "--port", "3456"]
    assert said["arguments"][-1] == "--skip-pull-image"
    assert said["variables"]["AWS_ENDPOINT_URL"].startswith("http://127.0.0.2:")
    assert said["shell"] == said["variables"]["AWS_ENDPOINT_URL"]
    assert said["variables"]["CREDITS_TABLE"] in said["tables"]
    assert "http://127.0.0.1:3456/v1/images/mcp" in printed
    assert mentioning(str(clone)) == []


def test_it_ends_when_sam_does_with_its_exit_code(clone: Path) -> None:
    process = started(clone, sam="#!/bin/sh\necho no such image; exit 3\n")
    printed, _ = process.communicate(timeout=30)
    assert (process.returncode, "no such image" in printed) == (3, True)


def test_what_is_missing_is_told_before_anything_starts(clone: Path) -> None:
    program(clone / "bin" / "docker", "#!/bin/sh\necho is the docker daemon running? >&2; exit 1\n")
    process = started(clone)
    printed, complained = process.communicate(timeout=30)
    assert (process.returncode, printed) == (1, "")
    assert complained == (
        "sam-local: sam local needs a running Docker engine: is the docker daemon running?\n"
    )


def test_an_artifact_that_was_not_built_is_told_with_its_remedy(clone: Path) -> None:
    (clone / ".aws-sam" / "lambda" / "ApiFunction").rmdir()
    _, complained = started(clone).communicate(timeout=30)
    assert complained.endswith("ApiFunction has not been built; use: make sam-local\n")
