"""The template's functions and what their sandboxes' environment is."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from infra.local.environment import aws_environment
from infra.template import Template

RUNTIME = "python3.13"


@dataclass(frozen=True)
class Function:
    """One function, as deployed."""

    logical_id: str
    handler: str
    timeout_seconds: int
    memory_mb: int
    environment: Mapping[str, str]
    """Its own variables."""

    @property
    def name(self) -> str:
        """What Lambda would call it."""
        return f"tokenflux-images-{self.logical_id}"

    def with_timeout(self, seconds: int) -> "Function":
        """The same function, ended sooner."""
        return replace(self, timeout_seconds=min(seconds, self.timeout_seconds))

    def with_variables(self, variables: Mapping[str, str]) -> "Function":
        """The same function, with further variables."""
        return replace(self, environment={**self.environment, **variables})


def read_functions(
    template: Template, environment: Mapping[str, str], attributes: Mapping[str, str]
) -> dict[str, Function]:
    """Every function of the template, by logical id.

    `environment` is what all have in common, `attributes` what their own variables refer to.
    """
    return {
        logical_id: Function(
            logical_id=logical_id,
            handler=properties["Handler"],
            timeout_seconds=properties["Timeout"],
            memory_mb=properties["MemorySize"],
            environment={**environment, **_own(template, properties, attributes)},
        )
        for logical_id, properties in template.resources("AWS::Serverless::Function").items()
    }


def _own(
    template: Template, properties: Mapping[str, object], attributes: Mapping[str, str]
) -> dict[str, str]:
    resolved = template.resolve(properties.get("Environment", {}), attributes)
    return {name: str(value) for name, value in resolved.get("Variables", {}).items()}


def sandbox_environment(function: Function, task_root: str, aws_endpoint: str) -> dict[str, str]:
    """Everything a sandbox's processes see; nothing of the developer's own environment."""
    return {
        **aws_environment({}, aws_endpoint),
        **function.environment,
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        # The directory of a function's code is read-only on Lambda.
        "PYTHONDONTWRITEBYTECODE": "1",
        "LAMBDA_TASK_ROOT": task_root,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{RUNTIME}",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(function.timeout_seconds),
    }
