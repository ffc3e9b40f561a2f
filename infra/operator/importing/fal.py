"""A model of fal's as a catalogue file, from its Platform API (read 2026-11).

`GET /models?endpoint_id=…&expand=openapi-3.0` has the schema, and answers whoever asks; `GET
/models/pricing?endpoint_id=…` has the price, for whoever has a key.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from handler.core.errors import OperatorRefused
from handler.core.money import format_usd, json_usd, parse_usd
from handler.core.vendors import VendorAccess
from infra.operator.importing.answers import asked, member
from infra.operator.importing.drafts import (
    Described,
    Draft,
    drafted,
    list_or_one,
    per_image,
)
from infra.operator.importing.inputs import Converted, converted
from infra.operator.importing.members import Definitions, NotOffered

_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)+", re.ASCII)
_PER_IMAGE = {"image", "images"}
_PER_MEGAPIXEL = {"megapixel", "megapixels"}
_MEGAPIXEL = 1024 * 1024
_SIZES = {
    "square_hd": [1024, 1024],
    "square": [512, 512],
    "portrait_4_3": [768, 1024],
    "portrait_16_9": [576, 1024],
    "landscape_4_3": [1024, 768],
    "landscape_16_9": [1024, 576],
}
"""The sizes that its models have in common, in pixels."""


def draft_of(
    endpoint_id: str, access: VendorAccess | None, price_micros: int | None, today: str
) -> Draft:
    """Read the vendor's description and price; a given price goes before it.

    Raises:
        ConfigurationError: The price is asked for, and the key missing or refused.
        OperatorRefused: There is no such model, no price of an image, or no file can be made.
        Unavailable: The vendor cannot be reached.
    """
    if not _ID.fullmatch(endpoint_id):
        raise OperatorRefused("a model of fal's is named as in its page's URL: fal-ai/flux/schnell")
    access, quoted = access or VendorAccess(), quote(endpoint_id, safe="/")
    path = f"/models?endpoint_id={quoted}&expand=openapi-3.0"
    model = _one_of(asked("fal", access, path, endpoint_id).get("models"), endpoint_id)
    made = read_input(endpoint_id, model)
    if price_micros is None:
        path = f"/models/pricing?endpoint_id={quoted}"
        prices = asked("fal", access, path, f"a price of {endpoint_id}").get("prices")
        pricing = read_price(_one_of(prices, endpoint_id), made)
        price_source = f"fal's API, as read on {today}"
    else:
        pricing, price_source = per_image(price_micros), f"given by hand on {today}"
    metadata = member(model, "metadata")
    name = metadata.get("display_name")
    said = Described(
        provider="fal",
        provider_model=endpoint_id,
        name=name if isinstance(name, str) and name.strip() else endpoint_id,
        description=metadata.get("description"),
        schema_source=f"fal's API, model of {str(metadata.get('updated_at', ''))[:10]},"
        f" as read on {today}",
        price_source=price_source,
    )
    return drafted(endpoint_id, said, pricing, made)


def _one_of(members: Any, endpoint_id: str) -> Mapping[str, Any]:
    for each in members if isinstance(members, list) else []:
        if isinstance(each, dict) and each.get("endpoint_id") == endpoint_id:
            return each
    raise OperatorRefused(f"fal does not know {endpoint_id}")


def read_input(endpoint_id: str, model: Mapping[str, Any]) -> Converted:
    """What callers may say, from the expanded description.

    Raises:
        OperatorRefused: It makes no images, or nothing can be made of it.
    """
    metadata, openapi = member(model, "metadata"), member(model, "openapi")
    category = metadata.get("category")
    if isinstance(category, str) and not category.endswith("-to-image"):
        raise OperatorRefused(f"{endpoint_id} makes no images: fal has it in {category}")
    if metadata.get("status") == "deprecated":
        raise OperatorRefused(f"fal has declared {endpoint_id} to be ending")
    definitions = Definitions(member(member(openapi, "components"), "schemas"))
    input_schema, output_schema = _schemas(openapi)
    if input_schema is None or output_schema is None:
        raise OperatorRefused(f"fal describes no input and output of {endpoint_id}")
    return converted(
        input_schema, definitions, makes_several=_makes_several(output_schema, definitions)
    )


def _schemas(openapi: Mapping[str, Any]) -> tuple[Any, Any]:
    """Of what is posted to the queue, and of what is got as its result at last."""
    posted, got = None, None
    for path, operations in member(openapi, "paths").items():
        posted = posted or _content(member(operations, "post").get("requestBody"))
        if path.endswith("/requests/{request_id}"):
            answers = member(member(operations, "get"), "responses")
            got = got or _content(answers.get("200"))
    return posted, got


def _content(body: Any) -> Any:
    return member(member(body, "content"), "application/json").get("schema")


def _makes_several(schema: Any, definitions: Definitions) -> bool:
    try:
        properties = member(definitions.resolved(schema), "properties")
    except NotOffered as error:
        raise OperatorRefused(f"the model's output cannot be read: {error}") from error
    found = next((properties[name] for name in ("images", "image") if name in properties), None)
    if found is None:
        raise OperatorRefused("the model's output is no image")
    return list_or_one(found, definitions)


def read_price(price: Mapping[str, Any], made: Converted) -> dict[str, Any]:
    """The pricing, from what fal says of an endpoint's price.

    Raises:
        OperatorRefused: It is not by image, nor by megapixels that follow from the input.
    """
    unit, currency = str(price.get("unit")).lower(), price.get("currency")
    try:
        micros = parse_usd(str(price.get("unit_price")))
    except ValueError as error:
        raise OperatorRefused(f"fal's price cannot be read: {error}; give --price USD") from error
    if currency != "USD":
        raise OperatorRefused(
            f"fal's price is in {currency}; give --price USD, what an image costs"
        )
    if unit in _PER_IMAGE:
        return per_image(micros)
    sizes = dict(_named_sizes(made))
    if unit in _PER_MEGAPIXEL and sizes:
        return {
            "currency": "USD",
            "per": "megapixel",
            "price": json_usd(micros),
            "megapixel": _MEGAPIXEL,
            "size": "image_size",
            "sizes": sizes,
        }
    raise OperatorRefused(
        f"fal's price is {format_usd(micros)} USD by {unit}, from which no image's follows: give"
        " --price USD, the most that one costs, or write the pricing by hand (docs/catalogue.md)"
    )


def _named_sizes(made: Converted) -> Iterator[tuple[str, list[int]]]:
    found = made.schema["properties"].get("image_size", {})
    for value in found.get("enum", []):
        if value in _SIZES:
            yield value, _SIZES[value]
