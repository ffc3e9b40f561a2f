"""The MCP SDK's server side alone.

Importing anything of `mcp` runs the packages' own `__init__`, which bring in the client, the
high-level server, an OAuth client with its cryptography and a web server: a seventh of what a cold
start would take, for nothing that a function uses. Here the packages are registered with their
search paths only, so that what is imported of them is what is named.

Only for the entry module, whose process nobody else shares; it must be imported before `mcp` is.
"""

import importlib.util
import sys
from types import ModuleType

_PACKAGES = ("mcp", "mcp.server")


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


for _name in _PACKAGES:
    if _name not in sys.modules:
        _register_without_running(_name)
