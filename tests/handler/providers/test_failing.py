"""What of a vendor's words a caller reads, and what a caller never does."""

import json

import pytest

from handler.core.errors import ProviderFailure
from handler.core.failures import FailureKind as Kind
from handler.providers.calls import Reply
from handler.providers.failing import refused, undelivered

OF_THE_ACCOUNT = (
    "You don't have enough credits",
    "Insufficient balance, please top up",
    "Your account acme-prod is in arrears",
    "Your organization org-AbC123 must be verified to use the model",
    "Budget has been exceeded! Current cost: 2.0, Max budget: 1.0",
    "Add a payment method at https://vendor.example",
    "Your plan does not include this resolution",
    "The API key has no right to this",
    "Quota exceeded",
    "Spending limit reached",
)
OF_THE_INPUT = (
    "size must be one of 1024x1024, 1536x1024",
    "white balance must be between 0 and 1",
    "The prompt is too long; 4000 characters are allowed",
    "image: the format of this image is not supported",
    "Your request has an unknown parameter: project",
    "the seed must be below 2147483647",
)


def reply_of(said: str, status: int) -> Reply:
    return Reply(status, json.dumps({"error": {"message": said}}).encode())


@pytest.mark.parametrize("status", [400, 413, 415, 422])
@pytest.mark.parametrize("said", OF_THE_ACCOUNT)
def test_what_is_about_our_account_is_the_operators_whatever_its_status(
    said: str, status: int
) -> None:
    failure = refused(reply_of(said, status))
    assert (failure.kind, failure.retryable) == (Kind.PROVIDER_ACCOUNT, False)
    assert said not in failure.reason
    assert failure.said == said


@pytest.mark.parametrize("status", [400, 413, 415, 422])
@pytest.mark.parametrize("said", OF_THE_INPUT)
def test_what_is_about_the_input_is_the_callers(said: str, status: int) -> None:
    failure = refused(reply_of(said, status))
    assert failure.kind is Kind.INVALID_INPUT
    assert failure.reason == f"the provider refused the input: {said}; nothing was charged"


@pytest.mark.parametrize("body", [b"<html>nginx at 10.0.0.3</html>", b'{"host": "10.0.0.3"}', b""])
def test_what_is_no_message_is_kept_for_the_log(body: bytes) -> None:
    """A page of some server in between."""
    failure = refused(Reply(400, body))
    assert failure.reason == "the provider refused the input; nothing was charged"
    assert failure.said == body.decode()


@pytest.mark.parametrize("kind", [Kind.BAD_OUTPUT, Kind.VANISHED_OUTPUT, Kind.TIMEOUT])
def test_what_is_wrong_with_an_image_comes_with_what_to_do(kind: Kind) -> None:
    failure = undelivered(ProviderFailure("the image is odd", kind=kind))
    assert failure.reason.startswith("the image is odd; try again")
    assert failure.reason.endswith("; nothing was charged")
