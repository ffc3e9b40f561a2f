"""What is missing is named, with the command that makes it."""

import platform
import sys
from pathlib import Path

import pytest

from handler.core.errors import ConfigurationError
from infra.lambda_runtime.installation import find_installation

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the emulator runs on Linux only")

MACHINE = {"x86_64": ("x86_64", "x86_64"), "aarch64": ("arm64", "aarch64")}[platform.machine()]


def lay_out(root: Path, *, without: str = "") -> None:
    rapid = ".venv-sam/lib/python3.11/site-packages/samcli/local/rapid"
    for path in (f"{rapid}/aws-lambda-rie-{MACHINE[0]}", ".venv-lambda/bin/python"):
        if not without or without not in path:
            (root / path).parent.mkdir(parents=True)
            (root / path).touch()


def test_everything_is_found_where_make_puts_it(tmp_path: Path) -> None:
    lay_out(tmp_path)
    found = find_installation(tmp_path)
    assert found.emulator.name == f"aws-lambda-rie-{MACHINE[0]}"
    assert found.python == tmp_path / ".venv-lambda/bin/python"
    artifact = tmp_path / ".aws-sam/build/ApiFunction"
    artifact.mkdir(parents=True)
    (artifact / f"x.cpython-313-{MACHINE[1]}-linux-gnu.so").touch()
    assert found.artifact("ApiFunction") == artifact


@pytest.mark.parametrize("name", [".venv-sam", ".venv-lambda"])
def test_what_is_missing_is_made_by_a_command(tmp_path: Path, name: str) -> None:
    lay_out(tmp_path, without=name)
    with pytest.raises(ConfigurationError, match=f"make {name}/.ready"):
        find_installation(tmp_path)


def test_a_function_that_was_not_built_is_named(tmp_path: Path) -> None:
    lay_out(tmp_path)
    with pytest.raises(ConfigurationError, match=f"ApiFunction.*make build ARCH={MACHINE[0]}"):
        find_installation(tmp_path).artifact("ApiFunction")


def test_a_function_for_another_processor_is_refused(tmp_path: Path) -> None:
    lay_out(tmp_path)
    artifact = tmp_path / ".aws-sam/build/ApiFunction"
    artifact.mkdir(parents=True)
    (artifact / "x.cpython-313-riscv64-linux-gnu.so").touch()
    with pytest.raises(ConfigurationError, match="another processor"):
        find_installation(tmp_path).artifact("ApiFunction")
