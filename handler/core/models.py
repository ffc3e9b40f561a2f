"""A model as the catalogue lists it, and the validation of an input for it.

The schema of an input is JSON Schema 2020-12. Reading catalogue files is `handler.catalogue`'s job.
"""

import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, ValidationError

from handler.core import errors, json_values
from handler.core.pricing import Pricing
from handler.core.text import clipped

MAX_PROBLEMS = 20
_MOST_PROBLEMS = 100
"""As many are put in order, of which the first are told."""
_FORMATS = FormatChecker(formats=())
_SHOWN_LENGTH = 60


@dataclass(frozen=True)
class Model:
    """A catalogue entry."""

    id: str
    name: str
    description: str
    pricing: Pricing
    provider: str
    """Name of the provider adapter that makes its images."""
    provider_model: str
    """The provider's own name of the model."""
    input_schema: Mapping[str, Any]
    image_count_property: str | None = None
    """The input property that says how many images are wanted; absent: always one."""

    @cached_property
    def _validator(self) -> Draft202012Validator:
        return Draft202012Validator(self.input_schema, format_checker=_FORMATS)

    def image_count(self, validated_input: Mapping[str, Any]) -> int:
        """How many images a validated input asks for."""
        if self.image_count_property is None:
            return 1
        return int(validated_input[self.image_count_property])

    def amount_micros(self, validated_input: Mapping[str, Any]) -> int:
        """The exact price of the images that a validated input asks for, in micro-USD.

        Raises:
            InvalidInput: Such an input has no price.
        """
        image_count = self.image_count(validated_input)
        try:
            image_micros = self.pricing.image_micros(validated_input, image_count)
        except errors.Unpriced as unpriced:
            raise self._invalid([str(unpriced)]) from None
        return image_micros * image_count

    def with_markup(self, factor: Fraction) -> "Model":
        """The same model at the operator's prices."""
        return replace(self, pricing=self.pricing.with_markup(factor))

    @cached_property
    def listed_micros(self) -> int:
        """What `pricing.unit` images cost, in micro-USD, if a caller leaves all to the defaults."""
        return self.pricing.listed_micros(self._defaults)

    @cached_property
    def description_with_prices(self) -> str:
        """The description, and how the price varies if it does."""
        return f"{self.description} {self.pricing.explained()}".rstrip()

    def validated(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Return `raw` with the schema's defaults filled in.

        Raises:
            InvalidInput: With every problem, each with its path and what is allowed.
        """
        unstorable = sorted(itertools.islice(json_values.problems(raw), MAX_PROBLEMS + 1))
        problems = _first(unstorable) or _first(self._problems(raw))
        if problems:
            raise self._invalid(problems)
        return self._completed(raw)

    def _invalid(self, problems: Iterable[str]) -> errors.InvalidInput:
        return errors.InvalidInput(
            "invalid input: " + "; ".join(problems),
            help=f"Call get_model with model_id {self.id!r} for the schema of its input.",
        )

    def _problems(self, raw: Mapping[str, Any]) -> Iterator[str]:
        # There may be as many as a request has values.
        looked_at = itertools.islice(self._validator.iter_errors(raw), _MOST_PROBLEMS)
        found = sorted(looked_at, key=lambda error: list(map(str, error.path)))
        return (problem for error in found for problem in _explain(error))

    @cached_property
    def _defaults(self) -> dict[str, Any]:
        properties: Mapping[str, Any] = self.input_schema["properties"]
        return {name: p["default"] for name, p in properties.items() if "default" in p}

    def _completed(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        properties: Mapping[str, Any] = self.input_schema["properties"]
        return {
            **self._defaults,
            **{name: _integral(value, properties[name]) for name, value in raw.items()},
        }


@_FORMATS.checks("uri")
def _may_refer(value: object) -> bool:
    """Whether a vendor, or we, may be given it to fetch; what it leads to is looked at then."""
    return not isinstance(value, str) or value.lower().startswith(("https://", "data:"))


Models = Callable[[], Mapping[str, Model]]
"""The models that are offered now, by id.

Raises `Unavailable` where that cannot be known.
"""


def _integral(value: Any, schema: Mapping[str, Any]) -> Any:
    # JSON Schema takes 2.0 for an integer; a provider may not.
    if schema.get("type") == "integer" and isinstance(value, float):
        return int(value)
    return value


def _explain(error: ValidationError) -> Iterator[str]:
    path = error.json_path.removeprefix("$").lstrip(".")
    where = f"{path}: " if path else ""
    rule = str(error.validator)
    got: Any = error.instance
    wanted: Any = error.validator_value
    schema: Any = error.schema
    if rule == "additionalProperties":
        known = schema.get("properties", {})
        unknown = [_shown(name) for name in sorted(set(got) - set(known))]
        allowed = _listed(sorted(known))
        for name in unknown[:MAX_PROBLEMS]:
            yield f"{where}{name}: unknown property (allowed: {allowed})"
    elif rule == "required":
        # One error a missing property, which only its message names.
        yield f"{where}{error.message.split(chr(39))[1]}: is required"
    else:
        listed = _listed(wanted) if isinstance(wanted, list) else wanted
        explanation = EXPLANATIONS.get(rule, "does not match the schema")
        yield where + explanation.format(got=_shown(got), listed=listed)


EXPLANATIONS = {
    "enum": "{got} is not one of {listed}",
    "type": "{got} is not of type {listed}",
    "minimum": "{got} is less than the minimum {listed}",
    "maximum": "{got} is greater than the maximum {listed}",
    "minLength": "is shorter than the minimum of {listed} characters",
    "maxLength": "is longer than the maximum of {listed} characters",
    "minItems": "has fewer than the minimum of {listed} items",
    "maxItems": "has more than the maximum of {listed} items",
    "multipleOf": "{got} is not a multiple of {listed}",
    "format": "{got} is no https or data: URL",
    "pattern": "{got} does not match the pattern {listed}",
}
"""By the rule of JSON Schema that a value breaks."""


def _listed(values: Iterable[Any]) -> str:
    return ", ".join(str(value) for value in values)


def _first(problems: Iterable[str]) -> list[str]:
    """The first few; nobody reads more, and the answer must not grow with the question."""
    found = list(itertools.islice(problems, MAX_PROBLEMS + 1))
    return found if len(found) <= MAX_PROBLEMS else [*found[:MAX_PROBLEMS], "and more"]


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return clipped(repr(value[:_SHOWN_LENGTH]), _SHOWN_LENGTH)
    if isinstance(value, int | float | None):
        return clipped(json.dumps(value), _SHOWN_LENGTH)
    return type(value).__name__
