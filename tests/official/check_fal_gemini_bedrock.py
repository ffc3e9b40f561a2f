"""More vendors' own clients take the fakes for the vendor, and ask for the same as we do."""

import base64
import json
from dataclasses import dataclass
from typing import Any

import pytest

from handler.core.ports import Job
from handler.providers.gemini import request_body
from handler.providers.inlining import Reference
from tests.official.check_clients import driven
from tests.vendors import bedrock as bedrock_fake
from tests.vendors import fal as fal_fake
from tests.vendors import gemini as gemini_fake
from tests.vendors.inputs.gemini import MODELS
from tests.vendors.server import TOKEN, Arrivals, picture, served

IMAGE = base64.b64encode(picture()).decode()


@dataclass(frozen=True)
class Driven:
    """What a client made of a fake, and what the fake received."""

    told: dict[str, Any]
    arrivals: Arrivals


@pytest.fixture(scope="module")
def fal() -> dict[str, Any]:
    with served(fal_fake.FakeFal()) as fake:
        return driven("fal_queue_client", fake.base_url, TOKEN)


class TestFal:
    def test_outputs_are_found(self, fal: dict[str, Any]) -> None:
        assert fal["good"] == [2, [False, False], 7]
        assert fal["flagged"] == [2, [True, True], 7]

    def test_its_life_is_followed(self, fal: dict[str, Any]) -> None:
        assert fal["states"] == ["Queued", "InProgress", "Completed"]

    def test_its_end_is_named_in_its_status(self, fal: dict[str, Any]) -> None:
        assert fal["ended well"] == [None, None, {"inference_time": 1.5}]
        _, ending, _ = fal_fake.ENDINGS["no runner"]
        assert fal["ended badly"][:2] == [ending["detail"], ending["error_type"]]

    def test_its_urls_are_those_that_the_client_makes_itself(self, fal: dict[str, Any]) -> None:
        assert fal["by its id"] is True

    def test_a_request_is_canceled(self, fal: dict[str, Any]) -> None:
        assert (fal["canceled"]["status"], fal["canceled"]["type"]) == (499, "client_cancelled")

    @pytest.mark.parametrize(
        ("scenario", "kind"),
        [
            ("moderated", None),
            ("invalid", None),
            ("model error", None),
            ("timeout", "request_timeout"),
        ],
    )
    def test_an_end_is_understood(
        self, fal: dict[str, Any], scenario: str, kind: str | None
    ) -> None:
        status, document, _ = fal_fake.ENDINGS[scenario]
        assert fal[scenario] == {"status": status, "type": kind, "message": document["detail"]}

    def test_a_type_may_be_in_a_header_alone(self, fal: dict[str, Any]) -> None:
        assert fal["typed by header"]["type"] == "runner_incomplete_response"

    @pytest.mark.parametrize("scenario", ["no credit", "no model", "unauthenticated"])
    def test_a_refusal_is_understood(self, fal: dict[str, Any], scenario: str) -> None:
        status, document, _ = fal_fake.PROBLEMS[scenario]
        assert fal[scenario] == {"status": status, "type": None, "message": document["detail"]}

    def test_a_wrong_token_is_refused(self, fal: dict[str, Any]) -> None:
        assert fal["wrong token"]["status"] == 401


@pytest.fixture(scope="module")
def gemini() -> Driven:
    with served(gemini_fake.FakeGemini()) as fake:
        return Driven(driven("gemini_client", fake.url(""), TOKEN, IMAGE), fake.arrivals)


class TestGemini:
    @pytest.mark.parametrize(
        ("scenario", "stopped", "parts"),
        [
            ("good", "STOP", [f"image/png of {len(picture())}"]),
            ("jpeg", "STOP", [f"image/jpeg of {len(picture(2, 'JPEG'))}"]),
            ("words", "STOP", ["text: I cannot paint that."]),
            ("image unsafe", "IMAGE_SAFETY", []),
            ("no image", "NO_IMAGE", []),
            ("account limited", "PUP_LIMITED_DISABLED", []),
        ],
    )
    def test_an_answer_is_understood(
        self, gemini: Driven, scenario: str, stopped: str, parts: list[str]
    ) -> None:
        assert gemini.told[scenario] == {"blocked": None, "stopped": [stopped], "parts": parts}

    def test_parts_of_every_kind_are_told_apart(self, gemini: Driven) -> None:
        texts = [part.startswith("text") for part in gemini.told["talkative"]["parts"]]
        assert texts == [True, False, True]
        drafts = [part.endswith(" as a draft") for part in gemini.told["draft"]["parts"]]
        assert drafts == [True, False]

    def test_a_blocked_prompt_has_no_candidates(self, gemini: Driven) -> None:
        assert gemini.told["prompt blocked"] == {
            "blocked": "PROHIBITED_CONTENT",
            "stopped": [],
            "parts": [],
        }

    @pytest.mark.parametrize(
        "scenario",
        ["invalid", "unauthenticated", "no model", "used up", "overloaded", "server error"],
    )
    def test_a_refusal_is_understood(self, gemini: Driven, scenario: str) -> None:
        code, document = gemini_fake.PROBLEMS[scenario]
        assert gemini.told[scenario] == {
            "error": "ClientError" if code < 500 else "ServerError",
            "code": code,
            "status": document["error"]["status"],
        }

    def test_a_wrong_token_is_refused(self, gemini: Driven) -> None:
        assert gemini.told["wrong token"]["code"] == 400

    def test_models_are_listed(self, gemini: Driven) -> None:
        assert gemini.told["models"] == [f"models/{name}" for name in MODELS]

    def test_the_client_asks_for_the_same_as_we_do(self, gemini: Driven) -> None:
        given = {"prompt": "a boat [good]", "aspect_ratio": "16:9", "image_size": "2K"}
        job = Job("g-1", "gemini-nano-banana-2.1", given, 1)
        first, *_ = gemini.arrivals.of("POST", ":generateContent")
        asked = json.loads(first.body)
        # Of a reference Google takes either spelling of its type, and either alphabet of base64.
        inline = asked["contents"][0]["parts"][1]["inlineData"]
        inline["mimeType"] = inline.pop("mime_type")
        inline["data"] = inline["data"].translate(str.maketrans("-_", "+/"))
        assert asked == request_body(job, [Reference("image/png", IMAGE)])


@pytest.fixture(scope="module")
def bedrock() -> dict[str, Any]:
    with served(bedrock_fake.FakeBedrock()) as fake:
        return driven("bedrock_client", fake.base_url)


class TestBedrock:
    def test_an_image_is_in_the_answer(self, bedrock: dict[str, Any]) -> None:
        assert bedrock["png"] == "PNG"

    def test_what_was_withheld_is_a_success(self, bedrock: dict[str, Any]) -> None:
        assert bedrock["prompt filtered"] == {"finish_reasons": ["Filter reason: prompt"]}

    def test_an_error_is_one_that_botocore_describes(self, bedrock: dict[str, Any]) -> None:
        assert bedrock["caught"] == "as botocore knows it"

    @pytest.mark.parametrize(
        "scenario",
        [
            "invalid",
            "no access",
            "no model",
            "throttled",
            "not ready",
            "unavailable",
            "server error",
            "model timeout",
            "model error",
            "quota",
        ],
    )
    def test_an_error_is_understood(self, bedrock: dict[str, Any], scenario: str) -> None:
        status, code, message = bedrock_fake.PROBLEMS[scenario]
        assert bedrock[scenario] == {"code": code, "message": message, "status": status}

    def test_a_signature_for_another_region_is_refused(self, bedrock: dict[str, Any]) -> None:
        assert bedrock["other region"]["status"] == 403
