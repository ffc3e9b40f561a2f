"""Whatever a vendor may call a schema: a sound file comes of it, or a refusal in words."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from handler.catalogue.load import parse_model
from handler.core.errors import OperatorRefused
from infra.operator.importing.replicate import read
from tests.infra.operator.importing.descriptions import replicate_model, schemas_of

NAMES = ["A", "B", "Output", "prompt", "num_outputs", "n", "webhook", "size", "items"]
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
    | st.sampled_from(["string", "integer", "number", "boolean", "array", "object", "null", "uri"])
    | st.sampled_from([f"#/components/schemas/{name}" for name in NAMES])
)
KEYWORDS = st.sampled_from(
    [
        *("type", "enum", "const", "default", "minimum", "maximum", "exclusiveMinimum"),
        *("multipleOf", "minLength", "maxLength", "minItems", "items", "$ref", "allOf", "anyOf"),
        *("oneOf", "format", "description", "title", "x-order", "properties", "required", "url"),
    ]
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYWORDS, inner, max_size=5),
    max_leaves=15,
)
MEMBERS = ANYTHING | st.builds(
    lambda kind, more: {**more, "type": kind},
    st.sampled_from(["string", "integer", "number", "boolean", "array"]),
    st.dictionaries(KEYWORDS, ANYTHING, max_size=4),
)
SCHEMAS = st.fixed_dictionaries({"Input": ANYTHING, "Output": ANYTHING}) | st.builds(
    lambda properties, a, b: schemas_of({"prompt": {"type": "string"}, **properties}, A=a, B=b),
    st.dictionaries(st.sampled_from(NAMES), MEMBERS, max_size=5),
    MEMBERS,
    MEMBERS,
)


@settings(max_examples=300, deadline=None)
@given(SCHEMAS)
def test_a_file_is_sound_or_refused(schemas: dict[str, Any]) -> None:
    document = replicate_model("acme/painter", schemas)
    try:
        draft = read("acme/painter", document, 1_000, "2026-11-25")
    except OperatorRefused:
        return
    written = json.loads(json.dumps(draft.document, allow_nan=False))
    model = parse_model("acme/painter", written)
    for member in model.input_schema["properties"].values():
        assert {"$ref", "anyOf", "allOf", "oneOf", "pattern"}.isdisjoint(member)
        assert member["type"] in ("string", "integer", "number", "boolean", "array")
    if model.image_count_property:
        assert model.input_schema["properties"][model.image_count_property]["minimum"] >= 1
