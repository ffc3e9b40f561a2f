"""DynamoDB's condition and update expressions, as far as this project writes them.

They are evaluated on plain items.

An item maps names to DynamoDB's typed values (`{"S": "x"}`). Whatever is not understood raises, so
that no condition can be taken for true by accident.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

Item = dict[str, Any]
Condition = Callable[[Mapping[str, Any], Mapping[str, str], Mapping[str, Any]], bool]

_TOKEN = re.compile(r"\s*(#\w+|:\w+|<=|>=|<>|=|<|>|\(|\)|,|\+|-|\w+)")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda left, right: bool(left == right),
    "<>": lambda left, right: bool(left != right),
    "<": lambda left, right: bool(left < right),
    "<=": lambda left, right: bool(left <= right),
    ">": lambda left, right: bool(left > right),
    ">=": lambda left, right: bool(left >= right),
}


class ValidationError(Exception):
    """DynamoDB would refuse the request."""


def _tokens(text: str) -> tuple[str, ...]:
    found, position = [], 0
    while position < len(text.rstrip()):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ValidationError(f"cannot read {text[position:]!r}")
        found.append(match[1])
        position = match.end()
    return tuple(found)


class _Reader:
    """Walks over tokens."""

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


@cache
def condition(text: str) -> Condition:
    """Compile a condition expression."""
    reader = _Reader(text)
    compiled = _either(reader)
    if reader.peek() is not None:
        raise ValidationError(f"something is left over in {text!r}")
    return compiled


def _either(reader: _Reader) -> Condition:
    parts = [_both(reader)]
    while reader.takes("OR"):
        parts.append(_both(reader))
    return lambda item, names, values: any(part(item, names, values) for part in parts)


def _both(reader: _Reader) -> Condition:
    parts = [_single(reader)]
    while reader.takes("AND"):
        parts.append(_single(reader))
    return lambda item, names, values: all(part(item, names, values) for part in parts)


def _single(reader: _Reader) -> Condition:
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
    compare, other = _COMPARE[reader.take()], reader.take()

    def holds(item: Mapping[str, Any], names: Mapping[str, str], values: Mapping[str, Any]) -> bool:
        left, right = _operand(word, item, names, values), _operand(other, item, names, values)
        # DynamoDB compares values of one type only; anything else, or nothing, is simply false.
        if left is None or right is None or left.keys() != right.keys():
            return False
        return compare(_comparable(left), _comparable(right))

    return holds


def _operand(
    token: str, item: Mapping[str, Any], names: Mapping[str, str], values: Mapping[str, Any]
) -> Any:
    return item.get(names[token]) if token.startswith("#") else values[token]


def _comparable(value: Mapping[str, Any]) -> Any:
    ((kind, content),) = value.items()
    return Decimal(content) if kind == "N" else content


def updated(
    text: str, item: Mapping[str, Any], names: Mapping[str, str], values: Mapping[str, Any]
) -> Item:
    """The item after an update expression. All operands are those of the item before it."""
    result = dict(item)
    reader = _Reader(text)
    while reader.peek() is not None:
        clause = reader.take()
        while True:
            name = names[reader.take()]
            if clause == "SET":
                reader.take("=")
                result[name] = _assigned(reader, item, names, values)
            elif clause == "REMOVE":
                result.pop(name, None)
            else:
                raise ValidationError(f"{clause} is not supported")
            if not reader.takes(","):
                break
    return result


def _assigned(
    reader: _Reader, item: Mapping[str, Any], names: Mapping[str, str], values: Mapping[str, Any]
) -> Any:
    left = _operand(reader.take(), item, names, values)
    sign = reader.peek()
    if sign not in ("+", "-"):
        return left
    reader.take()
    right = _operand(reader.take(), item, names, values)
    if left is None or right is None or set(left) | set(right) != {"N"}:
        raise ValidationError("an operand of an arithmetic operation is missing or no number")
    difference = Decimal(right["N"])
    return {"N": str(Decimal(left["N"]) + (difference if sign == "+" else -difference))}
