"""What is in an account, by kind: what a deployment made, and what is left when it is gone."""

from collections.abc import Callable
from typing import Any

# kind: service, operation, list in the answer, name of an entry (None: the entry itself)
_LISTINGS = {
    "tables": ("dynamodb", "list_tables", "TableNames", None),
    "buckets": ("s3", "list_buckets", "Buckets", "Name"),
    "queues": ("sqs", "list_queues", "QueueUrls", None),
    "functions": ("lambda", "list_functions", "Functions", "FunctionName"),
    "APIs": ("apigatewayv2", "get_apis", "Items", "Name"),
    "roles": ("iam", "list_roles", "Roles", "RoleName"),
    "secrets": ("secretsmanager", "list_secrets", "SecretList", "Name"),
    "log groups": ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    "alarms": ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    "dashboards": ("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    "topics": ("sns", "list_topics", "Topics", "TopicArn"),
    "rules": ("events", "list_rules", "Rules", "Name"),
}

Inventory = dict[str, frozenset[str]]
"""Names by kind."""


def inventory(client: Callable[[str], Any]) -> Inventory:
    """Everything of the kinds that the template makes; `client` makes clients of services."""
    return {
        kind: frozenset(
            entry if name is None else entry[name]
            for entry in getattr(client(service), operation)().get(entries, [])
        )
        for kind, (service, operation, entries, name) in _LISTINGS.items()
    }


def new_in(later: Inventory, earlier: Inventory) -> Inventory:
    """What `later` has and `earlier` has not; no kind without any."""
    found = {kind: names - earlier[kind] for kind, names in later.items()}
    return {kind: names for kind, names in found.items() if names}


def described(found: Inventory) -> str:
    """Such as `2 tables, 1 buckets`."""
    return ", ".join(f"{len(names)} {kind}" for kind, names in found.items()) or "nothing"
