"""The functions' settings, read once from a mapping that the entry module hands in."""

from collections.abc import Mapping
from dataclasses import dataclass

from handler.core.errors import ConfigurationError
from handler.core.timing import Timing


@dataclass(frozen=True)
class Settings:
    """What the environment says."""

    credits_table: str
    generations_table: str
    jobs_queue_url: str
    images_bucket: str
    wait_seconds: float
    """The longest that `generate_image` waits for its result."""
    providers: frozenset[str]
    """Names of the providers that are turned on."""
    timing: Timing
    log_level: str

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """Read and check every setting.

        Raises:
            ConfigurationError: One is missing or wrong; names it.
        """
        worker_seconds = _number(environ, "WORKER_TIMEOUT_SECONDS", 120)
        try:
            timing = Timing(
                worker_ms=int(worker_seconds * 1000),
                # A worker that is stopped at its time-out must be gone before the next one may
                # claim.
                lease_ms=int(_number(environ, "LEASE_SECONDS", worker_seconds + 30) * 1000),
                dispatch_grace_ms=int(_number(environ, "DISPATCH_GRACE_SECONDS", 60) * 1000),
                retention_days=int(_number(environ, "RETENTION_DAYS", 30)),
            )
        except ValueError as error:
            raise ConfigurationError(str(error)) from error
        return cls(
            credits_table=_required(environ, "CREDITS_TABLE"),
            generations_table=_required(environ, "GENERATIONS_TABLE"),
            jobs_queue_url=_required(environ, "JOBS_QUEUE_URL"),
            images_bucket=_required(environ, "IMAGES_BUCKET"),
            wait_seconds=_number(environ, "WAIT_SECONDS", 30),
            providers=frozenset({"sketch"} if _flag(environ, "LOCAL_SKETCH") else set()),
            timing=timing,
            log_level=environ.get("LOG_LEVEL", "INFO"),
        )


def _required(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "")
    if not value:
        raise ConfigurationError(f"{name} must be set")
    return value


def _number(environ: Mapping[str, str], name: str, default: float) -> float:
    text = environ.get(name, "")
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        raise ConfigurationError(f"{name} must be a number, not {text!r}") from None
    if not 0 < value < 1e6:
        raise ConfigurationError(f"{name} must be above 0, not {text!r}")
    return value


def _flag(environ: Mapping[str, str], name: str) -> bool:
    text = environ.get(name, "off").lower()
    if text not in ("on", "off"):
        raise ConfigurationError(f"{name} must be 'on' or 'off', not {text!r}")
    return text == "on"
