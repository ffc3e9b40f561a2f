"""`images-mcp serve`: starts the local stack, watches over it, and leaves nothing behind.

Order of starting: port and directory are taken first, so that what is likely to fail fails before
anything runs; then the emulator, the resources, the key, the worker, the sweeper, the web server.
Stopping goes the other way round.
"""

import asyncio
import contextlib
import gc
import os
import signal
import socket
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import uvicorn
from mcp.server.transport_security import TransportSecuritySettings

from handler.bootstrap.api import build_api
from handler.bootstrap.stores import Stores, build_stores
from handler.bootstrap.sweeper import build_sweeper
from handler.core.accounts import Account
from handler.core.authentication import Authentication
from handler.core.errors import ApiKeyDisabled, ConfigurationError, InvalidApiKey
from handler.settings import Settings
from handler.web.app import MCP_PATH, build_app
from infra.lambda_runtime.event_source import read_event_source
from infra.lambda_runtime.installation import find_installation
from infra.lambda_runtime.system import on_lambda
from infra.local.background import Background
from infra.local.banner import banner
from infra.local.clients import emulator_clients
from infra.local.closing import ClosingClock, ClosingServer
from infra.local.data import DataDirectory, RunningStack
from infra.local.emulator_process import running_emulator
from infra.local.environment import (
    TIMING,
    aws_environment,
    function_environment,
    webhook_secrets,
)
from infra.local.foreseen import foreseen
from infra.local.lifeline import Child
from infra.local.lines import lines_in
from infra.local.system import Resources, System
from infra.local.watch import Watch
from infra.operator.keys import create_key
from infra.operator.vendor_names import NAMES
from infra.provision import common_environment, create_resources
from infra.template import load_template


@dataclass(frozen=True)
class Options:
    """What the command line says."""

    host: str
    port: int
    data: Path
    api_key: str | None
    credits_micros: int
    on_lambda: bool = False
    """Whether requests and jobs are for the built artifacts in Lambda's sandboxes."""
    workers: int | None = None
    """How many of those work at once, if not as many as the template says."""


def serve(options: Options) -> int:
    """Run the stack until it is told to stop; the exit code.

    Raises:
        ConfigurationError: It cannot start; says why.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        # Explicitly: a shell starts its background jobs with SIGINT ignored.
        signal.signal(number, _interrupt)
    data = DataDirectory(options.data)
    try:
        with contextlib.ExitStack() as running:
            running.enter_context(data.locked())
            listening = running.enter_context(_listening(options.host, options.port))
            return _run(options, data, listening, running)
    except KeyboardInterrupt:
        return 0
    finally:
        # Before it ends, the interpreter would look for cycles in everything that is loaded, which
        # takes a second.
        gc.freeze()


def _run(
    options: Options, data: DataDirectory, listening: socket.socket, running: contextlib.ExitStack
) -> int:
    # Its processes read the environment each by itself, the worker only once the others run.
    timing = {} if options.on_lambda else TIMING
    foreseen(os.environ, timing)
    installation = find_installation() if options.on_lambda else None
    emulator, aws_endpoint = running.enter_context(running_emulator(data, os.environ))
    resources = _resources(aws_endpoint)
    environment = function_environment(
        os.environ,
        common_environment(resources.template, resources.attributes),
        timing,
    )
    # What is secret is not in `environment`, which is announced in a file.
    settings = Settings.from_env({**webhook_secrets(os.environ), **environment})
    running.enter_context(lines_in(data.log("api"), settings))
    secret, account = _ensure_key(options, data, build_stores(settings, resources.connect))
    if installation is None:
        system = _in_this_process(options, data, resources, environment)
    else:
        system = on_lambda(installation, data, resources, environment, options.workers)
    watch = Watch(emulator, system.background)
    running.callback(watch.stop)
    endpoint = f"http://{_shown_host(options.host)}:{listening.getsockname()[1]}{MCP_PATH}"
    stack = RunningStack(os.getpid(), endpoint, aws_endpoint, environment)
    running.enter_context(data.announced(stack))
    server = _web_server(system)
    watch.start(when_over=server.close)
    more = {"vendors": _vendors(settings), "log": str(data.log(_worker_log(resources, options)))}
    print(banner(endpoint, secret, account.available_micros, options.data, more), flush=True)
    asyncio.run(server.serve([listening]))
    if watch.failure:
        raise ConfigurationError(watch.failure)
    return 0


def _resources(aws_endpoint: str) -> Resources:
    template, connect = load_template(), emulator_clients(aws_endpoint)
    attributes = create_resources(template, connect)
    return Resources(template, attributes, aws_endpoint, connect)


def _in_this_process(
    options: Options, data: DataDirectory, resources: Resources, environment: dict[str, str]
) -> System:
    settings = Settings.from_env({**webhook_secrets(os.environ), **environment})
    connect = resources.connect
    worker_environment = {**aws_environment(os.environ, resources.endpoint), **environment}
    services = build_api(settings, connect)
    clock = ClosingClock(services.clock)
    return System(
        app=build_app(replace(services, clock=clock), _own_hosts_only(options.host)),
        background=Background(
            lambda: Child("infra.local.worker", worker_environment, data.log("worker")),
            build_sweeper(settings, connect),
        ),
        end_waits=clock.close,
    )


def _vendors(settings: Settings) -> str:
    """Whose models are offered beside the painter's."""
    names = [name for vendor, name in NAMES.items() if vendor in settings.providers]
    return ", ".join(names) or "none is on; docs/providers.md says how to turn one on"


def _worker_log(resources: Resources, options: Options) -> str:
    """Of the process that calls vendors."""
    return read_event_source(resources.template).function if options.on_lambda else "worker"


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


@contextlib.contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off only where the protocol is named; with it on, an answer
    # waits 40 ms for the client's delayed acknowledgement.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
            listening.listen(128)
        except OSError as error:
            raise ConfigurationError(
                f"cannot listen on {host}:{port}: {error.strerror}; choose another with --port"
            ) from error
        yield listening


def _shown_host(host: str) -> str:
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _ensure_key(options: Options, data: DataDirectory, stores: Stores) -> tuple[str, Account]:
    authentication = Authentication(stores.accounts, stores.clock)
    secret = options.api_key or data.saved_key()
    if secret is not None:
        try:
            return secret, authentication.principal(secret).account
        except InvalidApiKey:
            pass
        except ApiKeyDisabled:
            if options.api_key is not None:
                raise ConfigurationError("this key was revoked; choose another --api-key") from None
    principal, secret = create_key(
        stores.accounts, stores.clock, options.credits_micros, options.api_key
    )
    if options.api_key is None:
        data.save_key(secret)
    return secret, principal.account


def _own_hosts_only(host: str) -> TransportSecuritySettings:
    own = {"127.0.0.1", "localhost", "[::1]", _shown_host(host)}
    return TransportSecuritySettings(
        allowed_hosts=[*own, *(f"{name}:*" for name in own)],
        allowed_origins=[
            f"{scheme}://{name}{end}"
            for scheme in ("http", "https")
            for name in own
            for end in ("", ":*")
        ],
    )


def _web_server(system: System) -> ClosingServer:
    config = uvicorn.Config(
        system.app,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    return ClosingServer(config, system.end_waits)
