"""A black-box check of the wire contract that may lie beside the repository."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.local.data import DataDirectory, RunningStack
from infra.local.launch import launched

CHECK = Path(__file__).parents[2] / "shared" / "tools" / "contract_check.py"


def keys(data: Path, *arguments: str) -> Any:
    command = [sys.executable, "-m", "infra.cli", "keys", *arguments, "--data", str(data), "--json"]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


needs_the_check = pytest.mark.skipif(
    not CHECK.exists(), reason=f"there is no contract check at {CHECK}"
)


def check_contract(data: Path, stack: RunningStack) -> None:
    """Run the whole check, the slow part included, against a running stack."""
    poor = keys(data, "create", "--credits", "0.009999")
    revoked = keys(data, "create", "--credits", "1")
    keys(data, "revoke", revoked["id"])
    arguments = [
        *("--key", DataDirectory(data).saved_key() or ""),
        *("--poor-key", poor["key"]),
        *("--disabled-key", revoked["key"]),
    ]
    command = [sys.executable, str(CHECK), stack.endpoint, *arguments, "--slow"]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout
    assert "0 failed, 0 skipped" in finished.stdout


@needs_the_check
def test_the_contract_check_passes(tmp_path: Path) -> None:
    data = tmp_path / "stack"
    with launched(data, "--port", "0") as (_, stack):
        check_contract(data, stack)
