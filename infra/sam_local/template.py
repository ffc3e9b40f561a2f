"""The template as `sam local start-api` can use it: the HTTP API, and the function behind it.

`sam local` finds no function behind an alias, and passes a function no variable that its template
does not name, such as where AWS is.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.template import Template

FUNCTION = "ApiFunction"
# sam local reads a function's name out of it and asks nobody.
_INTEGRATION_URI = f"arn:aws:lambda:us-east-1:123456789012:function:{FUNCTION}"
_KINDS = (
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::Route",
    "AWS::ApiGatewayV2::Stage",
)
_KEPT = ("Handler", "MemorySize", "Timeout")


def local_template(
    template: Template, architecture: str, artifact: Path, environment: Mapping[str, str]
) -> dict[str, Any]:
    """A template that runs what is in `artifact` with `environment`."""
    resources = {
        name: {"Type": kind, "Properties": _changed(kind, properties)}
        for kind in _KINDS
        for name, properties in template.resources(kind).items()
    }
    function = template.resources("AWS::Serverless::Function")[FUNCTION]
    resources[FUNCTION] = {
        "Type": "AWS::Serverless::Function",
        "Properties": {
            **{name: function[name] for name in _KEPT},
            "Runtime": template.document["Globals"]["Function"]["Runtime"],
            "Architectures": [architecture],
            "CodeUri": str(artifact),
            "Environment": {"Variables": dict(environment)},
        },
    }
    return {"Transform": "AWS::Serverless-2016-10-31", "Resources": resources}


def _changed(kind: str, properties: Mapping[str, Any]) -> Mapping[str, Any]:
    match kind:
        case "AWS::ApiGatewayV2::Integration":
            return {**properties, "IntegrationUri": _INTEGRATION_URI}
        case "AWS::ApiGatewayV2::Stage":
            # Throttling and the access log are AWS's, and refer to what is not here.
            return {name: properties[name] for name in ("ApiId", "StageName")}
    return properties
