"""Objects of a bucket whose keys tell their bytes: whoever puts one again changes nothing."""

from typing import Any

from botocore.exceptions import ClientError

from handler.adapters.aws import code_of, translated_errors


def put_if_absent(api: Any, bucket: str, key: str, data: bytes, media_type: str) -> None:
    """Put an object with its checksum; one that is there stays.

    Raises:
        Unavailable: It may or may not be there.
    """
    try:
        with translated_errors():
            api.put_object(
                Bucket=bucket,
                Key=key,
                Body=data,
                ContentType=media_type,
                ChecksumAlgorithm="SHA256",
                IfNoneMatch="*",
            )
    except ClientError as error:
        if code_of(error) != "PreconditionFailed":
            raise
