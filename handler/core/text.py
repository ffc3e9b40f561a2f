"""Echoing what a caller sent, within limits: an answer must not grow with the question."""

_ECHOED_LENGTH = 200


def clipped(text: str, length: int = _ECHOED_LENGTH) -> str:
    """`text`, or its beginning and an ellipsis."""
    return text if len(text) <= length else text[: length - 1] + "…"
