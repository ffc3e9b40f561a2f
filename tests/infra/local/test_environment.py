"""What the local stack's functions run with."""

from fractions import Fraction

from handler.settings import Settings
from infra.local.environment import TIMING, function_environment, webhook_secrets

PROVISIONED = {
    "CREDITS_TABLE": "credits",
    "GENERATIONS_TABLE": "generations",
    "JOBS_QUEUE_URL": "http://127.0.0.1:1/jobs",
    "IMAGES_BUCKET": "images",
    "WORKER_TIMEOUT_SECONDS": "360",
}
ENVIRON = {
    "REPLICATE_API_TOKEN": "s3cr3t",
    "OPENAI_COMPATIBLE_BASE_URL": "http://127.0.0.1:2/v1",
    "REPLICATE_WEBHOOK_SECRET": "whsec_s3cr3t",
}


def test_without_vendors_the_painter_is_on_and_a_lost_job_comes_back_soon() -> None:
    environment = function_environment({}, PROVISIONED)
    assert {name: environment[name] for name in TIMING} == TIMING
    assert Settings.from_env(environment).providers == {"sketch"}


def test_a_vendor_has_the_time_that_it_has_in_a_deployment() -> None:
    environment = function_environment(ENVIRON, PROVISIONED)
    settings = Settings.from_env(environment)
    assert settings.timing.answer_ms == 300_000
    assert settings.providers == {"sketch", "replicate", "openai-compatible"}


def test_what_is_announced_in_a_file_holds_names_and_no_secrets() -> None:
    assert "s3cr3t" not in str(function_environment(ENVIRON, PROVISIONED))


def test_the_web_server_knows_whose_reports_it_is_sent_and_no_token() -> None:
    assert webhook_secrets(ENVIRON) == {"REPLICATE_WEBHOOK_SECRET": "whsec_s3cr3t"}
    assert webhook_secrets({}) == {}


def test_the_operator_of_the_local_stack_chooses_its_markup() -> None:
    environment = function_environment(
        {"PRICE_MARKUP": "1.5"}, {**PROVISIONED, "PRICE_MARKUP": "1"}
    )
    assert Settings.from_env(environment).price_markup == Fraction(3, 2)
