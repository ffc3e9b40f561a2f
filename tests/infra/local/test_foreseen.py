"""What of an environment would keep a local stack from running is known before anything runs."""

from collections.abc import Mapping
from fractions import Fraction

import pytest

from handler.core.errors import ConfigurationError
from infra.local.environment import TIMING
from infra.local.foreseen import foreseen, mistakes
from tests.infra.local.test_environment import ENVIRON
from tests.vendors.fal import public_key
from tests.vendors.replicate import WEBHOOK_SECRET

WRONG: Mapping[str, str] = {
    "PRICE_MARKUP": "free",
    "PUBLIC_URL": "http://images.example",
    "REPLICATE_WEBHOOK_SECRET": "whsec_5ecret%",
    "FAL_WEBHOOK_KEYS": "5ecret",
    "WAIT_SECONDS": "0",
    "RETENTION_DAYS": "1.5",
    "PREVIEWS": "maybe",
    "LOG_LEVEL": "LOUD",
}


@pytest.mark.parametrize("variable", WRONG)
def test_a_wrong_one_is_named_without_a_secret(variable: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^{variable} must ") as caught:
        foreseen({variable: WRONG[variable]})
    assert "5ecret" not in str(caught.value)


def test_every_mistake_is_found_and_none_hides_another() -> None:
    found = list(mistakes({**WRONG, "LEASE_SECONDS": "1"}, TIMING))
    assert [each.partition(" ")[0].rstrip(",") for each in found] == [
        *("WAIT_SECONDS", "RETENTION_DAYS", "PREVIEWS", "PRICE_MARKUP", "LOG_LEVEL"),
        *("PUBLIC_URL", "REPLICATE_WEBHOOK_SECRET", "FAL_WEBHOOK_KEYS", "WORKER_TIMEOUT_SECONDS"),
    ]


def test_what_is_right_is_what_the_stack_will_have() -> None:
    environ = {
        **ENVIRON,
        "REPLICATE_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "FAL_WEBHOOK_KEYS": public_key(),
        "PUBLIC_URL": "https://images.example/",
        "PRICE_MARKUP": "1.5",
    }
    assert list(mistakes(environ, {})) == []
    settings = foreseen(environ)
    assert settings.public_url == "https://images.example"
    assert settings.price_markup == Fraction(3, 2)
    assert settings.providers == {"sketch", "replicate", "openai-compatible"}


def test_functions_have_other_times_than_processes() -> None:
    slow = {"WORKER_TIMEOUT_SECONDS": "60"}
    assert foreseen(slow, {}).timing.worker_ms == 60_000
    with pytest.raises(ConfigurationError, match="WORKER_TIMEOUT_SECONDS, LEASE_SECONDS: "):
        foreseen(slow)
