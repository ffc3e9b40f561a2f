"""Which URLs are fetched: the hostile ones never reach a resolver."""

from collections.abc import Sequence

import pytest

from handler.core import errors
from handler.providers.fetch.addresses import is_public
from handler.providers.fetch.download import Fetcher, Limits
from handler.providers.fetch.policy import Policy
from handler.providers.fetch.references import require_safe_reference
from handler.providers.fetch.urls import (
    ANY_PUBLIC_HOST,
    UrlRefused,
    joined,
    matches,
    parsed,
    require_public,
)
from tests.handler.providers.fetch.hostile import HOSTILE_URLS, NOT_PUBLIC, OTHER_HOSTS

ALLOWED = ("replicate.delivery", "*.replicate.delivery")
NAMES = [what for what, _ in HOSTILE_URLS]


def never(host: str, port: int) -> Sequence[str]:
    raise AssertionError(f"{host} was looked up")


FETCHER = Fetcher(resolve=never, limits=Limits(pauses_seconds=()))


@pytest.mark.parametrize("url", [url for _, url in HOSTILE_URLS], ids=NAMES)
class TestHostileUrls:
    def test_it_is_not_fetched_from_an_allowed_host(self, url: str) -> None:
        with pytest.raises(errors.ProviderFailure, match="is not accepted") as caught:
            FETCHER.fetch(url, ALLOWED, 5)
        assert not caught.value.retryable

    def test_it_is_not_fetched_from_any_host(self, url: str) -> None:
        with pytest.raises(errors.ProviderFailure, match="is not accepted"):
            FETCHER.fetch(url, ANY_PUBLIC_HOST, 5)

    def test_it_is_no_reference(self, url: str) -> None:
        with pytest.raises(errors.ProviderFailure, match="the image is not accepted: its URL"):
            require_safe_reference(url, name="the image")

    def test_an_accepted_url_does_not_lead_there(self, url: str) -> None:
        """Where a redirect's target is read relatively, it stays where it was."""
        base = parsed("https://a.replicate.delivery/b/c.png")
        try:
            there = joined(base, url)
            require_public(there)
        except UrlRefused:
            return
        assert matches(there.host, ALLOWED)


def test_there_are_as_many_as_were_promised() -> None:
    assert len({url for _, url in HOSTILE_URLS}) == len(HOSTILE_URLS) >= 100


@pytest.mark.parametrize(
    "url", [url for _, url in OTHER_HOSTS], ids=[what for what, _ in OTHER_HOSTS]
)
def test_a_host_that_is_not_on_the_list_is_not_asked(url: str) -> None:
    with pytest.raises(errors.ProviderFailure, match="at a host that is not on the list"):
        FETCHER.fetch(url, ALLOWED, 5)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.216.34", "1.1.1.1", "2606:4700::1111", "2a00:1450:4001::200e"]
)
def test_an_address_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("url", "origin", "target"),
    [
        ("https://replicate.delivery", "https://replicate.delivery", "/"),
        ("HTTPS://Replicate.Delivery:443/A", "https://replicate.delivery", "/A"),
        ("https://v3b.fal.media?x=1", "https://v3b.fal.media", "/?x=1"),
        ("https://a.b.replicate.delivery/x/../y", "https://a.b.replicate.delivery", "/x/../y"),
        (
            "https://bfl.example/a.png?sig=a%2Fb%3D&x='(1)'@host:80",
            "https://bfl.example",
            "/a.png?sig=a%2Fb%3D&x='(1)'@host:80",
        ),
    ],
)
def test_an_ordinary_url_is_taken_apart(url: str, origin: str, target: str) -> None:
    taken = parsed(url)
    require_public(taken)
    assert (taken.origin, taken.target) == (origin, target)


def test_a_url_does_not_show_what_signs_it() -> None:
    assert "secret" not in repr(parsed("https://replicate.delivery/a?signature=secret"))


@pytest.mark.parametrize(
    ("location", "there"),
    [
        ("d.png", "https://replicate.delivery/b/d.png"),
        ("/d.png?x", "https://replicate.delivery/d.png?x"),
        ("//cdn.replicate.delivery/d", "https://cdn.replicate.delivery/d"),
        ("https://cdn.replicate.delivery/d", "https://cdn.replicate.delivery/d"),
    ],
)
def test_a_redirect_is_followed_relatively(location: str, there: str) -> None:
    assert str(joined(parsed("https://replicate.delivery/b/c.png"), location)) == there


class TestAllowList:
    def test_a_wildcard_is_for_what_is_below_and_not_for_the_name_itself(self) -> None:
        assert matches("a.replicate.delivery", ["*.replicate.delivery"])
        assert matches("a.b.replicate.delivery", ["*.replicate.delivery"])
        assert not matches("replicate.delivery", ["*.replicate.delivery"])
        assert not matches("xreplicate.delivery", ["*.replicate.delivery"])

    def test_a_name_is_for_itself_only(self) -> None:
        assert matches("replicate.delivery", ["replicate.delivery"])
        assert not matches("a.replicate.delivery", ["replicate.delivery"])

    def test_an_empty_list_allows_nothing(self) -> None:
        assert not matches("replicate.delivery", ())


class TestVouching:
    BASE = "http://127.0.0.1:4700/v1"

    @pytest.mark.parametrize(
        "url",
        [
            "http://127.0.0.1:4701/a.png",
            "https://127.0.0.1:4700/a.png",
            "http://127.0.0.2:4700/a.png",
            "http://localhost:4700/a.png",
            "http://127.0.0.1:4700@evil.example/a.png",
            "http://127.1:4700/a.png",
            "http://[::ffff:127.0.0.1]:4700/a.png",
            "http://127.0.0.1/a.png",
        ],
    )
    def test_it_opens_exactly_one_origin(self, url: str) -> None:
        with pytest.raises(UrlRefused):
            Policy.vouching_for(self.BASE).admitted(parsed(url), ALLOWED)

    @pytest.mark.parametrize(
        ("base", "url"),
        [
            (BASE, "http://127.0.0.1:4700/files/a.png"),
            ("http://[::1]:4700", "http://[0:0::1]:4700/a.png"),
            ("http://LocalAI:8080/v1", "http://localai:8080/generated/a.png"),
        ],
    )
    def test_it_is_asked_whatever_its_address_is(self, base: str, url: str) -> None:
        policy = Policy.vouching_for(base)
        assert policy.admits_address(policy.admitted(parsed(url), ()), "127.0.0.1")

    def test_without_it_this_machine_is_not_asked(self) -> None:
        with pytest.raises(UrlRefused):
            Policy().admitted(parsed(f"{self.BASE}/a.png"), ("127.0.0.1",))


class TestReferences:
    @pytest.mark.parametrize(
        "url",
        [
            "https://example.com/cat.png",
            "https://bucket.s3.eu-west-1.amazonaws.com/a%20b.jpg?X-Amz-Signature=0f",
            "data:image/png;base64,iVBORw0KGgo=",
            "data:image/webp;base64,UklGRg==",
        ],
    )
    def test_an_ordinary_one_is_accepted(self, url: str) -> None:
        require_safe_reference(url)

    @pytest.mark.parametrize("media_type", ["image/svg+xml", "text/html", "image/gif", ""])
    def test_data_of_another_type_is_refused(self, media_type: str) -> None:
        with pytest.raises(errors.ProviderFailure, match="none of the types"):
            require_safe_reference(f"data:{media_type};base64,iVBORw0KGgo=")

    def test_data_larger_than_the_vendor_takes_is_refused(self) -> None:
        exact, over = "data:image/png;base64,AAAA", "data:image/png;base64,AAAAAA=="
        require_safe_reference(exact, max_inline_bytes=3)
        with pytest.raises(errors.ProviderFailure, match="holds more than 3 bytes"):
            require_safe_reference(over, max_inline_bytes=3)

    def test_the_refusal_holds_nothing_of_the_url(self) -> None:
        with pytest.raises(errors.ProviderFailure) as caught:
            require_safe_reference("http://token-of-mine@host.example/?signature=private")
        assert "mine" not in str(caught.value)
        assert "private" not in str(caught.value)
