"""The `PublishedCatalogue` over an S3 bucket: one object."""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from handler.adapters.aws import code_of, translated_errors
from handler.core.errors import Unavailable
from handler.core.ports import Published

KEY = "catalogue/models.json"
_UNCHANGED = frozenset({"304", "NotModified"})
# Without s3:ListBucket what is missing is forbidden. Forbidden is not taken for missing: a function
# that lost its permission would sell what is hidden, at built-in prices.
_NOTHING = frozenset({"404", "NoSuchKey"})


@dataclass(frozen=True)
class S3PublishedCatalogue:
    """What an operator has published."""

    api: Any
    bucket: str

    def read(self, known_version: str | None) -> Published | None:
        """See `PublishedCatalogue`."""
        condition = {} if known_version is None else {"IfNoneMatch": known_version}
        try:
            with translated_errors():
                answer = self.api.get_object(Bucket=self.bucket, Key=KEY, **condition)
                return Published(answer["ETag"], answer["Body"].read())
        except ClientError as error:
            if code_of(error) in _UNCHANGED:
                return None
            if code_of(error) in _NOTHING:
                return Published(None, b"")
            raise Unavailable(f"S3 answered {code_of(error)}") from error

    def publish(self, content: bytes) -> None:
        """See `PublishedCatalogue`."""
        with translated_errors():
            self.api.put_object(
                Bucket=self.bucket,
                Key=KEY,
                Body=content,
                ContentType="application/json",
                ChecksumAlgorithm="SHA256",
            )
