"""The functions' settings, read once from a mapping that the entry module hands in."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from handler.core.errors import ConfigurationError
from handler.core.timing import Timing

SWITCH = ("off", "on")
_ORIGIN = re.compile(r"https?://[^\s,/]+")
LOG_LEVELS = ("INFO", "DEBUG", "WARNING", "ERROR")


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
    allowed_origins: tuple[str, ...]
    """Origins of pages that may call the endpoint; `*` stands for all."""
    previews: bool
    """Whether results carry a small version of each image."""
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
                retention_days=_days(environ, "RETENTION_DAYS", 30),
            )
        except ValueError as error:
            raise ConfigurationError(f"WORKER_TIMEOUT_SECONDS, LEASE_SECONDS: {error}") from error
        sketch = _one_of(environ, "LOCAL_SKETCH", SWITCH)
        return cls(
            credits_table=_required(environ, "CREDITS_TABLE"),
            generations_table=_required(environ, "GENERATIONS_TABLE"),
            jobs_queue_url=_required(environ, "JOBS_QUEUE_URL"),
            images_bucket=_required(environ, "IMAGES_BUCKET"),
            wait_seconds=_number(environ, "WAIT_SECONDS", 30),
            providers=frozenset({"sketch"} if sketch == "on" else set()),
            timing=timing,
            allowed_origins=_origins(environ, "ALLOWED_ORIGINS"),
            previews=_one_of(environ, "PREVIEWS", ("on", "off")) == "on",
            log_level=_one_of(environ, "LOG_LEVEL", LOG_LEVELS),
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


def _days(environ: Mapping[str, str], name: str, default: int) -> int:
    days = _number(environ, name, default)
    if days != int(days):
        raise ConfigurationError(f"{name} must be a whole number of days, not {days}")
    return int(days)


def _origins(environ: Mapping[str, str], name: str) -> tuple[str, ...]:
    origins = tuple(part.strip() for part in (environ.get(name, "") or "*").split(","))
    for origin in origins:
        if origin != "*" and not _ORIGIN.fullmatch(origin):
            raise ConfigurationError(
                f"{name} must be * or origins such as https://app.example.com, not {origin!r}"
            )
    return origins


def _one_of(environ: Mapping[str, str], name: str, allowed: Sequence[str]) -> str:
    """The first one is the default; case does not matter."""
    text = environ.get(name, "") or allowed[0]
    found = next((value for value in allowed if value.lower() == text.lower()), None)
    if found is None:
        raise ConfigurationError(f"{name} must be one of {', '.join(allowed)}, not {text!r}")
    return found
