"""The wire contract, kept by the built functions in real sandboxes with the template's timing."""

import json
import time
from collections.abc import Iterator

import pytest

from handler.core.generation import Status
from infra.lambda_runtime.installation import Installation
from infra.local.data import DataDirectory
from tests.infra.lambda_runtime.stack import API, PROMPT, System, needs_artifacts, system_on
from tests.infra.local.processes import eventually, kill
from tests.test_contract_check import check_contract, needs_the_check

pytestmark = needs_artifacts


@pytest.fixture(scope="module")
def system(
    installation: Installation, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    with system_on(tmp_path_factory.mktemp("lambda") / "stack") as running:
        yield running


def test_a_job_that_outlasts_the_wait_is_handed_over_by_a_cold_start_too(system: System) -> None:
    for pid in system.sandboxes(API):
        kill(pid)
    arguments = {"model_id": "local/sketch", "input": {**PROMPT, "delay_seconds": 36}}
    asked = time.monotonic()
    answer = system.post(arguments)
    took = time.monotonic() - asked
    assert answer.status_code == 200
    generation = json.loads(answer.json()["result"]["content"][0]["text"])
    assert set(generation) == {"id", "status"}
    assert 25 <= took <= 29.5
    assert system.ends(generation["id"], within_seconds=30) is Status.SUCCEEDED


@needs_the_check
def test_the_contract_check_passes(system: System) -> None:
    check_contract(system.data, system.running)


def test_the_schedule_drives_the_sweeper(system: System) -> None:
    def has_swept() -> bool:
        log = DataDirectory(system.data).log("SweeperFunction")
        return log.exists() and "INVOKE RTDONE(status: success" in log.read_text()

    assert eventually(has_swept, within_seconds=70)
