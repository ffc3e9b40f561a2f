"""The functions' settings: what is missing or wrong is named."""

import pickle
from fractions import Fraction

import pytest

from handler.core.errors import ConfigurationError
from handler.core.vendors import VendorAccess
from handler.settings import Settings

COMPLETE = {
    "CREDITS_TABLE": "credits",
    "GENERATIONS_TABLE": "generations",
    "JOBS_QUEUE_URL": "https://queue.example",
    "IMAGES_BUCKET": "images",
}


def test_four_names_are_all_that_is_needed() -> None:
    settings = Settings.from_env(COMPLETE)
    assert settings.credits_table == "credits"
    assert settings.generations_table == "generations"
    assert settings.jobs_queue_url == "https://queue.example"
    assert settings.images_bucket == "images"
    assert settings.wait_seconds == 30
    assert settings.providers == frozenset()
    assert settings.vendors == {}
    assert settings.public_url is None
    assert settings.webhook_secrets == {}
    assert settings.log_level == "INFO"
    assert settings.allowed_origins == ("*",)
    assert (settings.timing.worker_ms, settings.timing.lease_ms) == (120_000, 150_000)
    assert settings.timing.retention_days == 30
    assert settings.price_markup == 1


def test_everything_can_be_set() -> None:
    given = {
        **COMPLETE,
        "WAIT_SECONDS": "2.5",
        "WORKER_TIMEOUT_SECONDS": "10",
        "LEASE_SECONDS": "11",
        "DISPATCH_GRACE_SECONDS": "5",
        "RETENTION_DAYS": "7",
        "LOCAL_SKETCH": "on",
        "PRICE_MARKUP": "1.25",
        "LOG_LEVEL": "DEBUG",
        "ALLOWED_ORIGINS": "https://a.example, http://localhost:3000",
    }
    settings = Settings.from_env(given)
    timing = settings.timing
    assert settings.wait_seconds == 2.5
    assert (timing.worker_ms, timing.lease_ms, timing.dispatch_grace_ms) == (10_000, 11_000, 5_000)
    assert timing.retention_days == 7
    assert settings.providers == {"sketch"}
    assert settings.price_markup == Fraction(5, 4)
    assert settings.log_level == "DEBUG"
    assert settings.allowed_origins == ("https://a.example", "http://localhost:3000")


@pytest.mark.parametrize("name", COMPLETE)
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_name_is_told(name: str, value: str | None) -> None:
    given = {key: text for key, text in COMPLETE.items() if key != name}
    if value is not None:
        given[name] = value
    with pytest.raises(ConfigurationError, match=f"{name} must be set"):
        Settings.from_env(given)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("WAIT_SECONDS", wrong) for wrong in ("soon", "0", "-1", "nan", "inf", "1e9", "1,5")),
        ("RETENTION_DAYS", "0"),
        ("RETENTION_DAYS", "0.5"),
        ("RETENTION_DAYS", "forever"),
        ("WORKER_TIMEOUT_SECONDS", "-1"),
        ("DISPATCH_GRACE_SECONDS", "nan"),
        *(
            ("PRICE_MARKUP", wrong)
            for wrong in ("0", "0.000", "-1", "1e3", "1/2", "nan", ".5", "1.", "1000", "1.0000001")
        ),
        ("LOCAL_SKETCH", "yes"),
        ("LOCAL_SKETCH", "1"),
        ("BEDROCK", "yes"),
        ("PROVIDERS", "replicate,dalle"),
        ("REPLICATE_BASE_URL", "http://replicate.example"),
        ("REPLICATE_BASE_URL", "http://10.0.0.1"),
        ("REPLICATE_BASE_URL", "https://"),
        ("REPLICATE_BASE_URL", "https://[::1"),
        ("REPLICATE_BASE_URL", "https://replicate.example:99999"),
        ("REPLICATE_BASE_URL", "https://replicate.example:port"),
        ("OPENAI_BASE_URL", "https://user:pass@images.example/v1"),
        ("OPENAI_BASE_URL", "https://images.example/v1?key=1"),
        ("OPENAI_BASE_URL", "ftp://127.0.0.1/"),
        ("OPENAI_COMPATIBLE_BASE_URL", "http://images.example/v1"),
        ("OPENAI_COMPATIBLE_BASE_URL", "http://8.8.8.8/v1"),
        ("OPENAI_COMPATIBLE_BASE_URL", "http://169.254.169.254/v1"),
        ("PUBLIC_URL", "http://images.example"),
        ("FAL_KEY", "two words"),
        ("FAL_KEY", "line\nbreak"),
        ("LOG_LEVEL", "LOUD"),
        ("LOG_LEVEL", "10"),
        ("METRICS_NAMESPACE", "AWS/Lambda"),
        ("METRICS_NAMESPACE", "two words"),
        ("METRICS_NAMESPACE", "x" * 256),
        ("ALLOWED_ORIGINS", "app.example"),
        ("ALLOWED_ORIGINS", "https://a.example/path"),
        ("ALLOWED_ORIGINS", "https://a.example,"),
        # A lease must outlast the worker, and end before the deadline of 900 seconds.
        ("LEASE_SECONDS", "120"),
        ("LEASE_SECONDS", "900"),
    ],
)
def test_a_wrong_value_is_told_by_the_settings_name(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        Settings.from_env({**COMPLETE, name: value})


@pytest.mark.parametrize(("value", "on"), [("on", True), ("ON", True), ("off", False)])
def test_a_switch_is_on_or_off(value: str, on: bool) -> None:
    settings = Settings.from_env({**COMPLETE, "LOCAL_SKETCH": value})
    assert ("sketch" in settings.providers) is on


def test_an_empty_number_is_the_default() -> None:
    assert Settings.from_env({**COMPLETE, "WAIT_SECONDS": ""}).wait_seconds == 30


@pytest.mark.parametrize(
    ("value", "namespace"),
    [("", "TokenFluxImages"), ("TokenFluxImages/images-dev", "TokenFluxImages/images-dev")],
)
def test_the_metrics_have_a_namespace(value: str, namespace: str) -> None:
    settings = Settings.from_env({**COMPLETE, "METRICS_NAMESPACE": value})
    assert settings.metrics_namespace == namespace


class TestVendors:
    @pytest.mark.parametrize(
        ("variable", "name"),
        [
            ("REPLICATE_API_TOKEN", "replicate"),
            ("FAL_KEY", "fal"),
            ("OPENAI_API_KEY", "openai"),
            ("GEMINI_API_KEY", "gemini"),
            ("BFL_API_KEY", "bfl"),
        ],
    )
    def test_a_token_turns_its_vendor_on_and_is_not_seen(self, variable: str, name: str) -> None:
        settings = Settings.from_env({**COMPLETE, variable: "s3cr3t-token"})
        assert settings.providers == {name}
        token = settings.vendors[name].token
        assert token is not None
        assert token.reveal() == "s3cr3t-token"
        assert "s3cr3t" not in f"{settings!r} {token} {token!r} {token!s:>40}"
        with pytest.raises(TypeError):
            pickle.dumps(settings)

    def test_a_wrong_token_is_told_without_showing_it(self) -> None:
        with pytest.raises(ConfigurationError) as caught:
            Settings.from_env({**COMPLETE, "FAL_KEY": "s3cr3t token"})
        assert "s3cr3t" not in str(caught.value)

    def test_names_alone_offer_models_without_reaching_their_vendor(self) -> None:
        """How the API knows what the worker has."""
        settings = Settings.from_env({**COMPLETE, "PROVIDERS": "replicate, openai,,"})
        assert settings.providers == {"replicate", "openai"}
        assert settings.vendors == {}

    def test_what_needs_no_token_is_switched_on(self) -> None:
        settings = Settings.from_env({**COMPLETE, "BEDROCK": "on", "LOCAL_SKETCH": "on"})
        assert settings.providers == {"bedrock", "sketch"}
        assert settings.vendors["bedrock"].token is None

    def test_where_vendors_report_to_and_how_they_sign(self) -> None:
        given = {
            **COMPLETE,
            "PUBLIC_URL": "https://images.example/",
            "REPLICATE_WEBHOOK_SECRET": "whsec_AAAA",
        }
        settings = Settings.from_env(given)
        assert settings.public_url == "https://images.example"
        assert settings.webhook_secrets["replicate"].reveal() == "whsec_AAAA"
        assert settings.reporting == {"replicate"}
        assert "AAAA" not in repr(settings)
        assert settings.vendors == {}

    def test_names_alone_say_whose_reports_are_verified_elsewhere(self) -> None:
        """How the worker knows what the API has."""
        settings = Settings.from_env({**COMPLETE, "REPORTING": "fal,"})
        assert settings.reporting == {"fal"}
        assert settings.webhook_secrets == {}
        with pytest.raises(ConfigurationError, match="REPORTING"):
            Settings.from_env({**COMPLETE, "REPORTING": "openai"})

    def test_only_known_servers_are_named(self) -> None:
        given = {
            **COMPLETE,
            "OPENAI_COMPATIBLE_BASE_URL": "http://127.0.0.1:1/v1",
            "OPENAI_COMPATIBLE_SERVER": "dall-e",
        }
        with pytest.raises(ConfigurationError, match="OPENAI_COMPATIBLE_SERVER"):
            Settings.from_env(given)

    @pytest.mark.parametrize(
        "base_url",
        [
            "https://proxy.example/v1",
            "http://127.0.0.1:4000/v1",
            "http://[::1]:1",
            "http://localhost",
            "http://192.168.1.9:8080/v1",
            "http://[fd00::9]:8080/v1",
            "http://LocalAI:8080/v1",
            "http://paint.local/v1",
        ],
    )
    def test_a_server_of_ones_own_needs_no_token(self, base_url: str) -> None:
        given = {**COMPLETE, "OPENAI_COMPATIBLE_BASE_URL": base_url + "/"}
        assert Settings.from_env(given).vendors == {
            "openai-compatible": VendorAccess(None, base_url, "other")
        }

    def test_a_server_of_ones_own_may_have_one_and_a_name(self) -> None:
        given = {
            **COMPLETE,
            "OPENAI_COMPATIBLE_BASE_URL": "https://images.example/v1",
            "OPENAI_COMPATIBLE_API_KEY": "s3cr3t",
            "OPENAI_COMPATIBLE_SERVER": "LocalAI",
        }
        access = Settings.from_env(given).vendors["openai-compatible"]
        assert access.server == "localai"
        assert access.token is not None
        assert access.token.reveal() == "s3cr3t"

    @pytest.mark.parametrize("name", ["REPLICATE", "FAL", "OPENAI", "GEMINI", "BFL"])
    def test_another_address_alone_turns_no_vendor_on(self, name: str) -> None:
        given = {**COMPLETE, f"{name}_BASE_URL": "http://127.0.0.1:4000"}
        assert Settings.from_env(given).vendors == {}
