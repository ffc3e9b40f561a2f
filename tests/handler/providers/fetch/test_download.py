"""Downloads from a server that lies, dawdles, floods and sends elsewhere."""

import dataclasses
import gzip
import itertools
import logging
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from handler.core import errors
from handler.core.failures import FailureKind
from handler.providers.fetch.addresses import system_addresses
from handler.providers.fetch.download import Credential, Fetcher, Limits
from handler.providers.fetch.policy import Policy
from tests.handler.providers.fetch.hostile import NOT_PUBLIC
from tests.handler.providers.fetch.site import (
    Certificates,
    Detour,
    Site,
    certificates,
    dripping,
    ok,
    serving,
    status,
)

PUBLIC = "93.184.216.34"
ALLOWED = ("replicate.delivery", "*.replicate.delivery")
SMALL = Limits(max_bytes=1000, pauses_seconds=())
TOKEN = "r8_a-token-of-the-vendor"  # noqa: S105 - nobody's


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as site:
        yield site


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    directory: Path = tmp_path_factory.mktemp("tls")
    return certificates(directory, "replicate.delivery", "*.replicate.delivery")


@pytest.fixture
def secure(trust: Certificates) -> Iterator[Site]:
    with serving(trust.server) as site:
        yield site


def local(site: Site, limits: Limits = SMALL) -> Fetcher:
    """A fetcher that is told to trust the site on this machine."""
    return Fetcher(policy=Policy.vouching_for(site.base), limits=limits)


def abroad(site: Site, trust: Certificates, *addresses: str, limits: Limits = SMALL) -> Fetcher:
    """A fetcher for which every host name has these addresses; the site answers at all of them."""

    def resolve(host: str, port: int) -> Sequence[str]:
        return addresses or (PUBLIC,)

    return Fetcher(
        limits=limits, resolve=resolve, tls=lambda: trust.client, network=Detour(site.port)
    )


def asked(fetcher: Fetcher) -> list[tuple[str, int]]:
    assert isinstance(fetcher.network, Detour)
    return fetcher.network.asked


def failure(fetcher: Fetcher, url: str, seconds: float = 5) -> errors.ProviderFailure:
    with pytest.raises(errors.ProviderFailure) as caught:
        fetcher.fetch(url, ALLOWED, seconds)
    assert str(caught.value).startswith("the provider's image ")
    return caught.value


class TestADownload:
    def test_it_gives_the_bytes(self, site: Site) -> None:
        site.answers["/a.png?b=%2F"] = ok(b"picture")
        assert local(site).fetch(f"{site.base}/a.png?b=%2F", (), 5) == b"picture"

    def test_it_asks_for_nothing_compressed_and_says_who_it_is(self, site: Site) -> None:
        site.answers["/"] = ok(b"picture")
        local(site).fetch(site.base, (), 5)
        (head,) = site.requests
        assert "accept-encoding: identity\r\n" in head
        assert "user-agent: tokenflux-images\r\n" in head
        assert f"host: 127.0.0.1:{site.port}\r\n" in head
        assert "cookie" not in head

    def test_chunked_transfer_and_a_body_that_ends_with_the_connection_are_read(
        self, site: Site
    ) -> None:
        site.answers["/chunked"] = ok(
            b"3\r\npic\r\n4\r\nture\r\n0\r\n\r\n", "Transfer-Encoding: chunked"
        )
        site.answers["/closed"] = ok(b"picture", "Connection: close")
        assert local(site).fetch(f"{site.base}/chunked", (), 5) == b"picture"
        assert local(site).fetch(f"{site.base}/closed", (), 5) == b"picture"

    def test_a_data_url_is_decoded(self) -> None:
        fetcher = Fetcher(limits=SMALL)
        assert fetcher.fetch("data:image/png;base64,cGljdHVyZQ==", (), 5) == b"picture"
        assert fetcher.fetch("DATA:;base64,cGljdHVyZQ==", (), 5) == b"picture"
        assert fetcher.fetch("data:a/b;charset=utf-8;base64,cGljdHVyZQ==", (), 5) == b"picture"

    def test_a_data_url_above_the_limit_is_refused(self) -> None:
        too_large = failure(Fetcher(limits=SMALL), "data:image/png;base64," + "AAAA" * 400)
        assert "more than 1,000 bytes" in str(too_large)

    def test_no_proxy_of_the_environment_is_used(
        self, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        site.answers["/"] = ok(b"picture")
        assert local(site).fetch(site.base, (), 5) == b"picture"


class TestPinning:
    def test_the_checked_address_is_connected_to_and_tls_is_for_the_name(
        self, secure: Site, trust: Certificates
    ) -> None:
        secure.answers["/a"] = ok(b"picture")
        fetcher = abroad(secure, trust)
        assert fetcher.fetch("https://x.replicate.delivery/a", ALLOWED, 5) == b"picture"
        assert asked(fetcher) == [(PUBLIC, 443)]
        assert "host: x.replicate.delivery\r\n" in secure.requests[0]

    @pytest.mark.parametrize("address", NOT_PUBLIC)
    def test_a_name_that_leads_to_no_public_address_is_not_connected_to(
        self, secure: Site, trust: Certificates, address: str
    ) -> None:
        fetcher = abroad(secure, trust, address)
        refusal = failure(fetcher, "https://replicate.delivery/a")
        assert "without a public address" in str(refusal)
        assert not refusal.retryable
        assert asked(fetcher) == []

    def test_of_several_addresses_only_public_ones_are_used(
        self, secure: Site, trust: Certificates
    ) -> None:
        secure.answers["/a"] = ok(b"picture")
        fetcher = abroad(secure, trust, "10.0.0.1", "64:ff9b::5db8:d822", PUBLIC, "127.0.0.1")
        fetcher.fetch("https://replicate.delivery/a", ALLOWED, 5)
        assert asked(fetcher) == [(PUBLIC, 443)]

    def test_the_next_public_address_is_tried_and_never_a_private_one(
        self, secure: Site, trust: Certificates
    ) -> None:
        fetcher = abroad(secure, trust, "1.1.1.1", "10.0.0.1", "8.8.8.8")
        detour = Detour(secure.port, unreachable=frozenset({"1.1.1.1", "8.8.8.8"}))
        fetcher = dataclasses.replace(fetcher, network=detour)
        assert failure(fetcher, "https://replicate.delivery/a").retryable
        assert asked(fetcher) == [("1.1.1.1", 443), ("8.8.8.8", 443)]

    def test_a_name_that_changes_between_two_questions_is_never_followed(
        self, secure: Site, trust: Certificates
    ) -> None:
        """Rebinding: public when it is checked, private right after."""
        answers = iter([[PUBLIC], ["169.254.169.254"], ["127.0.0.1"]])
        secure.answers["/a"] = ok(b"picture")
        fetcher = dataclasses.replace(
            abroad(secure, trust), resolve=lambda host, port: next(answers)
        )
        assert fetcher.fetch("https://replicate.delivery/a", ALLOWED, 5) == b"picture"
        failure(fetcher, "https://replicate.delivery/a")
        failure(fetcher, "https://replicate.delivery/a")
        assert asked(fetcher) == [(PUBLIC, 443)]

    def test_a_name_that_changes_before_a_redirect_is_not_followed(
        self, secure: Site, trust: Certificates
    ) -> None:
        answers = iter([[PUBLIC], ["127.0.0.1"]])
        secure.answers["/a"] = status(302, "Location: /b")
        fetcher = dataclasses.replace(
            abroad(secure, trust), resolve=lambda host, port: next(answers)
        )
        assert "without a public address" in str(failure(fetcher, "https://replicate.delivery/a"))
        assert len(secure.requests) == 1

    def test_a_certificate_for_another_name_is_refused_for_good(
        self, secure: Site, trust: Certificates
    ) -> None:
        fetcher = abroad(secure, trust)
        with pytest.raises(errors.ProviderFailure) as caught:
            fetcher.fetch("https://other.example.com/a", ("*.example.com",), 5)
        assert not caught.value.retryable
        assert secure.requests == []

    def test_a_server_that_speaks_no_tls_is_refused(self, site: Site, trust: Certificates) -> None:
        assert "could not be fetched" in str(
            failure(abroad(site, trust), "https://replicate.delivery/a")
        )

    def test_a_name_that_is_not_found_may_be_found_later(
        self, secure: Site, trust: Certificates
    ) -> None:
        def resolve(host: str, port: int) -> Sequence[str]:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

        fetcher = dataclasses.replace(abroad(secure, trust), resolve=resolve)
        assert failure(fetcher, "https://replicate.delivery/a").retryable

    def test_this_machines_resolver_is_the_usual_one(self) -> None:
        assert "127.0.0.1" in system_addresses("127.0.0.1", 80)


class TestRedirects:
    @pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
    def test_one_to_an_allowed_host_is_followed(
        self, secure: Site, trust: Certificates, code: int
    ) -> None:
        secure.answers["/a"] = status(code, "Location: https://cdn.replicate.delivery/b")
        secure.answers["/b"] = ok(b"picture")
        fetcher = abroad(secure, trust)
        assert fetcher.fetch("https://replicate.delivery/a", ALLOWED, 5) == b"picture"
        assert "host: cdn.replicate.delivery\r\n" in secure.requests[1]

    @pytest.mark.parametrize(
        "location",
        [
            "https://evil.example/b",
            "//evil.example/b",
            "https://replicate.delivery@evil.example/b",
            "https://replicate.delivery.evil.example/b",
            "http://replicate.delivery/b",
            "https://replicate.delivery:8443/b",
            "http://169.254.169.254/latest/meta-data/",
            "https://169.254.169.254/latest/meta-data/",
            "http://127.0.0.1:9000/2018-06-01/runtime/invocation/next",
            "https://[::ffff:169.254.169.254]/",
            "https://2852039166/",
            "file:///proc/self/environ",
            "data:image/png;base64,iVBORw0KGgo=",
            "gopher://127.0.0.1:6379/_FLUSHALL",
            "https://replicate.delivery\\@evil.example/b",
            "https://r\u00e9plicate.delivery/b",
            "https://[::1/b",
            "/b#c",
            "/b c",
            "",
        ],
    )
    def test_one_to_anywhere_else_is_not(
        self, secure: Site, trust: Certificates, location: str
    ) -> None:
        secure.answers["/a"] = status(302, f"Location: {location}")
        fetcher = abroad(secure, trust)
        refusal = failure(fetcher, "https://replicate.delivery/a")
        assert "is not accepted: its URL" in str(refusal)
        assert not refusal.retryable
        assert len(asked(fetcher)) == 1

    def test_one_from_a_trusted_server_on_this_machine_to_another_is_not(self, site: Site) -> None:
        site.answers["/a"] = status(302, "Location: http://127.0.0.1:9/")
        assert "is not accepted" in str(failure(local(site), f"{site.base}/a"))

    def test_one_that_names_no_place_is_not(self, site: Site) -> None:
        site.answers["/a"] = status(302)
        assert "is not accepted" in str(failure(local(site), f"{site.base}/a"))

    def test_a_circle_ends(self, site: Site) -> None:
        site.answers["/a"] = status(302, "Location: /b")
        site.answers["/b"] = status(302, "Location: /a")
        assert "redirected too often" in str(failure(local(site), f"{site.base}/a"))
        assert len(site.requests) == 4

    def test_other_statuses_with_a_location_lead_nowhere(self, site: Site) -> None:
        site.answers["/a"] = status(300, "Location: /b")
        assert "could not be fetched" in str(failure(local(site), f"{site.base}/a"))
        assert len(site.requests) == 1


class TestCredentials:
    CREDENTIAL = Credential("Authorization", f"Bearer {TOKEN}", ("replicate.delivery",))

    def heads(self, site: Site, trust: Certificates, url: str) -> list[bool]:
        """Of each request, whether it carried the credential."""
        abroad(site, trust).fetch(url, ALLOWED, 5, self.CREDENTIAL)
        return [TOKEN in head for head in site.requests]

    def test_a_host_that_needs_it_sees_it(self, secure: Site, trust: Certificates) -> None:
        secure.answers["/a"] = ok(b"picture")
        assert self.heads(secure, trust, "https://replicate.delivery/a") == [True]

    def test_another_allowed_host_does_not(self, secure: Site, trust: Certificates) -> None:
        secure.answers["/a"] = ok(b"picture")
        assert self.heads(secure, trust, "https://cdn.replicate.delivery/a") == [False]

    def test_it_stays_on_the_host(self, secure: Site, trust: Certificates) -> None:
        secure.answers["/a"] = status(302, "Location: /b")
        secure.answers["/b"] = status(302, "Location: https://cdn.replicate.delivery/c")
        secure.answers["/c"] = ok(b"picture")
        assert self.heads(secure, trust, "https://replicate.delivery/a") == [True, True, False]

    def test_a_redirect_to_the_host_does_not_bring_it_out(
        self, secure: Site, trust: Certificates
    ) -> None:
        secure.answers["/a"] = status(302, "Location: https://replicate.delivery/b")
        secure.answers["/b"] = ok(b"picture")
        assert self.heads(secure, trust, "https://cdn.replicate.delivery/a") == [False, False]

    def test_a_trusted_origin_sees_it(self, site: Site) -> None:
        site.answers["/a"] = ok(b"picture")
        local(site).fetch(f"{site.base}/a", (), 5, self.CREDENTIAL)
        assert TOKEN in site.requests[0]

    def test_it_is_shown_nowhere(self, site: Site, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO, "handler")
        assert TOKEN not in repr(self.CREDENTIAL)
        site.answers["/a?signature=s3cret"] = status(403)
        broken = Credential("Authorization", f"{TOKEN}\r\nX: 1", ())
        for credential in (self.CREDENTIAL, broken):
            with pytest.raises(errors.ProviderFailure) as caught:
                local(site).fetch(f"{site.base}/a?signature=s3cret", (), 5, credential)
            said = f"{caught.value!r} {caught.value.__cause__!r} {caplog.text}"
            assert TOKEN not in said
            assert "s3cret" not in said


class TestStatuses:
    @pytest.mark.parametrize(
        ("code", "message", "kind", "retryable"),
        [
            (404, "is no longer there", FailureKind.VANISHED_OUTPUT, False),
            (410, "is no longer there", FailureKind.VANISHED_OUTPUT, False),
            (403, "is no longer there", FailureKind.VANISHED_OUTPUT, False),
            (400, "could not be fetched", FailureKind.PROVIDER_ERROR, False),
            (401, "could not be fetched", FailureKind.PROVIDER_ERROR, False),
            (408, "could not be fetched", FailureKind.PROVIDER_ERROR, True),
            (429, "could not be fetched", FailureKind.PROVIDER_ERROR, True),
            (500, "could not be fetched", FailureKind.PROVIDER_ERROR, True),
            (502, "could not be fetched", FailureKind.PROVIDER_ERROR, True),
            (503, "could not be fetched", FailureKind.PROVIDER_ERROR, True),
            (504, "could not be fetched", FailureKind.PROVIDER_ERROR, True),
            (206, "could not be fetched", FailureKind.PROVIDER_ERROR, False),
            (304, "could not be fetched", FailureKind.PROVIDER_ERROR, False),
            (200, "is empty", FailureKind.BAD_OUTPUT, False),
        ],
    )
    def test_each_is_told_apart(
        self, site: Site, code: int, message: str, kind: FailureKind, *, retryable: bool
    ) -> None:
        site.answers["/a"] = status(code)
        told = failure(local(site), f"{site.base}/a")
        assert (str(told), told.kind, told.retryable) == (
            f"the provider's image {message}",
            kind,
            retryable,
        )

    def test_the_message_is_about_what_the_caller_of_it_says(self, site: Site) -> None:
        site.answers["/a"] = status(404)
        with pytest.raises(errors.ProviderFailure, match=r"^the reference image is no longer"):
            local(site).fetch(f"{site.base}/a", (), 5, subject="the reference image")


class TestRepetition:
    def fetcher(self, site: Site) -> tuple[Fetcher, list[float]]:
        """It counts its pauses instead of making them."""
        pauses: list[float] = []
        patient = dataclasses.replace(SMALL, pauses_seconds=(0.5, 1.5))
        return dataclasses.replace(local(site, patient), sleep=pauses.append), pauses

    def test_what_fails_for_a_moment_is_asked_again(self, site: Site) -> None:
        truncated = ok(b"pict", "Content-Length: 7")
        site.answers["/a"] = [status(503), truncated, ok(b"picture")]
        fetcher, pauses = self.fetcher(site)
        assert fetcher.fetch(f"{site.base}/a", (), 5) == b"picture"
        assert pauses == [0.5, 1.5]

    def test_it_ends_after_three(self, site: Site) -> None:
        site.answers["/a"] = status(503)
        fetcher, pauses = self.fetcher(site)
        assert failure(fetcher, f"{site.base}/a").retryable
        assert len(site.requests) == 3
        assert pauses == [0.5, 1.5]

    def test_what_fails_for_good_is_not_asked_again(self, site: Site) -> None:
        site.answers["/a"] = status(404)
        fetcher, pauses = self.fetcher(site)
        failure(fetcher, f"{site.base}/a")
        assert (len(site.requests), pauses) == (1, [])

    def test_it_does_not_outlast_the_time_it_was_given(self, site: Site) -> None:
        site.answers["/a"] = status(503)
        fetcher, pauses = self.fetcher(site)
        failure(fetcher, f"{site.base}/a", seconds=0.4)
        assert (len(site.requests), pauses) == (1, [])


class TestSize:
    def test_exactly_the_limit_is_accepted(self, site: Site) -> None:
        site.answers["/a"] = ok(b"x" * 1000)
        assert len(local(site).fetch(f"{site.base}/a", (), 5)) == 1000

    @pytest.mark.parametrize(
        "answer",
        [
            ok(b"x" * 1001),
            ok(b"", "Content-Length: 99999999999999999999"),
            ok(b"x" * 1001, "Connection: close"),
            ok(b"3E9\r\n" + b"x" * 1001 + b"\r\n0\r\n\r\n", "Transfer-Encoding: chunked"),
            ok(
                b"3E9\r\n" + b"x" * 1001 + b"\r\n0\r\n\r\n",
                "Transfer-Encoding: chunked",
                "Content-Length: 5",
            ),
        ],
        ids=["said", "said only", "unsaid", "chunked", "chunked and said to be less"],
    )
    def test_more_is_refused(self, site: Site, answer: bytes) -> None:
        site.answers["/a"] = answer
        refusal = failure(local(site), f"{site.base}/a")
        assert str(refusal) == "the provider's image is larger than 1,000 bytes"
        assert not refusal.retryable

    def test_reading_stops_at_the_limit(self, site: Site) -> None:
        sent = []

        def flood(connection: socket.socket) -> None:
            connection.sendall(ok(b"", "Connection: close"))
            for _ in range(10_000):
                connection.sendall(b"x" * 65536)
                sent.append(65536)

        site.answers["/a"] = flood
        failure(local(site), f"{site.base}/a")
        assert sum(sent) < 100 * 1024 * 1024

    def test_a_body_longer_than_was_said_is_cut_where_it_was_said_to_end(self, site: Site) -> None:
        site.answers["/a"] = ok(b"picture and more", "Content-Length: 7")
        assert local(site).fetch(f"{site.base}/a", (), 5) == b"picture"

    @pytest.mark.parametrize(
        "answer",
        [
            ok(b"pict", "Content-Length: 7"),
            ok(b"7\r\npict", "Transfer-Encoding: chunked"),
            b"",
            b"HTTP/1.1 200 OK\r\nContent-Le",
            b"SSH-2.0-OpenSSH_9.6\r\n",
            ok(b"picture", "Content-Length: -7"),
            ok(b"picture", "Content-Length: 7", "Content-Length: 8"),
        ],
        ids=["short", "short chunk", "nothing", "half a head", "SSH", "negative", "two lengths"],
    )
    def test_an_answer_that_breaks_off_or_is_none_may_be_asked_for_again(
        self, site: Site, answer: bytes
    ) -> None:
        site.answers["/a"] = answer
        assert failure(local(site), f"{site.base}/a").retryable

    @pytest.mark.parametrize("encoding", ["gzip", "br", "deflate, gzip", "x-unknown"])
    def test_a_compressed_transfer_is_refused_unread(self, site: Site, encoding: str) -> None:
        bomb = gzip.compress(b"\0" * 900_000)
        site.answers["/a"] = ok(
            bomb, f"Content-Encoding: {encoding}", f"Content-Length: {len(bomb)}"
        )
        assert "compressed" in str(failure(local(site), f"{site.base}/a"))

    def test_identity_is_no_compression(self, site: Site) -> None:
        site.answers["/a"] = ok(b"picture", "Content-Encoding: Identity", "Content-Length: 7")
        assert local(site).fetch(f"{site.base}/a", (), 5) == b"picture"

    def test_endless_headers_are_refused(self, site: Site) -> None:
        site.answers["/a"] = dripping(
            itertools.chain(
                [b"HTTP/1.1 200 OK\r\n"], itertools.repeat(b"X: " + b"x" * 9000 + b"\r\n")
            ),
            0,
        )
        assert "could not be fetched" in str(failure(local(site), f"{site.base}/a"))


class TestTime:
    """Real time in small amounts; the last tests count instead."""

    @pytest.mark.parametrize(
        "parts",
        [
            [ok(b"", "Content-Length: 900"), *[b"x"] * 900],
            [bytes([byte]) for byte in ok(b"picture", "X: " + "x" * 900, "Connection: close")],
            [b"HTTP/1.1 102 Processing\r\n\r\n"] * 900,
            [ok(b"", "Transfer-Encoding: chunked"), *[b"1\r\nx\r\n"] * 900],
        ],
        ids=["body", "head", "interim answers", "chunks"],
    )
    def test_a_slow_answer_ends_with_its_time_though_it_never_falls_silent(
        self, site: Site, parts: list[bytes]
    ) -> None:
        site.answers["/a"] = dripping(parts, 0.02)
        began = time.monotonic()
        told = failure(local(site), f"{site.base}/a", seconds=0.3)
        assert str(told) == "the provider's image was not sent in time"
        assert (told.kind, told.retryable) == (FailureKind.TIMEOUT, True)
        assert time.monotonic() - began < 3

    def test_silence_ends_earlier(self, site: Site) -> None:
        release = threading.Event()
        site.answers["/a"] = lambda connection: (release.wait(10), None)[1]
        limits = dataclasses.replace(SMALL, read_seconds=0.1)
        told = failure(local(site, limits), f"{site.base}/a", seconds=60)
        release.set()
        assert str(told) == "the provider's image was not sent in time"

    def test_a_handshake_that_never_ends_is_given_up(self, trust: Certificates) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            fetcher = abroad(Site(listener.getsockname()[1]), trust)
            told = failure(fetcher, "https://replicate.delivery/a", seconds=0.2)
        assert str(told) == "the provider's image was not sent in time"

    def test_the_whole_chain_of_redirects_has_one_deadline(self, site: Site) -> None:
        """By a clock that moves a second whenever it is read."""
        site.answers.update({f"/{n}": status(302, f"Location: /{n + 1}") for n in range(50)})
        seconds = itertools.count()
        limits = dataclasses.replace(SMALL, max_redirects=50)
        fetcher = dataclasses.replace(local(site, limits), monotonic=lambda: float(next(seconds)))
        told = failure(fetcher, f"{site.base}/0", seconds=20)
        assert str(told) == "the provider's image was not sent in time"
        assert 2 <= len(site.requests) <= 10

    def test_a_resolver_that_takes_all_the_time_leaves_none_to_connect(
        self, secure: Site, trust: Certificates
    ) -> None:
        seconds = iter([0.0, 30.0])
        fetcher = dataclasses.replace(abroad(secure, trust), monotonic=lambda: next(seconds))
        told = failure(fetcher, "https://replicate.delivery/a", seconds=20)
        assert str(told) == "the provider's image was not sent in time"
        assert asked(fetcher) == []
