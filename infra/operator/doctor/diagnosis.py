"""From what is configured, what vendors said and what the catalogue holds: what is wrong."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from handler.catalogue.reaching import paid_by
from handler.core.errors import ConfigurationError, Unavailable
from handler.core.models import Model
from handler.core.ports import PublishedCatalogue
from handler.core.vendors import VendorAccess
from handler.providers.dialects import DIALECTS
from handler.settings import COMPATIBLE, Settings
from infra.operator.doctor.configured import Problem
from infra.operator.doctor.verdicts import State, Verdict
from infra.operator.listing import Listed, Standing, listed_models, published_entries
from infra.operator.vendor_names import NAMES, PARAMETERS, TOKENS_AT, variable_of

_MAKER = "images-mcp models"


@dataclass(frozen=True)
class Examined:
    """Everything that was found out, with nothing concluded from it yet."""

    place: str
    """Where it was found: an environment, or a stack."""
    verdicts: Mapping[str, Verdict]
    """Of the vendors that are on, by name."""
    listed: Sequence[Listed]
    """Every model that is known there, offered or not."""
    is_deployed: bool = False
    problems: Sequence[Problem] = ()
    """What was wrong with the configuration itself."""
    notes: Sequence[str] = ()
    """What is worth knowing, and not wrong."""

    @property
    def offered(self) -> list[Model]:
        """What callers are offered."""
        return [
            each.model
            for each in self.listed
            if each.model is not None and each.standing is Standing.OFFERED
        ]


def models_of(examined: Examined, vendor: str) -> list[Model]:
    """What callers are offered of one vendor."""
    return [model for model in examined.offered if model.provider == vendor]


def listed_by(
    published: PublishedCatalogue, settings: Settings, problems: list[Problem]
) -> list[Listed]:
    """The models of a stack; where its operator's cannot be read, that is one of `problems`."""
    try:
        entries = published_entries(published)
    except (ConfigurationError, Unavailable) as error:
        remedy = f"Publish your directory again: {_MAKER} publish DIR."
        problems.append(Problem(f"The list of models cannot be made: {error}.", remedy))
        return []
    return listed_models(entries, settings.providers, settings.price_markup)


def unheard(listed: Sequence[Listed], access: VendorAccess | None) -> Iterator[Problem]:
    """Models of the compatible server that are paid by what servers of its kind are not sent."""
    if access is None:
        return
    dialect = DIALECTS[access.server]
    for each in listed:
        if each.model is None or each.standing is not Standing.OFFERED:
            continue
        if each.model.provider == COMPATIBLE:
            wrong = [name for name in paid_by(each.model) if not dialect.sends(name)]
            if wrong:
                yield Problem(
                    f"The price of {each.id} depends on {', '.join(wrong)}, which a server of the"
                    f" kind {access.server} is never sent.",
                    "Name its kind by OPENAI_COMPATIBLE_SERVER (docs/providers.md has what each is"
                    f" sent), or correct {each.id}.json and publish it again.",
                )


def problems_of(examined: Examined) -> list[Problem]:
    """Everything that is wrong, in the order in which to look at it."""
    found = list(examined.problems)
    for vendor, verdict in examined.verdicts.items():
        found += _of_verdict(vendor, verdict, is_deployed=examined.is_deployed)
        found += _of_models(vendor, verdict, models_of(examined, vendor))
    found += _of_entries(examined.listed)
    if not examined.offered:
        found.append(
            Problem("No model is offered.", "Turn a vendor on: docs/providers.md has each one.")
        )
    return found


def notes_of(examined: Examined) -> list[str]:
    """What is worth knowing, and not wrong."""
    notes = list(examined.notes)
    offering = {model.provider for model in examined.offered} - {"sketch"}
    if examined.offered and not examined.verdicts and not offering:
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
        return "Use it in a deployment; here it works only with BEDROCK_BASE_URL."
    seen = f"See {TOKENS_AT[vendor]}" if vendor in TOKENS_AT else "See its own settings"
    how = (
        f'{_deployment_of(vendor)}, then docs/operate.md, "Tokens of vendors"'
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
                f"Hide it, or say what it is called there, in {model.id}.json of the directory that"
                f' you publish: of a built-in model, {{"hidden": true}} or {{"provider_model":'
                f' "NAME"}} is the whole file. Then {_MAKER} publish DIR.',
            )


def _of_entries(listed: Sequence[Listed]) -> Iterator[Problem]:
    for each in listed:
        if each.standing is Standing.UNUSABLE:
            yield Problem(
                f"What is published for {each.id} cannot be used, so it is not offered:"
                f" {each.problem}.",
                f"Correct its file; {_MAKER} validate DIR says whether it is right, and"
                f" {_MAKER} publish DIR puts it there.",
            )


def mismatches(offered: Collection[str], reachable: Collection[str]) -> Iterator[Problem]:
    """Vendors on which a deployment's functions do not agree, by what each was configured with."""
    for vendor in sorted((set(offered) - set(reachable)) & set(NAMES)):
        yield Problem(
            f"The models of {NAMES[vendor]} are offered, and the worker does not have it on: every"
            " generation fails and is paid back.",
            f"Turn it on again: {_deployment_of(vendor)}.",
        )
    for vendor in sorted((set(reachable) - set(offered)) & set(PARAMETERS)):
        yield Problem(
            f"The worker has {NAMES[vendor]} on, and the API does not offer its models.",
            f"Turn it on for both: {_deployment_of(vendor)}.",
        )


def _deployment_of(vendor: str) -> str:
    value = "on" if vendor == "bedrock" else '"$TOKEN"'
    return f"sam deploy --parameter-overrides {PARAMETERS[vendor]}={value}"
