"""The bucket of images, and the addresses that serve them."""

import base64
import hashlib
import urllib.error
import urllib.parse

import botocore.session
import pytest

from handler.adapters.aws import client_config
from handler.adapters.s3 import SIGNATURE_SECONDS, S3ImageStore
from handler.core.generation import Image
from handler.core.image_types import examine_all
from tests.fakes import JPEG, PNG
from tests.handler.fetching import fetch
from tests.world import World

WEBP = b"RIFF\x10\x00\x00\x00WEBPVP8 and so on"
ID = "8a1c6a3e-4b3f-4c57-9d7e-0a4d6f2b9c11"


@pytest.fixture
def store(world: World) -> S3ImageStore:
    images = world.stores.images
    assert isinstance(images, S3ImageStore)
    return images


def put(store: S3ImageStore, data: bytes, number: int = 1) -> Image:
    (image,) = examine_all([data])
    store.put(ID, number, data, image)
    return image


def keys(store: S3ImageStore) -> list[str]:
    listed = store.api.list_objects_v2(Bucket=store.bucket)
    return [entry["Key"] for entry in listed.get("Contents", [])]


class TestPut:
    def test_the_bytes_are_kept_under_their_type(self, store: S3ImageStore) -> None:
        put(store, PNG)
        (key,) = keys(store)
        stored = store.api.get_object(Bucket=store.bucket, Key=key)
        assert stored["Body"].read() == PNG
        assert stored["ContentType"] == "image/png"

    def test_the_same_bytes_twice_are_one_object(self, store: S3ImageStore) -> None:
        put(store, PNG)
        put(store, PNG)
        assert len(keys(store)) == 1

    def test_other_bytes_under_the_same_number_overwrite_nothing(self, store: S3ImageStore) -> None:
        """I5: two workers that made different images."""
        first, second = put(store, PNG), put(store, PNG + b"!")
        assert fetch(store.signed_url(ID, 1, first))[0] == PNG
        assert fetch(store.signed_url(ID, 1, second))[0] == PNG + b"!"

    def test_what_is_stored_already_is_not_written_again(self, store: S3ImageStore) -> None:
        image = put(store, PNG)
        store.put(ID, 1, b"something else under the first one's name", image)
        assert fetch(store.signed_url(ID, 1, image))[0] == PNG

    def test_the_service_knows_the_checksum(self, store: S3ImageStore) -> None:
        put(store, PNG)
        (key,) = keys(store)
        head = store.api.head_object(Bucket=store.bucket, Key=key, ChecksumMode="ENABLED")
        expected = hashlib.sha256(PNG).digest()
        assert base64.b64decode(head["ChecksumSHA256"]) == expected


class TestSignedUrl:
    @pytest.mark.parametrize(
        ("data", "media_type", "extension"),
        [(PNG, "image/png", "png"), (JPEG, "image/jpeg", "jpg"), (WEBP, "image/webp", "webp")],
    )
    def test_it_serves_the_bytes_as_what_they_are(
        self, store: S3ImageStore, data: bytes, media_type: str, extension: str
    ) -> None:
        image = put(store, data, number=3)
        body, headers = fetch(store.signed_url(ID, 3, image))
        assert body == data
        assert headers["Content-Type"] == media_type
        assert headers["Content-Disposition"] == f'inline; filename="{ID}-3.{extension}"'
        assert headers["Cache-Control"].startswith("private")

    def test_it_ends_soon(self, store: S3ImageStore) -> None:
        query = urllib.parse.parse_qs(
            urllib.parse.urlsplit(store.signed_url(ID, 1, put(store, PNG))).query
        )
        assert query["X-Amz-Expires"] == [str(SIGNATURE_SECONDS)]
        assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("X-Amz-Expires=900", "X-Amz-Expires=90000"),
            ("image%2Fpng", "text%2Fhtml"),
            ("/1-", "/2-"),
            (f"images/{ID}", "images/00000000-0000-0000-0000-000000000000"),
        ],
        ids=["lifetime", "type", "number", "generation"],
    )
    def test_it_serves_nothing_once_it_was_tampered_with(
        self, store: S3ImageStore, old: str, new: str
    ) -> None:
        put(store, PNG, number=2)
        url = store.signed_url(ID, 1, put(store, PNG))
        assert old in url
        with pytest.raises(urllib.error.HTTPError) as refusal:
            fetch(url.replace(old, new))
        assert refusal.value.code == 403
        refusal.value.close()

    @pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE"])
    def test_it_is_good_for_reading_only(self, store: S3ImageStore, method: str) -> None:
        """The method is part of what is signed, so that even HEAD is refused."""
        image = put(store, PNG)
        url = store.signed_url(ID, 1, image)
        with pytest.raises(urllib.error.HTTPError) as refusal:
            fetch(url, method)
        assert refusal.value.code == 403
        refusal.value.close()
        assert fetch(url)[0] == PNG

    def test_what_was_never_stored_is_not_served(self, store: S3ImageStore) -> None:
        (image,) = examine_all([PNG])
        with pytest.raises(urllib.error.HTTPError) as refusal:
            fetch(store.signed_url(ID, 1, image))
        assert refusal.value.code == 404
        refusal.value.close()


class TestOrigin:
    def test_it_is_where_signed_urls_lead(self, store: S3ImageStore) -> None:
        url = store.signed_url(ID, 1, put(store, PNG))
        assert url.startswith(store.origin() + "/")
        assert urllib.parse.urlsplit(store.origin()).path == ""

    @pytest.mark.parametrize(
        ("region", "host"),
        [
            ("us-east-1", "pictures.s3.amazonaws.com"),
            ("eu-west-1", "pictures.s3.eu-west-1.amazonaws.com"),
            ("eu-central-2", "pictures.s3.eu-central-2.amazonaws.com"),
            ("cn-north-1", "pictures.s3.cn-north-1.amazonaws.com.cn"),
        ],
    )
    def test_it_is_the_buckets_own_host_in_its_region(self, region: str, host: str) -> None:
        """The global host would send a young bucket's callers on, and the signature not with them.

        In us-east-1 it is the region's own.
        """
        session = botocore.session.Session()
        session.set_credentials("id", "secret")
        api = session.create_client("s3", region_name=region, config=client_config("s3"))
        (image,) = examine_all([PNG])
        store = S3ImageStore(api, "pictures")
        assert store.origin() == f"https://{host}"
        assert store.signed_url(ID, 1, image).startswith(f"https://{host}/images/")
