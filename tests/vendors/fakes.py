"""The fake of each vendor that can be turned on."""

from collections.abc import Mapping

from tests.vendors.bedrock import FakeBedrock
from tests.vendors.bfl import FakeBfl
from tests.vendors.fal import FakeFal
from tests.vendors.gemini import FakeGemini
from tests.vendors.openai import FakeOpenAI
from tests.vendors.replicate import FakeReplicate
from tests.vendors.server import Fake

FAKES: Mapping[str, type[Fake]] = {
    "replicate": FakeReplicate,
    "fal": FakeFal,
    "openai": FakeOpenAI,
    "gemini": FakeGemini,
    "bfl": FakeBfl,
    "bedrock": FakeBedrock,
    "openai-compatible": FakeOpenAI,
}
"""By the name of the adapter."""
