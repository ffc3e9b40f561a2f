"""All functions of the template together, with what calls them: HTTP, the queue, the schedule."""

import os
import secrets
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from starlette.types import ASGIApp

from handler.web.draining import DrainingMiddleware
from infra.lambda_runtime import reaper
from infra.lambda_runtime.event_source import Poller, read_event_source
from infra.lambda_runtime.front import Front
from infra.lambda_runtime.functions import Function
from infra.lambda_runtime.http_api import read_http_api
from infra.lambda_runtime.installation import Installation
from infra.lambda_runtime.pool import Pool
from infra.lambda_runtime.sandbox import Launch
from infra.lambda_runtime.schedule import Scheduler, read_schedule
from infra.local.lifeline import Child
from infra.local.system import Resources

SANDBOXES_AT_ONCE = 64
"""Of a function that HTTP requests or a schedule call; an AWS account begins with 1,000."""
REAPER_STOP_SECONDS = 3.0

LogFile = Callable[[str], Path]
"""The log file of a function or a child process, by name."""


class Deployment:
    """The functions as they run on AWS, over an emulator's resources.

    A sandbox starts when it is needed. None outlives `stop`, nor this process, however it ends.
    """

    def __init__(
        self,
        functions: Mapping[str, Function],
        installation: Installation,
        resources: Resources,
        log: LogFile,
        workers: int | None,
    ) -> None:
        """Nothing is started yet; `workers` goes before the template's maximum concurrency.

        Raises:
            ConfigurationError: An artifact is missing, or the template has what is not emulated.
        """
        self.mark = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._log = log
        template = resources.template
        source, schedule = read_event_source(template), read_schedule(template)
        if workers is not None:
            source = replace(source, maximum_concurrency=workers)
        limits = {source.function: source.maximum_concurrency}
        self._pools = {
            name: self._pool(
                Launch(
                    function,
                    installation,
                    installation.artifact(name),
                    resources.endpoint,
                    log(name),
                ),
                limits.get(name, SANDBOXES_AT_ONCE),
            )
            for name, function in functions.items()
        }
        invoke = {name: pool.invoke for name, pool in self._pools.items()}
        threads = ThreadPoolExecutor(SANDBOXES_AT_ONCE * 2, "invocation")
        self.app: ASGIApp = DrainingMiddleware(Front(read_http_api(template), invoke, threads))
        self._scheduler = Scheduler(schedule, invoke[schedule.function])
        self._poller = Poller(
            source,
            invoke[source.function],
            resources.connect("sqs"),
            resources.attributes[source.queue],
        )
        self._reaper: Child | None = None
        self._is_stopping = False
        self._lock = threading.Lock()

    def start(self) -> None:
        """Begin to call functions for messages and at times."""
        self._reaper = self._start_reaper()
        self._poller.start()
        self._scheduler.start()

    def tend(self) -> None:
        """Replace the reaper if somebody has killed it."""
        with self._lock:
            if self._reaper is not None and self._reaper.has_ended() and not self._is_stopping:
                self._reaper = self._start_reaper()

    def stop(self) -> None:
        """End everything; invocations that run fail."""
        with self._lock:
            self._is_stopping = True
            self._poller.stop()
            self._scheduler.stop()
            for pool in self._pools.values():
                pool.close()
            if self._reaper is not None:
                self._reaper.stop(REAPER_STOP_SECONDS)

    def _pool(self, launch: Launch, limit: int) -> Pool:
        name = launch.function.logical_id
        return Pool(lambda number: launch.start(f"{self.mark}/{name}-{number}"), limit)

    def _start_reaper(self) -> Child:
        environment = {**os.environ, reaper.MARK: self.mark}
        return Child("infra.lambda_runtime.reaper", environment, self._log("reaper"))
