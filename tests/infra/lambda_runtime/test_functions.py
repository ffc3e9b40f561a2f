"""Functions as the template has them, and what their sandboxes see."""

from handler.settings import Settings
from infra.lambda_runtime.functions import Function, read_functions, sandbox_environment
from infra.lambda_runtime.system import with_vendors
from infra.template import Template

COMMON = {
    "CREDITS_TABLE": "credits",
    "GENERATIONS_TABLE": "generations",
    "JOBS_QUEUE_URL": "http://127.0.0.1:1/q",
    "IMAGES_BUCKET": "images",
}
FUNCTION = Function("ApiFunction", "handler.api.handler", 29, 512, COMMON)


def test_every_function_of_the_template_is_read(template: Template) -> None:
    functions = read_functions(template, COMMON, {})
    properties = template.resources("AWS::Serverless::Function")
    assert set(functions) == set(properties)
    for name, function in functions.items():
        assert function.handler == properties[name]["Handler"]
        assert function.timeout_seconds == properties[name]["Timeout"]
        assert function.memory_mb == properties[name]["MemorySize"]
        assert Settings.from_env(function.environment).credits_table == "credits"


def test_a_functions_own_variables_are_its_own(template: Template) -> None:
    functions = read_functions(template, COMMON, {})
    assert functions["WorkerFunction"].environment["PROVIDER_TOKENS_SECRET"] == ""
    assert "PROVIDER_TOKENS_SECRET" not in functions["ApiFunction"].environment


def test_only_the_worker_sees_tokens_and_the_api_knows_names(template: Template) -> None:
    environ = {
        "REPLICATE_API_TOKEN": "secret",
        "REPLICATE_BASE_URL": "http://127.0.0.1:1",
        "OPENAI_COMPATIBLE_BASE_URL": "http://127.0.0.1:2/v1",
        "REPLICATE_WEBHOOK_SECRET": "whsec_c2VjcmV0",
        "HOME": "/root",
    }
    common = {**COMMON, "PROVIDERS": "openai-compatible,replicate", "REPORTING": "replicate"}
    functions = with_vendors(template, read_functions(template, common, {}), common, environ)
    api = Settings.from_env(functions["ApiFunction"].environment)
    worker = Settings.from_env(functions["WorkerFunction"].environment)
    assert api.providers == worker.providers == {"replicate", "openai-compatible"}
    assert not api.vendors
    assert set(worker.vendors) == {"replicate", "openai-compatible"}
    assert set(api.webhook_secrets) == {"replicate"}
    assert worker.reporting == {"replicate"}
    for name, function in functions.items():
        assert ("secret" in function.environment.values()) == (name == "WorkerFunction")
        assert "HOME" not in function.environment


def test_a_time_out_can_be_shortened_and_not_extended() -> None:
    assert FUNCTION.with_timeout(7).timeout_seconds == 7
    assert FUNCTION.with_timeout(60) == FUNCTION


def test_a_sandbox_sees_what_lambda_sets_and_its_functions_variables() -> None:
    environment = sandbox_environment(FUNCTION, "/var/task", "http://127.0.0.1:4566")
    assert {**COMMON}.items() <= environment.items()
    assert {
        "LAMBDA_TASK_ROOT": "/var/task",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_FUNCTION_NAME": "tokenflux-images-ApiFunction",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_FUNCTION_TIMEOUT": "29",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
        "TZ": ":UTC",
    }.items() <= environment.items()


def test_a_sandbox_sees_nothing_of_the_developers(template: Template) -> None:
    environment = sandbox_environment(FUNCTION, "/var/task", "http://127.0.0.1:4566")
    assert not {"HOME", "USER", "VIRTUAL_ENV", "PYTHONPATH", "AWS_PROFILE"} & set(environment)
