"""Which providers there are, in order, and how each is built when it is configured."""

from collections.abc import Callable, Collection, Mapping

from handler.core.ports import Clock, Provider
from handler.providers.sketch import SketchProvider

_FACTORIES: Mapping[str, Callable[[Clock], Provider]] = {
    "sketch": SketchProvider,
}


def build_providers(names: Collection[str], clock: Clock) -> dict[str, Provider]:
    """The adapters of the configured providers, by name."""
    return {name: build(clock) for name, build in _FACTORIES.items() if name in names}
