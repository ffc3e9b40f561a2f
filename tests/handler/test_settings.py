"""The functions' settings: what is missing or wrong is named."""

import pytest

from handler.core.errors import ConfigurationError
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
    assert settings.log_level == "INFO"
    assert settings.allowed_origins == ("*",)
    assert (settings.timing.worker_ms, settings.timing.lease_ms) == (120_000, 150_000)
    assert settings.timing.retention_days == 30


def test_everything_can_be_set() -> None:
    given = {
        **COMPLETE,
        "WAIT_SECONDS": "2.5",
        "WORKER_TIMEOUT_SECONDS": "10",
        "LEASE_SECONDS": "11",
        "DISPATCH_GRACE_SECONDS": "5",
        "RETENTION_DAYS": "7",
        "LOCAL_SKETCH": "on",
        "LOG_LEVEL": "DEBUG",
        "ALLOWED_ORIGINS": "https://a.example, http://localhost:3000",
    }
    settings = Settings.from_env(given)
    timing = settings.timing
    assert settings.wait_seconds == 2.5
    assert (timing.worker_ms, timing.lease_ms, timing.dispatch_grace_ms) == (10_000, 11_000, 5_000)
    assert timing.retention_days == 7
    assert settings.providers == {"sketch"}
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
        ("LOCAL_SKETCH", "yes"),
        ("LOCAL_SKETCH", "1"),
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
