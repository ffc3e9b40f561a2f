"""Money as an integer number of micro-USD inside, and its two faces outside.

One credit is one US dollar. No float takes part in any sum.
"""

from decimal import Context, Decimal, Inexact, InvalidOperation, localcontext

MICROS_PER_USD = 1_000_000

_LARGEST_MICROS = 10**15
_EXACT = Context(prec=50, traps=[InvalidOperation, Inexact])


def parse_usd(text: str | float | Decimal) -> int:
    """Read an amount in USD as micro-USD.

    Raises:
        ValueError: It is no number, finer than one micro-dollar, or beyond a billion dollars.
    """
    with localcontext(_EXACT):
        try:
            micros = Decimal(str(text)) * MICROS_PER_USD
            if not abs(micros) <= _LARGEST_MICROS:
                raise ValueError(f"{text!r} is no amount in USD up to a billion")
        except (InvalidOperation, Inexact):
            raise ValueError(f"{text!r} is no amount in USD") from None
        if micros % 1:
            raise ValueError(f"{text!r} is finer than one micro-dollar (0.000001)")
        return int(micros)


def json_usd(micros: int) -> float:
    """The JSON number that stands for `micros`: the double nearest to the exact amount."""
    return micros / MICROS_PER_USD


def format_usd(micros: int) -> str:
    """The shortest exact decimal, for people: `25000` is `0.025`."""
    whole, fraction = divmod(abs(micros), MICROS_PER_USD)
    sign = "-" if micros < 0 else ""
    return f"{sign}{whole}.{fraction:06d}".rstrip("0").rstrip(".")
