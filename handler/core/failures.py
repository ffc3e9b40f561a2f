"""The kinds of failure that can end a generation, as its operator counts them.

What a caller reads instead is the failure's reason; the words for it are chosen where a failure is
told from others (`handler.providers.failing`).
"""

from enum import StrEnum


class FailureKind(StrEnum):
    """Why a generation failed."""

    CONTENT_FILTER = "content_filter"
    """The vendor refused the prompt, or withheld what it had made of it."""
    INVALID_INPUT = "invalid_input"
    """The vendor refused the input, which our schema had let through."""
    CAPACITY = "capacity"
    """The vendor had no room, or could not be reached: nothing was begun."""
    TIMEOUT = "timeout"
    """The vendor gave up on its own time limit, or ours came first."""
    MODEL_ERROR = "model_error"
    """The model broke while it made the image."""
    PROVIDER_ERROR = "provider_error"
    """The vendor broke, or answered what nobody can make sense of."""
    NO_OUTPUT = "no_output"
    """The vendor reports success and delivers nothing."""
    BAD_OUTPUT = "bad_output"
    """What was delivered is no image that we keep."""
    VANISHED_OUTPUT = "vanished_output"
    """The image was deleted before we could fetch it."""
    PROVIDER_ACCOUNT = "provider_account"
    """Our account with the vendor: token, credit, rights. For the operator to repair."""
    MODEL_UNAVAILABLE = "model_unavailable"
    """The vendor does not know the model, or not any more. For the operator to repair."""
    UNKNOWN_OUTCOME = "unknown_outcome"
    """The job may have begun, and cannot be asked for: it is not begun again."""
    ON_REQUEST = "on_request"
    """It was asked to fail, for trying failures out."""

    @property
    def is_for_the_operator(self) -> bool:
        """Whether it stays until the operator does something about it."""
        return self in (FailureKind.PROVIDER_ACCOUNT, FailureKind.MODEL_UNAVAILABLE)
