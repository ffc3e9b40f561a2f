"""Commands as their user types them, without a process for each."""

import contextlib
import io
import os
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from infra.cli import main


@dataclass(frozen=True)
class Finished:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


def typed(environment: Mapping[str, str], *arguments: str) -> Finished:
    """Run `images-mcp` with `environment` as all that it finds in its own."""
    output, errors = io.StringIO(), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(errors),
    ):
        for name in {*os.environ} - {*environment}:
            patch.delenv(name)
        for name, value in environment.items():
            patch.setenv(name, value)
        code = main(arguments)
    return Finished(code, output.getvalue(), errors.getvalue())
