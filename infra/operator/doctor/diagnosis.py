"""From what is configured, what vendors said and what the catalogue holds: what is wrong."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from handler.core.models import Model
from infra.operator.doctor.configured import Problem
from infra.operator.doctor.names import NAMES, PARAMETERS, TOKENS_AT, variable_of
from infra.operator.doctor.verdicts import State, Verdict

_MAKER = "images-mcp models"


@dataclass(frozen=True)
class Examined:
    """Everything that was found out, with nothing concluded from it yet."""

    place: str
    """Where it was found: an environment, or a stack."""
    verdicts: Mapping[str, Verdict]
    """Of the vendors that are on, by name."""
    offered: Sequence[Model]
    """What callers are offered."""
    is_deployed: bool = False
    problems: Sequence[Problem] = ()
    """What was wrong with the configuration itself."""
    notes: Sequence[str] = field(default=())
    """What is worth knowing, and not wrong."""


def models_of(examined: Examined, vendor: str) -> list[Model]:
    """What callers are offered of one vendor."""
    return [model for model in examined.offered if model.provider == vendor]


def problems_of(examined: Examined) -> list[Problem]:
    """Everything that is wrong, in the order in which to look at it."""
    found = list(examined.problems)
    for vendor, verdict in examined.verdicts.items():
        found += _of_verdict(vendor, verdict, is_deployed=examined.is_deployed)
        found += _of_models(vendor, verdict, models_of(examined, vendor))
    if not examined.offered:
        found.append(
            Problem("No model is offered.", "Turn a vendor on: docs/providers.md has each one.")
        )
    return found


def notes_of(examined: Examined) -> list[str]:
    """What is worth knowing, and not wrong."""
    notes = list(examined.notes)
    if not examined.verdicts and examined.offered:
        notes.append("No vendor is on; docs/providers.md says how to turn one on.")
    return notes


def _of_verdict(vendor: str, verdict: Verdict, *, is_deployed: bool) -> Iterator[Problem]:
    name, said = NAMES[vendor], f": {verdict.said}" if verdict.said else ""
    if verdict.state is State.REFUSED:
        yield Problem(f"{name} does not let us in{said}", _renewal(vendor, is_deployed=is_deployed))
    if verdict.state is State.UNREACHABLE:
        yield Problem(
            f"{name} cannot be reached{said}",
            "See whether this machine gets out to it, and whether a base URL is set that is not"
            " its own.",
        )
    if verdict.state is State.UNCLEAR:
        yield Problem(
            f"{name} answered what it should not{said}",
            "Try again in a minute; if it stays so, see its status page, and whether a base URL is"
            " set that leads elsewhere.",
        )


def _renewal(vendor: str, *, is_deployed: bool) -> str:
    if vendor == "bedrock":
        if is_deployed:
            return "Sign in to AWS anew, as for any AWS command."
        return "Use it in a deployment; here it works with BEDROCK_BASE_URL alone."
    seen = f"See {TOKENS_AT[vendor]}" if vendor in TOKENS_AT else "See its own settings"
    how = (
        f'sam deploy --parameter-overrides {PARAMETERS[vendor]}="$TOKEN", then docs/operate.md,'
        ' "Tokens of vendors"'
        if is_deployed and vendor in PARAMETERS
        else f"set {variable_of(vendor)} and start images-mcp serve again"
    )
    return f"{seen} for token and balance. For a new token: {how}."


def _of_models(vendor: str, verdict: Verdict, offered: Sequence[Model]) -> Iterator[Problem]:
    name = NAMES[vendor]
    if not offered:
        yield Problem(
            f"{name} is on, and no model of it is offered.",
            f"Add one: {_MAKER} publish DIR; docs/operate.md has an example.",
        )
    if verdict.models is None:
        return
    for model in offered:
        if model.provider_model not in verdict.models:
            yield Problem(
                f"{name} does not list {model.provider_model}, which {model.id} is made by: it has"
                " ended, or this account may not use it.",
                f"Hide it: {_MAKER} publish DIR, with a file {model.id}.json of"
                ' {"hidden": true}.',
            )


def mismatches(offered: Collection[str], reachable: Collection[str]) -> Iterator[Problem]:
    """Vendors on which a deployment's functions do not agree, by what each was configured with."""
    for vendor in sorted((set(offered) - set(reachable)) & set(NAMES)):
        yield Problem(
            f"The models of {NAMES[vendor]} are offered, and the worker has no token for it: every"
            " generation fails and is paid back.",
            f'Give it anew: sam deploy --parameter-overrides {PARAMETERS[vendor]}="$TOKEN".',
        )
    for vendor in sorted((set(reachable) - set(offered)) & set(PARAMETERS)):
        yield Problem(
            f"The worker has a token of {NAMES[vendor]}, and the API does not offer its models.",
            f'Turn it on: sam deploy --parameter-overrides {PARAMETERS[vendor]}="$TOKEN".',
        )
