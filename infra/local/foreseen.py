"""What a local stack would run with, and what in an environment would keep it from running.

Its processes read the environment each by itself, some only once the others run. Here all of it is
read beforehand.
"""

from collections.abc import Iterator, Mapping

from handler.bootstrap.api import verifiers
from handler.core.errors import ConfigurationError
from handler.settings import WEBHOOK_SECRETS, Settings
from infra.local.environment import (
    CHANGEABLE,
    TIMING,
    function_environment,
    vendor_variables,
    webhook_secrets,
)

_RESOURCES = dict.fromkeys(
    ("CREDITS_TABLE", "GENERATIONS_TABLE", "JOBS_QUEUE_URL", "IMAGES_BUCKET"), "not made yet"
)
_GROUPS = (
    *({name} for name in (*CHANGEABLE, "PUBLIC_URL", *WEBHOOK_SECRETS.values())),
    {*TIMING},
)
"""What is right or wrong together; one mistake does not hide the next."""


def foreseen(environ: Mapping[str, str], timing: Mapping[str, str] = TIMING) -> Settings:
    """What a stack that is started with `environ` runs with, its resources apart.

    `timing` is as in `function_environment`.

    Raises:
        ConfigurationError: It could not run; names the variable, and no secret's value.
    """
    environment = function_environment(environ, _RESOURCES, timing)
    known = {**vendor_variables(environ), **webhook_secrets(environ), **environment}
    settings = Settings.from_env(known)
    verifiers(settings.webhook_secrets)
    return settings


def mistakes(environ: Mapping[str, str], timing: Mapping[str, str]) -> Iterator[str]:
    """Everything that would keep a stack from running, vendors' own variables apart."""
    for names in _GROUPS:
        try:
            foreseen({name: value for name, value in environ.items() if name in names}, timing)
        except ConfigurationError as error:
            yield str(error)
