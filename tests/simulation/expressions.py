"""DynamoDB's condition and update expressions, as far as this project writes them, compiled once.

An item maps names to DynamoDB's typed values (`{"S": "x"}`) and is never changed, only replaced.
Whatever is not understood raises, so that no condition can be taken for true by accident.
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

Item = Mapping[str, Any]
Names = Mapping[str, str]
Values = Mapping[str, Any]
Test = Callable[[Item, Names, Values], bool]
Operand = Callable[[Item, Names, Values], Any]
Change = Callable[[Item, Names, Values, dict[str, Any]], None]

_TOKEN = re.compile(r"\s*(#\w+|:\w+|<=|>=|<>|=|<|>|\(|\)|,|\+|-|\w+)")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class ValidationError(Exception):
    """DynamoDB would refuse the request."""


@dataclass(frozen=True)
class Condition:
    """A condition and the placeholders it uses."""

    holds: Test
    placeholders: frozenset[str]


@dataclass(frozen=True)
class Update:
    """An update and the placeholders it uses."""

    changes: tuple[Change, ...]
    targets: tuple[str, ...]
    placeholders: frozenset[str]

    def applied(self, item: Item, names: Names, values: Values) -> dict[str, Any]:
        """The item afterwards; every operand is read from the item before."""
        targets = [names[each] for each in self.targets]
        if len(set(targets)) != len(targets):
            raise ValidationError("two document paths overlap with each other")
        result = dict(item)
        for change in self.changes:
            change(item, names, values, result)
        return result


class _Reader:
    """Walks over an expression's tokens."""

    def __init__(self, text: str) -> None:
        self.tokens = _tokens(text)
        self.position = 0

    def peek(self) -> str | None:
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    def take(self, expected: str | None = None) -> str:
        token = self.peek()
        if token is None or (expected is not None and token != expected):
            raise ValidationError(f"expected {expected!r}, found {token!r} in {self.tokens}")
        self.position += 1
        return token

    def takes(self, wanted: str) -> bool:
        if self.peek() != wanted:
            return False
        self.position += 1
        return True

    def placeholders(self) -> frozenset[str]:
        return frozenset(token for token in self.tokens if token[0] in "#:")


def _tokens(text: str) -> tuple[str, ...]:
    found, position, text = [], 0, text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ValidationError(f"cannot read {text[position:]!r}")
        found.append(match[1])
        position = match.end()
    return tuple(found)


@cache
def condition(text: str) -> Condition:
    """Compile a condition expression, or a key condition."""
    reader = _Reader(text)
    test = _either(reader)
    if reader.peek() is not None:
        raise ValidationError(f"something is left over in {text!r}")
    return Condition(test, reader.placeholders())


def _either(reader: _Reader) -> Test:
    parts = [_both(reader)]
    while reader.takes("OR"):
        parts.append(_both(reader))
    if len(parts) == 1:
        return parts[0]
    return lambda item, names, values: any(part(item, names, values) for part in parts)


def _both(reader: _Reader) -> Test:
    parts = [_single(reader)]
    while reader.takes("AND"):
        parts.append(_single(reader))
    if len(parts) == 1:
        return parts[0]
    return lambda item, names, values: all(part(item, names, values) for part in parts)


def _single(reader: _Reader) -> Test:
    if reader.takes("("):
        inner = _either(reader)
        reader.take(")")
        return inner
    word = reader.take()
    if word in ("attribute_exists", "attribute_not_exists"):
        reader.take("(")
        name = reader.take()
        reader.take(")")
        wanted = word == "attribute_exists"
        return lambda item, names, _: (names[name] in item) is wanted
    return _comparison(_operand(word), _COMPARE[reader.take()], _operand(reader.take()))


def _comparison(left: Operand, compare: Callable[[Any, Any], bool], right: Operand) -> Test:
    def holds(item: Item, names: Names, values: Values) -> bool:
        one, other = left(item, names, values), right(item, names, values)
        # DynamoDB compares values of one type only; anything else, or nothing, is simply false.
        if one is None or other is None or one.keys() != other.keys():
            return False
        return compare(comparable(one), comparable(other))

    return holds


def _operand(token: str) -> Operand:
    if token.startswith("#"):
        return lambda item, names, _: item.get(names[token])
    if token.startswith(":"):
        return lambda _, __, values: values[token]
    raise ValidationError(f"{token!r} is not written as a placeholder")


def comparable(value: Mapping[str, Any]) -> Any:
    """A typed value as one that Python compares the way DynamoDB does."""
    ((kind, content),) = value.items()
    return _number(content) if kind == "N" else content


def _number(text: str) -> int | Decimal:
    try:
        return int(text)
    except ValueError:
        return Decimal(text)


@cache
def update(text: str) -> Update:
    """Compile an update expression of `SET` and `REMOVE` clauses."""
    reader = _Reader(text)
    changes: list[Change] = []
    targets: list[str] = []
    while reader.peek() is not None:
        clause = _CLAUSES.get(reader.take())
        if clause is None:
            raise ValidationError(f"a clause is not supported in {text!r}")
        while True:
            target = reader.take()
            targets.append(target)
            changes.append(clause(reader, target))
            if not reader.takes(","):
                break
    return Update(tuple(changes), tuple(targets), reader.placeholders())


def _set(reader: _Reader, target: str) -> Change:
    reader.take("=")
    operand = _operand(reader.take())
    sign = reader.peek()
    if sign in ("+", "-"):
        reader.take()
        operand = _sum(operand, sign, _operand(reader.take()))

    def change(item: Item, names: Names, values: Values, result: dict[str, Any]) -> None:
        value = operand(item, names, values)
        if value is None:
            raise ValidationError("an attribute does not exist in the item")
        result[names[target]] = value

    return change


def _sum(left: Operand, sign: str, right: Operand) -> Operand:
    combine = operator.add if sign == "+" else operator.sub

    def added(item: Item, names: Names, values: Values) -> Any:
        one, other = left(item, names, values), right(item, names, values)
        if one is None or other is None:
            raise ValidationError("an attribute does not exist in the item")
        if "N" not in one or "N" not in other:
            raise ValidationError("an operand in the update expression has an incorrect data type")
        return {"N": str(combine(_number(one["N"]), _number(other["N"])))}

    return added


def _remove(_: _Reader, target: str) -> Change:
    def change(item: Item, names: Names, values: Values, result: dict[str, Any]) -> None:
        result.pop(names[target], None)

    return change


_CLAUSES: dict[str, Callable[[_Reader, str], Change]] = {"SET": _set, "REMOVE": _remove}
