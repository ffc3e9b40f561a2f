"""The functions' settings, read once from a mapping that the entry module hands in."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from handler.core.errors import ConfigurationError
from handler.core.timing import Timing
from handler.core.vendors import Secret, VendorAccess

SWITCH = ("off", "on")
_ORIGIN = re.compile(r"https?://[^\s,/]+")
_NAMESPACE = re.compile(r"(?!AWS/)[A-Za-z0-9._/#:-]{1,255}")
_FACTOR = re.compile(r"[0-9]{1,3}(\.[0-9]{1,6})?")
LOG_LEVELS = ("INFO", "DEBUG", "WARNING", "ERROR")


TOKENS = {
    "replicate": "REPLICATE_API_TOKEN",
    "fal": "FAL_KEY",
    "openai": "OPENAI_API_KEY",
    "gemini": "GEMINI_API_KEY",
    "bfl": "BFL_API_KEY",
}
"""The variable with each vendor's token; the token turns the vendor on."""
WEBHOOK_SECRETS = {"replicate": "REPLICATE_WEBHOOK_SECRET", "fal": "FAL_WEBHOOK_KEYS"}
"""The variable with what verifies each vendor's reports: a shared secret, or public keys."""
COMPATIBLE = "openai-compatible"
"""The provider that is whatever server the operator says."""
COMPATIBLE_SERVERS = ("other", "litellm", "localai", "recraft", "sdcpp", "together", "vllm")
SWITCHES = {"sketch": "LOCAL_SKETCH", "bedrock": "BEDROCK"}
"""The variable that turns on what needs no token."""
PROVIDER_NAMES = (*SWITCHES, *TOKENS, COMPATIBLE)


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
    """Names of the providers that are turned on: whose models are offered."""
    vendors: Mapping[str, VendorAccess]
    """Those that can be reached from here; the API knows names only, and holds no token."""
    public_url: str | None
    """Where vendors reach us with their reports, without a slash at its end; None: they do not."""
    reporting: frozenset[str]
    """Names of the vendors whose reports are verified, and who may be asked for them."""
    webhook_secrets: Mapping[str, Secret]
    price_markup: Fraction
    """What the catalogue's prices are multiplied by."""
    timing: Timing
    allowed_origins: tuple[str, ...]
    """Origins of pages that may call the endpoint; `*` stands for all."""
    previews: bool
    """Whether results carry a small version of each image."""
    log_level: str
    metrics_namespace: str
    """CloudWatch's: what keeps the metrics of one deployment apart from those of another."""

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
        vendors = configured_vendors(environ)
        webhook_secrets = {
            name: _token(variable, environ[variable])
            for name, variable in WEBHOOK_SECRETS.items()
            if environ.get(variable)
        }
        return cls(
            credits_table=_required(environ, "CREDITS_TABLE"),
            generations_table=_required(environ, "GENERATIONS_TABLE"),
            jobs_queue_url=_required(environ, "JOBS_QUEUE_URL"),
            images_bucket=_required(environ, "IMAGES_BUCKET"),
            wait_seconds=_number(environ, "WAIT_SECONDS", 30),
            providers=frozenset(vendors) | _names(environ, "PROVIDERS", PROVIDER_NAMES),
            vendors=vendors,
            public_url=_base_url(environ, "PUBLIC_URL"),
            reporting=frozenset(webhook_secrets)
            | _names(environ, "REPORTING", tuple(WEBHOOK_SECRETS)),
            webhook_secrets=webhook_secrets,
            price_markup=_factor(environ, "PRICE_MARKUP"),
            timing=timing,
            allowed_origins=_origins(environ, "ALLOWED_ORIGINS"),
            previews=_one_of(environ, "PREVIEWS", ("on", "off")) == "on",
            log_level=_one_of(environ, "LOG_LEVEL", LOG_LEVELS),
            metrics_namespace=_namespace(environ, "METRICS_NAMESPACE", "TokenFluxImages"),
        )


def configured_vendors(environ: Mapping[str, str]) -> dict[str, VendorAccess]:
    """How each vendor that the environment turns on is reached.

    Raises:
        ConfigurationError: A variable is wrong; names it, and not its value.
    """
    found = {
        name: VendorAccess(base_url=_base_url(environ, f"{name.upper()}_BASE_URL"))
        for name, switch in SWITCHES.items()
        if _one_of(environ, switch, SWITCH) == "on"
    }
    for name, variable in TOKENS.items():
        base_url, token = _base_url(environ, f"{name.upper()}_BASE_URL"), environ.get(variable)
        if token:
            found[name] = VendorAccess(_token(variable, token), base_url)
    base_url = _base_url(environ, "OPENAI_COMPATIBLE_BASE_URL", _NEAR)
    if base_url:
        token = environ.get("OPENAI_COMPATIBLE_API_KEY", "")
        found[COMPATIBLE] = VendorAccess(
            _token("OPENAI_COMPATIBLE_API_KEY", token) if token else None,
            base_url,
            _one_of(environ, "OPENAI_COMPATIBLE_SERVER", COMPATIBLE_SERVERS),
        )
    return found


def _token(variable: str, value: str) -> Secret:
    if not (value.isascii() and value.isprintable()) or " " in value:
        raise ConfigurationError(f"{variable} must be one word, as the vendor gave it out")
    return Secret(value)


@dataclass(frozen=True)
class _Plain:
    """Where a server may be that is reached without TLS."""

    where: str
    admits: Callable[[str], bool]
    """A host."""


def _is_here(host: str) -> bool:
    address = _address(host)
    return host == "localhost" or (address is not None and address.is_loopback)


def _is_near(host: str) -> bool:
    address = _address(host)
    if address is not None:
        return address.is_private and not address.is_link_local
    return "." not in host or host.endswith((".home.arpa", ".internal", ".lan", ".local"))


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


_HERE = _Plain("on this machine", _is_here)
_NEAR = _Plain("on this machine or in a private network", _is_near)
"""Where people run servers of their own, few of which have a certificate."""


def _base_url(environ: Mapping[str, str], name: str, plain: _Plain = _HERE) -> str | None:
    text = environ.get(name, "")
    if not text:
        return None
    try:
        parts = urlsplit(text)
        is_fine = parts.hostname and not (parts.username or parts.query or parts.fragment)
        _ = parts.port  # raises if it is none
        is_plain = parts.scheme == "http" and plain.admits(parts.hostname or "")
        if is_fine and (parts.scheme == "https" or is_plain):
            return text.rstrip("/")
    except ValueError:
        pass
    raise ConfigurationError(
        f"{name} must be https://host/path, or http:// {plain.where}, without user or query"
    )


def _names(environ: Mapping[str, str], name: str, allowed: Sequence[str]) -> frozenset[str]:
    given = frozenset(environ.get(name, "").replace(",", " ").split())
    if not given <= set(allowed):
        unknown = ", ".join(sorted(given - set(allowed)))
        raise ConfigurationError(f"{name} must be of {', '.join(allowed)}; not {unknown}")
    return given


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


def _factor(environ: Mapping[str, str], name: str) -> Fraction:
    """A decimal, exactly as it is written."""
    text = environ.get(name, "") or "1"
    if not _FACTOR.fullmatch(text) or not Fraction(text):
        raise ConfigurationError(
            f"{name} must be a decimal above 0 such as 1.25, with up to 3 digits before the point"
            f" and 6 after it, not {text!r}"
        )
    return Fraction(text)


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


def _namespace(environ: Mapping[str, str], name: str, default: str) -> str:
    namespace = environ.get(name, "") or default
    if not _NAMESPACE.fullmatch(namespace):
        raise ConfigurationError(
            f"{name} must be 1 to 255 letters, digits and ./_-#: and not begin with AWS/,"
            f" not {namespace!r}"
        )
    return namespace


def _one_of(environ: Mapping[str, str], name: str, allowed: Sequence[str]) -> str:
    """The first one is the default; case does not matter."""
    text = environ.get(name, "") or allowed[0]
    found = next((value for value in allowed if value.lower() == text.lower()), None)
    if found is None:
        raise ConfigurationError(f"{name} must be one of {', '.join(allowed)}, not {text!r}")
    return found
