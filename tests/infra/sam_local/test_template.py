"""The template that `sam local start-api` is given."""

from pathlib import Path

from infra.lambda_runtime.http_api import read_http_api
from infra.sam_local.template import local_template
from infra.template import Template

ENVIRONMENT = {"CREDITS_TABLE": "credits", "AWS_ENDPOINT_URL": "http://172.17.0.1:4566"}


def test_it_has_the_routes_and_the_function_and_refers_to_nothing_else(template: Template) -> None:
    derived = local_template(template, "x86_64", Path("/build/ApiFunction"), ENVIRONMENT)
    resources = derived["Resources"]
    routes = template.resources("AWS::ApiGatewayV2::Route")
    assert {name: resources[name]["Properties"] for name in routes} == routes
    assert resources["ApiStage"]["Properties"] == {
        "ApiId": {"Ref": "HttpApi"},
        "StageName": "$default",
    }
    # Resolving it fails on whatever refers outside.
    known = {name: name for name in resources} | {"AWS::StackName": "local"}
    assert Template(derived).resolve(resources, known)


def test_the_function_is_the_built_one_in_the_given_environment(template: Template) -> None:
    derived = local_template(template, "arm64", Path("/build/ApiFunction"), ENVIRONMENT)
    function = derived["Resources"]["ApiFunction"]["Properties"]
    assert function == {
        "Handler": "handler.api.handler",
        "Runtime": "python3.13",
        "Architectures": ["arm64"],
        "CodeUri": "/build/ApiFunction",
        "MemorySize": template.resources("AWS::Serverless::Function")["ApiFunction"]["MemorySize"],
        "Timeout": 29,
        "Environment": {"Variables": ENVIRONMENT},
    }
    integration = derived["Resources"]["ApiIntegration"]["Properties"]
    assert integration["IntegrationUri"].endswith(":function:ApiFunction")
    assert integration["PayloadFormatVersion"] == "2.0"
    assert {route.function for route in read_http_api(template).routes} == {"ApiFunction"}
