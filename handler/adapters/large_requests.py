"""Requests that are too large for a table's item, such as one with a reference image in it."""

from dataclasses import dataclass
from typing import Any

from handler.adapters.aws import translated_errors
from handler.adapters.objects import put_if_absent

LARGEST_ITEM_BYTES = 300_000
"""DynamoDB takes 400 KB an item, names and all (its service quotas)."""


@dataclass(frozen=True)
class LargeRequests:
    """Keeps them in the bucket, each under its own fingerprint."""

    api: Any
    bucket: str

    def put(self, generation_id: str, fingerprint: str, text: str) -> None:
        """Keep a request; before its generation is admitted, so that none is without."""
        key = _key(generation_id, fingerprint)
        put_if_absent(self.api, self.bucket, key, text.encode(), "application/json")

    def get(self, generation_id: str, fingerprint: str) -> str:
        """Read one back."""
        with translated_errors():
            answer = self.api.get_object(Bucket=self.bucket, Key=_key(generation_id, fingerprint))
            data: bytes = answer["Body"].read()
        return data.decode()


def _key(generation_id: str, fingerprint: str) -> str:
    return f"requests/{generation_id}-{fingerprint}.json"
