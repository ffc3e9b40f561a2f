"""A deployed stack, found by its name, and its stores opened with the caller's own credentials.

The stack itself says where everything is: its outputs name tables, queue and bucket, its parameters
hold what was chosen. Credentials, region and endpoint come from where every AWS tool takes them.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from botocore import exceptions as aws

from handler.adapters.aws import Connect, client_config, code_of
from handler.bootstrap.stores import Stores, build_stores
from handler.core.errors import ConfigurationError
from handler.settings import Settings
from infra.operator.meter import Meter

NewClient = Callable[..., Any]
"""Makes a client as `boto3.Session.client` does, with the credentials that are meant."""

_OUTPUTS = {
    "CREDITS_TABLE": "CreditsTableName",
    "GENERATIONS_TABLE": "GenerationsTableName",
    "JOBS_QUEUE_URL": "JobsQueueUrl",
    "IMAGES_BUCKET": "ImagesBucketName",
}
_PARAMETERS = {"RETENTION_DAYS": "RetentionDays"}


@dataclass(frozen=True)
class DeployedStack:
    """Which stack is meant, and whose credentials are used; None leaves it to the environment."""

    name: str
    region: str | None = None
    profile: str | None = None


@dataclass(frozen=True)
class Deployment:
    """A deployed stack, opened."""

    stores: Stores
    meter: Meter
    connect: Connect
    """Makes clients with the caller's own credentials, in the stack's region."""
    new_client: NewClient
    """The same for another region or endpoint, as `boto3.Session.client`."""
    description: Mapping[str, Any]
    """CloudFormation's, of the stack."""

    def physical(self, logical_id: str) -> str | None:
        """AWS's own name of one of the template's resources; None if the stack has none."""
        try:
            answer = self.connect("cloudformation").describe_stack_resource(
                StackName=self.description["StackName"], LogicalResourceId=logical_id
            )
        except aws.ClientError as error:
            if code_of(error) == "ValidationError":
                return None
            raise
        return str(answer["StackResourceDetail"]["PhysicalResourceId"])

    def function_environment(self, logical_id: str, alias: str | None = None) -> dict[str, str]:
        """What a function runs with: its newest code, or what the alias names.

        Raises:
            ConfigurationError: The stack has no such function.
        """
        name = self.physical(logical_id)
        if name is None:
            stack = self.description["StackName"]
            raise ConfigurationError(f"the stack {stack} has no {logical_id}; deploy it again")
        which = {"FunctionName": name, **({"Qualifier": alias} if alias else {})}
        described = self.connect("lambda").get_function_configuration(**which)
        variables: dict[str, str] = described.get("Environment", {}).get("Variables", {})
        return variables

    def api_settings(self) -> Settings:
        """What callers' requests are answered with.

        Raises:
            ConfigurationError: The stack has no such function, or it could not start.
        """
        return Settings.from_env(self.function_environment("ApiFunction", "live"))


def opened(stack: DeployedStack) -> Deployment:
    """Open a deployed stack.

    Raises:
        ConfigurationError: There is no such stack, it is not ours, or AWS does not let us in.
    """
    with _explained(stack):
        session = boto3.Session(profile_name=stack.profile, region_name=stack.region)

        def connect(service: str) -> Any:
            return session.client(service, config=client_config(service))

        answer = connect("cloudformation").describe_stacks(StackName=stack.name)
        description = answer["Stacks"][0]
        settings = Settings.from_env(stack_environment(description))
        return Deployment(
            stores=build_stores(settings, connect),
            meter=Meter(connect("cloudwatch"), settings.metrics_namespace),
            connect=connect,
            new_client=session.client,
            description=description,
        )


def stack_environment(described: Mapping[str, Any]) -> dict[str, str]:
    """What of the functions' environment the operator's work depends on.

    `described` is one stack of CloudFormation's DescribeStacks.

    Raises:
        ConfigurationError: It is no finished deployment of this project.
    """
    outputs = {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", [])}
    parameters = {
        each["ParameterKey"]: each["ParameterValue"] for each in described.get("Parameters", [])
    }
    missing = [output for output in _OUTPUTS.values() if output not in outputs]
    if missing:
        raise ConfigurationError(
            f"the stack {described['StackName']} ({described['StackStatus']}) is no finished"
            f" deployment of tokenflux-images: it has no output {missing[0]}"
        )
    chosen = {name: parameters[key] for name, key in _PARAMETERS.items() if key in parameters}
    return {
        **{name: outputs[output] for name, output in _OUTPUTS.items()},
        **chosen,
        "METRICS_NAMESPACE": f"TokenFluxImages/{described['StackName']}",
    }


@contextmanager
def _explained(stack: DeployedStack) -> Iterator[None]:
    try:
        yield
    except aws.NoRegionError as error:
        raise ConfigurationError(
            "no AWS region is set; name one with --region, or set AWS_DEFAULT_REGION"
        ) from error
    except (aws.NoCredentialsError, aws.PartialCredentialsError) as error:
        raise ConfigurationError(
            "no AWS credentials were found; name a profile with --profile, or sign in as for any"
            " AWS command"
        ) from error
    except aws.ProfileNotFound as error:
        raise ConfigurationError(f"there is no AWS profile named {stack.profile}") from error
    except aws.ClientError as error:
        raise ConfigurationError(_refusal(stack, error)) from error
    except (aws.BotoCoreError, aws.HTTPClientError) as error:
        # An expired sign-in says which command renews it, an unreachable endpoint which one it is.
        raise ConfigurationError(f"AWS cannot be used: {error}") from error


def _refusal(stack: DeployedStack, error: aws.ClientError) -> str:
    message = error.response.get("Error", {}).get("Message", "")
    if code_of(error) == "ValidationError" and "does not exist" in message:
        where = f"in {stack.region}" if stack.region else "in this region"
        return (
            f"there is no stack named {stack.name} {where} of the account that was signed in to;"
            " see: aws cloudformation list-stacks"
        )
    return f"AWS does not describe the stack {stack.name}: {message}"
