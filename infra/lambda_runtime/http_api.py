"""The template's HTTP API: its routes, and which one a request takes.

Only what the template uses is emulated; anything else in it is refused rather than ignored.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from handler.core.errors import ConfigurationError
from infra.template import Template

ANY = "ANY"

_UNDERSTOOD = {
    "AWS::ApiGatewayV2::Api": {"Name", "Description", "ProtocolType"},
    "AWS::ApiGatewayV2::Integration": {
        "ApiId",
        "IntegrationType",
        "IntegrationUri",
        "PayloadFormatVersion",
        "TimeoutInMillis",
    },
    "AWS::ApiGatewayV2::Route": {"ApiId", "RouteKey", "Target"},
    "AWS::ApiGatewayV2::Stage": {
        "ApiId",
        "StageName",
        "AutoDeploy",
        "AccessLogSettings",
        # Throttling, which is left to AWS.
        "DefaultRouteSettings",
    },
}


@dataclass(frozen=True)
class Route:
    """One route and what answers it."""

    key: str
    """As the template spells it: a method or `ANY`, and a path."""
    function: str
    """The logical id of the function behind it."""
    timeout_seconds: float

    @property
    def method(self) -> str:
        """The method it takes, or `ANY`."""
        return self.key.split(" ", 1)[0]

    @property
    def segments(self) -> list[str]:
        """The parts of its path; a variable is in braces."""
        return self.key.split(" ", 1)[1].split("/")

    def parameters(self, path: str) -> dict[str, str] | None:
        """Its path variables in an encoded path, or None if that is not its own."""
        given = path.split("/")
        if len(given) != len(self.segments):
            return None
        found = {}
        for wanted, part in zip(self.segments, given, strict=True):
            if _is_variable(wanted) and part:
                found[wanted[1:-1]] = unquote(part)
            elif wanted != part:
                return None
        return found

    def precedence(self) -> tuple[int, bool]:
        """Lower goes first: fewer variables, then a named method."""
        return (sum(map(_is_variable, self.segments)), self.method == ANY)


@dataclass(frozen=True)
class Match:
    """A request's route."""

    route: Route
    path_parameters: Mapping[str, str]


@dataclass(frozen=True)
class HttpApi:
    """All routes of the stage `$default`."""

    routes: tuple[Route, ...]

    def match(self, method: str, path: str) -> Match | None:
        """The route of a request; `path` is encoded, without a query."""
        for route in sorted(self.routes, key=Route.precedence):
            if route.method in (ANY, method):
                parameters = route.parameters(path)
                if parameters is not None:
                    return Match(route, parameters)
        return None


def read_http_api(template: Template) -> HttpApi:
    """The template's HTTP API.

    Raises:
        ConfigurationError: It uses something that is not emulated.
    """
    _refuse_what_is_not_understood(template)
    functions = template.resources("AWS::Serverless::Function")
    integrations = template.resources("AWS::ApiGatewayV2::Integration")
    aliases = {f"{logical_id}.Alias": logical_id for logical_id in functions}
    routes = []
    for properties in template.resources("AWS::ApiGatewayV2::Route").values():
        target = template.resolve(properties["Target"], {name: name for name in integrations})
        integration = integrations[target.removeprefix("integrations/")]
        routes.append(
            Route(
                key=properties["RouteKey"],
                function=template.resolve(integration["IntegrationUri"], aliases),
                timeout_seconds=integration["TimeoutInMillis"] / 1000,
            )
        )
    return HttpApi(tuple(routes))


def _refuse_what_is_not_understood(template: Template) -> None:
    for kind, understood in _UNDERSTOOD.items():
        for logical_id, properties in template.resources(kind).items():
            other = sorted(set(properties) - understood)
            if other:
                raise ConfigurationError(f"{logical_id}: {', '.join(other)} is not emulated")
            for name, value in _FIXED.items():
                if properties.get(name, value) != value:
                    raise ConfigurationError(f"{logical_id}: {name} other than {value}")
    for logical_id, properties in template.resources("AWS::ApiGatewayV2::Route").items():
        if " /" not in properties["RouteKey"] or "+}" in properties["RouteKey"]:
            raise ConfigurationError(f"{logical_id}: {properties['RouteKey']} is not emulated")


_FIXED: Mapping[str, Any] = {
    "ProtocolType": "HTTP",
    "IntegrationType": "AWS_PROXY",
    "PayloadFormatVersion": "2.0",
    "StageName": "$default",
}


def _is_variable(segment: str) -> bool:
    return segment.startswith("{") and segment.endswith("}")
