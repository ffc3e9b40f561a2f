"""Requests that are too large for a table's item, such as one with a reference image in it."""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from handler.adapters.aws import code_of, translated_errors

LARGEST_ITEM_BYTES = 300_000
"""DynamoDB takes 400 KB an item, names and all (its service quotas)."""


@dataclass(frozen=True)
class LargeRequests:
    """Keeps them in the bucket, each under its own fingerprint."""

    api: Any
    bucket: str

    def put(self, generation_id: str, fingerprint: str, text: str) -> None:
        """Keep a request; before its generation is admitted, so that none is without."""
        try:
            with translated_errors():
                self.api.put_object(
                    Bucket=self.bucket,
                    Key=_key(generation_id, fingerprint),
                    Body=text.encode(),
                    ContentType="application/json",
                    ChecksumAlgorithm="SHA256",
                    IfNoneMatch="*",
                )
        except ClientError as error:
            if code_of(error) != "PreconditionFailed":
                raise

    def get(self, generation_id: str, fingerprint: str) -> str:
        """Read one back."""
        with translated_errors():
            answer = self.api.get_object(Bucket=self.bucket, Key=_key(generation_id, fingerprint))
            data: bytes = answer["Body"].read()
        return data.decode()


def _key(generation_id: str, fingerprint: str) -> str:
    return f"requests/{generation_id}-{fingerprint}.json"
