"""Reads what functions logged."""

from collections.abc import Sequence

_MARKS = ('"level": "ERROR"', '"level": "CRITICAL"', "Traceback (most recent call last)")


def errors_in(lines: Sequence[str]) -> list[str]:
    """The lines that report a failure."""
    return [line for line in lines if any(mark in line for mark in _MARKS)]


def reports_in(lines: Sequence[str]) -> list[str]:
    """Lambda's own last line of each invocation."""
    return [line.strip() for line in lines if line.startswith("REPORT ")]
