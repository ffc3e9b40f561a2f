"""What an operator publishes of models, in the bucket."""

from dataclasses import replace

import pytest

from handler.adapters.published import S3PublishedCatalogue
from handler.core.errors import Unavailable
from handler.core.ports import Published
from tests.simulation.aws_errors import client_error
from tests.world import World


@pytest.fixture
def store(world: World) -> S3PublishedCatalogue:
    published = world.stores.published
    assert isinstance(published, S3PublishedCatalogue)
    return published


def test_where_nothing_is_published_there_is_nothing(store: S3PublishedCatalogue) -> None:
    assert store.read(None) == Published(None, b"")
    assert store.read('"some other"') == Published(None, b"")


def test_what_is_published_is_read_until_it_changes(store: S3PublishedCatalogue) -> None:
    store.publish(b"first")
    first = store.read(None)
    assert first is not None
    assert first.content == b"first"
    assert store.read(first.version) is None
    store.publish(b"second")
    second = store.read(first.version)
    assert second is not None
    assert second.content == b"second"
    assert second.version not in (None, first.version)


class Refusing:
    """A client of a service that refuses."""

    def __init__(self, code: str) -> None:
        self.code = code

    def get_object(self, **_: str) -> None:
        raise client_error(self.code, "GetObject")


@pytest.mark.parametrize("code", ["NoSuchKey", "404"])
def test_what_is_missing_is_not_published(code: str) -> None:
    assert S3PublishedCatalogue(Refusing(code), "images").read('"v"') == Published(None, b"")


@pytest.mark.parametrize(
    "code",
    [
        *("SlowDown", "InternalError", "NoSuchBucket", "ExpiredToken"),
        # A lost permission must not bring back a hidden model, or one's built-in price.
        *("AccessDenied", "403", "KMS.DisabledException"),
    ],
)
def test_whatever_else_is_wrong_it_is_not_known_what_is_published(code: str) -> None:
    with pytest.raises(Unavailable):
        S3PublishedCatalogue(Refusing(code), "images").read(None)


def test_a_bucket_that_is_gone_is_no_empty_one(store: S3PublishedCatalogue) -> None:
    with pytest.raises(Unavailable, match="NoSuchBucket"):
        replace(store, bucket="never-made").read(None)
