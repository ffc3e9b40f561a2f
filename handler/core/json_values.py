"""What a parsed JSON value may hold before anything looks closer at it.

JSON parsers let through numbers and strings that no JSON text can hold again: NaN, infinities, lone
surrogates. They are found here, without recursion, so that nothing behind this check has to fear
them.
"""

import math
from collections.abc import Mapping
from typing import Any

MAX_DEPTH = 32
_MAX_INTEGER = 2**63


def problems(document: Mapping[str, Any]) -> list[str]:
    """Every value that cannot be stored as JSON, as `path: what is wrong`."""
    found: list[str] = []
    pending: list[tuple[str, Any, int]] = [("", document, 0)]
    while pending:
        path, value, depth = pending.pop()
        if depth > MAX_DEPTH:
            return [f"{path.split('.')[0]}: is nested more than {MAX_DEPTH} levels deep"]
        problem = _scalar_problem(value)
        if problem:
            found.append(f"{path}: {problem}")
        for name, member in _members(value):
            if _scalar_problem(name):
                found.append(f"{path or 'input'}: a property name is not valid Unicode text")
                continue
            pending.append((f"{path}.{name}" if path else name, member, depth + 1))
    return sorted(found)


def _members(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, Mapping):
        return [(str(name), member) for name, member in value.items()]
    if isinstance(value, list):
        return [(str(index), member) for index, member in enumerate(value)]
    return []


def _scalar_problem(value: Any) -> str | None:
    if isinstance(value, str):
        return None if _is_unicode(value) else "is not valid Unicode text"
    if isinstance(value, float):
        return None if math.isfinite(value) else "is not a finite number"
    if isinstance(value, int):
        return None if -_MAX_INTEGER < value < _MAX_INTEGER else "is too large a number"
    return None


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
