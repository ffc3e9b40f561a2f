"""S3 in memory: objects that are put once."""

import base64
import hashlib
from typing import Any

from tests.simulation.aws_errors import client_error


class _Body:
    """A streaming body."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def read(self) -> bytes:
        return self.data


class MemoryBucket:
    """The client's methods; every bucket is the same one."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put_object(self, **parameters: Any) -> dict[str, Any]:
        key = parameters["Key"]
        if parameters.get("IfNoneMatch") == "*" and key in self.objects:
            raise client_error("PreconditionFailed", "PutObject")
        self.objects[key] = bytes(parameters["Body"])
        return {}

    def get_object(self, **parameters: Any) -> dict[str, Any]:
        return {"Body": _Body(self._object(parameters["Key"], "NoSuchKey", "GetObject"))}

    def head_object(self, **parameters: Any) -> dict[str, Any]:
        data = self._object(parameters["Key"], "404", "HeadObject")
        checksum = base64.b64encode(hashlib.sha256(data).digest()).decode()
        return {"ContentLength": len(data), "ChecksumSHA256": checksum}

    def _object(self, key: str, code: str, operation: str) -> bytes:
        if key not in self.objects:
            raise client_error(code, operation)
        return self.objects[key]
