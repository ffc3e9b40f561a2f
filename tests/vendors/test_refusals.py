"""The fakes refuse what the vendors refuse, and take what is at the edge of it.

So an adapter or a catalogue file that sends something else is found out.
"""

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from tests.vendors.fakes import FAKES
from tests.vendors.server import TOKEN, Fake, served

SIGNED = (
    "AWS4-HMAC-SHA256 Credential=nobody/20261125/us-west-2/bedrock/aws4_request, "
    f"SignedHeaders=host, Signature={'0' * 64}"
)
HEADERS: Mapping[str, Mapping[str, str]] = {
    "bfl": {"x-key": TOKEN},
    "gemini": {"x-goog-api-key": TOKEN},
    "bedrock": {"authorization": SIGNED},
    "fal": {"authorization": f"Key {TOKEN}"},
    "replicate": {"authorization": f"Bearer {TOKEN}"},
    "openai": {"authorization": f"Bearer {TOKEN}"},
}
Input = dict[str, Any]
ABSENT = object()
"""In place of a value: the property is left out."""


@dataclass(frozen=True)
class Refusal:
    """A request that is refused for one reason."""

    status: int
    says: str
    """In the answer's body."""
    more: Input = field(default_factory=dict)
    """What is wrong, beside a good request."""
    model: str | None = None
    """None: the vendor's of `GOOD`."""


GOOD: Mapping[str, tuple[str, Input]] = {
    "bfl": ("flux-2-pro", {"prompt": "a boat", "width": 1024, "height": 1024}),
    "gemini": ("gemini-3-pro-image", {}),
    "bedrock": ("stability.sd3-5-large-v1:0", {"prompt": "a boat"}),
    "fal": ("fal-ai/flux/schnell", {"prompt": "a boat"}),
    "replicate": ("black-forest-labs/flux-schnell", {"prompt": "a boat"}),
    "openai": ("gpt-image-2", {"prompt": "a boat"}),
}
"""By vendor: a model, and what it is asked with."""

REFUSALS: Mapping[str, Mapping[str, Refusal]] = {
    "bfl": {
        "a model that is not there": Refusal(404, "Not Found", model="flux-3"),
        "no prompt": Refusal(422, "Field required", {"prompt": ABSENT}),
        "a width in between": Refusal(422, "multiple of 16", {"width": 1000}),
        "a height in between": Refusal(422, "multiple of 16", {"height": 1032}),
        "a small width": Refusal(422, "greater than or equal to 64", {"width": 48}),
        "a width in words": Refusal(422, "valid integer", {"width": "1024"}),
        "too much tolerance": Refusal(422, "equal to 5", {"safety_tolerance": 6}),
        "negative tolerance": Refusal(422, "equal to 0", {"safety_tolerance": -1}),
        "more than FLUX.1's": Refusal(
            422, "equal to 6", {"safety_tolerance": 7}, "flux-kontext-pro"
        ),
        "a side of FLUX.1": Refusal(422, "multiple of 32", {"width": 1040}, "flux-pro-1.1"),
        "a long side of FLUX.1": Refusal(422, "equal to 1440", {"width": 1472}, "flux-dev"),
        "another format": Refusal(422, "'jpeg' or 'png'", {"output_format": "jpg"}),
    },
    "gemini": {
        "a model that is not there": Refusal(
            404, "models/imagen-4.0-generate-001 is not found", model="imagen-4.0-generate-001"
        ),
        "a size in small letters": Refusal(400, "image_size '2k'", {"imageSize": "2k"}),
        "a size in pixels": Refusal(400, "image_size '1024'", {"imageSize": "1024"}),
        "a size of another model": Refusal(
            400, "are: 1K.", {"imageSize": "2K"}, "gemini-3.1-flash-lite-image"
        ),
        "no known ratio": Refusal(400, "Aspect ratio 7:7", {"aspectRatio": "7:7"}),
        "a ratio of another model": Refusal(400, "Aspect ratio 8:1", {"aspectRatio": "8:1"}),
        "a misspelt field": Refusal(
            400,
            "Unknown name \\\"size\\\" at 'generation_config.image_config': Cannot find field.",
            {"size": "1K"},
        ),
    },
    "bedrock": {
        "a model that is gone": Refusal(
            400, "model identifier is invalid", model="amazon.nova-canvas-v1:0"
        ),
        "no prompt": Refusal(400, "#: required key [prompt] not found", {"prompt": ABSENT}),
        "a long prompt": Refusal(400, "expected maxLength: 10000", {"prompt": "a" * 10_001}),
        "a property of another vendor": Refusal(
            400, "#: extraneous key [num_images] is not permitted", {"num_images": 2}
        ),
        "an image for a model without": Refusal(
            400, "extraneous key [image]", {"image": "AA=="}, "stability.stable-image-core-v1:1"
        ),
        "a mode of another model": Refusal(
            400,
            "extraneous key [mode]",
            {"mode": "text-to-image"},
            "stability.stable-image-ultra-v1:1",
        ),
        "no known ratio": Refusal(
            400, "#/aspect_ratio: 4:3 is not a valid enum value", {"aspect_ratio": "4:3"}
        ),
        "another format": Refusal(400, "#/output_format: webp", {"output_format": "webp"}),
        "a large seed": Refusal(400, "not less or equal to 4294967294", {"seed": 2**32 - 1}),
        "a negative seed": Refusal(400, "not greater or equal to 0", {"seed": -1}),
        "a seed in words": Refusal(400, "#/seed: expected type: integer", {"seed": "7"}),
        "much strength": Refusal(400, "#/strength: 1.5", {"strength": 1.5}),
        "no image to begin with": Refusal(
            400, "required key [image] not found", {"mode": "image-to-image", "strength": 0.5}
        ),
        "a large request": Refusal(413, "too large", {"image": "A" * 25_000_000}),
    },
    "openai": {
        "a model that is gone": Refusal(404, "model_not_found", model="dall-e-3"),
        "no prompt": Refusal(400, "missing_required_parameter", {"prompt": ABSENT}),
        "a style": Refusal(400, "Unknown parameter: 'style'", {"style": "vivid"}),
        "a form of answer": Refusal(
            400, "Unknown parameter: 'response_format'", {"response_format": "b64_json"}
        ),
        "many images": Refusal(400, "integer_above_max_value", {"n": 11}),
        "no images": Refusal(400, "integer_below_min_value", {"n": 0}),
        "images in words": Refusal(400, "invalid_type", {"n": "2"}),
        "a quality of old": Refusal(400, "Invalid value: 'hd'", {"quality": "hd"}),
        "a quality of another model": Refusal(400, "Invalid value: 'max'", {"quality": "max"}),
        "another format": Refusal(400, "'png', 'jpeg', 'webp'", {"output_format": "gif"}),
        "much compression": Refusal(
            400, "Expected a value <= 100, but got 101", {"output_compression": 101}
        ),
        "a long prompt": Refusal(400, "string_above_max_length", {"prompt": "a" * 32_001}),
        "a size in words": Refusal(400, "Invalid size 'large'", {"size": "large"}),
        "a size in between": Refusal(400, "Invalid size '1000x1000'", {"size": "1000x1000"}),
        "a narrow size": Refusal(400, "Invalid size '3088x1024'", {"size": "3088x1024"}),
        "a long side": Refusal(400, "Invalid size '3856x2048'", {"size": "3856x2048"}),
        "a small size": Refusal(400, "Invalid size '512x512'", {"size": "512x512"}),
        "a large size": Refusal(400, "Invalid size '3840x2176'", {"size": "3840x2176"}),
    },
    "replicate": {
        "a model that is not there": Refusal(404, "does not exist", model="acme/other"),
        "no prompt": Refusal(422, "prompt is required", {"prompt": ABSENT}),
        "many images": Refusal(422, "less than or equal to 4", {"num_outputs": 5}),
        "no images": Refusal(422, "greater than or equal to 1", {"num_outputs": 0}),
        "no known ratio": Refusal(
            422, "input.aspect_ratio: aspect_ratio must be one of", {"aspect_ratio": "7:7"}
        ),
        "another format": Refusal(422, '"field":"input.output_format"', {"output_format": "jpeg"}),
        "a whole number in words": Refusal(422, "Expected: integer", {"seed": "7"}),
        "many references": Refusal(
            422, "at most 10 items", {"image_input": ["https://a"] * 11}, "bytedance/seedream-4"
        ),
        "no known size": Refusal(
            422, '"field":"input.size"', {"size": "2k"}, "recraft-ai/recraft-v3"
        ),
    },
}
ALLOWED: Mapping[str, Mapping[str, tuple[Input, str | None]]] = {
    "bfl": {
        "the smallest": ({"width": 64, "height": 64}, None),
        "the strictest": ({"safety_tolerance": 0}, None),
        "the laxest": ({"safety_tolerance": 5, "output_format": "png"}, None),
        "the laxest of FLUX.1": ({"safety_tolerance": 6}, "flux-pro-1.1"),
        "what the description does not know": ({"steps": "many"}, None),
    },
    "gemini": {
        "its largest": ({"imageSize": "4K", "aspectRatio": "21:9"}, None),
        "the other spelling": ({"image_size": "2K"}, None),
        "a ratio that only it has": ({"aspectRatio": "8:1"}, "gemini-nano-banana-2.1"),
    },
    "bedrock": {
        "the largest seed": ({"seed": 2**32 - 2, "output_format": "jpeg"}, None),
        "the longest prompt": ({"prompt": "a" * 10_000, "negative_prompt": "b" * 10_000}, None),
        "an image": ({"mode": "image-to-image", "image": "AA==", "strength": 1}, None),
    },
    "openai": {
        "most images": ({"n": 10, "quality": "high", "size": "auto"}, None),
        "the longest prompt": ({"prompt": "a" * 32_000}, None),
        "the largest size": ({"size": "3840x2160"}, None),
        "the narrowest size": ({"size": "1408x480", "background": None}, None),
        "a quality that only it has": ({"quality": "xhigh"}, "gpt-image-2.5-flare"),
        "what another server takes": ({"style": "vivid", "n": 99}, "stable-diffusion"),
    },
    "replicate": {
        "most images": ({"num_outputs": 4, "output_format": "jpg"}, None),
        "what the schema does not know": ({"image": "https://a"}, None),
        "what a community takes": ({"n": 99}, "acme/paint"),
    },
}


@pytest.fixture(scope="module")
def fakes() -> Iterator[dict[str, Fake]]:
    with contextlib.ExitStack() as running:
        yield {name: running.enter_context(served(FAKES[name]())) for name in HEADERS}


def asked(
    fake: Fake, path: str, body: Any = None, method: str = "POST", **headers: str
) -> httpx2.Response:
    with httpx2.Client(trust_env=False) as client:
        return client.request(method, fake.base_url + path, json=body, headers=headers)


def sent(vendor: str, fake: Fake, more: Input, model: str | None) -> httpx2.Response:
    """A good request of a vendor's, with what is given for it in place of that."""
    known, good = GOOD[vendor]
    model = model or known
    given = {name: value for name, value in {**good, **more}.items() if value is not ABSENT}
    paths: dict[str, tuple[str, Any]] = {
        "bfl": (f"/{model}", given),
        "gemini": (f"/models/{model}:generateContent", gemini_request(given)),
        "bedrock": (f"/model/{model}/invoke", given),
        "fal": (f"/{model}", given),
        "replicate": (f"/models/{model}/predictions", {"input": given}),
        "openai": ("/images/generations", {"model": model, **given}),
    }
    path, body = paths[vendor]
    return asked(fake, path, body, **HEADERS[vendor])


def gemini_request(image: Input) -> Input:
    config = {"responseModalities": ["IMAGE"], "imageConfig": image}
    contents = [{"role": "user", "parts": [{"text": "a boat"}]}]
    return {"contents": contents, "generationConfig": config}


@pytest.mark.parametrize(
    ("vendor", "refusal"),
    [
        pytest.param(vendor, refusal, id=f"{vendor}: {name}")
        for vendor, refusals in REFUSALS.items()
        for name, refusal in refusals.items()
    ],
)
def test_it_is_refused(fakes: dict[str, Fake], vendor: str, refusal: Refusal) -> None:
    answer = sent(vendor, fakes[vendor], refusal.more, refusal.model)
    assert answer.status_code == refusal.status
    assert refusal.says in answer.text


@pytest.mark.parametrize(
    ("vendor", "more", "model"),
    [
        pytest.param(vendor, more, model, id=f"{vendor}: {name}")
        for vendor, allowed in ALLOWED.items()
        for name, (more, model) in {"a good one": ({}, None), **allowed}.items()
    ],
)
def test_it_is_taken(fakes: dict[str, Fake], vendor: str, more: Input, model: str | None) -> None:
    answer = sent(vendor, fakes[vendor], more, model)
    assert answer.status_code in (200, 201), answer.text


@pytest.mark.parametrize("vendor", HEADERS)
def test_nobody_else_is_served(fakes: dict[str, Fake], vendor: str) -> None:
    model, good = GOOD[vendor]
    paths = {
        "gemini": f"/models/{model}:generateContent",
        "bedrock": f"/model/{model}/invoke",
        "replicate": f"/models/{model}/predictions",
        "openai": "/images/generations",
    }
    answer = asked(fakes[vendor], paths.get(vendor, f"/{model}"), good, authorization="Key wrong")
    expected = {"bfl": 403, "gemini": 400, "bedrock": 403}.get(vendor, 401)
    assert answer.status_code == expected


class TestFal:
    """It looks at an input when the request is run: what is wrong with it is the result."""

    def result(self, fake: Fake, more: Input, model: str | None = None) -> httpx2.Response:
        submitted = sent("fal", fake, more, model)
        assert submitted.status_code == 200
        path = submitted.json()["response_url"].removeprefix(fake.base_url)
        return asked(fake, path, method="GET", **HEADERS["fal"])

    @pytest.mark.parametrize(
        ("more", "model", "kind"),
        [
            ({"prompt": ABSENT}, None, "missing"),
            ({"num_images": 0}, None, "greater_than_equal"),
            ({"num_images": 5}, None, "less_than_equal"),
            ({"num_images": "2"}, None, "integer_type"),
            ({"num_inference_steps": 13}, None, "less_than_equal"),
            ({"num_inference_steps": 51}, "fal-ai/flux/dev", "less_than_equal"),
            ({"image_size": "1024x1024"}, None, "value_error"),
            ({"image_size": {"width": 512}}, None, "value_error"),
            ({"output_format": "webp"}, None, "literal_error"),
            ({"safety_tolerance": 2}, "fal-ai/flux-2-pro", "literal_error"),
            ({"safety_tolerance": "6"}, "fal-ai/flux-2-pro", "literal_error"),
        ],
    )
    def test_an_input_is_refused(
        self, fakes: dict[str, Fake], more: Input, model: str | None, kind: str
    ) -> None:
        answer = self.result(fakes["fal"], more, model)
        assert answer.status_code == 422
        (problem,) = answer.json()["detail"]
        assert (problem["loc"], problem["type"]) == (["body", *more], kind)

    @pytest.mark.parametrize(
        ("more", "model"),
        [
            ({}, None),
            ({"num_images": 4, "num_inference_steps": 12, "image_size": "square"}, None),
            ({"num_inference_steps": 50}, "fal-ai/flux/dev"),
            ({"image_size": {"width": 512, "height": 640}, "output_format": "png"}, None),
            ({"safety_tolerance": "5"}, "fal-ai/flux-2-pro"),
            ({"what_the_types_do_not_know": 1}, None),
        ],
    )
    def test_an_input_is_taken(
        self, fakes: dict[str, Fake], more: Input, model: str | None
    ) -> None:
        assert self.result(fakes["fal"], more, model).status_code == 200

    def test_an_endpoint_that_is_not_there(self, fakes: dict[str, Fake]) -> None:
        answer = sent("fal", fakes["fal"], {}, "fal-ai/imagen4/preview")
        assert answer.status_code == 404
        assert answer.json() == {"detail": 'Application "imagen4/preview" not found'}

    @pytest.mark.parametrize(
        ("url", "method"), [("status_url", "GET"), ("response_url", "GET"), ("cancel_url", "PUT")]
    )
    @pytest.mark.parametrize("headers", [{}, {"authorization": "Key wrong"}])
    def test_a_request_is_its_owners(
        self, fakes: dict[str, Fake], url: str, method: str, headers: dict[str, str]
    ) -> None:
        fake = fakes["fal"]
        path = sent("fal", fake, {}, None).json()[url].removeprefix(fake.base_url)
        assert asked(fake, path, method=method, **headers).status_code == 401
        assert asked(fake, path, method=method, **HEADERS["fal"]).status_code in (200, 202)


class TestReplicate:
    @pytest.mark.parametrize("lifetime", ["4s", "4", "0m", "ten", "10 m", "5m1h", "-5m", ""])
    def test_a_lifetime_is_refused(self, fakes: dict[str, Fake], lifetime: str) -> None:
        assert self.created(fakes, **{"cancel-after": lifetime}).status_code == 422

    @pytest.mark.parametrize("lifetime", ["5s", "30", "10m", "1h30m45s"])
    def test_a_lifetime_is_taken(self, fakes: dict[str, Fake], lifetime: str) -> None:
        assert self.created(fakes, **{"cancel-after": lifetime}).status_code == 201

    @pytest.mark.parametrize(
        ("prefer", "status"), [("wait", 201), ("wait=60", 201), ("wait=0", 422)]
    )
    def test_a_wait(self, fakes: dict[str, Fake], prefer: str, status: int) -> None:
        assert self.created(fakes, prefer=prefer).status_code == status

    @pytest.mark.parametrize(
        ("body", "says"),
        [
            ({}, "- input is required"),
            ({"input": {}, "version": "x"}, "- Additional property version is not allowed"),
            ({"input": "a boat"}, "- input: Invalid type. Expected: object"),
            ({"input": {}, "webhook_events_filter": ["end"]}, '"start", "output"'),
        ],
    )
    def test_a_body_is_refused(self, fakes: dict[str, Fake], body: Input, says: str) -> None:
        path = "/models/black-forest-labs/flux-schnell/predictions"
        answer = asked(fakes["replicate"], path, body, **HEADERS["replicate"])
        assert (answer.status_code, answer.json()["title"]) == (422, "Input validation failed")
        assert says in answer.json()["detail"]

    @pytest.mark.parametrize(
        ("version", "status"),
        [
            ("acme/paint:" + "5c7d" * 16, 201),
            ("5c7d" * 16, 201),
            ("black-forest-labs/flux-schnell", 201),
            ("5c7d", 422),
            ("acme/paint:1", 422),
            ("acme/other:" + "5c7d" * 16, 422),
        ],
    )
    def test_a_version(self, fakes: dict[str, Fake], version: str, status: int) -> None:
        body = {"version": version, "input": {"prompt": "a boat"}}
        answer = asked(fakes["replicate"], "/predictions", body, **HEADERS["replicate"])
        assert answer.status_code == status

    @pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer wrong"}])
    def test_a_prediction_is_its_owners(
        self, fakes: dict[str, Fake], headers: dict[str, str]
    ) -> None:
        path = f"/predictions/{self.created(fakes).json()['id']}"
        for method, ending in (("GET", ""), ("POST", "/cancel")):
            address = path + ending
            stranger = asked(fakes["replicate"], address, method=method, **headers)
            owner = asked(fakes["replicate"], address, method=method, **HEADERS["replicate"])
            assert (stranger.status_code, owner.status_code) == (401, 200)

    def created(self, fakes: dict[str, Fake], **headers: str) -> httpx2.Response:
        path = "/models/black-forest-labs/flux-schnell/predictions"
        body = {"input": {"prompt": "a boat"}}
        return asked(fakes["replicate"], path, body, **HEADERS["replicate"], **headers)


class TestGemini:
    """What is wrong elsewhere than in the shape of the image."""

    @pytest.mark.parametrize(
        ("more", "says"),
        [
            ({"model": "x"}, 'Unknown name "model": Cannot find field.'),
            ({"contents": []}, "contents is not specified"),
            ({"contents": [{"parts": [{"txt": "x"}]}]}, "\"txt\" at 'contents[0].parts[0]'"),
            (
                {"contents": [{"parts": [{"inlineData": {"mime": "x"}}]}]},
                "\"mime\" at 'contents[0].parts[0].inline_data'",
            ),
            ({"generationConfig": {"n": 2}}, "\"n\" at 'generation_config'"),
        ],
    )
    def test_a_request_is_refused(self, fakes: dict[str, Fake], more: Input, says: str) -> None:
        answer = self.generated(fakes, {**gemini_request({}), **more})
        assert answer.status_code == 400
        assert says in answer.json()["error"]["message"]

    @pytest.mark.parametrize(("size", "status"), [(20_000_000, 200), (20_000_001, 400)])
    def test_a_request_has_a_size(self, fakes: dict[str, Fake], size: int, status: int) -> None:
        request = gemini_request({})
        (content,) = request["contents"]
        inline = {"mimeType": "image/png", "data": ""}
        content["parts"].append({"inlineData": inline})
        inline["data"] = "A" * (size - len(compact(request)))
        assert len(compact(request)) == size
        answer = self.generated(fakes, request)
        assert answer.status_code == status
        assert ("payload size exceeds" in answer.text) == (status == 400)

    def generated(self, fakes: dict[str, Fake], request: Input) -> httpx2.Response:
        path = f"/models/{GOOD['gemini'][0]}:generateContent"
        with httpx2.Client(trust_env=False) as client:
            return client.post(
                fakes["gemini"].base_url + path, content=compact(request), headers=HEADERS["gemini"]
            )


def compact(document: Any) -> bytes:
    return json.dumps(document).encode()


class TestOpenAI:
    @pytest.mark.parametrize(
        ("images", "status"),
        [
            ([{"image_url": "https://a"}], 200),
            ([{"image_url": "https://a"}] * 16, 200),
            ([{"image_url": "https://a"}] * 17, 400),
            ([], 400),
            (None, 400),
        ],
    )
    def test_an_edit(self, fakes: dict[str, Fake], images: Any, status: int) -> None:
        body = {"model": "gpt-image-2", "prompt": "a boat", "images": images}
        answer = asked(fakes["openai"], "/images/edits", body, **HEADERS["openai"])
        assert answer.status_code == status

    def test_references_are_not_for_a_generation(self, fakes: dict[str, Fake]) -> None:
        answer = sent("openai", fakes["openai"], {"images": [{"image_url": "https://a"}]}, None)
        assert "Unknown parameter: 'images'" in answer.text
