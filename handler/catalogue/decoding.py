"""The JSON of catalogue files: what is wrong in one place of it stays there, until it is looked at.

The text of many entries is decoded at once, so nothing in one of them may keep the others from
being read. What must be true of an entry before it is used is `require_sound`'s; what its fields
must be is `handler.catalogue.load`'s.
"""

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from handler.core import json_values
from handler.core.text import clipped

_MOST_DIGITS = 300
"""Of a whole number; more of them are beyond every float, and thousands beyond Python's parser."""
_SHOWN_LENGTH = 60


class Repeating(dict[str, Any]):
    """An object that has a name more than once; the last one's value is in it."""

    def __init__(self, members: Mapping[str, Any], names: Sequence[str]) -> None:
        super().__init__(members)
        self.names = names
        """Those that it has more than once."""


class _Written(Decimal):
    """A number that is shown as it is written; infinite where no Decimal is as large or as fine."""

    written: str

    def __new__(cls, written: str) -> "_Written":
        try:
            number = super().__new__(cls, written)
        except InvalidOperation:
            number = super().__new__(cls, "Infinity")
        number.written = written
        return number

    def __repr__(self) -> str:
        return clipped(self.written, _SHOWN_LENGTH)


def decoded(text: str) -> Any:
    """A document from its text; what it says of prices is not rounded to floats.

    Raises:
        ValueError: It is no JSON.
    """
    return _exact(_parsed(text, float), _parsed(text, _Written))


def decoded_unchecked(text: str) -> Any:
    """The same from a text that is known to be sound, in a third of the time."""
    return _exact(json.loads(text), json.loads(text, parse_float=Decimal))


def decoded_entries(text: str, member: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """An object, and the documents in one of its members by name, each as `decoded` has it.

    Raises:
        ValueError: It is no JSON, or no object with such a member.
    """
    document = _parsed(text, float)
    if not isinstance(document, dict):
        raise ValueError("it must be an object")  # noqa: TRY004 - a file's fault
    if isinstance(document, Repeating):
        raise ValueError(_repetition(document))  # noqa: TRY004 - a file's fault
    entries = document.get(member)
    if not isinstance(entries, dict):
        raise ValueError(f"its {member} must be an object")  # noqa: TRY004 - a file's fault
    precise = _parsed(text, _Written)[member]
    found = {name: _exact(entry, precise[name]) for name, entry in entries.items()}
    if isinstance(entries, Repeating):
        # Nobody knows which one is meant.
        found |= {name: Repeating({}, [name]) for name in entries.names}
    return document, found


def require_sound(document: Mapping[str, Any]) -> None:
    """Refuse what could not be shown to callers as it is, or is not what its author meant.

    Raises:
        ValueError: It holds what is no JSON, is nested too deeply, or says something twice.
    """
    problem = next(json_values.problems(document), None)
    if problem is not None:
        raise ValueError(problem.removeprefix("input: "))
    for within in _objects(document):
        if isinstance(within, Repeating):
            raise ValueError(_repetition(within))  # noqa: TRY004 - a file's fault


def quoted(value: Any) -> str:
    """A value of a document for its author to read: as JSON, and short."""
    text = clipped(json.dumps(value, ensure_ascii=False, default=repr), _SHOWN_LENGTH)
    return printable(text)


def printable(text: str) -> str:
    """A text that a file or its name holds, without what no terminal and no log could take."""
    return text.encode(errors="backslashreplace").decode()


def listed(names: Iterable[Any]) -> str:
    """Several values for their author to read."""
    return ", ".join(map(quoted, names))


def _parsed(text: str, number: type[float] | type[_Written]) -> Any:
    try:
        return json.loads(
            text,
            parse_float=number,
            parse_int=_whole,
            parse_constant=number,
            object_pairs_hook=_with_repetitions,
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ValueError(f"it is no JSON: {error.msg}, {where}") from error
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _whole(digits: str) -> float:
    return int(digits) if len(digits) <= _MOST_DIGITS else math.inf


def _with_repetitions(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) == len(members):
        return found
    counts = Counter(name for name, _ in members)
    return Repeating(found, [name for name, count in counts.items() if count > 1])


def _exact(document: Any, with_decimals: Any) -> Any:
    """`document` with the prices of the same one that was read with decimals instead of floats."""
    if isinstance(document, dict) and "pricing" in document:
        document["pricing"] = with_decimals["pricing"]
    return document


def _repetition(within: Repeating) -> str:
    return f"{listed(within.names)} may be there once, and is there more than once"


def _objects(document: Any) -> Iterator[Mapping[str, Any]]:
    """Every object in a document, itself included."""
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Mapping):
            yield value
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
