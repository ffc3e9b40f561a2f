"""What the tests of both edges need."""

import secrets

import pytest

from handler.adapters.aws import Connect
from handler.settings import Settings
from infra.provision import provision
from infra.template import Template
from tests.fakes import ManualClock, ScriptedProvider
from tests.world import World


@pytest.fixture
def anyio_backend() -> str:
    """The event loop that the functions run on."""
    return "asyncio"


@pytest.fixture(scope="module")
def shared_world(connect: Connect, template: Template) -> World:
    """One system for all tests of a module, which open accounts in it and generate nothing."""
    environment = provision(template, connect, f"m{secrets.token_hex(4)}")
    return World(Settings.from_env(environment), connect, ManualClock(), ScriptedProvider())
