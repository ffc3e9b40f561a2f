"""The proxy before the service that tests of foreign clients go through."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx2
import pytest

from tests.proxy import proxied


class _Mirror(BaseHTTPRequestHandler):
    """Answers with what it was asked."""

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("content-length", 0))))

    def do_GET(self) -> None:
        self._answer(b"")

    def log_message(self, *_: Any) -> None:
        pass

    def _answer(self, body: bytes) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        content = json.dumps([self.command, self.path, headers, body.decode()]).encode()
        self.send_response(405 if self.command == "GET" else 200)
        self.send_header("X-Mirror", "yes")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def mirror() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Mirror) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/a/b"
        finally:
            server.shutdown()
            thread.join()


def test_a_request_arrives_as_it_was_sent_with_what_is_added(mirror: str) -> None:
    with proxied(mirror, {"authorization": "Bearer k"}) as (address, _):
        sent = {"Host": "evil.example", "Origin": "http://evil.example", "Accept": "x/y"}
        answer = httpx2.post(f"{address}?c=%20d", headers=sent, content=b"{}")
    method, path, headers, body = answer.json()
    assert (method, path, body) == ("POST", "/a/b?c=%20d", "{}")
    assert headers["host"] == "evil.example"
    assert headers["origin"] == "http://evil.example"
    assert headers["accept"] == "x/y"
    assert headers["authorization"] == "Bearer k"


def test_an_answer_comes_back_as_it_was(mirror: str) -> None:
    with proxied(mirror) as (address, _):
        answer = httpx2.get(address)
    assert (answer.status_code, answer.headers["x-mirror"]) == (405, "yes")


def test_each_proxy_keeps_what_came_through_it_alone(mirror: str) -> None:
    with proxied(mirror) as (one, its), proxied(mirror) as (_, others):
        httpx2.post(one, content=b'{"method": "ping"}', headers={"X-Seen": "1"})
    (exchange,) = its
    assert (exchange.method, exchange.path, exchange.status) == ("POST", "/a/b", 200)
    assert exchange.message == {"method": "ping"}
    assert exchange.headers["x-seen"] == "1"
    assert others == []
