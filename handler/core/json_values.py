"""What a parsed JSON value may hold before anything looks closer at it.

JSON parsers let through numbers and strings that no JSON text can hold again: NaN, infinities, lone
surrogates. They are found here, without recursion, so that nothing behind this check has to fear
them.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from handler.core.text import clipped

MAX_DEPTH = 32
NAME_LENGTH = 60
_MAX_INTEGER = 2**63


def problems(document: Mapping[str, Any]) -> Iterator[str]:
    """Every value that cannot be stored as JSON, as `path: what is wrong`.

    Takes memory for one path at a time, whatever the document's size.
    """
    path: list[str] = []
    levels = [_members(document)]
    while levels:
        entry = next(levels[-1], None)
        if entry is None:
            levels.pop()
            del path[-1:]
            continue
        name, value = entry
        if _scalar_problem(name):
            yield f"{_shown(path) or 'input'}: a property name is not valid Unicode text"
            continue
        path.append(name)
        if len(path) > MAX_DEPTH:
            yield f"{_shown(path[:1])}: is nested more than {MAX_DEPTH} levels deep"
            return
        problem = _scalar_problem(value)
        if problem:
            yield f"{_shown(path)}: {problem}"
        levels.append(_members(value))


def _shown(path: Sequence[str]) -> str:
    return ".".join(clipped(name, NAME_LENGTH) for name in path)


def _members(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        return ((str(name), member) for name, member in value.items())
    if isinstance(value, list):
        return ((str(index), member) for index, member in enumerate(value))
    return iter(())


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
