"""What a deployed stack has configured: read from its functions, its secret and its topic."""

from collections.abc import Iterator, Mapping

from botocore.exceptions import BotoCoreError, ClientError

from handler.bootstrap.api import verifiers
from handler.bootstrap.tokens import with_tokens
from handler.core.errors import ConfigurationError
from handler.settings import COMPATIBLE, Settings
from infra.operator.deployed import Deployment
from infra.operator.doctor.configured import Problem, configured
from infra.operator.doctor.diagnosis import Examined, listed_by, mismatches, unheard
from infra.operator.doctor.probes import ask_all
from infra.operator.vendor_names import NAMES


def examine_stack(deployment: Deployment) -> Examined:
    """Everything about a stack. Its vendors are asked with its tokens, from this machine.

    Raises:
        ConfigurationError: It has no functions.
        botocore.exceptions.ClientError: The caller may not look.
    """
    settings = deployment.api_settings()
    worker, problems = _with_tokens(deployment, deployment.function_environment("WorkerFunction"))
    found = configured(worker)
    problems += found.problems
    vendors = {name: access for name, access in found.vendors.items() if name in NAMES}
    listed = listed_by(deployment.stores.published, settings, problems)
    return Examined(
        place=f"the stack {deployment.description['StackName']}",
        verdicts=ask_all(vendors, deployment.new_client),
        listed=listed,
        is_deployed=True,
        problems=[
            *problems,
            *mismatches(settings.providers, vendors),
            *unheard(listed, vendors.get(COMPATIBLE)),
            *_of_secrets(settings),
            *_alarm_problems(deployment),
        ],
        notes=[] if _parameter(deployment, "AlarmEmail") else ["Alarms are sent to nobody."],
    )


def _of_secrets(settings: Settings) -> Iterator[Problem]:
    try:
        verifiers(settings.webhook_secrets)
    except ConfigurationError as error:
        yield Problem(
            f"{error}; the API cannot start with it.",
            'docs/providers.md, "Reports", says where it is from and which parameter it is; deploy'
            " it empty, then anew.",
        )


def _with_tokens(
    deployment: Deployment, environment: Mapping[str, str]
) -> tuple[dict[str, str], list[Problem]]:
    try:
        return with_tokens(environment, deployment.connect), []
    except ConfigurationError as error:
        remedy = "See that it exists, and that you may read it: secretsmanager:GetSecretValue."
        return dict(environment), [Problem(f"{error}.", remedy)]


def _parameter(deployment: Deployment, key: str) -> str:
    parameters = deployment.description.get("Parameters", [])
    found = (each["ParameterValue"] for each in parameters if each["ParameterKey"] == key)
    return next(found, "")


def _alarm_problems(deployment: Deployment) -> Iterator[Problem]:
    email, topic = _parameter(deployment, "AlarmEmail"), deployment.physical("AlarmTopic")
    if not email or topic is None:
        return
    try:
        answer = deployment.connect("sns").list_subscriptions_by_topic(TopicArn=topic)
    except (ClientError, BotoCoreError) as error:
        yield Problem(
            f"Whether {email} gets alarms cannot be seen ({type(error).__name__}).",
            "You need the right sns:ListSubscriptionsByTopic for it.",
        )
        return
    confirmed = [
        each
        for each in answer.get("Subscriptions", [])
        if each.get("Endpoint") == email and each.get("SubscriptionArn", "").startswith("arn:")
    ]
    if not confirmed:
        yield Problem(
            f"Alarms do not reach {email}, which has not confirmed that it wants them.",
            "Open the link in AWS's mail to it. Without that mail: deploy with another AlarmEmail,"
            " then with this one again, and another is sent.",
        )
