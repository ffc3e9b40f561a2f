"""One emulator for the whole run, fresh resources for each test."""

import os
import secrets
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from handler.adapters.clock import SystemClock
from handler.settings import Settings
from infra.local.data import DataDirectory
from infra.local.emulator_process import running_emulator
from infra.local.environment import aws_environment
from infra.provision import provision
from infra.template import Template, load_template
from tests.fakes import ManualClock, ScriptedProvider
from tests.world import World


@pytest.fixture(scope="session")
def template() -> Template:
    return load_template()


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The endpoint of a running emulator that this process's AWS clients talk to."""
    data = DataDirectory(tmp_path_factory.mktemp("stack"))
    inherited = dict(os.environ)
    with running_emulator(data, inherited) as (_, endpoint), pytest.MonkeyPatch.context() as patch:
        for name in [name for name in inherited if name.startswith("AWS_")]:
            patch.delenv(name)
        for name, value in aws_environment({}, endpoint).items():
            patch.setenv(name, value)
        yield endpoint


@pytest.fixture
def environment(emulator: str, template: Template) -> dict[str, str]:
    """The functions' environment over resources that nobody has used."""
    return {**provision(template, f"t{secrets.token_hex(4)}"), "LOCAL_SKETCH": "on"}


@pytest.fixture
def settings(environment: dict[str, str]) -> Settings:
    return Settings.from_env(environment)


@pytest.fixture
def world(settings: Settings) -> World:
    """A system whose time stands still until it is moved."""
    return World(settings, ManualClock(), ScriptedProvider())


@pytest.fixture
def live_world(settings: Settings) -> World:
    """A system in real time, whose callers wait three seconds at most."""
    return World(replace(settings, wait_seconds=3), SystemClock(), ScriptedProvider())


@pytest.fixture
def project() -> Path:
    """The root of the repository."""
    return Path(__file__).parent.parent
