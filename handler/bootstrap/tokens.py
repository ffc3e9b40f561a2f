"""The worker's environment, completed by the tokens that a deployment keeps in a secret."""

from collections.abc import Mapping

from handler.adapters.aws import Connect
from handler.adapters.secrets import read_tokens

SECRET = "PROVIDER_TOKENS_SECRET"  # noqa: S105 - the name of a setting


def with_tokens(environ: Mapping[str, str], connect: Connect) -> dict[str, str]:
    """`environ`, and what the secret that it names holds; what it has itself stays.

    Raises:
        ConfigurationError: The secret cannot be read.
    """
    secret_id = environ.get(SECRET, "")
    tokens = read_tokens(connect("secretsmanager"), secret_id) if secret_id else {}
    return {**tokens, **environ}
