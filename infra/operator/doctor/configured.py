"""Which vendors an environment turns on, and what in it is wrong or idle; nothing is asked."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from handler.core.errors import ConfigurationError
from handler.core.vendors import VendorAccess
from handler.settings import (
    COMPATIBLE,
    SWITCHES,
    TOKENS,
    WEBHOOK_SECRETS,
    configured_vendors,
)
from infra.operator.vendor_names import NAMES, TOKENS_AT, variable_of

_COMPATIBLE_VARIABLES = (
    "OPENAI_COMPATIBLE_BASE_URL",
    "OPENAI_COMPATIBLE_API_KEY",
    "OPENAI_COMPATIBLE_SERVER",
)


@dataclass(frozen=True)
class Problem:
    """Something that is wrong, and what to do about it: a sentence each."""

    what: str
    remedy: str


@dataclass(frozen=True)
class Configured:
    """What an environment says of vendors."""

    vendors: Mapping[str, VendorAccess]
    problems: Sequence[Problem]


def configured(environ: Mapping[str, str]) -> Configured:
    """Look at each vendor's variables by themselves: one mistake does not hide the next."""
    vendors: dict[str, VendorAccess] = {}
    problems: list[Problem] = []
    for vendor in (*NAMES, "sketch"):
        own = {name: environ[name] for name in _variables(vendor) if name in environ}
        blank = [name for name, value in own.items() if not value.strip()]
        problems += [_blank(vendor, name) for name in blank if name in _SECRET]
        filled = {name: value for name, value in own.items() if name not in blank}
        try:
            vendors |= configured_vendors(filled)
        except ConfigurationError as error:
            problems.append(Problem(f"{error}.", "Correct it where it is set."))
    return Configured(vendors, problems)


_SECRET = {*TOKENS.values(), "OPENAI_COMPATIBLE_API_KEY"}


def _variables(vendor: str) -> Sequence[str]:
    if vendor == COMPATIBLE:
        return _COMPATIBLE_VARIABLES
    own = TOKENS.get(vendor) or SWITCHES[vendor]
    return own, f"{vendor.upper()}_BASE_URL"


def _blank(vendor: str, variable: str) -> Problem:
    where = f" from {TOKENS_AT[vendor]}" if vendor in TOKENS_AT else ""
    what = (
        f"{variable} is set, but blank, which turns nothing on."
        if vendor in TOKENS
        else f"{variable} is set, but blank: {NAMES[vendor]} is asked without a key."
    )
    return Problem(what, f"Give {variable_of(vendor)} a value{where}, or do not set it.")


def idle(environ: Mapping[str, str], vendors: Collection[str]) -> Iterator[str]:
    """Which variables are set and do nothing, since what they go with is not; by `vendors` on."""
    given = {name for name, value in environ.items() if value.strip()}
    for vendor in NAMES:
        needed = _NEEDED.get(vendor) or TOKENS[vendor]
        # Where that is set and wrong, it is told already.
        if vendor in vendors or (needed in given and needed not in SWITCHES.values()):
            continue
        for name in (*_variables(vendor), WEBHOOK_SECRETS.get(vendor, "")):
            if name in given - {needed}:
                is_on = "is not on" if needed in SWITCHES.values() else "is not set"
                yield f"{name} does nothing: {needed}, which turns {NAMES[vendor]} on, {is_on}."
    yield from _idle_reports(given, vendors)


def _idle_reports(given: Collection[str], vendors: Collection[str]) -> Iterator[str]:
    secrets = [variable for name, variable in WEBHOOK_SECRETS.items() if name in vendors]
    secrets = [variable for variable in secrets if variable in given]
    if "PUBLIC_URL" not in given:
        for variable in secrets:
            yield f"{variable} does nothing: PUBLIC_URL, where vendors report to, is not set."
    elif not secrets:
        yield (
            "PUBLIC_URL does nothing: no vendor is on whose reports could be verified"
            f" ({', '.join(WEBHOOK_SECRETS.values())})."
        )


_NEEDED = {"bedrock": "BEDROCK", COMPATIBLE: "OPENAI_COMPATIBLE_BASE_URL"}
"""What turns a vendor on that no token does."""
