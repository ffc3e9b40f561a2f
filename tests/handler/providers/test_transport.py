"""A call ends within its time, however slowly the other side speaks or listens.

Each site here comes to its end, and to a good answer, long after the call's time: who waits for it
gets it, and fails the test.
"""

import contextlib
import json
import socket
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import httpcore2
import httpx2
import pytest

from handler.adapters.aws import model_client
from handler.core.ports import Job
from handler.providers.bedrock import BedrockVendor
from handler.providers.calls import AnswerLost, AskLater, Calls, NotBegun, new_client
from handler.providers.fetch.wire import Deadline, PinnedNetwork
from handler.providers.inlining import References
from handler.providers.signing import sent_by
from handler.providers.transport import TimedTransport
from handler.providers.vendor import Ready
from tests.fakes import ManualClock
from tests.handler.providers.fetch.site import (
    Answer,
    Certificates,
    Site,
    certificates,
    dripping,
    ok,
    serving,
)

GOOD = ok(json.dumps({"images": ["AAAA"], "finish_reasons": [None]}).encode())
SECONDS = 0.3
LARGE = 40_000_000
"""More than the buffers of a connection hold."""
PATH = "/model/stability.sd3-5-large-v1%3A0/invoke"
JOB = Job("g-1", "stability.sd3-5-large-v1:0", {"prompt": "a boat"}, 1)

HEAD = dripping([GOOD[n : n + 1] for n in range(30)] + [GOOD[30:]], 0.1)
BODY = dripping([GOOD[:-20]] + [GOOD[n : n + 1] for n in range(len(GOOD) - 20, len(GOOD))], 0.1)
INTERIM = dripping([b"HTTP/1.1 103 Early Hints\r\n\r\n"] * 30 + [GOOD], 0.1)


def to_the_end(answer: Answer) -> Answer:
    """Answers, and takes what is left of the request: who hangs up on it takes the answer back."""

    def give(connection: socket.socket) -> None:
        if callable(answer):
            answer(connection)
        else:
            connection.sendall(answer)
        with contextlib.suppress(OSError):
            while connection.recv(65536):
                pass

    return give


@dataclass
class SlowListener:
    """Takes a part of a request now and then for longer than the call has, then all of it."""

    taken: int = 0
    is_over: threading.Event = field(default_factory=threading.Event)

    def __call__(self, connection: socket.socket) -> None:
        waiting = threading.Event()
        for _ in range(18):
            self.taken += len(connection.recv(1_000_000, socket.MSG_WAITALL))
            waiting.wait(0.1)
        connection.settimeout(0.5)
        with contextlib.suppress(OSError):
            while taken := len(connection.recv(1_000_000)):
                self.taken += taken
        self.is_over.set()
        connection.sendall(GOOD)


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as running:
        yield running


@pytest.fixture
def calls(site: Site) -> Iterator[Calls]:
    with new_client() as client:
        yield Calls(
            site.base, {}, client, ManualClock(), answer_seconds=1, question_seconds=SECONDS
        )


@pytest.mark.parametrize("answer", [HEAD, BODY, INTERIM], ids=["head", "body", "interim"])
class TestDrops:
    def test_what_was_asked_for_is_lost(self, site: Site, calls: Calls, answer: Answer) -> None:
        site.answers["/things"] = answer
        with pytest.raises(AnswerLost):
            calls.make("/things", {})
        assert len(site.requests) == 1

    def test_a_question_is_asked_again_later(
        self, site: Site, calls: Calls, answer: Answer
    ) -> None:
        site.answers["/things"] = answer
        with pytest.raises(AskLater):
            calls.ask("/things")

    def test_a_cancel_is_not_waited_for(self, site: Site, calls: Calls, answer: Answer) -> None:
        site.answers["/things"] = answer
        with pytest.raises(AnswerLost):
            calls.tell("PUT", "/things")

    def test_bedrocks_answer_is_lost(
        self, site: Site, bedrock: Callable[[float], BedrockVendor], answer: Answer
    ) -> None:
        site.answers[PATH] = answer
        with pytest.raises(AnswerLost):
            bedrock(SECONDS).submit(JOB)
        assert len(site.requests) == 1


@pytest.fixture
def bedrock(site: Site, role: None) -> Iterator[Callable[[float], BedrockVendor]]:
    with new_client() as client:

        def vendor(seconds: float) -> BedrockVendor:
            clock = ManualClock()
            signing = sent_by(client, clock, seconds, model_client("us-west-2", site.base, seconds))
            return BedrockVendor(signing, clock, References.up_to(1024))

        yield vendor


def test_a_request_that_is_not_taken_in_time_is_given_up(site: Site, calls: Calls) -> None:
    listener = SlowListener()
    site.answers["/things"] = listener
    with pytest.raises(AnswerLost):
        calls.make("/things", {"image": "A" * LARGE})
    assert listener.is_over.wait(10)
    assert 0 < listener.taken < LARGE * 3 / 4


class TestInTime:
    def test_what_comes_in_time_is_read_to_its_end(self, site: Site, calls: Calls) -> None:
        parts = [GOOD[n : n + 10] for n in range(0, len(GOOD), 10)]
        site.answers["/things"] = to_the_end(dripping(parts, 0.01))
        reply = replace(calls, answer_seconds=10).make("/things", {})
        assert reply.document()["images"] == ["AAAA"]

    def test_bedrocks_too(self, site: Site, bedrock: Callable[[float], BedrockVendor]) -> None:
        site.answers[PATH] = to_the_end(GOOD)
        assert bedrock(5).submit(JOB) == Ready(["data:;base64,AAAA"])

    @pytest.mark.parametrize(
        "model",
        [
            "stability.stable-image-core-v1:1",
            "us.stability.sd3-5-large-v1:0",
            "arn:aws:bedrock:us-west-2:123456789012:inference-profile/us.stability.sd3-5-v1:0",
            "arn:aws:bedrock:us-west-2:123456789012:provisioned-model/a+b c~d",
        ],
    )
    def test_what_is_sent_is_what_was_signed(
        self, site: Site, bedrock: Callable[[float], BedrockVendor], model: str
    ) -> None:
        """The signature is over the path as botocore writes it, and over the host."""
        signed: list[Any] = []
        vendor = bedrock(5)
        vendor.client.meta.events.register_first(
            "before-send.bedrock-runtime.InvokeModel", lambda request, **_: signed.append(request)
        )
        site.answers = defaultdict(lambda: to_the_end(GOOD))
        vendor.submit(Job("g-1", model, {"prompt": "a boat"}, 1))
        (prepared,) = signed
        (head,) = site.requests
        lines = head.lower().split("\r\n")
        assert head.split()[1] == prepared.url.removeprefix(site.base)
        assert f"host: 127.0.0.1:{site.port}" in lines
        for name in ("authorization", "x-amz-date", "content-type", "accept"):
            values = [line.partition(": ")[2] for line in lines if line.startswith(f"{name}:")]
            value = prepared.headers[name]
            text = value.decode() if isinstance(value, bytes) else value
            assert values == [text.lower()]


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates(tmp_path_factory.mktemp("tls"), "localhost")


@pytest.fixture
def secure(trusted: Certificates) -> Iterator[Site]:
    with serving(trusted.server) as running:
        yield running


class TestTls:
    """A name is asked for and verified, and the deadline holds inside of it."""

    def calls(self, secure: Site, host: str, client: httpx2.Client) -> Calls:
        return Calls(f"https://{host}:{secure.port}", {}, client, ManualClock(), answer_seconds=1)

    def test_a_server_with_its_certificate_is_called(
        self, secure: Site, trusted: Certificates
    ) -> None:
        secure.answers["/things"] = to_the_end(GOOD)
        with httpx2.Client(transport=TimedTransport(trusted.client)) as client:
            calls = replace(self.calls(secure, "localhost", client), answer_seconds=10)
            reply = calls.make("/things", {})
        assert reply.document()["images"] == ["AAAA"]

    def test_drops_end_in_time(self, secure: Site, trusted: Certificates) -> None:
        secure.answers["/things"] = HEAD
        with (
            httpx2.Client(transport=TimedTransport(trusted.client)) as client,
            pytest.raises(AnswerLost),
        ):
            self.calls(secure, "localhost", client).make("/things", {})

    @pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
    def test_nothing_is_sent_to_another(
        self, secure: Site, trusted: Certificates, host: str
    ) -> None:
        """By whoever everybody trusts, or under another name."""
        transport = TimedTransport(trusted.client)
        untrusting = new_client() if host == "localhost" else httpx2.Client(transport=transport)
        with untrusting as client, pytest.raises(NotBegun):
            self.calls(secure, host, client).make("/things", {})
        assert secure.requests == []


@dataclass
class Unreachable(httpcore2.NetworkBackend):
    """Lets every attempt to connect take its time."""

    now: float = 0
    asked: list[str] = field(default_factory=list)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        self.asked.append(host)
        self.now += timeout or 0
        raise httpcore2.ConnectTimeout


def test_a_time_that_ends_while_connecting_is_one_in_which_nothing_was_sent() -> None:
    network = Unreachable()
    pinned = PinnedNetwork(
        network,
        lambda host, port: ["192.0.2.1", "192.0.2.2", "192.0.2.3"],
        lambda address: True,
        Deadline(8, lambda: network.now),
    )
    with pytest.raises(httpcore2.ConnectTimeout):
        pinned.connect_tcp("vendor.example", 443, 5)
    assert network.asked == ["192.0.2.1", "192.0.2.2"]
