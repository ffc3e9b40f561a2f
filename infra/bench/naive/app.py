"""What one would write first: the SDK's high-level server and Mangum, clients made at import.

`make coldstart` measures ours against it.
"""

import json
import os
from typing import Any

import boto3
from mangum import Mangum
from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings

dynamodb = boto3.client("dynamodb")
s3 = boto3.client("s3")
sqs = boto3.client("sqs")

server = MCPServer("images", version="1.0.0")


def _read(key: str) -> Any:
    table = os.environ["GENERATIONS_TABLE"]
    return dynamodb.get_item(TableName=table, Key={"pk": {"S": key}}).get("Item", {})


@server.tool()
def list_models() -> str:
    """List every image model."""
    return json.dumps(_read("MODELS"))


@server.tool()
def get_model(model_id: str) -> str:
    """Get one model with the schema of its input."""
    return json.dumps(_read(f"MODEL#{model_id}"))


@server.tool()
def generate_image(model_id: str, input: dict[str, Any]) -> str:  # noqa: A002 - the tool's word
    """Generate an image."""
    sqs.send_message(QueueUrl=os.environ["JOBS_QUEUE_URL"], MessageBody=json.dumps(input))
    return json.dumps(_read(f"MODEL#{model_id}"))


@server.tool()
def get_generation(id: str) -> str:  # noqa: A002 - the tool's word
    """Get a generation."""
    return json.dumps(_read(f"GEN#{id}"))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one HTTP event, by a new application: its session manager can be run only once."""
    app = server.streamable_http_app(
        streamable_http_path="/v1/images/mcp",
        json_response=True,
        stateless_http=True,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    return Mangum(app, lifespan="auto")(event, context)
