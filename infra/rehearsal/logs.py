"""Reads what functions logged."""

import json
from collections.abc import Sequence

_LEVELS = ("ERROR", "CRITICAL")


def errors_in(lines: Sequence[str]) -> list[str]:
    """The lines that report a failure: records of ours, and what Python and Lambda say."""
    return [line for line in lines if _is_error(line)]


def reports_in(lines: Sequence[str]) -> list[str]:
    """Lambda's own last line of each invocation."""
    return [line.strip() for line in lines if line.startswith("REPORT ")]


def _is_error(line: str) -> bool:
    try:
        record = json.loads(line)
    except ValueError:
        return line.startswith("[ERROR]") or "Traceback (most recent call last)" in line
    return isinstance(record, dict) and record.get("level") in _LEVELS
