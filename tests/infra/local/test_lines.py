"""Where the lines of a running stack are, and that the terminal is left to its reader."""

import json
from pathlib import Path

import httpx2

from infra.local.data import DataDirectory
from infra.local.launch import launched
from tests.doors import request
from tests.handler.telemetry.written import documents

TRACE_ID = "1-5e6722a7-cc56ab46db7ae02d4da47eaa"


def test_requests_and_jobs_are_told_in_files_and_not_on_the_terminal(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path / "stack")
    arguments = {"model_id": "local/sketch", "input": {"prompt": "a hut"}}
    message, headers = request("tools/call", {"name": "generate_image", "arguments": arguments})
    with launched(data.root, "--port", "0") as (_, stack):
        headers["X-Api-Key"] = data.saved_key() or ""
        headers["X-Amzn-Trace-Id"] = f"Root={TRACE_ID};Sampled=0"
        answer = httpx2.post(stack.endpoint, json=message, headers=headers, timeout=40)
        refused = httpx2.post(stack.endpoint, json=message)
    assert (answer.status_code, refused.status_code) == (200, 401)

    requests = documents(data.log("api").read_text().splitlines())
    assert [line["http_status"] for line in requests] == [200, 401]
    (job,) = documents(data.log("worker").read_text().splitlines())
    generation_id = json.loads(answer.json()["result"]["content"][0]["text"])["id"]
    for line in (requests[0], job):
        assert line["generation"] == generation_id
        assert line["xray_trace_id"] == TRACE_ID
        assert line["status"] == "succeeded"
        assert line["charged_micros"] == 2_000
    assert job["provider_ms"] > 0
    assert '{"' not in (data.root / "serve.log").read_text()
