"""What the template promises: durable money, least privilege, time-outs in order."""

from pathlib import Path
from typing import Any

import pytest

from handler.settings import Settings
from infra.template import Template, load_template

TABLES = {"CreditsTable", "GenerationsTable"}
FUNCTIONS = {"ApiFunction", "WorkerFunction", "SweeperFunction"}
ATTRIBUTES = {
    "CreditsTable": "credits",
    "GenerationsTable": "generations",
    "JobsQueue": "https://queue.example",
    "ImagesBucket": "images",
}


def function(template: Template, name: str) -> dict[str, Any]:
    return dict(template.resources("AWS::Serverless::Function")[name])


def actions(template: Template, name: str) -> set[str]:
    found: set[str] = set()
    for policy in function(template, name)["Policies"]:
        for statement in policy["Statement"]:
            action = statement["Action"]
            found |= {action} if isinstance(action, str) else set(action)
    return found


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
        (rule,) = bucket["LifecycleConfiguration"]["Rules"]
        assert rule["Status"] == "Enabled"
        assert rule["ExpirationInDays"] == {"Ref": "RetentionDays"}
        assert template.environment()["RETENTION_DAYS"] == {"Ref": "RetentionDays"}


class TestPrivilege:
    @pytest.mark.parametrize(
        ("name", "allowed"),
        [
            (
                "ApiFunction",
                {
                    "dynamodb:GetItem",
                    "dynamodb:PutItem",
                    "dynamodb:UpdateItem",
                    "sqs:SendMessage",
                    "s3:GetObject",
                    "s3:PutObject",
                },
            ),
            (
                "WorkerFunction",
                {
                    "dynamodb:GetItem",
                    "dynamodb:UpdateItem",
                    "sqs:SendMessage",
                    "s3:GetObject",
                    "s3:PutObject",
                },
            ),
            (
                "SweeperFunction",
                {"dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:Query", "sqs:SendMessage"},
            ),
        ],
    )
    def test_a_function_may_do_what_it_does_and_no_more(
        self, template: Template, name: str, allowed: set[str]
    ) -> None:
        assert actions(template, name) == allowed

    @pytest.mark.parametrize("name", sorted(FUNCTIONS))
    def test_nothing_is_allowed_on_everything(self, template: Template, name: str) -> None:
        for policy in function(template, name)["Policies"]:
            for statement in policy["Statement"]:
                assert statement["Effect"] == "Allow"
                assert statement["Resource"] != "*"
                assert isinstance(statement["Resource"], dict)

    @pytest.mark.parametrize("name", sorted(FUNCTIONS))
    def test_its_handler_exists(self, template: Template, name: str, project: Path) -> None:
        module, _, attribute = function(template, name)["Handler"].rpartition(".")
        source = project / f"{module.replace('.', '/')}.py"
        assert f"def {attribute}(" in source.read_text(encoding="utf-8")
