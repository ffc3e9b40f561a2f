"""The local stack's functions as Lambda runs them: `images-mcp serve --lambda`."""

import os
import threading
from collections.abc import Mapping

from handler.settings import Settings
from infra.lambda_runtime.deployment import Deployment
from infra.lambda_runtime.event_source import read_event_source
from infra.lambda_runtime.functions import Function, read_functions
from infra.lambda_runtime.http_api import read_http_api
from infra.lambda_runtime.installation import Installation
from infra.local.data import DataDirectory
from infra.local.environment import vendor_variables, webhook_secrets
from infra.local.system import Resources, System
from infra.template import Template


def on_lambda(
    installation: Installation,
    data: DataDirectory,
    resources: Resources,
    environment: Mapping[str, str],
    workers: int | None,
) -> System:
    """Sandboxes that answer and work; as many work as the template says, or `workers`.

    Raises:
        ConfigurationError: An artifact is missing, or the template has what is not emulated.
    """
    functions = read_functions(resources.template, environment, resources.attributes)
    functions = with_vendors(resources.template, functions, environment, os.environ)
    # Where the environment shortens the worker's time-out, its sandboxes end by it too.
    worker = read_event_source(resources.template).function
    worker_seconds = Settings.from_env(environment).timing.worker_ms // 1000
    functions[worker] = functions[worker].with_timeout(worker_seconds)
    deployment = Deployment(functions, installation, resources, data.log, workers)

    def end_waits() -> None:
        # Called by a signal, which must not wait until all processes have ended.
        threading.Thread(target=deployment.stop, name="stopping").start()

    return System(deployment.app, deployment, end_waits)


def with_vendors(
    template: Template,
    functions: Mapping[str, Function],
    environment: Mapping[str, str],
    environ: Mapping[str, str],
) -> dict[str, Function]:
    """The functions with the vendors that `environ` turns on.

    A deployment has the tokens in a secret that its parameters fill. Here they are variables of the
    worker alone, and the function that answers HTTP knows the vendors' names, as it does there.
    """
    worker = read_event_source(template).function
    names = {"PROVIDERS": environment["PROVIDERS"], **webhook_secrets(environ)}
    added = {route.function: names for route in read_http_api(template).routes}
    added[worker] = {**vendor_variables(environ), "REPORTING": environment["REPORTING"]}
    return {
        name: function.with_variables(added.get(name, {})) for name, function in functions.items()
    }
