"""The vendors' own clients take the fakes for the vendor."""

import json
import subprocess
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.vendors.openai import MODELS, FakeOpenAI
from tests.vendors.replicate import ERRORS, PROBLEMS, WEBHOOK_SECRET, FakeReplicate
from tests.vendors.server import TOKEN, picture, served, standard_webhook_headers

ROOT = Path(__file__).parent.parent.parent
PYTHON = ROOT / ".venv-vendors" / "bin" / "python"
LIMIT_SECONDS = 120


def driven(program: str, *arguments: str, standard_input: str = "") -> dict[str, Any]:
    """What the program tells, by situation."""
    done = subprocess.run(
        [str(PYTHON), str(ROOT / "tests" / "official" / "clients" / f"{program}.py"), *arguments],
        input=standard_input,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    results: dict[str, Any] = json.loads(done.stdout)
    return results


@pytest.fixture(scope="module")
def replicate() -> dict[str, Any]:
    body = '{"id": "p1x0", "status": "succeeded"}'
    headers = standard_webhook_headers(WEBHOOK_SECRET, body.encode(), int(time.time()))
    report = json.dumps({"headers": headers, "body": body})
    with served(FakeReplicate()) as fake:
        origin = fake.base_url.removesuffix("/v1")
        return driven("replicate_client", origin, TOKEN, WEBHOOK_SECRET, standard_input=report)


class TestReplicate:
    def test_outputs_are_found(self, replicate: dict[str, Any]) -> None:
        assert replicate["good"] == ["URL", "URL"]
        assert replicate["single"] == "URL"
        assert replicate["fewer"] == ["URL"]
        assert replicate["nothing"] is None
        assert replicate["inline"] == [sha256(picture(n)).hexdigest() for n in range(2)]

    @pytest.mark.parametrize("model", ["official model", "community model"])
    def test_a_prediction_goes_through_its_states(
        self, replicate: dict[str, Any], model: str
    ) -> None:
        assert replicate[model] == ["starting", "processing", "succeeded"]

    def test_a_prediction_is_canceled(self, replicate: dict[str, Any]) -> None:
        assert replicate["canceled"][1] == "canceled"

    def test_a_failed_prediction_is_the_models_error(self, replicate: dict[str, Any]) -> None:
        assert replicate["flagged"] == {"model error": ERRORS["flagged"]}

    @pytest.mark.parametrize(
        "scenario", ["invalid", "no credit", "no model", "no version", "throttled"]
    )
    def test_a_refusal_is_understood(self, replicate: dict[str, Any], scenario: str) -> None:
        status, document = PROBLEMS[scenario]
        assert replicate[scenario] == {
            "status": status,
            "title": document.get("title"),
            "detail": document["detail"],
        }

    def test_a_wrong_token_is_refused(self, replicate: dict[str, Any]) -> None:
        assert replicate["wrong token"]["status"] == 401

    def test_a_report_is_signed_as_replicate_signs(self, replicate: dict[str, Any]) -> None:
        assert replicate["report"] == "valid"


@pytest.fixture(scope="module")
def openai() -> dict[str, Any]:
    with served(FakeOpenAI()) as fake:
        return driven("openai_client", fake.base_url, TOKEN)


class TestOpenAI:
    def test_images_are_in_the_answer(self, openai: dict[str, Any]) -> None:
        assert (openai["png"], openai["three"], openai["urls"]) == ("PNG", 3, True)
        assert openai["usage"] == [12, 12, 272]

    def test_models_are_listed(self, openai: dict[str, Any]) -> None:
        assert openai["models"] == list(MODELS)

    @pytest.mark.parametrize(
        ("scenario", "error", "status", "code"),
        [
            ("moderated", "BadRequestError", 400, "moderation_blocked"),
            ("invalid", "BadRequestError", 400, "invalid_value"),
            ("response_format", "BadRequestError", 400, "unknown_parameter"),
            ("no credit", "RateLimitError", 429, "insufficient_quota"),
            ("throttled", "RateLimitError", 429, "rate_limit_exceeded"),
            ("no model", "NotFoundError", 404, "model_not_found"),
            ("unverified", "PermissionDeniedError", 403, None),
            ("overloaded", "InternalServerError", 503, None),
            ("server error", "InternalServerError", 500, None),
            ("wrong token", "AuthenticationError", 401, "invalid_api_key"),
        ],
    )
    def test_a_refusal_is_understood(
        self, openai: dict[str, Any], scenario: str, error: str, status: int, code: str | None
    ) -> None:
        assert openai[scenario]["error"] == error
        assert (openai[scenario]["status"], openai[scenario]["code"]) == (status, code)
