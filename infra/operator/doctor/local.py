"""What the environment of this machine has configured, and the local stack, if one runs."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from handler.catalogue.load import load_catalogue
from handler.core.errors import ConfigurationError
from infra.local.clients import emulator_session
from infra.local.data import DataDirectory, RunningStack
from infra.operator.doctor.configured import configured
from infra.operator.doctor.diagnosis import Examined
from infra.operator.doctor.names import NAMES
from infra.operator.doctor.probes import ask_all


def examine_local(environ: Mapping[str, str], data: Path) -> Examined:
    """What `images-mcp serve` has, or would have, with `environ` on `data`."""
    found = configured(environ)
    vendors = {name: access for name, access in found.vendors.items() if name in NAMES}
    running = _running(data)
    # Of AWS it has what its worker has: the emulator's credentials.
    bedrock = vendors.get("bedrock")
    new_client = emulator_session().client if bedrock and bedrock.base_url else None
    names = set(vendors) if running is None else _names(running)
    return Examined(
        place=f"the environment, for a local stack on {data}",
        verdicts=ask_all(vendors, new_client),
        offered=list(load_catalogue({*names, "sketch"}).values()),
        problems=found.problems,
        notes=list(_notes(data, running, vendors)),
    )


def _running(data: Path) -> RunningStack | None:
    try:
        return DataDirectory(data).running_stack()
    except ConfigurationError:
        return None


def _names(running: RunningStack) -> set[str]:
    return set(running.environment.get("PROVIDERS", "").split(",")) & set(NAMES)


def _notes(
    data: Path, running: RunningStack | None, vendors: Mapping[str, object]
) -> Iterator[str]:
    if running is None:
        yield f"No stack runs on {data}; one would have what is said here."
        return
    for vendor in sorted(_names(running) - set(vendors)):
        yield (
            f"The running stack has {NAMES[vendor]} on, with a token that is not in this"
            " environment, so it was not asked. Run doctor where serve was started."
        )
    for vendor in sorted(set(vendors) - _names(running)):
        yield f"The running stack was started without {NAMES[vendor]}; start it again to have it."
