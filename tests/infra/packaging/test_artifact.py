"""What is known of an artifact before one is built."""

import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from infra.packaging.artifact import (
    FUNCTION_PYTHON,
    MACHINES,
    REQUIREMENTS,
    ROOT,
    Artifact,
    PackagingError,
    pip_arguments,
)
from infra.template import Template

NEVER_SHIPPED = {"pytest", "ministack", "hypothesis", "ruff", "mypy", "pyyaml"}


def locked(name: str) -> dict[str, set[str]]:
    """The packages of a lock file and their versions, of which markers choose one."""
    text = (ROOT / name).read_text(encoding="utf-8")
    versions: dict[str, set[str]] = {}
    for package, version in re.findall(r"^([a-z0-9.-]+)==([^\s;]+)", text, re.MULTILINE):
        versions.setdefault(package, set()).add(version)
    return versions


def test_there_is_one_for_every_function_of_the_template(template: Template) -> None:
    functions = template.resources("AWS::Serverless::Function")
    assert set(functions) == set(REQUIREMENTS)
    parameter = template.document["Parameters"]["Architecture"]
    assert set(parameter["AllowedValues"]) == set(MACHINES)
    for name in functions:
        assert template.document["Resources"][name]["Metadata"] == {
            "BuildMethod": "makefile",
            "ContextPath": {"Fn::Sub": "infra/packaging/${Architecture}"},
        }


@pytest.mark.parametrize("architecture", MACHINES)
def test_the_makefile_that_a_parameter_picks_builds_for_that_machine(architecture: str) -> None:
    done = subprocess.run(
        [
            *("make", "--dry-run", "build-SweeperFunction", "ARTIFACTS_DIR=/out"),
            *("FUNCTION_PYTHON=python3.13", "--makefile"),
            ROOT / "infra" / "packaging" / architecture / "Makefile",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"SweeperFunction /out --architecture {architecture}\n" in done.stdout


def test_what_sam_copies_before_it_builds_is_the_handler_alone(template: Template) -> None:
    assert template.document["Globals"]["Function"]["CodeUri"] == "handler"


@pytest.mark.parametrize("name", [name for name in REQUIREMENTS.values() if name])
class TestLocks:
    def test_every_package_is_checked_against_hashes(self, name: str) -> None:
        entries = re.split(r"^(?=[a-z0-9])", (ROOT / name).read_text("utf-8"), flags=re.MULTILINE)
        packages = [entry for entry in entries if "==" in entry]
        assert packages
        assert all("--hash=sha256:" in entry for entry in packages)

    def test_what_the_runtime_brings_and_what_never_ships_is_not_in_it(self, name: str) -> None:
        in_runtime = locked("requirements-lambda.txt").keys()
        assert {"boto3", "botocore", "snapshot-restore-py"} <= in_runtime
        assert not locked(name).keys() & (in_runtime | NEVER_SHIPPED)

    def test_what_ships_is_what_is_tested(self, name: str) -> None:
        developed = locked("requirements-dev.txt")
        for package, versions in locked(name).items():
            assert versions <= developed[package]

    def test_no_address_of_a_registry_is_in_it(self, name: str) -> None:
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text
        assert "--index-url" not in text


def test_the_api_carries_no_image_library_and_no_server_and_the_worker_no_web() -> None:
    assert not set(locked("requirements-api.txt")) & {"numpy", "pillow", "uvicorn", "httpx2"}
    assert not set(locked("requirements-worker.txt")) & {"mcp", "mangum", "starlette", "uvicorn"}


@pytest.mark.parametrize("architecture", MACHINES)
def test_wheels_are_for_the_functions_machine_and_its_c_library(architecture: str) -> None:
    arguments = pip_arguments(Path("lock.txt"), Path("out"), architecture)
    platforms = [b for a, b in pairwise(arguments) if a == "--platform"]
    assert platforms
    assert all(name.endswith(MACHINES[architecture]) for name in platforms)
    minors = [int(m[1]) for p in platforms if (m := re.search(r"_2_(\d+)_", p))]
    assert max(minors) == 34, "Amazon Linux 2023 has glibc 2.34"
    assert "--require-hashes" in arguments
    assert "--only-binary" in arguments


@pytest.mark.skipif(sys.version_info[:2] == FUNCTION_PYTHON, reason="this is the right Python")
def test_another_python_is_told_to_be_the_wrong_one(tmp_path: Path) -> None:
    with pytest.raises(PackagingError, match=r"put python3\.13 on the PATH"):
        Artifact("ApiFunction", "arm64", tmp_path / "out").build()
    assert not (tmp_path / "out").exists()
