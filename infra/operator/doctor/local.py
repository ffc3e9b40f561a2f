"""What the environment of this machine has configured, and the local stack, if one runs."""

from collections.abc import Collection, Iterator, Mapping
from fractions import Fraction
from pathlib import Path

from handler.core.errors import ConfigurationError
from handler.settings import COMPATIBLE
from infra.local.clients import emulator_session
from infra.local.environment import TIMING
from infra.local.foreseen import foreseen, mistakes
from infra.operator.doctor.configured import Problem, configured, idle
from infra.operator.doctor.diagnosis import Examined, listed_by, unheard
from infra.operator.doctor.probes import ask_all
from infra.operator.listing import listed_models
from infra.operator.stores import running
from infra.operator.vendor_names import NAMES

_MARKUP = "PRICE_MARKUP"


def examine_local(environ: Mapping[str, str], data: Path) -> Examined:
    """What `images-mcp serve` has, or would have, with `environ` on `data`."""
    found = configured(environ)
    timing = {} if found.vendors else TIMING
    problems = [*found.problems, *map(_problem, mistakes(environ, timing))]
    vendors = {name: access for name, access in found.vendors.items() if name in NAMES}
    # Of AWS it has what its worker has: the emulator's credentials.
    bedrock = vendors.get("bedrock")
    new_client = emulator_session().client if bedrock and bedrock.base_url else None
    on: frozenset[str] | None = None
    try:
        stores, settings = running(data)
        on = settings.providers & set(NAMES)
        listed = listed_by(stores.published, settings, problems)
    except ConfigurationError:
        listed = listed_models({}, {*vendors, "sketch"}, _markup(environ))
    problems += unheard(listed, vendors.get(COMPATIBLE))
    return Examined(
        place=f"the environment, for a local stack on {data}",
        verdicts=ask_all(vendors, new_client),
        listed=listed,
        problems=problems,
        notes=[*_notes(data, on, vendors), *idle(environ, vendors)],
    )


def _problem(mistake: str) -> Problem:
    return Problem(f"{mistake}.", "Correct it where it is set; serve does not start with it.")


def _markup(environ: Mapping[str, str]) -> Fraction:
    try:
        return foreseen({_MARKUP: environ.get(_MARKUP, "")}).price_markup
    except ConfigurationError:
        # It is told as a mistake.
        return Fraction(1)


def _notes(data: Path, on: Collection[str] | None, vendors: Collection[str]) -> Iterator[str]:
    """How a running stack, on which vendors are on, differs from the environment."""
    if on is None:
        yield f"No stack runs on {data}; one would have what is said here."
        return
    unasked = [NAMES[vendor] for vendor in sorted(set(on) - set(vendors))]
    if unasked:
        yield (
            f"Not asked: {', '.join(unasked)}. The running stack has what turns them on, and this"
            " environment does not: run doctor with the variables that serve was started with."
        )
    for vendor in sorted(set(vendors) - set(on)):
        yield f"The running stack was started without {NAMES[vendor]}; start it again to have it."
