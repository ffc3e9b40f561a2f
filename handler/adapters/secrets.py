"""Secrets Manager: the vendors' tokens, which are in no function's environment."""

import json
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from handler.core.errors import ConfigurationError


def read_tokens(api: Any, secret_id: str) -> dict[str, str]:
    """Every token in a secret that is a JSON object of strings, by its name; empty ones left out.

    Raises:
        ConfigurationError: It cannot be read, or is something else. Never says what it holds.
    """
    try:
        text = api.get_secret_value(SecretId=secret_id)["SecretString"]
    except (ClientError, BotoCoreError, KeyError) as error:
        raise ConfigurationError(
            f"PROVIDER_TOKENS_SECRET: {secret_id} cannot be read ({type(error).__name__})"
        ) from None
    try:
        tokens = json.loads(text)
    except ValueError:
        tokens = None
    if not isinstance(tokens, dict) or not all(isinstance(t, str) for t in tokens.values()):
        raise ConfigurationError(
            f"PROVIDER_TOKENS_SECRET: {secret_id} must hold a JSON object of strings"
        )
    return {name: token.strip() for name, token in tokens.items() if token.strip()}
