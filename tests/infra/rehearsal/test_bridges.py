"""What is bridged, over the very emulator that needs it."""

import asyncio
import io
import json
import ssl
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx2

from infra.rehearsal import bridges
from infra.rehearsal.account import Account

ANYBODY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)


def test_a_policy_that_names_a_secret_names_its_arn_afterwards(account: Account) -> None:
    iam, secrets = account.client("iam"), account.client("secretsmanager")
    arn = secrets.create_secret(Name="vendor", SecretString="{}")["ARN"]
    iam.create_role(RoleName="reader", AssumeRolePolicyDocument=ANYBODY)
    statement = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue"}
    document = {"Version": "2012-10-17", "Statement": [{**statement, "Resource": "vendor"}]}
    iam.put_role_policy(RoleName="reader", PolicyName="p", PolicyDocument=json.dumps(document))

    bridges.name_secret_in_policies(account.client, "reader", "vendor")

    policy = iam.get_role_policy(RoleName="reader", PolicyName="p")["PolicyDocument"]
    assert policy["Statement"] == [{**statement, "Resource": arn}]


def test_a_mapping_gets_its_concurrency_as_a_number(account: Account) -> None:
    functions, sqs, iam = (account.client(name) for name in ("lambda", "sqs", "iam"))
    role = iam.create_role(RoleName="works", AssumeRolePolicyDocument=ANYBODY)["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("f.py", "def handler(event, context): return None\n")
    functions.create_function(
        FunctionName="works",
        Runtime="python3.13",
        Handler="f.handler",
        Role=role,
        Code={"ZipFile": code.getvalue()},
    )
    url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    mapping = functions.create_event_source_mapping(
        FunctionName="works", EventSourceArn=answer["Attributes"]["QueueArn"]
    )

    bridges.convert_numbers(functions, "works", 5)

    found = functions.get_event_source_mapping(UUID=mapping["UUID"])
    assert found["ScalingConfig"] == {"MaximumConcurrency": 5}


class EchoHost(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.headers["Host"].encode())

    def log_message(self, *_: object) -> None:
        pass


def test_any_host_is_reached_here_and_is_told_its_own_name(account: Account) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(account.certificate, account.certificate.with_name("server.key"))

    async def ask(port: int) -> str:
        transport = bridges.ToLoopback(account.tls())
        async with httpx2.AsyncClient(transport=transport) as client:
            answer = await client.get(f"https://api.execute-api.127.0.0.1:{port}/v1/images/mcp")
        return answer.text

    with HTTPServer(("127.0.0.1", 0), EchoHost) as server:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        answering = threading.Thread(target=server.handle_request)
        answering.start()
        told = asyncio.run(ask(server.server_port))
        answering.join()
    assert told == f"api.execute-api.127.0.0.1:{server.server_port}"
