"""A table to try a DynamoDB client on, and requests to it in few words."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from handler.core.ports import Clock
from tests.simulation.dynamodb import MemoryDynamoDB

DEFINITION = {
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "shard", "AttributeType": "S"},
        {"AttributeName": "due", "AttributeType": "N"},
    ],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "inflight",
            "KeySchema": [
                {"AttributeName": "shard", "KeyType": "HASH"},
                {"AttributeName": "due", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }
    ],
}
ABSENT = {"ConditionExpression": "attribute_not_exists(#pk)", "Names": {"#pk": "pk"}}
ADD = "SET #n = #n + :one"


@dataclass(frozen=True)
class Db:
    """A client, and a table that nobody has used."""

    api: Any
    table: str

    @classmethod
    def over(cls, api: Any) -> "Db":
        table = f"t{secrets.token_hex(6)}"
        api.create_table(TableName=table, **DEFINITION)
        return cls(api, table)

    def put(self, item: dict[str, Any], **more: Any) -> dict[str, Any]:
        return {"TableName": self.table, "Item": item, **_spelled(more)}

    def change(self, pk: str, expression: str, **more: Any) -> dict[str, Any]:
        key = {"pk": {"S": pk}}
        request = {"TableName": self.table, "Key": key, "UpdateExpression": expression}
        return {**request, **_spelled(more)}

    def get(self, pk: str) -> dict[str, Any] | None:
        key = {"pk": {"S": pk}}
        found = self.api.get_item(TableName=self.table, Key=key, ConsistentRead=True)
        item: dict[str, Any] | None = found.get("Item")
        return item

    def transact(self, *parts: tuple[str, dict[str, Any]], **more: Any) -> None:
        self.api.transact_write_items(
            TransactItems=[{kind: request} for kind, request in parts], **more
        )

    def query(self, **more: Any) -> Any:
        return self.api.query(
            TableName=self.table,
            IndexName="inflight",
            KeyConditionExpression="#shard = :shard AND #due <= :now",
            ExpressionAttributeNames={"#shard": "shard", "#due": "due"},
            ExpressionAttributeValues={":shard": {"S": "a"}, ":now": {"N": "50"}},
            **more,
        )


def _spelled(more: dict[str, Any]) -> dict[str, Any]:
    names = {"Names": "ExpressionAttributeNames", "Values": "ExpressionAttributeValues"}
    return {names.get(name, name): value for name, value in more.items()}


def item(pk: str, n: int | None = None, **more: Any) -> dict[str, Any]:
    number = {} if n is None else {"n": {"N": str(n)}}
    return {"pk": {"S": pk}, **number, **more}


def due(pk: str, shard: str, at: int) -> dict[str, Any]:
    return item(pk, shard={"S": shard}, due={"N": str(at)}, other={"S": "not an index's"})


def one() -> dict[str, Any]:
    return {":one": {"N": "1"}}


def in_memory(clock: Clock) -> Db:
    """One over the client in memory."""
    return Db.over(MemoryDynamoDB(clock))


def refusal(send: Callable[[], object]) -> dict[str, Any]:
    """What a request that must be refused is refused with."""
    with pytest.raises(ClientError) as raised:
        send()
    response: dict[str, Any] = raised.value.response
    return response


def code(send: Callable[[], object]) -> str:
    return str(refusal(send)["Error"]["Code"])
