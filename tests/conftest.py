"""One emulator for the whole run, fresh resources for each test."""

import os
import secrets
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from handler.adapters.aws import Connect
from handler.adapters.clock import SystemClock
from handler.settings import Settings
from infra.local.clients import emulator_clients
from infra.local.data import DataDirectory
from infra.local.emulator_process import running_emulator
from infra.provision import provision
from infra.template import Template, load_template
from tests.fakes import ManualClock, ScriptedProvider
from tests.world import World


@pytest.fixture(scope="session")
def template() -> Template:
    return load_template()


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The endpoint of a running emulator."""
    data = DataDirectory(tmp_path_factory.mktemp("stack"))
    with running_emulator(data, os.environ) as (_, endpoint):
        yield endpoint


@pytest.fixture(scope="session")
def connect(emulator: str) -> Connect:
    """What makes AWS clients of the emulator."""
    # Making a client takes longer than most tests do.
    return cache(emulator_clients(emulator))


@pytest.fixture
def environment(connect: Connect, template: Template) -> dict[str, str]:
    """The functions' environment over resources that nobody has used."""
    return {**provision(template, connect, f"t{secrets.token_hex(4)}"), "LOCAL_SKETCH": "on"}


@pytest.fixture
def settings(environment: dict[str, str]) -> Settings:
    return Settings.from_env(environment)


@pytest.fixture
def world(settings: Settings, connect: Connect) -> World:
    """A system whose time stands still until it is moved."""
    return World(settings, connect, ManualClock(), ScriptedProvider())


@pytest.fixture
def live_world(settings: Settings, connect: Connect) -> World:
    """A system in real time, whose callers wait three seconds at most."""
    return World(replace(settings, wait_seconds=3), connect, SystemClock(), ScriptedProvider())


@pytest.fixture
def project() -> Path:
    """The root of the repository."""
    return Path(__file__).parent.parent
