"""What `sam deploy` leaves behind, as far as the operator's commands see it.

The tables, queues, bucket, parameters and outputs of the real template, as a stack of the emulator.
"""

import json
from collections.abc import Mapping
from typing import Any

from handler.adapters.aws import Connect
from infra.template import Template

DATA = ("AWS::DynamoDB::Table", "AWS::SQS::Queue", "AWS::S3::Bucket")


def data_template(template: Template) -> dict[str, Any]:
    """The template without its functions, which the emulator cannot run here."""
    document = template.document
    resources = {
        name: resource
        for name, resource in document["Resources"].items()
        if resource["Type"] in DATA
    }
    outputs = {
        name: output
        for name, output in document["Outputs"].items()
        if output["Value"].get("Ref") in resources
    }
    return {"Parameters": document["Parameters"], "Resources": resources, "Outputs": outputs}


def stack_template(
    template: Template, api: Mapping[str, Any], worker: Mapping[str, Any], **resources: Any
) -> dict[str, Any]:
    """The same with functions that have environments and do nothing, and with further resources."""
    document = data_template(template)
    environment = {
        "CREDITS_TABLE": {"Ref": "CreditsTable"},
        "GENERATIONS_TABLE": {"Ref": "GenerationsTable"},
        "JOBS_QUEUE_URL": {"Ref": "JobsQueue"},
        "IMAGES_BUCKET": {"Ref": "ImagesBucket"},
    }
    version = {"FunctionName": {"Ref": "ApiFunction"}}
    number = {"Fn::GetAtt": ["ApiVersion", "Version"]}
    alias = {**version, "FunctionVersion": number, "Name": "live"}
    document["Resources"] |= {
        "ApiFunction": _function({**environment, **api}),
        "ApiVersion": {"Type": "AWS::Lambda::Version", "Properties": version},
        "ApiAlias": {"Type": "AWS::Lambda::Alias", "Properties": alias},
        "WorkerFunction": _function({**environment, **worker}),
        **resources,
    }
    return document


def _function(variables: Mapping[str, Any]) -> dict[str, Any]:
    properties = {
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Role": "arn:aws:iam::000000000000:role/none",
        "Code": {"ZipFile": "def handler(event, context): pass"},
        "Environment": {"Variables": variables},
    }
    return {"Type": "AWS::Lambda::Function", "Properties": properties}


def deploy(
    connect: Connect, name: str, document: Mapping[str, Any], **parameters: str
) -> Mapping[str, Any]:
    """Create a stack and wait for it; how CloudFormation describes it."""
    api = connect("cloudformation")
    api.create_stack(
        StackName=name,
        TemplateBody=json.dumps(document),
        Parameters=[
            {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
        ],
    )
    api.get_waiter("stack_create_complete").wait(
        StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )
    described: Mapping[str, Any] = api.describe_stacks(StackName=name)["Stacks"][0]
    return described
