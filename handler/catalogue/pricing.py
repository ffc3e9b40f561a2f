"""Reads the `pricing` of a catalogue file, and refuses one that could not price its inputs.

In all forms `currency` is USD, which may be left out, and prices are numbers that are taken as they
are written, none finer than a micro-dollar. The forms are told apart by `by` and `per`:

- The same for every image: `{"price": 0.003, "unit": 1}`; `unit` images cost `price`.
- By the values of properties: `{"unit": 1, "by": ["size", "quality"], "prices": {"1024x1024":
  {"low": 0.006, "high": 0.211}}}`, one level of `prices` for each property of `by`, whose key is
  the value (`true`, `2` for those that are no text). Each property must have an `enum` or be
  boolean, and be required or have a default. A combination that is not in `prices` is refused as
  an invalid input; the defaults must have a price.
- By the begun megapixel: `{"per": "megapixel", "price": 0.015, "first_price": 0.03, "megapixel":
  1048576, "size": ["width", "height"]}`. `megapixel` is how many pixels the vendor counts as one;
  `first_price` may be left out where the first one costs `price` too. `size` is the properties of
  width and height, integers with `minimum` and `maximum`; or one property, as above, with `sizes`:
  `{"per": "megapixel", "price": 0.003, "megapixel": 1048576, "size": "image_size", "sizes":
  {"square": [512, 512]}}`.

Each may have `references`: `{"price": 0.0011, "in": ["images"]}` is added to the price of each
image for every image that the input refers to in these properties. And each may have `text`:
`{"price": 0.005, "bytes": 1000, "in": ["prompt"]}` is what so many bytes of these properties cost,
in UTF-8, once for all images.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from handler.catalogue.decoding import listed, quoted
from handler.core.money import parse_usd
from handler.core.pricing import (
    ByMegapixels,
    ByValues,
    Flat,
    NamedSizes,
    Pricing,
    Rate,
    References,
    Side,
    Sides,
    Text,
)

_COMMON = {"currency", "references", "text"}
_LARGEST_SIDE = 2**16


def parse_pricing(pricing: Any, schema: Mapping[str, Any]) -> Pricing:
    """Read `pricing` for inputs of `schema`, which is a sound one.

    Raises:
        ValueError: It is in no form that there is, or does not fit the schema.
    """
    if not isinstance(pricing, dict):
        raise ValueError("pricing must be an object")  # noqa: TRY004 - a file's fault
    if pricing.get("currency", "USD") != "USD":
        raise ValueError("pricing.currency must be USD")
    unit = 1
    rate: Rate
    if "by" in pricing:
        _require_fields("pricing", pricing, {"by", "prices", "unit"}, _COMMON)
        unit = _unit(pricing["unit"])
        rate = _by_values(pricing, schema, unit)
    elif "per" in pricing:
        rate = _by_megapixels(pricing, schema)
    else:
        _require_fields("pricing", pricing, {"price", "unit"}, _COMMON)
        unit = _unit(pricing["unit"])
        rate = Flat(_price("price", pricing["price"], unit))
    return Pricing(rate, unit, _references(pricing, schema), _text(pricing, schema))


def _require_fields(
    what: str, value: Any, required: Collection[str], optional: Collection[str] = ()
) -> None:
    if not isinstance(value, dict):
        raise ValueError(f"{what} must be an object")  # noqa: TRY004 - a file's fault
    known = {*required, *optional}
    unknown = [name for name in value if name not in known]
    if unknown:
        raise ValueError(f"{what}: unknown {listed(unknown)} (allowed: {', '.join(sorted(known))})")
    missing = sorted(set(required) - set(value))
    if missing:
        raise ValueError(f"{what} must have {', '.join(missing)}")


def _unit(unit: Any) -> int:
    if not _is_whole(unit, 1):
        raise ValueError("pricing.unit must be a whole number, 1 or more")
    return int(unit)


def _is_whole(value: Any, minimum: int, maximum: float = float("inf")) -> bool:
    return type(value) is int and minimum <= value <= maximum


def _price(where: str, price: Any, unit: int = 1) -> int:
    try:
        micros = parse_usd(price)
    except ValueError as error:
        raise ValueError(f"pricing.{where}: {error}") from error
    if micros <= 0:
        raise ValueError(f"pricing.{where} must be above 0")
    if micros % unit:
        raise ValueError(f"pricing.{where} must divide by unit into whole micro-dollars")
    return micros


def _by_values(pricing: Mapping[str, Any], schema: Mapping[str, Any], unit: int) -> ByValues:
    names = _names("by", pricing["by"])
    values = [_values_of(name, schema) for name in names]
    table = tuple(_leaves("prices", pricing["prices"], values, unit))
    rate = ByValues(tuple(names), table)
    _require_a_default_price(rate, schema)
    return rate


def _leaves(
    where: str, prices: Any, values: Sequence[Mapping[str, Any]], unit: int
) -> Iterator[tuple[tuple[Any, ...], int]]:
    if not values:
        yield (), _price(where, prices, unit)
        return
    if not isinstance(prices, dict) or not prices:
        raise ValueError(f"pricing.{where} must be an object with a member for each value")
    for key, below in prices.items():
        if key not in values[0]:
            allowed = ", ".join(values[0])
            raise ValueError(f"pricing.{where}.{key} is no value of its property ({allowed})")
        for rest, micros in _leaves(f"{where}.{key}", below, values[1:], unit):
            yield (values[0][key], *rest), micros


def _values_of(name: Any, schema: Mapping[str, Any]) -> dict[str, Any]:
    """The values that a property may have, by the keys that stand for them."""
    member = _property(name, schema)
    values = member.get("enum", [False, True] if member.get("type") == "boolean" else None)
    if values is None:
        raise ValueError(f"pricing depends on {name}, which must have an enum or be boolean")
    _require_a_value(name, schema)
    keyed = {_key(value): value for value in values}
    if len(keyed) < len(values):
        raise ValueError(
            f"pricing depends on {name}, whose values must differ when written as text"
        )
    return keyed


def _names(where: str, names: Any) -> list[Any]:
    if not isinstance(names, list) or not names or len(set(map(str, names))) < len(names):
        raise ValueError(f"pricing.{where} must be a list of properties, each named once")
    return names


def _names_of_type(
    where: str, names: Any, schema: Mapping[str, Any], types: Sequence[str]
) -> tuple[str, ...]:
    for name in _names(where, names):
        if _property(name, schema).get("type") not in types:
            raise ValueError(f"pricing.{where}: {name} must be of type {' or '.join(types)}")
    return tuple(names)


def _require_a_value(name: str, schema: Mapping[str, Any]) -> None:
    if "default" not in schema["properties"][name] and name not in schema.get("required", []):
        raise ValueError(f"pricing depends on {name}, which must have a default or be required")


def _key(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _property(name: Any, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    properties: Mapping[str, Mapping[str, Any]] = schema["properties"]
    if not isinstance(name, str) or name not in properties:
        raise ValueError(f"pricing depends on {name}, which is no property of input_schema")
    return properties[name]


def _require_a_default_price(rate: ByValues, schema: Mapping[str, Any]) -> None:
    members = ((name, schema["properties"][name]) for name in rate.properties)
    defaults = {name: member["default"] for name, member in members if "default" in member}
    if not rate.prices_beside(defaults):
        raise ValueError(f"pricing.prices has none for the defaults {quoted(defaults)}")


def _by_megapixels(pricing: Mapping[str, Any], schema: Mapping[str, Any]) -> ByMegapixels:
    if pricing["per"] != "megapixel":
        raise ValueError("pricing.per must be megapixel")
    required = {"per", "price", "megapixel", "size"}
    is_named = isinstance(pricing.get("size"), str)
    required |= {"sizes"} if is_named else set()
    _require_fields("pricing", pricing, required, _COMMON | {"first_price"})
    if not _is_whole(pricing["megapixel"], 10**6, 2**20):
        raise ValueError("pricing.megapixel must be a number of pixels, 1000000 to 1048576")
    price_micros = _price("price", pricing["price"])
    first_micros = price_micros
    if "first_price" in pricing:
        first_micros = _price("first_price", pricing["first_price"])
    size = _named_sizes(pricing, schema) if is_named else _sides(pricing["size"], schema)
    return ByMegapixels(first_micros, price_micros, pricing["megapixel"], size)


def _named_sizes(pricing: Mapping[str, Any], schema: Mapping[str, Any]) -> NamedSizes:
    name, sizes = pricing["size"], pricing["sizes"]
    values = _values_of(name, schema)
    if not isinstance(sizes, dict) or not sizes:
        raise ValueError("pricing.sizes must be an object with a member for each value")
    for key, sides in sizes.items():
        if key not in values:
            raise ValueError(f"pricing.sizes.{key} is no value of {name} ({', '.join(values)})")
        is_pair = isinstance(sides, list) and len(sides) == 2
        if not is_pair or not all(_is_whole(side, 1, _LARGEST_SIDE) for side in sides):
            raise ValueError(f"pricing.sizes.{key} must be [width, height] in pixels")
    member = schema["properties"][name]
    if "default" in member and _key(member["default"]) not in sizes:
        raise ValueError(f"pricing.sizes has none for the default of {name}")
    pixels = ((values[key], width * height) for key, (width, height) in sizes.items())
    return NamedSizes(name, tuple(pixels))


def _sides(names: Any, schema: Mapping[str, Any]) -> Sides:
    if not isinstance(names, list) or len(names) != 2:
        raise ValueError("pricing.size must be a property, or those of width and height")
    width, height = (_side(name, schema) for name in names)
    return Sides(width, height)


def _side(name: Any, schema: Mapping[str, Any]) -> Side:
    member = _property(name, schema)
    bounds: list[Any] = [member.get("minimum"), member.get("maximum")]
    is_bounded = all(_is_whole(bound, 1, _LARGEST_SIDE) for bound in bounds)
    if member.get("type") != "integer" or not is_bounded:
        raise ValueError(f"{name} must be an integer with minimum and maximum, as a side in pixels")
    _require_a_value(name, schema)
    return Side(name, *bounds)


def _references(pricing: Mapping[str, Any], schema: Mapping[str, Any]) -> References | None:
    if "references" not in pricing:
        return None
    references = pricing["references"]
    _require_fields("pricing.references", references, {"price", "in"})
    names = _names_of_type("references.in", references["in"], schema, ("string", "array"))
    return References(_price("references.price", references["price"]), names)


def _text(pricing: Mapping[str, Any], schema: Mapping[str, Any]) -> Text | None:
    if "text" not in pricing:
        return None
    text = pricing["text"]
    _require_fields("pricing.text", text, {"price", "bytes", "in"})
    names = _names_of_type("text.in", text["in"], schema, ("string",))
    if not _is_whole(text["bytes"], 1):
        raise ValueError("pricing.text.bytes must be a whole number, 1 or more")
    return Text(_price("text.price", text["price"]), text["bytes"], names)
