"""The vendors' tokens come from a secret, which only the worker reads."""

import json
import secrets
from typing import Any

import pytest

from handler.adapters.aws import Connect
from handler.bootstrap.tokens import SECRET, with_tokens
from handler.core.errors import ConfigurationError

TOKEN = "r8_never_to_be_seen"  # noqa: S105 - nobody's


def stored(connect: Connect, text: str) -> str:
    name = f"tokens-{secrets.token_hex(4)}"
    connect("secretsmanager").create_secret(Name=name, SecretString=text)
    return name


def test_without_a_secret_the_environment_is_all(connect: Connect) -> None:
    def refusing(service: str) -> Any:
        raise AssertionError(service)

    assert with_tokens({"A": "1"}, refusing) == {"A": "1"}
    assert with_tokens({"A": "1", SECRET: ""}, refusing) == {"A": "1", SECRET: ""}


def test_its_tokens_join_the_environment_which_wins(connect: Connect) -> None:
    text = json.dumps({"REPLICATE_API_TOKEN": f" {TOKEN}\n", "FAL_KEY": "", "BFL_API_KEY": "b"})
    environ = {SECRET: stored(connect, text), "BFL_API_KEY": "own"}
    assert with_tokens(environ, connect) == {
        **environ,
        "REPLICATE_API_TOKEN": TOKEN,
        "BFL_API_KEY": "own",
    }


@pytest.mark.parametrize(
    "text", [TOKEN, f'["{TOKEN}"]', f'{{"A": {{"B": "{TOKEN}"}}}}', f'{{"A": 1, "B": "{TOKEN}"}}']
)
def test_a_secret_of_another_shape_is_refused_without_being_shown(
    connect: Connect, text: str
) -> None:
    name = stored(connect, text)
    with pytest.raises(ConfigurationError, match=f"{SECRET}: {name} must hold") as refused:
        with_tokens({SECRET: name}, connect)
    shown = f"{refused.value!r} {refused.value.__cause__!r} {refused.value.__context__!r}"
    assert TOKEN not in shown


def test_a_secret_that_is_not_there_is_named(connect: Connect) -> None:
    with pytest.raises(ConfigurationError, match=f"{SECRET}: no-such-secret cannot be read"):
        with_tokens({SECRET: "no-such-secret"}, connect)
