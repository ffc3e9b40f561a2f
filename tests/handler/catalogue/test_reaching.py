"""What is said to reach vendors is what their adapters send; nobody pays by anything else."""

import base64
import copy
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from handler.adapters.clock import SystemClock
from handler.catalogue.load import built_in, parse_model
from handler.catalogue.reaching import REACH
from handler.core.ports import Job
from handler.providers import bedrock, bfl, fal, gemini, openai, replicate
from handler.providers.dialects import DIALECTS, OPENAI, Dialect
from handler.providers.inlining import References
from handler.providers.sketch import SketchProvider
from handler.settings import PROVIDER_NAMES
from tests.handler.catalogue.priced import BY_NAMED_SIZE, BY_SIDES, BY_VALUES, PROPERTIES
from tests.vendors.server import picture
from tests.world import MODEL_DOCUMENT

PAGE = (Path(__file__).parents[3] / "docs" / "catalogue.md").read_text(encoding="utf-8")
REFERENCES = References.up_to(1_000_000)
Send = Callable[[Job], Any]


def by_gemini(job: Job) -> Any:
    return gemini.request_body(job, REFERENCES.collected(job.input.get("images") or []))


def by_bedrock(job: Job) -> Any:
    image = job.input.get("image")
    return bedrock.request_body(job, REFERENCES.collected([image] if image else []))


def by_dialects(job: Job) -> Any:
    return [openai.request(job, dialect) for dialect in DIALECTS.values()]


SENDS: Mapping[str, Send] = {
    "replicate": replicate.creation,
    "fal": fal.request_body,
    "openai": lambda job: openai.request(job, OPENAI),
    "openai-compatible": by_dialects,
    "gemini": by_gemini,
    "bedrock": by_bedrock,
    "bfl": bfl.request_body,
}
NAMES = sorted(
    {name for document in built_in().values() for name in document["input_schema"]["properties"]}
    | {name for dialect in (OPENAI, *DIALECTS.values()) for name in dialect.parameters}
    | {name for reach in REACH.values() for name in (*(reach.sends or ()), *reach.changes)}
    | {"anything"}
)
"""Every property that any vendor is known to take, and one that none does."""


def value_of(name: str) -> tuple[Any, str]:
    """A value for a property, and what is found of it in a request that holds it."""
    if name not in ("image", "images"):
        return f"<{name}>", f"<{name}>"
    encoded = base64.b64encode(picture(5 if name == "image" else 6)).decode()
    url = f"data:image/png;base64,{encoded}"
    return (url if name == "image" else [url]), encoded


def job(*names: str) -> Job:
    return Job("g-1", "owner/model", {name: value_of(name)[0] for name in names}, 1)


@pytest.mark.parametrize("provider", SENDS)
class TestIsTrue:
    def test_every_property_reaches_the_vendor_or_is_said_not_to(self, provider: str) -> None:
        # Some are passed on with an image alone, some without one alone.
        without = [name for name in NAMES if name not in ("image", "images")]
        requests = [json.dumps(SENDS[provider](job(*names))) for names in (NAMES, without)]
        for name in NAMES:
            texts = requests if name in without else requests[:1]
            arrives = all(value_of(name)[1] in text for text in texts)
            assert REACH[provider].passes(name) == arrives, name

    def test_it_needs_what_it_is_said_to_need(self, provider: str) -> None:
        needs = REACH[provider].needs
        SENDS[provider](job(*needs))
        for name in needs:
            with pytest.raises(KeyError, match=name):
                SENDS[provider](job(*(needs - {name})))


@pytest.mark.parametrize("dialect", [OPENAI, *DIALECTS.values()])
def test_a_kind_of_server_is_sent_what_it_is_said_to_be(dialect: Dialect) -> None:
    sent = json.dumps(openai.request(job(*NAMES), dialect))
    assert {name for name in NAMES if dialect.sends(name)} == {
        name for name in NAMES if value_of(name)[1] in sent
    }


def test_the_painter_needs_and_reads_what_it_is_said_to() -> None:
    read: set[str] = set()

    class Noticed(dict[str, Any]):
        def __getitem__(self, name: str) -> Any:
            read.add(name)
            return super().__getitem__(name)

        def get(self, name: str, default: Any = None) -> Any:
            read.add(name)
            return super().get(name, default)

        def __contains__(self, name: object) -> bool:
            read.add(str(name))
            return super().__contains__(name)

    shipped = parse_model("local/sketch", built_in()["local/sketch"])
    given = Noticed(shipped.validated({"prompt": "a boat"}))
    SketchProvider(SystemClock()).submit(Job("g-1", "sketch", given, 1))
    assert frozenset(read) == REACH["sketch"].sends
    assert read - {"seed", "fail_with"} == REACH["sketch"].needs


def test_every_provider_is_told_of_in_the_documentation() -> None:
    assert set(REACH) == set(PROVIDER_NAMES)
    rows = re.findall(r"^\| `([a-z-]+)` \| (.+?) \|(.*?)\|$", PAGE, re.MULTILINE)
    told = {provider: (sent, needed) for provider, sent, needed in rows}
    for provider, reach in REACH.items():
        sent, needed = (set(re.findall(r"`(\w+)`", cell)) for cell in told[provider])
        assert sent == (reach.changes if reach.sends is None else reach.sends), provider
        assert needed == reach.needs, provider


def own(provider: str, **changes: Any) -> dict[str, Any]:
    schema = {
        "type": "object",
        "required": ["prompt", "quality"],
        "properties": copy.deepcopy(PROPERTIES),
        "additionalProperties": False,
    }
    document = {**MODEL_DOCUMENT, "provider": provider, "input_schema": schema}
    return {**document, "image_count_property": "n", **changes}


def without(name: str, document: dict[str, Any]) -> dict[str, Any]:
    schema = document["input_schema"]
    del schema["properties"][name]
    schema["required"] = [each for each in schema["required"] if each != name]
    return document


class TestIsRequired:
    @pytest.mark.parametrize("provider", ["openai", "openai-compatible", "gemini"])
    def test_a_model_without_what_its_adapter_needs_is_refused(self, provider: str) -> None:
        with pytest.raises(ValueError, match="input_schema must have prompt, required or with a"):
            parse_model("test/easel", without("prompt", own(provider)))
        optional = own(provider)
        optional["input_schema"]["required"].remove("prompt")
        with pytest.raises(ValueError, match=f"without it every call of {provider} fails"):
            parse_model("test/easel", optional)

    @pytest.mark.parametrize("provider", ["bfl", "bedrock", "fal", "replicate"])
    def test_one_that_needs_none_is_not(self, provider: str) -> None:
        assert parse_model("test/easel", without("prompt", own(provider)))

    @pytest.mark.parametrize(
        ("provider", "changes", "name"),
        [
            ("gemini", {"pricing": BY_VALUES, "image_count_property": None}, "size"),
            ("openai", {"pricing": BY_SIDES}, "width"),
            ("gemini", {"pricing": BY_NAMED_SIZE, "image_count_property": None}, "size"),
            (
                "openai-compatible",
                {
                    "pricing": {
                        "price": 1,
                        "unit": 1,
                        "references": {"price": 0.001, "in": ["images"]},
                    }
                },
                "images",
            ),
        ],
    )
    def test_nobody_pays_by_what_the_vendor_never_hears(
        self, provider: str, changes: dict[str, Any], name: str
    ) -> None:
        document = own(provider, **changes)
        if document["image_count_property"] is None:
            without("n", document)
        said = f"the price depends on {name}, which {provider} is never sent as callers give it"
        with pytest.raises(ValueError, match=said):
            parse_model("test/easel", document)
        assert parse_model("test/easel", {**document, "provider": "fal"})

    def test_nobody_pays_for_images_that_the_vendor_is_not_asked_for(self) -> None:
        said = r"images are counted by n, which gemini is never sent .* aspect_ratio, image_size"
        with pytest.raises(ValueError, match=said):
            parse_model("test/easel", own("gemini"))
        assert parse_model("test/easel", own("openai"))

    def test_what_an_adapter_changes_is_no_price_either(self) -> None:
        document = own("bedrock", pricing={**BY_VALUES, "by": ["strength", "quality"]})
        document["input_schema"]["properties"]["strength"] = PROPERTIES["size"]
        said = "which bedrock is not always sent as callers give it .it is sent all but aspect_rat"
        with pytest.raises(ValueError, match=said):
            parse_model("test/easel", document)
