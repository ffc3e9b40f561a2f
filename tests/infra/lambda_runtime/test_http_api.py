"""Routes, as the template has them and as requests find them."""

from typing import Any

import pytest

from handler.core.errors import ConfigurationError
from infra.lambda_runtime.http_api import HttpApi, Route, read_http_api
from infra.template import Template


def routes(*keys: str) -> HttpApi:
    return HttpApi(tuple(Route(key, "F", 30) for key in keys))


def found(api: HttpApi, method: str, path: str) -> tuple[str, dict[str, str]] | None:
    match = api.match(method, path)
    return None if match is None else (match.route.key, dict(match.path_parameters))


class TestTheTemplates:
    def test_its_routes_lead_to_the_function_behind_the_alias(self, template: Template) -> None:
        api = read_http_api(template)
        assert {route.key for route in api.routes} == {
            "ANY /v1/images/mcp",
            "ANY /v1/images/mcp/",
            "ANY /v1/images/files/{id}/{name}",
            "ANY /v1/images/webhooks/{provider}/{id}",
        }
        assert {route.function for route in api.routes} == {"ApiFunction"}
        assert {route.timeout_seconds for route in api.routes} == {30}

    @pytest.mark.parametrize(
        ("kind", "change"),
        [
            ("Api", {"CorsConfiguration": {"AllowOrigins": ["*"]}}),
            ("Integration", {"PayloadFormatVersion": "1.0"}),
            ("Integration", {"RequestParameters": {}}),
            ("Route", {"AuthorizerId": "a"}),
            ("Route", {"RouteKey": "$default"}),
            ("Route", {"RouteKey": "ANY /{proxy+}"}),
            ("Stage", {"StageName": "prod"}),
            ("Stage", {"StageVariables": {"a": "b"}}),
        ],
        ids=str,
    )
    def test_what_is_not_emulated_is_refused(
        self, template: Template, kind: str, change: dict[str, Any]
    ) -> None:
        resources = dict(template.document["Resources"])
        name = next(
            name for name, r in resources.items() if r["Type"] == f"AWS::ApiGatewayV2::{kind}"
        )
        changed = {**resources[name], "Properties": {**resources[name]["Properties"], **change}}
        document = {**template.document, "Resources": {**resources, name: changed}}
        with pytest.raises(ConfigurationError, match=name):
            read_http_api(Template(document))


class TestMatching:
    API = routes("ANY /v1/mcp", "ANY /v1/mcp/", "ANY /v1/files/{id}/{name}")

    @pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "HEAD", "PURGE"])
    def test_any_method_may_take_an_any_route(self, method: str) -> None:
        assert found(self.API, method, "/v1/mcp") == ("ANY /v1/mcp", {})

    def test_a_trailing_slash_makes_another_path(self) -> None:
        assert found(self.API, "POST", "/v1/mcp/") == ("ANY /v1/mcp/", {})

    def test_variables_are_decoded(self) -> None:
        assert found(self.API, "GET", "/v1/files/a%20b/1.png") == (
            "ANY /v1/files/{id}/{name}",
            {"id": "a b", "name": "1.png"},
        )

    @pytest.mark.parametrize(
        "path",
        ["/", "/v1", "/v1/mcp/x", "/V1/mcp", "/v1/files/a", "/v1/files//x", "/v1/files/a/b/c"],
    )
    def test_other_paths_find_nothing(self, path: str) -> None:
        assert found(self.API, "GET", path) is None

    def test_a_fixed_path_goes_before_a_variable_and_a_method_before_any(self) -> None:
        api = routes("ANY /a/{b}", "ANY /a/x", "GET /a/x")
        assert found(api, "GET", "/a/x") == ("GET /a/x", {})
        assert found(api, "POST", "/a/x") == ("ANY /a/x", {})
        assert found(api, "GET", "/a/y") == ("ANY /a/{b}", {"b": "y"})

    def test_a_method_of_its_own_is_not_for_others(self) -> None:
        assert found(routes("GET /a"), "POST", "/a") is None
