"""The environment of the local stack's processes: no AWS settings but the stack's own."""

import os
from collections.abc import Mapping
from pathlib import Path

from handler.settings import SWITCHES, TOKENS, WEBHOOK_SECRETS, configured_vendors

REGION = "us-east-1"
# The emulator checks signatures against these, its own defaults.
ACCESS_KEY = "test"
SECRET_KEY = "test"  # noqa: S105 - everybody's

# Locally a lost job should come back within half a minute, not after Lambda's time-outs.
TIMING = {
    "WORKER_TIMEOUT_SECONDS": "20",
    "LEASE_SECONDS": "25",
    "DISPATCH_GRACE_SECONDS": "20",
}
_BASE_URLS = frozenset(f"{name.upper()}_BASE_URL" for name in (*TOKENS, *SWITCHES))
CHANGEABLE = ("WAIT_SECONDS", "RETENTION_DAYS", "PREVIEWS", "PRICE_MARKUP", "LOG_LEVEL")


def aws_environment(environ: Mapping[str, str], endpoint: str) -> dict[str, str]:
    """`environ` with every AWS client pointed at the emulator."""
    kept = {name: value for name, value in environ.items() if not name.startswith("AWS_")}
    return {
        **kept,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        # A proxy would be asked for the loopback address.
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }


def emulator_environment(environ: Mapping[str, str], port: int, state: Path) -> dict[str, str]:
    """What the emulator runs with; it listens on loopback alone and writes to `state` alone."""
    temporary = state / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    return {
        **aws_environment(environ, f"http://127.0.0.1:{port}"),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "PERSIST_STATE": "1",
        "STATE_DIR": str(state),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(state / "s3"),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        "TMPDIR": str(temporary),
    }


def function_environment(
    environ: Mapping[str, str],
    provisioned: Mapping[str, str],
    timing: Mapping[str, str] = TIMING,
) -> dict[str, str]:
    """What the functions' code runs with: the template's environment, with the painter on.

    `timing` goes before what the template says. What is set in `environ` wins, resources apart. The
    tokens of vendors stay in `environ`, where only the worker finds them; here are their names.
    """
    vendors = configured_vendors(environ)
    # A vendor may take minutes for one answer, which a lease has to outlast.
    timing = {} if vendors else timing
    chosen = {name: environ[name] for name in (*TIMING, *CHANGEABLE) if environ.get(name)}
    names = ",".join(sorted(vendors))
    return {**provisioned, **timing, **chosen, "PROVIDERS": names, "LOCAL_SKETCH": "on"}


def vendor_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """What a worker that does not inherit `environ` needs of it to reach vendors."""
    names = {*TOKENS.values(), *SWITCHES.values(), "PUBLIC_URL"}
    return {
        name: value
        for name, value in environ.items()
        if name in names or name.startswith("OPENAI_COMPATIBLE_") or name in _BASE_URLS
    }


def webhook_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """What the web server needs to know whose reports it is sent."""
    return {name: environ[name] for name in WEBHOOK_SECRETS.values() if environ.get(name)}
