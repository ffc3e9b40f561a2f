"""The `ImageStore` over an S3 bucket.

A key holds the checksum of its bytes: two workers that made different images cannot overwrite each
other, and the same image twice is one object.
"""

import base64
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from handler.adapters.aws import code_of, translated_errors
from handler.core.generation import Image
from handler.core.image_types import EXTENSIONS

SIGNATURE_SECONDS = 900
"""How long a signed URL works."""


@dataclass(frozen=True)
class S3ImageStore:
    """Finished images."""

    api: Any
    bucket: str

    def put(self, generation_id: str, number: int, data: bytes, image: Image) -> None:
        """See `ImageStore`."""
        try:
            with translated_errors():
                self.api.put_object(
                    Bucket=self.bucket,
                    Key=_key(generation_id, number, image),
                    Body=data,
                    ContentType=image.media_type,
                    ChecksumAlgorithm="SHA256",
                    IfNoneMatch="*",
                )
        except ClientError as error:
            if code_of(error) != "PreconditionFailed":
                raise

    def is_stored(self, generation_id: str, number: int, image: Image) -> bool:
        """See `ImageStore`."""
        key = _key(generation_id, number, image)
        try:
            with translated_errors():
                head = self.api.head_object(Bucket=self.bucket, Key=key, ChecksumMode="ENABLED")
        except ClientError as error:
            if code_of(error) in ("404", "NoSuchKey", "NotFound"):
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


def _key(generation_id: str, number: int, image: Image) -> str:
    return f"images/{generation_id}/{number}-{image.sha256}.{EXTENSIONS[image.media_type]}"
