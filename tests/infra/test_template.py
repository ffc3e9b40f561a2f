"""What the template promises: durable money, least privilege, time-outs in order."""

import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any, NoReturn

import pytest

from handler.adapters.published import KEY
from handler.catalogue.live import LiveCatalogue
from handler.core.errors import Unavailable
from handler.core.failures import FailureKind
from handler.core.generation import Generation, Status
from handler.core.sweep import Swept
from handler.providers.bedrock import REGION
from handler.settings import (
    COMPATIBLE_SERVERS,
    PROVIDER_NAMES,
    TOKENS,
    Settings,
    configured_vendors,
)
from handler.telemetry.metrics import asked, ended
from handler.telemetry.sweeps import sweep_metrics
from handler.web.app import FILES_PATH, MCP_PATH, WEBHOOKS_PATH
from infra.template import Template, load_template
from tests.fakes import ManualClock

TABLES = {"CreditsTable", "GenerationsTable"}
FUNCTIONS = {"ApiFunction", "WorkerFunction", "SweeperFunction"}
ATTRIBUTES = {
    "AWS::StackName": "stack",
    "CreditsTable": "credits",
    "GenerationsTable": "generations",
    "JobsQueue": "https://queue.example",
    "ImagesBucket": "images",
}

GENERATION = Generation(
    id="id",
    account_id="account",
    model_id="model",
    provider="provider",
    provider_model="m-1",
    status=Status.FAILED,
    amount_micros=1,
    image_count=1,
    fingerprint="",
    created_at_ms=0,
    deadline_at_ms=1,
)


def unreadable(_: str | None) -> NoReturn:
    raise Unavailable("S3 is away")


def function(template: Template, name: str) -> dict[str, Any]:
    return dict(template.resources("AWS::Serverless::Function")[name])


def statements(template: Template, name: str) -> list[dict[str, Any]]:
    """What a function's role allows."""
    role = template.resources("AWS::IAM::Role")[function(template, name)["Role"]["Fn::GetAtt"][0]]
    assert set(role) == {"AssumeRolePolicyDocument", "Policies"}, "no policy but its own"
    (policy,) = role["Policies"]
    return [
        statement["Fn::If"][1] if "Fn::If" in statement else statement
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def allowed(template: Template, name: str) -> set[tuple[str, str]]:
    """Pairs of action and resource."""
    return {
        (action, spelled(statement["Resource"]))
        for statement in statements(template, name)
        for action in listed(statement["Action"])
    }


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def spelled(resource: Any) -> str:
    """`Table.Arn`, or what `Fn::Sub` makes of it."""
    if "Fn::GetAtt" in resource:
        return ".".join(resource["Fn::GetAtt"])
    if "Ref" in resource:
        return str(resource["Ref"])
    return str(resource["Fn::Sub"])


class TestReading:
    def test_short_tags_become_what_they_stand_for(self, tmp_path: Path) -> None:
        path = tmp_path / "t.yaml"
        path.write_text(
            'a: !Ref X\nb: !GetAtt X.Arn\nc: !Sub "${X}"\nd: !Join ["-", [a, !Ref X]]\n'
        )
        assert load_template(path).document == {
            "a": {"Ref": "X"},
            "b": {"Fn::GetAtt": ["X", "Arn"]},
            "c": {"Fn::Sub": "${X}"},
            "d": {"Fn::Join": ["-", ["a", {"Ref": "X"}]]},
        }

    def test_references_are_resolved_wherever_they_stand(self) -> None:
        template = Template({"Parameters": {"Days": {"Default": 30}}, "Resources": {}})
        value = {"a": [{"Ref": "Days"}, {"b": {"Fn::GetAtt": ["Queue", "Arn"]}}], "c": "text"}
        assert template.resolve(value, {"Queue.Arn": "arn"}) == {
            "a": [30, {"b": "arn"}],
            "c": "text",
        }

    def test_a_condition_decides_by_the_parameters_defaults(self) -> None:
        template = Template(
            {
                "Parameters": {"A": {"Default": ""}, "B": {"Default": "b"}},
                "Conditions": {
                    "HasA": {"Fn::Not": [{"Fn::Equals": [{"Ref": "A"}, ""]}]},
                    "HasB": {"Fn::Not": [{"Fn::Equals": [{"Ref": "B"}, ""]}]},
                    "HasAny": {"Fn::Or": [{"Condition": "HasA"}, {"Condition": "HasB"}]},
                },
            }
        )
        chosen = {
            name: {"Fn::If": [name, "yes", {"Ref": "Unknown"}]} for name in ("HasB", "HasAny")
        }
        assert template.resolve(chosen, {}) == {"HasB": "yes", "HasAny": "yes"}
        assert template.resolve({"Fn::If": ["HasA", {"Ref": "Unknown"}, "no"]}, {}) == "no"

    def test_texts_are_joined_and_filled_in(self) -> None:
        template = Template({"Parameters": {"Days": {"Default": 30}}})
        joined = {"Fn::Join": [",", ["a", {"Ref": "Days"}, {"Ref": "Bucket"}]]}
        assert template.resolve(joined, {"Bucket": "images"}) == "a,30,images"
        filled = {"Fn::Sub": "${Bucket}/${Days}/${Bucket.Arn}"}
        assert template.resolve(filled, {"Bucket": "b", "Bucket.Arn": "arn"}) == "b/30/arn"

    def test_a_condition_of_an_unknown_kind_is_an_error(self) -> None:
        template = Template({"Conditions": {"Odd": {"Fn::Xor": []}}})
        with pytest.raises(ValueError, match="Xor"):
            template.holds("Odd")

    def test_a_reference_to_nothing_is_an_error(self, template: Template) -> None:
        with pytest.raises(KeyError):
            template.resolve({"Ref": "Nothing"}, {})

    def test_resources_are_found_by_their_type(self, template: Template) -> None:
        assert set(template.resources("AWS::DynamoDB::Table")) == TABLES
        assert set(template.resources("AWS::SQS::Queue")) == {"JobsQueue", "DeadJobsQueue"}
        assert set(template.resources("AWS::Serverless::Function")) == FUNCTIONS
        assert template.resources("AWS::EC2::Instance") == {}

    def test_its_environment_is_one_the_functions_take(self, template: Template) -> None:
        resolved = template.resolve(template.environment(), ATTRIBUTES)
        settings = Settings.from_env({name: str(value) for name, value in resolved.items()})
        assert settings.credits_table == "credits"
        assert settings.generations_table == "generations"
        assert settings.providers == frozenset(), "the painter is off unless it is switched on"


class TestMoney:
    @pytest.mark.parametrize("name", [*sorted(TABLES), "ImagesBucket"])
    def test_deleting_the_stack_deletes_no_data(self, template: Template, name: str) -> None:
        resource = template.document["Resources"][name]
        assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain"

    @pytest.mark.parametrize("name", sorted(TABLES))
    def test_a_table_scales_by_itself_is_encrypted_and_can_be_restored(
        self, template: Template, name: str
    ) -> None:
        table = template.resources("AWS::DynamoDB::Table")[name]
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        assert table["SSESpecification"]["SSEEnabled"] is True
        assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True

    def test_money_is_never_deleted_by_time(self, template: Template) -> None:
        tables = template.resources("AWS::DynamoDB::Table")
        assert "TimeToLiveSpecification" not in tables["CreditsTable"]
        assert tables["GenerationsTable"]["TimeToLiveSpecification"] == {
            "AttributeName": "ttl",
            "Enabled": True,
        }


class TestTimeOuts:
    @pytest.fixture
    def settings(self, template: Template) -> Settings:
        resolved = template.resolve(template.environment(), ATTRIBUTES)
        return Settings.from_env({name: str(value) for name, value in resolved.items()})

    def test_the_api_ends_before_the_gateway_does(self, template: Template) -> None:
        assert function(template, "ApiFunction")["Timeout"] < 30

    def test_the_workers_time_out_is_the_one_it_reckons_with(
        self, template: Template, settings: Settings
    ) -> None:
        assert function(template, "WorkerFunction")["Timeout"] * 1000 == settings.timing.worker_ms

    def test_a_message_is_delivered_again_only_after_the_lease(
        self, template: Template, settings: Settings
    ) -> None:
        """And after six times the worker's time-out, as AWS asks for."""
        visibility = template.resources("AWS::SQS::Queue")["JobsQueue"]["VisibilityTimeout"]
        assert visibility * 1000 > settings.timing.lease_ms
        assert visibility >= 6 * function(template, "WorkerFunction")["Timeout"]

    def test_a_message_outlives_the_generation_it_is_about(
        self, template: Template, settings: Settings
    ) -> None:
        kept = template.resources("AWS::SQS::Queue")["JobsQueue"]["MessageRetentionPeriod"]
        timing = settings.timing
        assert kept * 1000 > timing.deadline_ms + timing.deadline_grace_ms

    def test_a_sweep_ends_before_the_next_begins(self, template: Template) -> None:
        sweeper = function(template, "SweeperFunction")
        assert sweeper["Events"]["EveryMinute"]["Properties"]["Schedule"] == "rate(1 minute)"
        assert sweeper["Timeout"] < 60


class TestQueue:
    def test_one_failed_job_is_delivered_again_without_the_others(self, template: Template) -> None:
        jobs = function(template, "WorkerFunction")["Events"]["Jobs"]["Properties"]
        assert jobs["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert jobs["Queue"] == {"Fn::GetAtt": ["JobsQueue", "Arn"]}

    def test_dead_messages_are_kept_for_longest(self, template: Template) -> None:
        queues = template.resources("AWS::SQS::Queue")
        redrive = queues["JobsQueue"]["RedrivePolicy"]
        assert redrive["deadLetterTargetArn"] == {"Fn::GetAtt": ["DeadJobsQueue", "Arn"]}
        assert redrive["maxReceiveCount"] >= 5
        assert queues["DeadJobsQueue"]["MessageRetentionPeriod"] == 14 * 86_400


class TestBucket:
    def test_it_is_private_and_encrypted(self, template: Template) -> None:
        bucket = template.resources("AWS::S3::Bucket")["ImagesBucket"]
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]

    def test_images_are_kept_as_long_as_their_records(self, template: Template) -> None:
        bucket = template.resources("AWS::S3::Bucket")["ImagesBucket"]
        rules = bucket["LifecycleConfiguration"]["Rules"]
        assert {rule["Status"] for rule in rules} == {"Enabled"}
        ended = {rule["Prefix"]: rule for rule in rules if "ExpirationInDays" in rule}
        # Not what is published of models: without it, hidden ones would be offered again.
        assert set(ended) == {"images/", "requests/"}
        for rule in ended.values():
            assert rule["ExpirationInDays"] == {"Ref": "RetentionDays"}
        assert not any(KEY.startswith(prefix) for prefix in ended)
        assert template.environment()["RETENTION_DAYS"] == {"Ref": "RetentionDays"}


class TestPrivilege:
    """That these are what the functions need is shown in `test_privileges.py`."""

    @pytest.mark.parametrize("name", sorted(FUNCTIONS))
    def test_every_permission_names_its_actions_and_its_resource(
        self, template: Template, name: str
    ) -> None:
        for statement in statements(template, name):
            assert statement["Effect"] == "Allow"
            assert all("*" not in action for action in listed(statement["Action"]))
        for _, resource in allowed(template, name):
            # Below a bucket every key, and nothing else, is under a prefix; models of one maker.
            stars = resource.count("*")
            endings = (
                "/images/*",
                "/requests/*",
                "/catalogue/*",
                "::foundation-model/stability.*",
            )
            assert stars == 0 or (stars == 1 and resource.endswith(endings))

    def test_only_the_worker_reads_tokens(self, template: Template) -> None:
        reads = ("secretsmanager:GetSecretValue", "ProviderTokens")
        assert [name for name in sorted(FUNCTIONS) if reads in allowed(template, name)] == [
            "WorkerFunction"
        ]
        for name, parameter in template.document["Parameters"].items():
            if name.endswith(("Token", "Key")):
                assert parameter["NoEcho"] is True
                used = json.dumps(template.resources("AWS::Serverless::Function"))
                assert f'"Ref": "{name}"' not in used
                assert f"${{{name}}}" not in used

    def test_every_vendor_can_be_turned_on(self, template: Template) -> None:
        own = function(template, "ApiFunction")["Environment"]["Variables"]
        _, names = own["PROVIDERS"]["Fn::Join"]
        offered = {each["Fn::If"][1]: each["Fn::If"][0] for each in names}
        assert set(offered) == {*PROVIDER_NAMES} - {"sketch"}
        assert set(offered.values()) <= set(template.document["Conditions"])
        (secret,) = template.resources("AWS::SecretsManager::Secret").values()
        text, given = secret["SecretString"]["Fn::Sub"]
        assert json.loads(text) == {name: f"${{{name}}}" for name in given}
        assert set(given) == {*TOKENS.values(), "OPENAI_COMPATIBLE_API_KEY"}
        parameters = template.document["Parameters"]
        tokens = {value["Fn::If"][1]["Ref"] for value in given.values()}
        assert tokens == {name for name in parameters if name.endswith(("Token", "Key"))}
        assert parameters["OpenAiCompatibleServer"]["AllowedValues"] == [*COMPATIBLE_SERVERS]

    def test_a_hidden_parameter_that_is_not_wanted_is_empty_or_none(
        self, template: Template
    ) -> None:
        """`sam deploy --guided` takes no empty answer where it hides what is typed."""
        parameters = template.document["Parameters"]
        hidden = {name for name, each in parameters.items() if each.get("NoEcho")}
        assert hidden
        for name in hidden:
            used = {"Ref": name}
            wanted = template.document["Conditions"][f"Has{name}"]
            nothing = [{"Fn::Equals": [used, ""]}, {"Fn::Equals": [used, "none"]}]
            assert wanted == {"Fn::Not": [{"Fn::Or": nothing}]}
            assert all(re.fullmatch(parameters[name]["AllowedPattern"], it) for it in ("", "none"))
            resources = json.dumps(template.document["Resources"])
            guarded = json.dumps({"Fn::If": [f"Has{name}", used, ""]})
            assert resources.count(json.dumps(used)) == resources.count(guarded) > 0
            assert f"${{{name}}}" not in resources

    def test_a_server_of_ones_own_is_reached_by_the_worker(self, template: Template) -> None:
        own = function(template, "WorkerFunction")["Environment"]["Variables"]
        url, key = "https://images.example.com/v1", "s3cr3t"
        assert own["OPENAI_COMPATIBLE_BASE_URL"] == {"Ref": "OpenAiCompatibleBaseUrl"}
        assert own["OPENAI_COMPATIBLE_SERVER"] == {"Ref": "OpenAiCompatibleServer"}
        pattern = template.document["Parameters"]["OpenAiCompatibleBaseUrl"]["AllowedPattern"]
        assert re.fullmatch(pattern, url)
        assert not any(
            re.fullmatch(pattern, wrong)
            for wrong in ("http://x", "https://u@x", "https://x?q", "https://x#f", "https://", "x")
        )
        environ = {
            "OPENAI_COMPATIBLE_BASE_URL": url,
            "OPENAI_COMPATIBLE_SERVER": "other",
            "OPENAI_COMPATIBLE_API_KEY": key,
        }
        assert configured_vendors(environ)["openai-compatible"].base_url == url
        # As the template hands them over where nothing was given.
        assert configured_vendors({**environ, "OPENAI_COMPATIBLE_BASE_URL": ""}) == {}

    def test_only_the_worker_runs_models_where_the_adapter_looks_for_them(
        self, template: Template
    ) -> None:
        models = f"arn:${{AWS::Partition}}:bedrock:{REGION}::foundation-model/stability.*"
        runs = ("bedrock:InvokeModel", models)
        assert [name for name in sorted(FUNCTIONS) if runs in allowed(template, name)] == [
            "WorkerFunction"
        ]

    @pytest.mark.parametrize("name", sorted(FUNCTIONS))
    def test_a_function_writes_to_its_own_log_only(self, template: Template, name: str) -> None:
        log = function(template, name)["LoggingConfig"]["LogGroup"]["Ref"]
        writes = {pair for pair in allowed(template, name) if pair[0].startswith("logs:")}
        assert writes == {(f"logs:{a}", f"{log}.Arn") for a in ("CreateLogStream", "PutLogEvents")}
        assert log in template.resources("AWS::Logs::LogGroup")

    def test_only_lambda_takes_on_a_functions_role(self, template: Template) -> None:
        for role in template.resources("AWS::IAM::Role").values():
            (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
            assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}

    def test_only_this_api_may_call_the_function(self, template: Template) -> None:
        (permission,) = template.resources("AWS::Lambda::Permission").values()
        assert permission["Principal"] == "apigateway.amazonaws.com"
        assert "${HttpApi}/*" in permission["SourceArn"]["Fn::Sub"]

    @pytest.mark.parametrize("name", sorted(FUNCTIONS))
    def test_its_handler_exists(self, template: Template, name: str, project: Path) -> None:
        module, _, attribute = function(template, name)["Handler"].rpartition(".")
        source = project / f"{module.replace('.', '/')}.py"
        assert f"def {attribute}(" in source.read_text(encoding="utf-8")


class TestApi:
    def test_its_routes_are_the_applications(self, template: Template) -> None:
        routes = template.resources("AWS::ApiGatewayV2::Route").values()
        assert {route["RouteKey"] for route in routes} == {
            f"ANY {MCP_PATH}",
            f"ANY {MCP_PATH}/",
            "ANY " + FILES_PATH.replace("{generation_id}", "{id}"),
            "ANY " + WEBHOOKS_PATH.replace("{generation_id:uuid}", "{id}"),
        }
        assert all(
            route["Target"] == {"Fn::Sub": "integrations/${ApiIntegration}"} for route in routes
        )

    def test_it_calls_the_snapshot_that_the_alias_names(self, template: Template) -> None:
        api = function(template, "ApiFunction")
        assert api["SnapStart"] == {"ApplyOn": "PublishedVersions"}
        assert api["AutoPublishAlias"]
        (integration,) = template.resources("AWS::ApiGatewayV2::Integration").values()
        assert integration["IntegrationUri"] == {"Ref": "ApiFunction.Alias"}
        assert integration["PayloadFormatVersion"] == "2.0"
        (permission,) = template.resources("AWS::Lambda::Permission").values()
        assert permission["FunctionName"] == {"Ref": "ApiFunction.Alias"}

    def test_every_changed_parameter_makes_a_new_version(self, template: Template) -> None:
        """Else the alias would go on with the old environment."""
        api = function(template, "ApiFunction")
        described = json.dumps(api["VersionDescription"])
        parameters = template.document["Parameters"]
        own = api["Environment"]["Variables"]
        used = {
            value["Ref"]
            for value in [*template.environment().values(), *own.values()]
            if isinstance(value, dict) and value.get("Ref") in parameters
        }
        # Of a secret only whether there is one may be described, and for keys there is no room.
        present = {name for name in used if parameters[name].get("NoEcho")} | {"FalWebhookKeys"}
        assert {name for name in present if f'"Has{name}"' in described} == present
        used -= present
        assert used
        assert {name for name in used if f"${{{name}}}" in described} == used
        vendors = own["PROVIDERS"]["Fn::Join"][1]
        assert vendors
        assert all(json.dumps(vendor) in described for vendor in vendors)

    def test_the_description_of_a_version_fits_whatever_the_parameters(
        self, template: Template
    ) -> None:
        """Lambda takes 256 characters."""
        _, parts = function(template, "ApiFunction")["VersionDescription"]["Fn::Join"]
        longest = {
            "WaitSeconds": "30",
            "RetentionDays": "3650",
            "AllowedOrigins": "x" * template.document["Parameters"]["AllowedOrigins"]["MaxLength"],
            "Previews": "off",
            "LocalSketch": "off",
            "PriceMarkup": "999.999999",
            "LogLevel": "WARNING",
        }
        words = [
            re.sub(r"\$\{(\w+)\}", lambda found: longest[found[1]], part["Fn::Sub"])
            if "Fn::Sub" in part
            else part["Fn::If"][1]
            for part in parts
        ]
        assert len(" ".join(words)) <= 256

    def test_the_access_log_holds_nothing_that_people_put_keys_in(self, template: Template) -> None:
        (stage,) = template.resources("AWS::ApiGatewayV2::Stage").values()
        line = json.loads(stage["AccessLogSettings"]["Format"])
        assert set(line) >= {"request_id", "status", "latency_ms"}
        for value in line.values():
            assert value.startswith("$context.")
            assert "query" not in value.lower()
            assert "header" not in value.lower()

    def test_callers_are_throttled(self, template: Template) -> None:
        (stage,) = template.resources("AWS::ApiGatewayV2::Stage").values()
        assert stage["StageName"] == "$default"
        assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"]


class TestWatching:
    def test_every_function_has_alarms_for_errors_and_throttles(self, template: Template) -> None:
        watched = {
            (alarm["MetricName"], dimension["Value"].get("Ref"))
            for alarm in template.resources("AWS::CloudWatch::Alarm").values()
            for dimension in alarm.get("Dimensions", [])
        }
        for name in FUNCTIONS:
            assert ("Errors", name) in watched
            assert ("Throttles", name) in watched

    def test_runs_that_fail_and_generations_that_are_stuck_are_alarms(
        self, template: Template
    ) -> None:
        """Lambda counts a failed record as no error."""
        own = {
            alarm["MetricName"]
            for alarm in template.resources("AWS::CloudWatch::Alarm").values()
            if "TokenFluxImages" in str(alarm["Namespace"])
        }
        assert {"RunsCutShort", "HeldUp"} <= own

    def test_silence_of_the_sweeper_is_an_alarm(self, template: Template) -> None:
        alarm = template.resources("AWS::CloudWatch::Alarm")["SweeperOverdueAlarm"]
        assert alarm["TreatMissingData"] == "breaching"
        assert alarm["ComparisonOperator"] == "LessThanThreshold"

    def test_what_a_vendor_holds_against_the_operator_is_an_alarm(self, template: Template) -> None:
        counted = template.resources("AWS::Logs::MetricFilter")["VendorTroubleFilter"]
        kinds = re.findall(r'\$\.failure = "(\w+)"', counted["FilterPattern"])
        assert set(kinds) == {kind.value for kind in FailureKind if kind.is_for_the_operator}
        (metric,) = counted["MetricTransformations"]
        alarm = template.resources("AWS::CloudWatch::Alarm")["VendorTroubleAlarm"]
        assert alarm["MetricName"] == metric["MetricName"]
        assert alarm["Namespace"] == metric["MetricNamespace"]

    def test_trouble_with_what_is_published_of_models_is_an_alarm(
        self, template: Template, caplog: pytest.LogCaptureFixture
    ) -> None:
        counted = template.resources("AWS::Logs::MetricFilter")["CatalogueTroubleFilter"]
        assert counted["LogGroupName"] == {"Ref": "ApiLogs"}
        ((name, value),) = re.findall(r'\$\.(\w+) = "(\w+)"', counted["FilterPattern"])
        with pytest.raises(Unavailable):
            LiveCatalogue(unreadable, ManualClock(), (), Fraction(1))()
        assert [each.__dict__["fields"][name] for each in caplog.records] == [value]
        (metric,) = counted["MetricTransformations"]
        alarm = template.resources("AWS::CloudWatch::Alarm")["CatalogueTroubleAlarm"]
        assert alarm["MetricName"] == metric["MetricName"]
        assert alarm["Namespace"] == metric["MetricNamespace"]

    def test_every_alarm_says_what_happened_and_reaches_the_operator(
        self, template: Template
    ) -> None:
        alarms = template.resources("AWS::CloudWatch::Alarm")
        assert len(alarms) >= 9
        for alarm in alarms.values():
            assert alarm["AlarmDescription"].endswith(".")
            assert alarm["AlarmActions"] == {
                "Fn::If": ["HasAlarmEmail", [{"Ref": "AlarmTopic"}], {"Ref": "AWS::NoValue"}]
            }

    def test_the_dashboard_is_json_about_resources_that_exist(self, template: Template) -> None:
        (dashboard,) = template.resources("AWS::CloudWatch::Dashboard").values()
        body = dashboard["DashboardBody"]["Fn::Sub"]
        assert json.loads(body)["widgets"]
        for name in re.findall(r"\$\{(\w+)[.}]", body):
            assert name in {*template.document["Resources"], "AWS"}

    def test_the_dashboard_shows_metrics_that_the_functions_write(self, template: Template) -> None:
        (dashboard,) = template.resources("AWS::CloudWatch::Dashboard").values()
        body = dashboard["DashboardBody"]["Fn::Sub"]
        namespace = template.environment()["METRICS_NAMESPACE"]["Fn::Sub"]
        shown = re.findall(rf'\["{re.escape(namespace)}", "(\w+)"', body)
        by_model = rf"{{{re.escape(namespace)},Model,Status}} MetricName=..(\w+)"
        shown += re.findall(by_model, body)
        assert {"Generations", "WaitMilliseconds", "CreditsChargedMicros"} <= set(shown)
        assert body.count(namespace) == len(shown)
        written = {
            metric.name
            for metric in (*ended(GENERATION), *asked(1), *sweep_metrics(Swept(0, 0), 0))
        }
        filters = template.resources("AWS::Logs::MetricFilter").values()
        counted = {each["MetricTransformations"][0]["MetricName"] for each in filters}
        assert set(shown) <= written | counted

    def test_no_log_is_kept_for_ever(self, template: Template) -> None:
        for group in template.resources("AWS::Logs::LogGroup").values():
            assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_the_configuration_to_paste_is_json(template: Template) -> None:
    text = template.document["Outputs"]["ClientConfiguration"]["Value"]["Fn::Sub"]
    server = json.loads(text)["mcpServers"]["tokenflux-images"]
    assert server["url"] == "${HttpApi.ApiEndpoint}/v1/images/mcp"
    assert server["headers"] == {"Authorization": "Bearer KEY"}
