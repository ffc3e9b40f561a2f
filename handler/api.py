"""Lambda entry module for HTTP: API Gateway HTTP API, REST API and Function URL events."""

import os
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from mangum import Mangum

from handler.bootstrap.api import build_api
from handler.logs import configure_logging
from handler.settings import Settings
from handler.web.app import build_app
from handler.web.services import ApiServices

if TYPE_CHECKING:
    from mangum.types import ASGI


@cache
def _adapter() -> Mangum:
    settings = Settings.from_env(os.environ)
    configure_logging(settings.log_level)
    return adapt(build_api(settings))


def adapt(services: ApiServices) -> Mangum:
    """Answer HTTP events with `services`."""
    app = build_app(services)
    # Mangum would run a lifespan with every event. Its protocol for an application names the
    # parameters, Starlette leaves them positional.
    return Mangum(cast("ASGI", app), lifespan="off")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one HTTP event."""
    return _adapter()(event, context)
