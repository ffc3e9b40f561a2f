"""A short start for the API function: what makes importing the MCP SDK slow, left out.

Importing anything of `mcp` runs the packages' own `__init__`, which bring in the client, the
high-level server and OAuth with its cryptography; a function uses none of it. Here the packages are
registered with their search paths only, so that what is imported of them is what is named. Of the
SDK's models, three generations of the protocol, a request needs a handful: each is built when it is
first used. And the garbage collector, which finds nothing among modules, waits until they are
loaded.

Only for the entry module, whose process nobody else shares, and before anything else is imported.
`make coldstart` says what it is worth.
"""

import gc
import importlib.util
import sys
from types import ModuleType

import pydantic

_PACKAGES = ("mcp", "mcp.server")


def loaded() -> None:
    """All modules are there: nothing of them need ever be looked at again."""
    gc.freeze()
    gc.enable()


def _register_without_running(name: str) -> None:
    spec = importlib.util.find_spec(name)
    assert spec is not None, name  # noqa: S101 - it is a dependency
    module = ModuleType(name)
    module.__spec__ = spec
    module.__path__ = list(spec.submodule_search_locations or [])
    sys.modules[name] = module
    parent, _, child = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], child, module)


gc.disable()
pydantic.BaseModel.model_config = {"defer_build": True}
for _name in _PACKAGES:
    if _name not in sys.modules:
        _register_without_running(_name)
