"""The one table from AWS's errors to ours."""

from dataclasses import replace
from typing import Any

import pytest
from botocore import exceptions as aws

from handler.adapters.aws import code_of, translated_errors
from handler.core import errors
from tests.handler.unreliable import stores_over
from tests.world import Opened, World

URL = "https://aws.example"


def answer(code: str) -> aws.ClientError:
    return aws.ClientError({"Error": {"Code": code, "Message": "internal detail"}}, "PutItem")


def translated(error: Exception) -> Exception:
    """What comes out of the table."""
    with pytest.raises(Exception) as caught, translated_errors():  # noqa: PT011 - any, to look at it
        raise error
    return caught.value


BEFORE_SENDING: list[Exception] = [
    aws.EndpointConnectionError(endpoint_url=URL),
    aws.ConnectTimeoutError(endpoint_url=URL),
    aws.ProxyConnectionError(proxy_url=URL),
    aws.NoCredentialsError(),
    aws.CredentialRetrievalError(provider="p", error_msg="m"),
]
NO_ANSWER: list[Exception] = [
    aws.ReadTimeoutError(endpoint_url=URL),
    aws.ConnectionClosedError(endpoint_url=URL),
]
BUSY = [
    "ConditionalRequestConflict",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "SlowDown",
    "ThrottlingException",
    "TransactionConflictException",
    "TransactionInProgressException",
]
DEFECTS = [
    "AccessDeniedException",
    "ValidationException",
    "ResourceNotFoundException",
    "NoSuchBucket",
    "ConditionalCheckFailedException",
    "TransactionCanceledException",
    "IdempotentParameterMismatchException",
    "UnrecognizedClientException",
    "PreconditionFailed",
]


@pytest.mark.parametrize("error", BEFORE_SENDING, ids=lambda error: type(error).__name__)
def test_what_was_never_sent_was_not_done(error: Exception) -> None:
    ours = translated(error)
    assert type(ours) is errors.Unavailable
    assert ours.__cause__ is error


@pytest.mark.parametrize("error", NO_ANSWER, ids=lambda error: type(error).__name__)
def test_what_had_no_answer_may_have_been_done(error: Exception) -> None:
    assert type(translated(error)) is errors.OutcomeUnknown


@pytest.mark.parametrize("code", BUSY)
def test_what_a_busy_service_turned_away_was_not_done(code: str) -> None:
    assert type(translated(answer(code))) is errors.Unavailable


@pytest.mark.parametrize("code", DEFECTS)
def test_a_defect_of_ours_stays_what_it_is(code: str) -> None:
    error = answer(code)
    assert translated(error) is error
    assert code_of(error) == code


def connection_errors() -> list[type[Exception]]:
    """Every class for a connection that broke; new ones of a later botocore are among them."""
    return sorted(
        (
            kind
            for kind in vars(aws).values()
            if isinstance(kind, type)
            and issubclass(kind, aws.HTTPClientError | aws.ConnectionError)
        ),
        key=lambda kind: kind.__name__,
    )


@pytest.mark.parametrize("kind", connection_errors(), ids=lambda kind: kind.__name__)
def test_every_broken_connection_is_one_of_ours(kind: Any) -> None:
    words = {"endpoint_url": URL, "proxy_url": URL, "error": "broke", "request": None}
    assert isinstance(translated(kind(**words)), errors.Unavailable)


@pytest.mark.parametrize(
    "error",
    [*BEFORE_SENDING, *NO_ANSWER, *map(answer, BUSY)],
    ids=lambda error: type(error).__name__,
)
def test_what_the_caller_reads_names_nothing_internal(error: Exception) -> None:
    text = str(translated(error))
    assert "try again" in text
    for internal in ("aws", "internal", "PutItem", "http", "Exception"):
        assert internal not in text


def test_what_is_no_aws_error_passes_through() -> None:
    error = KeyError("x")
    assert translated(error) is error


def test_nothing_is_changed_where_nothing_is_raised() -> None:
    with translated_errors():
        value = 1
    assert value == 1


@pytest.mark.parametrize("response", [{}, {"Error": {}}, {"Error": {"Code": 404}}])
def test_an_answer_without_a_name_still_has_a_code(response: dict[str, Any]) -> None:
    assert code_of(aws.ClientError(response, "GetObject")) in ("", "404")


class Internal:
    """A client whose transactions are applied and then answered with an internal error."""

    def __init__(self, api: Any) -> None:
        self.api = api

    def __getattr__(self, name: str) -> Any:
        return getattr(self.api, name)

    def transact_write_items(self, **parameters: Any) -> Any:
        self.api.transact_write_items(**parameters)
        raise aws.ClientError(
            {"Error": {"Code": "InternalServerError", "Message": "try again"}},
            "TransactWriteItems",
        )


def test_an_internal_error_after_an_admission_does_not_lose_it(world: World) -> None:
    """An internal error does not say that nothing was written."""
    opened: Opened = world.open_account(1_000_000)
    stores = stores_over(world, Internal)
    shaky = replace(world)
    vars(shaky)["stores"] = stores
    generation = shaky.admit(opened)
    assert world.stores.generations.due(10**15) == [generation.id]
