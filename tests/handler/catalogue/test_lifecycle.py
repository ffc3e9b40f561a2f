"""No model ships that its vendor has turned off, or has said when it will."""

import re

import pytest

from handler.catalogue.load import built_in

GONE = (
    # platform.openai.com/docs/deprecations: off on 2026-10-23, 2026-12-01 and 2026-05-12.
    r"gpt-image-1",
    r"gpt-image-1\.5|gpt-image-1-mini|chatgpt-image-latest",
    r"dall-e-[23]",
    # Bedrock's page of model lifecycles: 2026-06-30 and 2026-09-30; v1 before them.
    r"(\w+\.)?amazon\.titan-image-generator-v[12](:\d+)?",
    r"(\w+\.)?amazon\.nova-canvas-v1:0",
    # ai.google.dev/gemini-api/docs/deprecations: 2026-08-17, 2026-10-29, and either 2026-10-02 or
    # 2027-03-15, as copies of the page have it.
    r"imagen-?4.*",
    r"gemini-3\.1-flash-image(-preview)?",
    r"gemini-2\.5-flash-image(-preview)?",
)
"""Names of models, as read on 2026-11-25; with a date behind them they are the same models."""
_GONE = re.compile(f"(?:{'|'.join(GONE)})(?:-\\d{{4}}-\\d{{2}}-\\d{{2}})?")


def is_gone(provider_model: str) -> bool:
    """Whether any part of a name is that of a model which is: others serve them, too."""
    return any(_GONE.fullmatch(part) for part in provider_model.split("/"))


@pytest.mark.parametrize(("model_id", "document"), built_in().items())
def test_a_model_that_ships_is_there_to_stay(model_id: str, document: dict[str, str]) -> None:
    assert not is_gone(document["provider_model"])


@pytest.mark.parametrize(
    "provider_model",
    [
        "gpt-image-1",
        "gpt-image-1-2025-04-23",
        "gpt-image-1.5",
        "gpt-image-1-mini",
        "chatgpt-image-latest",
        "dall-e-2",
        "dall-e-3",
        "openai/gpt-image-1",
        "fal-ai/gpt-image-1/text-to-image",
        "amazon.titan-image-generator-v1",
        "amazon.titan-image-generator-v2:0",
        "us.amazon.nova-canvas-v1:0",
        "imagen-4.0-generate-001",
        "imagen-4.0-ultra-generate-001",
        "google/imagen-4-fast",
        "fal-ai/imagen4/preview",
        "gemini-3.1-flash-image",
        "gemini-3.1-flash-image-preview",
        "gemini-2.5-flash-image",
    ],
)
def test_one_that_is_gone_is_known(provider_model: str) -> None:
    assert is_gone(provider_model)
