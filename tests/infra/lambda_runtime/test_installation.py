"""What is missing is named, with the command that makes it."""

import sys
from pathlib import Path

import pytest

from handler.core.errors import ConfigurationError
from infra.lambda_runtime.installation import ARTIFACTS, find_installation
from infra.machine import lambda_architecture

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the emulator runs on Linux only")

EMULATOR = f"aws-lambda-rie-{lambda_architecture()}"


def lay_out(root: Path, *, without: str = "") -> None:
    rapid = ".venv-sam/lib/python3.11/site-packages/samcli/local/rapid"
    for path in (f"{rapid}/{EMULATOR}", ".venv-lambda/bin/python"):
        if not without or without not in path:
            (root / path).parent.mkdir(parents=True)
            (root / path).touch()


def test_everything_is_found_where_make_puts_it(tmp_path: Path) -> None:
    lay_out(tmp_path)
    found = find_installation(tmp_path)
    assert found.emulator.name == EMULATOR
    assert found.python == tmp_path / ".venv-lambda/bin/python"
    artifact = tmp_path / ARTIFACTS / "ApiFunction"
    artifact.mkdir(parents=True)
    assert found.artifact("ApiFunction") == artifact


@pytest.mark.parametrize("name", [".venv-sam", ".venv-lambda"])
def test_what_is_missing_is_made_by_a_command(tmp_path: Path, name: str) -> None:
    lay_out(tmp_path, without=name)
    with pytest.raises(ConfigurationError, match=f"make {name}/.ready"):
        find_installation(tmp_path)


def test_a_function_that_was_not_built_is_named(tmp_path: Path) -> None:
    lay_out(tmp_path)
    with pytest.raises(ConfigurationError, match=f"ApiFunction.*make {ARTIFACTS}/.ready"):
        find_installation(tmp_path).artifact("ApiFunction")
