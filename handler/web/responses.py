"""The answers that are no MCP message: one table from errors to status, code and headers."""

from starlette.responses import JSONResponse, Response

from handler.core.errors import Denied, InsufficientBalance, ServiceError, Unavailable

RETRY_AFTER_SECONDS = 2


def error_response(error: ServiceError) -> Response:
    """The HTTP answer to an error that ends a request before MCP sees it."""
    if isinstance(error, InsufficientBalance):
        return _json(403, error.code, str(error))
    if isinstance(error, Denied):
        return _json(401, error.code, str(error), {"WWW-Authenticate": "Bearer"})
    if isinstance(error, Unavailable):
        return _json(503, "UNAVAILABLE", str(error), {"Retry-After": str(RETRY_AFTER_SECONDS)})
    raise error


def not_found() -> Response:
    """There is nothing at this address."""
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return _json(404, "NOT_FOUND", "There is nothing at this address.", headers)


def invalid_signature() -> Response:
    """A message that is not from whom it says it is, or from too long ago."""
    return _json(401, "INVALID_SIGNATURE", "The signature is missing, wrong or too old.")


def method_not_allowed(allowed: str) -> Response:
    """The address exists, the method does not."""
    message = f"This address takes {allowed}."
    return _json(405, "METHOD_NOT_ALLOWED", message, {"Allow": allowed})


def _json(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"code": code, "message": message}, status, headers)
