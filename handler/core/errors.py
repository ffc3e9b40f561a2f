"""Everything that can go wrong, as one tree.

    ServiceError
    ├── ConfigurationError            the operator must change something; raised at start only
    ├── Denied                        the caller does not get in (HTTP 401 or 403)
    │   ├── ApiKeyRequired
    │   ├── InvalidApiKey
    │   ├── ApiKeyDisabled
    │   └── InsufficientBalance
    ├── RequestTooLarge               the caller got in with more than is read (HTTP 413)
    ├── Refused                       the caller got in and asked for something we will not do
    │   ├── InvalidArgument
    │   ├── ModelNotFound
    │   ├── InvalidInput
    │   │   └── Unpriced
    │   ├── InsufficientCredits
    │   ├── GenerationNotFound
    │   └── IdempotencyKeyReused
    ├── OperatorRefused               the operator asked for what the books do not allow
    ├── Unavailable                   nothing was done; the same call may be made again
    │   └── OutcomeUnknown            something may have been done; read before repeating
    └── ProviderFailure               an image could not be made; its message is the caller's to
    read

Every message is written for the person who will read it and holds no secret.
How each branch looks on the wire is decided at the edges (`handler.web`, `handler.tools`).
"""

from handler.core.failures import FailureKind


class ServiceError(Exception):
    """Root of the tree; `str(error)` is safe to show to whoever gets it."""


class ConfigurationError(ServiceError):
    """A setting, a catalogue file or the local stack is unusable."""


class Denied(ServiceError):
    """The caller does not get in."""

    code: str
    """The stable `code` of the JSON body."""


class ApiKeyRequired(Denied):
    """No key was sent."""

    code = "API_KEY_REQUIRED"

    def __init__(self) -> None:
        super().__init__(
            "An API key is required: send 'Authorization: Bearer <key>' or 'X-Api-Key: <key>'."
        )


class InvalidApiKey(Denied):
    """The key is malformed or unknown."""

    code = "INVALID_API_KEY"

    def __init__(self) -> None:
        super().__init__("This API key is not valid. Check that it was copied whole.")


class ApiKeyDisabled(Denied):
    """The key was revoked or has expired, or its account is closed."""

    code = "API_KEY_DISABLED"

    def __init__(self) -> None:
        super().__init__("This API key has been revoked or has expired. Ask for a new one.")


class InsufficientBalance(Denied):
    """Less than 0.01 credits remain."""

    code = "INSUFFICIENT_BALANCE"

    def __init__(self) -> None:
        super().__init__("Less than 0.01 credits remain on this account. Top it up to go on.")


class RequestTooLarge(ServiceError):
    """A message is larger than what is read of one."""

    def __init__(self, max_bytes: int) -> None:
        super().__init__(
            f"The message is larger than {max_bytes:,} bytes. Refer to large images by https URLs"
            " instead of data: URLs."
        )


class Refused(ServiceError):
    """A well-formed call that is refused: nothing was charged, recorded or sent upstream.

    `help` is one sentence on what to do instead, or None.
    """

    def __init__(self, message: str, *, help: str | None = None) -> None:  # noqa: A002 - reads best at the call
        super().__init__(message)
        self.help = help


class InvalidArgument(Refused):
    """A tool's argument is missing or malformed."""


class ModelNotFound(Refused):
    """No listed model has that id."""


class InvalidInput(Refused):
    """The input breaks the model's schema, or has no price."""


class Unpriced(InvalidInput):
    """The input has no price; the message says which values have one."""


class InsufficientCredits(Refused):
    """The account cannot pay this generation."""


class GenerationNotFound(Refused):
    """No such generation in the caller's account; says nothing about anybody else's."""

    def __init__(self, generation_id: str, *, help: str | None = None) -> None:  # noqa: A002 - as above
        super().__init__(f"generation not found: {generation_id}", help=help)


class IdempotencyKeyReused(Refused):
    """The idempotency key belongs to another request."""

    def __init__(self) -> None:
        super().__init__(
            "idempotency key already used for another request",
            help="Send a new idempotency key, or repeat the first request unchanged.",
        )


class OperatorRefused(ServiceError):
    """The operator asked for something that cannot be, or that the books do not allow."""


class Unavailable(ServiceError):
    """A service we depend on did not answer in time; nothing was done."""


class OutcomeUnknown(Unavailable):
    """A write was sent and its answer never came."""


class ProviderFailure(ServiceError):
    """A provider could not make the image; the message is for the caller.

    `retryable` says whether the same step may succeed later, `kind` what it counts as.
    """

    def __init__(
        self,
        message: str,
        *,
        retryable: bool = False,
        kind: FailureKind = FailureKind.BAD_OUTPUT,
    ) -> None:
        super().__init__(message)
        self.retryable = retryable
        self.kind = kind
