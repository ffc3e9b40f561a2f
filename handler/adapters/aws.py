"""AWS clients and the one table from their errors to ours.

Building a client is slow (tens of milliseconds), so the entry modules do it once; clients may be
shared between threads. They are botocore's: boto3's are the same with more to load.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    HTTPClientError,
    ParamValidationError,
    ReadTimeoutError,
)
from botocore.loaders import create_loader
from botocore.session import Session

from handler.core import errors

_BUSY = frozenset(
    {
        "ConditionalRequestConflict",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "SlowDown",
        "ThrottlingException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)


# The service failed in the middle: what was asked for may have been done.
_UNKNOWN = frozenset(
    {
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "RequestTimeout",
        "ServiceUnavailable",
    }
)

_NO_ANSWER = "the service did not answer in time, try again in a few seconds"

Connect = Callable[[str], Any]
"""Makes a client of the service it is given the name of."""


# The descriptions of the services: what makes a first client slow, and nobody's in particular.
_descriptions = create_loader()


def new_session() -> Connect:
    """What makes clients with connections and credentials of their own.

    Endpoint, region and credentials come from the environment.
    """
    session = Session()
    session.register_component("data_loader", _descriptions)
    return lambda service: session.create_client(service, config=client_config(service))


def model_client(region: str, endpoint_url: str, answer_seconds: float) -> Any:
    """A client of Bedrock's models, whose answers take as long as a picture.

    Each call is made once: what may be repeated is the caller's to decide, since each is paid for.
    """
    session = Session()
    session.register_component("data_loader", _descriptions)
    config = client_config(
        "bedrock-runtime", read_timeout_seconds=answer_seconds, total_max_attempts=1
    )
    return session.create_client(
        "bedrock-runtime", region_name=region, endpoint_url=endpoint_url, config=config
    )


def client_config(
    service: str, *, read_timeout_seconds: float = 3, total_max_attempts: int = 4
) -> Config:
    """How every client behaves."""
    # A call that has no answer after three seconds has none; four attempts and their pauses stay
    # well inside a caller's wait.
    return Config(
        connect_timeout=1,
        read_timeout=read_timeout_seconds,
        retries={"mode": "standard", "total_max_attempts": total_max_attempts},
        max_pool_connections=64,
        # botocore still presigns with version 2, which newer regions refuse.
        signature_version="s3v4" if service == "s3" else None,
        # Or it signs for S3's global host, which sends a young bucket of another region on to a
        # host that the signature and a page's policy are not for.
        s3={"addressing_style": "virtual"} if service == "s3" else None,
    )


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn whatever a client raises into `Unavailable` or `OutcomeUnknown`.

    Anything else is a defect of ours (a bad request, a missing permission) and stays as it is.
    """
    try:
        yield
    except ParamValidationError:
        raise
    except (ReadTimeoutError, ConnectionClosedError) as error:
        raise errors.OutcomeUnknown(_NO_ANSWER) from error
    except (BotoCoreError, HTTPClientError) as error:
        raise errors.Unavailable(
            "the service cannot be reached, try again in a few seconds"
        ) from error
    except ClientError as error:
        if code_of(error) in _UNKNOWN:
            raise errors.OutcomeUnknown(_NO_ANSWER) from error
        if code_of(error) in _BUSY:
            raise errors.Unavailable("the service is busy, try again in a few seconds") from error
        raise


def code_of(error: ClientError) -> str:
    """AWS's name of the error."""
    return str(error.response.get("Error", {}).get("Code", ""))
