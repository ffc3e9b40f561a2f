"""DynamoDB's typed notation, of what these tables hold: texts, whole numbers, lists and maps.

boto3 has this too, for more types and at the price of importing all of it in every cold start.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any


def typed(value: Any) -> dict[str, Any]:
    """A value as DynamoDB takes it.

    Raises:
        TypeError: These tables hold no such type; a float is no amount of money.
    """
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, list | tuple):
        return {"L": [typed(member) for member in value]}
    if isinstance(value, Mapping):
        return {"M": {name: typed(member) for name, member in value.items()}}
    if value is None:
        return {"NULL": True}
    raise TypeError(f"{type(value).__name__} is not stored")


def plain(value: Mapping[str, Any]) -> Any:
    """A value out of DynamoDB's notation.

    Raises:
        ValueError: A number is not whole, or the type is none of these tables'.
    """
    ((kind, content),) = value.items()
    match kind:
        case "S" | "BOOL":
            return content
        case "N":
            return _whole(content)
        case "L":
            return [plain(member) for member in content]
        case "M":
            return {name: plain(member) for name, member in content.items()}
        case "NULL":
            return None
    raise ValueError(f"type {kind} is not stored")


def _whole(text: str) -> int:
    # A whole number may be written with an exponent.
    number = Decimal(text)
    if number != int(number):
        raise ValueError(f"{text} is not whole")
    return int(number)
