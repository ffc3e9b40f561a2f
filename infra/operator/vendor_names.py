"""What people call the vendors, and where they manage their tokens."""

from collections.abc import Mapping

from handler.settings import COMPATIBLE, TOKENS

NAMES: Mapping[str, str] = {
    "replicate": "Replicate",
    "fal": "fal",
    "openai": "OpenAI",
    "gemini": "Gemini",
    "bfl": "Black Forest Labs",
    "bedrock": "Amazon Bedrock",
    COMPATIBLE: "the OpenAI-compatible server",
}
"""Every vendor, by the name that the settings have for it; the painter is none."""
TOKENS_AT: Mapping[str, str] = {
    "replicate": "replicate.com/account/api-tokens",
    "fal": "fal.ai/dashboard/keys",
    "openai": "platform.openai.com/api-keys",
    "gemini": "aistudio.google.com/apikey",
    "bfl": "dashboard.bfl.ai",
}
PARAMETERS: Mapping[str, str] = {
    "replicate": "ReplicateApiToken",
    "fal": "FalKey",
    "openai": "OpenAiApiKey",
    "gemini": "GeminiApiKey",
    "bfl": "BflApiKey",
    "bedrock": "Bedrock",
}
"""The template's parameter that turns a vendor on."""


def variable_of(vendor: str) -> str:
    """The variable with the vendor's token."""
    return TOKENS.get(vendor, "OPENAI_COMPATIBLE_API_KEY")
