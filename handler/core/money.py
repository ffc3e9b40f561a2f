"""Money as an integer number of micro-USD inside, and its two faces outside.

One credit is one US dollar. No float takes part in any sum.
"""

from decimal import Decimal, InvalidOperation

MICROS_PER_USD = 1_000_000


def parse_usd(text: str | float) -> int:
    """Read an amount in USD as micro-USD.

    Raises:
        ValueError: It is no finite number, or finer than one micro-dollar.

    """
    try:
        micros = Decimal(str(text)) * MICROS_PER_USD
        exact = int(micros)
    except (InvalidOperation, OverflowError, ValueError):
        raise ValueError(f"{text!r} is not an amount in USD") from None
    if exact != micros:
        raise ValueError(f"{text!r} is finer than one micro-dollar (0.000001)")
    return exact


def json_usd(micros: int) -> float:
    """The JSON number that stands for `micros`: the double nearest to the exact amount."""
    return micros / MICROS_PER_USD


def format_usd(micros: int) -> str:
    """The shortest exact decimal, for people: `25000` is `0.025`."""
    whole, fraction = divmod(abs(micros), MICROS_PER_USD)
    sign = "-" if micros < 0 else ""
    return f"{sign}{whole}.{fraction:06d}".rstrip("0").rstrip(".")
