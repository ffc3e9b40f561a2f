"""Errors as boto3 raises them."""

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError


def client_error(code: str, operation: str, message: str = "", **more: Any) -> Exception:
    """What a service answers when it refuses."""
    response: Any = {"Error": {"Code": code, "Message": message or code}, **more}
    error: Exception = ClientError(response, operation)
    return error


def canceled(reasons: Sequence[Mapping[str, Any]]) -> Exception:
    """What a transaction answers of which nothing was written."""
    codes = ", ".join(str(reason["Code"]) for reason in reasons)
    return client_error(
        "TransactionCanceledException",
        "TransactWriteItems",
        f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]",
        CancellationReasons=list(reasons),
    )
