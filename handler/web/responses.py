"""The answers that are no MCP message: one table from errors to status, code and headers."""

from starlette.responses import JSONResponse, Response

from handler.core.errors import (
    Denied,
    InsufficientBalance,
    RequestTooLarge,
    ServiceError,
    Unavailable,
)

RETRY_AFTER_SECONDS = 2


def error_response(error: ServiceError) -> Response:
    """The HTTP answer to an error that ends a request."""
    status, code, headers = _described(error)
    return JSONResponse(_body(code, str(error)), status, headers)


def refused_message(error: ServiceError) -> Response:
    """The HTTP answer to an MCP message that an error keeps from MCP.

    It is a JSON-RPC error as well, with the status as its code: several clients show that error's
    message and no other part of a refusal.
    """
    status, code, headers = _described(error)
    body = _body(code, str(error))
    rpc_error = {"code": status, "message": str(error), "data": {"code": code}}
    return JSONResponse({**body, "jsonrpc": "2.0", "id": None, "error": rpc_error}, status, headers)


def not_found() -> Response:
    """There is nothing at this address."""
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return JSONResponse(_body("NOT_FOUND", "There is nothing at this address."), 404, headers)


def invalid_signature() -> Response:
    """A message that is not from whom it says it is, or from too long ago."""
    message = "The signature is missing, wrong or too old."
    return JSONResponse(_body("INVALID_SIGNATURE", message), 401)


def method_not_allowed(allowed: str) -> Response:
    """The address exists, the method does not."""
    message = f"This address takes {allowed}."
    return JSONResponse(_body("METHOD_NOT_ALLOWED", message), 405, {"Allow": allowed})


def _described(error: ServiceError) -> tuple[int, str, dict[str, str]]:
    if isinstance(error, InsufficientBalance):
        return 403, error.code, {}
    if isinstance(error, Denied):
        return 401, error.code, {"WWW-Authenticate": "Bearer"}
    if isinstance(error, RequestTooLarge):
        return 413, "REQUEST_TOO_LARGE", {}
    if isinstance(error, Unavailable):
        return 503, "UNAVAILABLE", {"Retry-After": str(RETRY_AFTER_SECONDS)}
    raise error


def _body(code: str, message: str) -> dict[str, str]:
    return {"code": code, "message": message}
