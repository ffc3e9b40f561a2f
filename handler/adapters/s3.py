"""The `ImageStore` over an S3 bucket.

A key holds the checksum of its bytes: two workers that made different images cannot overwrite each
other, and the same image twice is one object.
"""

import base64
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from handler.adapters.aws import code_of, translated_errors
from handler.adapters.objects import put_if_absent
from handler.core.generation import Image
from handler.core.image_types import EXTENSIONS

PREVIEW_TYPE = "image/jpeg"
# Who may not list a bucket is told that what is missing is forbidden.
_GONE = frozenset({"403", "404", "AccessDenied", "NoSuchKey", "NotFound"})
SIGNATURE_SECONDS = 900
"""How long a signed URL works."""


@dataclass(frozen=True)
class S3ImageStore:
    """Finished images."""

    api: Any
    bucket: str

    def put(self, generation_id: str, number: int, data: bytes, image: Image) -> None:
        """See `ImageStore`."""
        self._put(_key(generation_id, number, image), data, image.media_type)

    def put_preview(self, generation_id: str, number: int, data: bytes, image: Image) -> None:
        """See `ImageStore`."""
        self._put(_preview_key(generation_id, number, image), data, PREVIEW_TYPE)

    def preview(self, generation_id: str, number: int, image: Image) -> bytes | None:
        """See `ImageStore`."""
        key = _preview_key(generation_id, number, image)
        try:
            with translated_errors():
                answer = self.api.get_object(Bucket=self.bucket, Key=key)
                data: bytes = answer["Body"].read()
        except ClientError as error:
            if code_of(error) in _GONE:
                return None
            raise
        return data

    def is_stored(self, generation_id: str, number: int, image: Image) -> bool:
        """See `ImageStore`."""
        key = _key(generation_id, number, image)
        try:
            with translated_errors():
                head = self.api.head_object(Bucket=self.bucket, Key=key, ChecksumMode="ENABLED")
        except ClientError as error:
            if code_of(error) in _GONE:
                return False
            raise
        recorded = base64.b64encode(bytes.fromhex(image.sha256)).decode()
        return bool(
            head.get("ChecksumSHA256") == recorded and head["ContentLength"] == image.size_bytes
        )

    def signed_url(self, generation_id: str, number: int, image: Image) -> str:
        """See `ImageStore`."""
        name = f"{generation_id}-{number}.{EXTENSIONS[image.media_type]}"
        url: str = self.api.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self.bucket,
                "Key": _key(generation_id, number, image),
                "ResponseContentType": image.media_type,
                "ResponseContentDisposition": f'inline; filename="{name}"',
                "ResponseCacheControl": f"private, max-age={SIGNATURE_SECONDS}, immutable",
            },
            ExpiresIn=SIGNATURE_SECONDS,
        )
        return url

    def origin(self) -> str:
        """See `ImageStore`."""
        # Only signing tells: the host depends on region, bucket and endpoint.
        url = urlsplit(
            self.api.generate_presigned_url(
                "get_object", Params={"Bucket": self.bucket, "Key": "any"}
            )
        )
        return f"{url.scheme}://{url.netloc}"

    def _put(self, key: str, data: bytes, media_type: str) -> None:
        put_if_absent(self.api, self.bucket, key, data, media_type)


def _key(generation_id: str, number: int, image: Image) -> str:
    return f"images/{generation_id}/{number}-{image.sha256}.{EXTENSIONS[image.media_type]}"


def _preview_key(generation_id: str, number: int, image: Image) -> str:
    return f"images/{generation_id}/{number}-{image.sha256}.preview.jpg"
