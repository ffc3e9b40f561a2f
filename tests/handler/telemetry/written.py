"""Lines that were written, to look at."""

import io
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tests.handler.telemetry.emf import Value, metric_values, require_valid

NAMESPACE = "TokenFluxImages/test"


def documents(lines: Iterable[str]) -> list[dict[str, Any]]:
    """Lines as objects; those with metrics must be what CloudWatch takes."""
    found = [json.loads(line) for line in lines]
    for line, document in zip(lines, found, strict=True):
        if "_aws" in document:
            require_valid(line)
    return found


@dataclass(frozen=True)
class Written:
    """What a test's system has written so far."""

    stream: io.StringIO

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    def all(self) -> list[dict[str, Any]]:
        return documents(self.text.splitlines())

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [document for document in self.all() if document["message"] == kind]

    def one(self, kind: str) -> dict[str, Any]:
        (document,) = self.of(kind)
        return document

    def last(self, kind: str) -> dict[str, Any]:
        return self.of(kind)[-1]

    def metrics(self) -> Counter[Value]:
        """The sum of every metric over all lines."""
        total: Counter[Value] = Counter()
        for document in self.all():
            total.update(metric_values(document))
        return total


def total(name: str) -> Value:
    """A metric without dimensions."""
    return name, ()
