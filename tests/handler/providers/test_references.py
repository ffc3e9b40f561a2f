"""What a caller names as images is judged wherever it stands, before anyone is asked."""

from typing import Any

import pytest

from handler.catalogue.load import built_in
from handler.core.errors import ProviderFailure
from handler.core.generation import Status
from handler.providers.references import require_safe_references
from tests.handler.providers.bench import Bench
from tests.vendors.replicate import FakeReplicate
from tests.vendors.server import served

INSIDE = "https://10.0.0.1/a.png"
LARGE = "data:image/png;base64," + "A" * 4000


@pytest.mark.parametrize("url", [INSIDE, f" {INSIDE}", "http://pictures.example.com/a.png", LARGE])
@pytest.mark.parametrize(
    "given",
    [
        lambda url: {"image": url},
        lambda url: {"images": ["https://pictures.example.com/a.png", url]},
        # How two vendors call an image that goes with the prompt.
        lambda url: {"image_prompt": url},
        lambda url: {"prompt_image": url},
        lambda url: {"control": {"image": url}},
        lambda url: {"loras": [{"path": url, "scale": 1}]},
    ],
)
def test_an_image_is_refused_wherever_it_stands(given: Any, url: str) -> None:
    with pytest.raises(ProviderFailure, match=r"a reference in [a-z_]+ is not accepted"):
        require_safe_references(given(url), 1000)


@pytest.mark.parametrize(
    "text",
    [
        "file:/etc/passwd",
        "FILE:etc/passwd",
        "local_file:///etc/passwd",
        "//169.254.169.254/latest",
        r"\\169.254.169.254\latest",
        r"/\169.254.169.254/latest",
        "http:/169.254.169.254/latest",
        "http:169.254.169.254/latest",
        "https:169.254.169.254",
        r"https:\\169.254.169.254\latest",
        "\x01https://169.254.169.254/",
        "\u00a0\ufeff https://169.254.169.254/",
        "ht\ntps://169.254.169.254/",
        "h\tt\rtp:\n//169.254.169.254/",
        "https://169.254.169.254\x00.example.com/",
        "da\nta:text/html;base64,AAAA",
        "\x00" * 5000 + "https://169.254.169.254/",
        # What urllib takes off before it opens a URL.
        "<http://169.254.169.254/>",
        "<URL:http://169.254.169.254/>",
        "URL: file:/etc/passwd",
        "'http://169.254.169.254/'",
        "s3://bucket/key",
        "ftp:host/file",
        "https://pictures.example.com/\ud800.png",
    ],
)
def test_what_some_parser_takes_for_a_url_is_none_that_is_passed_on(text: str) -> None:
    with pytest.raises(ProviderFailure, match="a reference in style is not accepted: its URL "):
        require_safe_references({"style": text}, 1000)


@pytest.mark.parametrize(
    "text",
    [
        *("16:9", "1024x1024", "1:1", "style: watercolor", "realistic_image/hard_flash", "auto"),
        *("", " ", "png", "a/b", "owner/name:0123abcd", "owner/name", "#ffffff", "4:3 / 16:9"),
        *("Sale: / 50%", "url", "file", "http", "data", "path/to//nothing", "-1", "(none)"),
    ],
)
def test_what_is_no_url_may_be_anything(text: str) -> None:
    require_safe_references({"style": text}, 1000)


@pytest.mark.parametrize("depth", [3, 5000])
def test_an_image_is_found_however_deep(depth: int) -> None:
    value: Any = INSIDE
    for _ in range(depth):
        value = [value]
    with pytest.raises(ProviderFailure):
        require_safe_references({"images": value}, 1000)


@pytest.mark.parametrize("name", ["prompt", "negative_prompt", "prompt_2"])
def test_words_may_be_anything(name: str) -> None:
    require_safe_references({name: INSIDE, "seed": 7, "style": "any"}, 1000)


def test_the_image_beside_a_prompt_never_reaches_the_vendor() -> None:
    model = built_in()["black-forest-labs/flux-1.1-pro"]
    with served(FakeReplicate()) as fake:
        bench = Bench("replicate", model, fake.base_url)
        ended = bench.finish(bench.admit("a boat", image_prompt=INSIDE))
        assert ended.status is Status.FAILED
        assert ended.error is not None
        assert ended.error.startswith("a reference in image_prompt is not accepted: its URL ")
        assert fake.arrivals.requests == []
