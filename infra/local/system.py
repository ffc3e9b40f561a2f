"""What a stack consists of beside its web server's socket, whichever way its functions run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.types import ASGIApp

from handler.adapters.aws import Connect
from infra.local.watch import Tended
from infra.template import Template


@dataclass(frozen=True)
class Resources:
    """The template's resources in a running emulator."""

    template: Template
    attributes: Mapping[str, str]
    """As `Template.resolve` takes them."""
    endpoint: str
    """The emulator's."""
    connect: Connect


@dataclass(frozen=True)
class System:
    """What answers requests and works on jobs."""

    app: ASGIApp
    background: Tended
    end_waits: Callable[[], None]
    """Lets every request that waits be answered at once; may be called more than once."""
