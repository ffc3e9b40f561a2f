"""What an image costs: exact, and known from the validated input alone, before it is made.

A rate is the vendor's tariff in one of the forms that there are; `Pricing` adds what references
and words cost, and the operator's markup. Amounts are whole micro-USD an image, so what several
cost divides by them without a rest, and a part of them can be charged exactly. Reading rates from a
file, and refusing those that do not fit a schema, is `handler.catalogue.pricing`'s job.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Protocol

from handler.core.errors import Unpriced
from handler.core.money import format_usd
from handler.core.text import clipped

MAX_ROWS = 12
"""As many prices are told one by one; of more, the lowest and the highest."""

_SHOWN_LENGTH = 60

Input = Mapping[str, Any]
"""A validated input, or the part of one that is filled in by itself."""


class Rate(Protocol):
    """A tariff. Prices are micro-USD for as many images as the tariff's unit."""

    def price_micros(self, given: Input, /) -> int:
        """The price by a validated input.

        Raises:
            Unpriced: There is none.
        """

    def typical_micros(self, defaults: Input, /) -> int:
        """The price where a caller says no more than needed; the lowest, where that decides."""

    def rows(self) -> Sequence[tuple[str, int]]:
        """Every price with what it is for, in words."""

    @property
    def by(self) -> str:
        """What the price depends on, in words; empty where it is always the same."""


@dataclass(frozen=True)
class Flat:
    """Every image costs the same."""

    micros: int
    by: str = ""

    def price_micros(self, _: Input) -> int:
        """See `Rate`."""
        return self.micros

    def typical_micros(self, _: Input) -> int:
        """See `Rate`."""
        return self.micros

    def rows(self) -> Sequence[tuple[str, int]]:
        """See `Rate`."""
        return [("each", self.micros)]


@dataclass(frozen=True)
class ByValues:
    """A table over the values of properties, such as size and quality."""

    properties: tuple[str, ...]
    table: Sequence[tuple[tuple[Any, ...], int]]
    """The values, in the properties' order, and their price; no values twice."""

    def price_micros(self, given: Input) -> int:
        """See `Rate`."""
        values = tuple(given[name] for name in self.properties)
        for known, micros in self.table:
            if all(map(same, known, values)):
                return micros
        allowed = [_shown(known) for known, _ in self.table]
        raise _unpriced(", ".join(self.properties), values, allowed)

    def typical_micros(self, defaults: Input) -> int:
        """See `Rate`."""
        return min(self.prices_beside(defaults))

    def prices_beside(self, given: Input) -> Sequence[int]:
        """The prices that a caller who is given these values can still come to."""
        return [
            micros
            for values, micros in self.table
            if all(
                name not in given or same(given[name], value)
                for name, value in zip(self.properties, values, strict=True)
            )
        ]

    def rows(self) -> Sequence[tuple[str, int]]:
        """See `Rate`."""
        return [(_shown(values), micros) for values, micros in self.table]

    @property
    def by(self) -> str:
        """See `Rate`."""
        return " and ".join(self.properties)


@dataclass(frozen=True)
class Side:
    """An integer property that is a side's length in pixels, with its bounds."""

    name: str
    minimum: int
    maximum: int


@dataclass(frozen=True)
class Sides:
    """An image is as large as two properties say."""

    width: Side
    height: Side

    def pixels(self, given: Input) -> int:
        """How many pixels an image has."""
        return int(given[self.width.name]) * int(given[self.height.name])

    @property
    def least(self) -> int:
        """Pixels of the smallest image."""
        return self.width.minimum * self.height.minimum

    @property
    def most(self) -> int:
        """Pixels of the largest image."""
        return self.width.maximum * self.height.maximum


@dataclass(frozen=True)
class NamedSizes:
    """An image is as large as the value of one property stands for."""

    name: str
    sizes: Sequence[tuple[Any, int]]
    """Each value that is priced, and how many pixels it means."""


@dataclass(frozen=True)
class ByMegapixels:
    """Begun megapixels of the image; the first one may have a price of its own."""

    first_micros: int
    micros: int
    """Of each further megapixel."""
    megapixel: int
    """How many pixels the vendor counts as one."""
    size: Sides | NamedSizes

    def price_micros(self, given: Input) -> int:
        """See `Rate`."""
        if isinstance(self.size, Sides):
            return self._of(self._megapixels(self.size.pixels(given)))
        wanted = given[self.size.name]
        for value, pixels in self.size.sizes:
            if same(value, wanted):
                return self._of(self._megapixels(pixels))
        allowed = [_shown([value]) for value, _ in self.size.sizes]
        raise _unpriced(self.size.name, [wanted], allowed)

    def typical_micros(self, defaults: Input) -> int:
        """See `Rate`."""
        if isinstance(self.size, Sides):
            least = {side.name: side.minimum for side in (self.size.width, self.size.height)}
            return self.price_micros({**least, **defaults})
        if self.size.name in defaults:
            return self.price_micros(defaults)
        return min(micros for _, micros in self.rows())

    def rows(self) -> Sequence[tuple[str, int]]:
        """See `Rate`."""
        if isinstance(self.size, NamedSizes):
            return [
                (_shown([value]), self._of(self._megapixels(pixels)))
                for value, pixels in self.size.sizes
            ]
        least, most = map(self._megapixels, (self.size.least, self.size.most))
        return [(str(count), self._of(count)) for count in range(least, most + 1)]

    @property
    def by(self) -> str:
        """See `Rate`."""
        if isinstance(self.size, NamedSizes):
            return self.size.name
        sides = f"{self.size.width.name} x {self.size.height.name}"
        return f"begun megapixels ({self.megapixel:,} pixels) of {sides}"

    def _megapixels(self, pixels: int) -> int:
        return -(-pixels // self.megapixel)

    def _of(self, megapixels: int) -> int:
        return self.first_micros + (megapixels - 1) * self.micros


@dataclass(frozen=True)
class References:
    """What a vendor takes for each image that an input refers to."""

    micros: int
    properties: tuple[str, ...]
    """Each holds one image, or a list of them, or nothing."""

    def count(self, given: Input) -> int:
        """How many images an input refers to."""
        found = (given.get(name) for name in self.properties)
        return sum(len(each) if isinstance(each, list) else bool(each) for each in found)


@dataclass(frozen=True)
class Text:
    """What a vendor takes for the words of an input, once, however many images are made of them.

    Vendors count tokens, which nobody else can count exactly; no token is less than a byte.
    """

    micros: int
    """Of so many bytes."""
    bytes: int
    properties: tuple[str, ...]

    def share_micros(self, given: Input, image_count: int) -> int:
        """One image's part of it, rounded up."""
        found = (given.get(name) for name in self.properties)
        length = sum(len(each.encode()) for each in found if isinstance(each, str))
        return -(-self.micros * length // (self.bytes * image_count))


@dataclass(frozen=True)
class Pricing:
    """What images of a model cost. Every price of the rate divides by `unit`."""

    rate: Rate
    unit: int = 1
    """For how many images the rate's prices are."""
    references: References | None = None
    text: Text | None = None
    markup: Fraction = Fraction(1)
    """The operator's factor; what it makes of an image's price is rounded up."""

    def image_micros(self, given: Input, image_count: int) -> int:
        """The exact price of each of as many images by a validated input.

        Raises:
            Unpriced: It has none.
        """
        micros = self.rate.price_micros(given) // self.unit
        if self.references is not None:
            micros += self.references.micros * self.references.count(given)
        if self.text is not None:
            micros += self.text.share_micros(given, image_count)
        return self._marked_up(micros)

    def listed_micros(self, defaults: Input) -> int:
        """The price of `unit` images where a caller says no more than needed."""
        return self._marked_up(self.rate.typical_micros(defaults) // self.unit) * self.unit

    def with_markup(self, factor: Fraction) -> "Pricing":
        """The same under another markup."""
        return replace(self, markup=factor)

    def explained(self) -> str:
        """How the price of an image varies, in a sentence; empty where it does not."""
        sentences = []
        rows = [(what, self._marked_up(micros // self.unit)) for what, micros in self.rate.rows()]
        if len({micros for _, micros in rows}) > 1:
            sentences.append(f"USD an image, by {self.rate.by}: {_listed(rows)}.")
        if self.references is not None:
            price = format_usd(self._marked_up(self.references.micros))
            names = " or ".join(self.references.properties)
            sentences.append(f"Each image in {names} adds {price} USD.")
        if self.text is not None:
            price = format_usd(self._marked_up(self.text.micros))
            names = " and ".join(self.text.properties)
            sentences.append(
                f"The {names} of a request adds {price} USD per {self.text.bytes:,} bytes."
            )
        return " ".join(sentences)

    def _marked_up(self, micros: int) -> int:
        return -(-micros * self.markup.numerator // self.markup.denominator)


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same in JSON, where true is not 1 and 1.0 is."""
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _unpriced(what: str, values: Sequence[Any], allowed: Sequence[str]) -> Unpriced:
    listed = [*allowed[:MAX_ROWS], *(["and more"] if len(allowed) > MAX_ROWS else [])]
    shown = clipped(_shown(values), _SHOWN_LENGTH)
    return Unpriced(f"{what}: {shown} has no price (allowed: {', '.join(listed)})")


def _listed(rows: Sequence[tuple[str, int]]) -> str:
    if len(rows) <= MAX_ROWS:
        return "; ".join(f"{what} = {format_usd(micros)}" for what, micros in rows)
    prices = [micros for _, micros in rows]
    return f"from {format_usd(min(prices))} to {format_usd(max(prices))}"


def _shown(values: Iterable[Any]) -> str:
    return " ".join(value if isinstance(value, str) else json.dumps(value) for value in values)
