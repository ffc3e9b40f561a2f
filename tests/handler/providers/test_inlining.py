"""Reference images that go into a request: fetched from public hosts alone, and cleaned."""

import base64
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from handler.core.errors import ProviderFailure
from handler.core.failures import FailureKind
from handler.providers.fetch.download import Fetcher, Limits
from handler.providers.inlining import References
from tests.handler.providers.fetch.hostile import NOT_PUBLIC
from tests.handler.providers.fetch.site import (
    Certificates,
    Detour,
    Site,
    certificates,
    ok,
    serving,
    status,
)
from tests.handler.providers.images.files import exif_of, jpeg_segment, jpeg_with
from tests.vendors.server import picture

HOST = "pictures.example.com"
PUBLIC = "93.184.216.34"


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    directory: Path = tmp_path_factory.mktemp("tls")
    return certificates(directory, HOST)


@pytest.fixture
def site(trust: Certificates) -> Iterator[Site]:
    with serving(trust.server) as site:
        yield site


def references(
    site: Site, trust: Certificates, *addresses: str, max_bytes: int = 10_000
) -> References:
    def resolve(host: str, port: int) -> Sequence[str]:
        return addresses or (PUBLIC,)

    fetcher = Fetcher(
        limits=Limits(max_bytes=max_bytes, pauses_seconds=()),
        resolve=resolve,
        tls=lambda: trust.client,
        network=Detour(site.port),
    )

    def fetch(url: str, allowed_hosts: Sequence[str], timeout_seconds: float) -> bytes:
        return fetcher.fetch(url, allowed_hosts, timeout_seconds, subject="a reference image")

    return References(fetch, max_bytes)


def refusal(found: References, *urls: str) -> str:
    with pytest.raises(ProviderFailure) as caught:
        found.collected(urls)
    # Whatever it is, it is the caller's reference, and nothing was begun.
    assert caught.value.kind is FailureKind.INVALID_INPUT
    assert not caught.value.retryable
    return str(caught.value)


def data_url(data: bytes, media_type: str = "image/png") -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


class TestFetching:
    def test_https_and_data_in_order(self, site: Site, trust: Certificates) -> None:
        site.answers = {"/a.webp": ok(picture(1, "WEBP"))}
        first, second = references(site, trust).collected(
            [f"https://{HOST}/a.webp", data_url(picture(2))]
        )
        assert (first.media_type, second.media_type) == ("image/webp", "image/png")
        assert base64.b64decode(second.base64) == picture(2)

    def test_what_it_is_its_bytes_say(self, site: Site, trust: Certificates) -> None:
        (found,) = references(site, trust).collected([data_url(picture(1, "JPEG"))])
        assert found.media_type == "image/jpeg"

    def test_other_formats_become_png(self, site: Site, trust: Certificates) -> None:
        site.answers = {"/a.gif": ok(picture(1, "GIF"))}
        (found,) = references(site, trust).collected([f"https://{HOST}/a.gif"])
        assert found.media_type == "image/png"

    def test_the_vendor_does_not_learn_where_it_was_taken(
        self, site: Site, trust: Certificates
    ) -> None:
        place = jpeg_segment(0xE1, b"Exif\x00\x00" + exif_of())
        tagged = jpeg_with(picture(1, "JPEG"), place)
        assert b"Exif" in tagged
        (found,) = references(site, trust).collected([data_url(tagged, "image/jpeg")])
        assert b"Exif" not in base64.b64decode(found.base64)

    def test_none_is_none(self, site: Site, trust: Certificates) -> None:
        assert references(site, trust).collected([]) == []


class TestRefusals:
    @pytest.mark.parametrize("address", NOT_PUBLIC[:6])
    def test_a_public_name_at_a_private_address(
        self, site: Site, trust: Certificates, address: str
    ) -> None:
        found = references(site, trust, address)
        told = refusal(found, f"https://{HOST}/a.png")
        assert told == (
            "a reference image is not accepted: its URL is at a host without a public address"
        )
        assert site.requests == []

    @pytest.mark.parametrize(
        "location",
        ["http://169.254.169.254/", "https://127.0.0.1/", "https://metadata.internal/", "file:/x"],
    )
    def test_a_redirect_inwards(self, site: Site, trust: Certificates, location: str) -> None:
        site.answers = {"/a.png": status(302, f"Location: {location}")}
        told = refusal(references(site, trust), f"https://{HOST}/a.png")
        assert told.startswith("a reference image is not accepted: its URL ")
        assert len(site.requests) == 1

    def test_what_is_not_there(self, site: Site, trust: Certificates) -> None:
        site.answers = {"/a.png": status(404)}
        told = refusal(references(site, trust), f"https://{HOST}/a.png")
        assert told == "a reference image is no longer there"

    def test_what_cannot_be_had_now(self, site: Site, trust: Certificates) -> None:
        site.answers = {"/a.png": status(503)}
        told = refusal(references(site, trust), f"https://{HOST}/a.png")
        assert told == "a reference image could not be fetched"

    @pytest.mark.parametrize("body", [b"<svg/>", b"<html>", picture()[:90], b"\x89PNG\r\n\x1a\n"])
    def test_what_is_no_image(self, site: Site, trust: Certificates, body: bytes) -> None:
        site.answers = {"/a.png": ok(body)}
        told = refusal(references(site, trust), f"https://{HOST}/a.png")
        assert told == "a reference image is no whole PNG, WebP, JPEG or GIF image"

    def test_one_that_is_too_large(self, site: Site, trust: Certificates) -> None:
        site.answers = {"/a.png": ok(picture() + b"\0" * 10_000)}
        told = refusal(references(site, trust), f"https://{HOST}/a.png")
        assert told == "a reference image is larger than 10,000 bytes"

    def test_several_that_are_too_large_together(self, site: Site, trust: Certificates) -> None:
        one = picture()
        found = references(site, trust, max_bytes=len(one) * 3 - 1)
        found.collected([data_url(one)] * 2)
        told = refusal(found, *[data_url(one)] * 3)
        assert told.startswith("the reference images hold more than ")

    def test_once_they_are_too_large_no_further_one_is_fetched(
        self, site: Site, trust: Certificates
    ) -> None:
        """Or a request of kilobytes would have hundreds of megabytes brought here."""
        one = picture()
        site.answers = {f"/{number}.png": ok(one) for number in range(9)}
        found = references(site, trust, max_bytes=len(one) * 3 - 1)
        told = refusal(found, *(f"https://{HOST}/{number}.png" for number in range(9)))
        assert told.startswith("the reference images hold more than ")
        assert len(site.requests) == 3

    def test_each_may_take_what_the_others_left(self) -> None:
        """Nine that share twenty seconds evenly would have no time for a slow one."""
        now, given = [100.0], list[float]()

        def fetch(url: str, allowed_hosts: Sequence[str], timeout_seconds: float) -> bytes:
            given.append(timeout_seconds)
            now[0] += 8
            return picture()

        found = References(fetch, 10_000, lambda: now[0])
        told = refusal(found, *["https://a.example/1.png"] * 9)
        assert told == "the reference images could not be fetched in time"
        assert given == [20, 12, 4]


def test_what_an_operator_vouches_for_is_no_place_for_callers() -> None:
    """A vendor's base URL may be inside; what a caller names may not be."""
    told = refusal(References.up_to(1000), "https://127.0.0.1:8080/admin.png")
    assert told.startswith("a reference image is not accepted: its URL ")
