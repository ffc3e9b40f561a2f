"""Arguments under a name that their tool does not have, which is why another one is missing."""

from collections.abc import Mapping
from typing import Any

from handler.core.text import clipped
from handler.tools.definitions import input_schema_of

_SHOWN = 5
_SHOWN_LENGTH = 40


def misplaced(tool: str, arguments: Mapping[str, Any]) -> str | None:
    """A clause that names the arguments of `tool` which are none of its own, if there are any."""
    known = (input_schema_of(tool) or {}).get("properties", {})
    others = sorted(set(arguments) - set(known))[:_SHOWN]
    if not others:
        return None
    named = ", ".join(repr(clipped(name, _SHOWN_LENGTH)) for name in others)
    return f"{tool} takes {' and '.join(known)}, not {named}"
