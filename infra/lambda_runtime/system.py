"""The local stack's functions as Lambda runs them: `images-mcp serve --lambda`."""

import threading
from collections.abc import Mapping

from handler.settings import Settings
from infra.lambda_runtime.deployment import Deployment
from infra.lambda_runtime.event_source import read_event_source
from infra.lambda_runtime.functions import read_functions
from infra.lambda_runtime.installation import Installation
from infra.local.data import DataDirectory
from infra.local.system import Resources, System


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
    # Where the environment shortens the worker's time-out, its sandboxes end by it too.
    worker = read_event_source(resources.template).function
    worker_seconds = Settings.from_env(environment).timing.worker_ms // 1000
    functions[worker] = functions[worker].with_timeout(worker_seconds)
    deployment = Deployment(functions, installation, resources, data.log, workers)

    def end_waits() -> None:
        # Called by a signal, which must not wait until all processes have ended.
        threading.Thread(target=deployment.stop, name="stopping").start()

    return System(deployment.app, deployment, end_waits)
