"""What of an input reaches its vendor, and what of it an adapter cannot do without.

What an adapter does not pass on, the vendor never hears of, and no caller should pay by it. The
adapters are not imported: what answers callers does without them. A test compares all of this with
what they send, and `docs/catalogue.md` tells it to operators.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from handler.core.models import Model
from handler.core.pricing import ByMegapixels, ByValues, NamedSizes


@dataclass(frozen=True)
class Reach:
    """What one provider's adapter does with the properties of an input."""

    needs: frozenset[str] = frozenset()
    """Without one of these every call fails."""
    sends: frozenset[str] | None = None
    """The only ones that are passed on; None: whatever there is."""
    changes: frozenset[str] = frozenset()
    """Those that are not always passed on as the caller gave them."""
    counts: bool = False
    """Whether it is told how many images are wanted, whatever the property is called."""

    def passes(self, name: str) -> bool:
        """Whether the vendor is always sent a property as the caller gave it."""
        return name not in self.changes and (self.sends is None or name in self.sends)

    @property
    def described(self) -> str:
        """What is passed on, in words."""
        if self.sends is not None:
            return ", ".join(sorted(self.sends))
        return f"all but {', '.join(sorted(self.changes))}" if self.changes else "all"


_PROMPT = frozenset({"prompt"})
_OPENAI = frozenset(
    {"n", "size", "quality", "background", "moderation", "output_format", "output_compression"}
)
REACH: Mapping[str, Reach] = {
    "replicate": Reach(),
    "fal": Reach(),
    "openai": Reach(needs=_PROMPT, sends=_PROMPT | _OPENAI | {"image", "images"}),
    # Of its kinds of servers each takes some of these.
    "openai-compatible": Reach(
        needs=_PROMPT,
        sends=_PROMPT
        | _OPENAI
        | {"width", "height", "seed", "step", "steps", "style"}
        | {"negative_prompt", "num_inference_steps", "guidance_scale", "true_cfg_scale"},
    ),
    "gemini": Reach(
        needs=_PROMPT, sends=frozenset({"prompt", "images", "aspect_ratio", "image_size"})
    ),
    # With an image it sets the mode and leaves the shape out, without one the strength.
    "bedrock": Reach(changes=frozenset({"mode", "aspect_ratio", "strength"})),
    "bfl": Reach(),
    "sketch": Reach(
        needs=frozenset({"prompt", "aspect_ratio", "output_format", "delay_seconds"}),
        sends=frozenset(
            {"prompt", "aspect_ratio", "output_format", "delay_seconds", "seed", "fail_with"}
        ),
        counts=True,
    ),
}
"""By the provider's name."""


def require_reaching(model: Model) -> None:
    """Refuse a model that could not be made, or whose price hangs on what its vendor never hears.

    Raises:
        ValueError: Says which property it is about.
    """
    reach = REACH.get(model.provider, Reach())
    given = always_given(model)
    for name in sorted(reach.needs):
        if name not in given:
            raise ValueError(
                f"input_schema must have {name}, required or with a default: without it every call"
                f" of {model.provider} fails"
            )
    for name in paid_by(model):
        is_count = name == model.image_count_property
        if not reach.passes(name) and not (is_count and reach.counts):
            what = "images are counted by" if is_count else "the price depends on"
            raise ValueError(f"{what} {name}, {_unheard(model.provider, reach)}")


def always_given(model: Model) -> set[str]:
    """The properties that every validated input has."""
    properties: Mapping[str, Mapping[str, object]] = model.input_schema["properties"]
    required = set(model.input_schema.get("required", []))
    return {name for name, member in properties.items() if name in required or "default" in member}


def paid_by(model: Model) -> Iterator[str]:
    """The properties that the price of a generation depends on."""
    rate, references = model.pricing.rate, model.pricing.references
    if isinstance(rate, ByValues):
        yield from rate.properties
    if isinstance(rate, ByMegapixels):
        size = rate.size
        yield from (
            (size.name,) if isinstance(size, NamedSizes) else (size.width.name, size.height.name)
        )
    if references is not None:
        yield from references.properties
    if model.pricing.text is not None:
        yield from model.pricing.text.properties
    if model.image_count_property is not None:
        yield model.image_count_property


def _unheard(provider: str, reach: Reach) -> str:
    never = "never" if reach.sends is not None else "not always"
    return f"which {provider} is {never} sent as callers give it (it is sent {reach.described})"
