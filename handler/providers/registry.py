"""Which providers there are, in order, and how each is built when it is configured."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from handler.core.ports import Clock, Provider
from handler.core.timing import Timing
from handler.core.vendors import VendorAccess
from handler.providers import bedrock, bfl, fal, gemini, openai, replicate, sketch
from handler.providers.calls import new_client
from handler.providers.setup import Setup

_BUILDERS: Mapping[str, Callable[[Setup], Provider]] = {
    "sketch": sketch.build,
    "replicate": replicate.build,
    "fal": fal.build,
    "openai": openai.build,
    "gemini": gemini.build,
    "bfl": bfl.build,
    "bedrock": bedrock.build,
    "openai-compatible": openai.build_compatible,
}


def build_providers(
    vendors: Mapping[str, VendorAccess],
    clock: Clock,
    timing: Timing,
    public_urls: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Provider]:
    """The adapters of the configured providers, by name.

    Those vendors are asked to report that have a public URL of ours.
    """
    client = new_client()
    answer_seconds = timing.answer_ms / 1000
    return {
        name: build(
            Setup(name, vendors[name], clock, client, answer_seconds, public_urls.get(name))
        )
        for name, build in _BUILDERS.items()
        if name in vendors
    }
