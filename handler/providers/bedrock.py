"""Amazon Bedrock: Stability's models, each call answered with one image; IAM, no token.

Facts from botocore's description of bedrock-runtime (2023-09-30) and AWS's user guide. What a
filter withheld is told in a success: the reason stands where the image would be.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from botocore.exceptions import (
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
)

from handler.adapters.aws import code_of, model_client
from handler.core.failures import FailureKind
from handler.core.ports import Clock, Failed, Job, Provider
from handler.providers.calls import (
    LONGEST_PAUSE_SECONDS,
    PAUSES_SECONDS,
    QUESTION_SECONDS,
    NotBegun,
    Reply,
    not_begun,
)
from handler.providers.failing import failed, unreadable
from handler.providers.inlining import Reference, References
from handler.providers.setup import Setup
from handler.providers.signing import sent_by
from handler.providers.vendor import Answer, Immediate, Ready

REGION = "us-west-2"
"""Where Stability's models are."""
MAX_REFERENCE_BYTES = 18_400_000
"""As base64, with the rest of a request, below the 25,000,000 bytes that it may have."""

_ENDPOINT = re.compile(r"https://bedrock-runtime(?:-fips)?\.([a-z0-9-]+)\.")
_NO_ROLE = (CredentialRetrievalError, NoCredentialsError, PartialCredentialsError)


def build(setup: Setup) -> Provider:
    """Bedrock, in the region of the configured base URL."""
    url = setup.access.base_url or f"https://bedrock-runtime.{REGION}.amazonaws.com"
    signing = model_client(region_of(url), url, setup.answer_seconds)
    client = sent_by(setup.client, setup.clock, setup.answer_seconds, signing)
    vendor = BedrockVendor(client, setup.clock, References.up_to(MAX_REFERENCE_BYTES))
    return setup.provider(vendor, (), max_inline_bytes=MAX_REFERENCE_BYTES)


def region_of(endpoint_url: str) -> str:
    """The region that a request is signed for."""
    found = _ENDPOINT.match(endpoint_url)
    return found[1] if found else REGION


@dataclass(frozen=True)
class BedrockVendor(Immediate):
    """Implements `Vendor`; `image` of an input is the URL of a reference."""

    client: Any
    clock: Clock
    references: References

    def submit(self, job: Job) -> Answer:
        """See `Vendor`."""
        image = job.input.get("image")
        body = request_body(job, self.references.collected([image] if image else []))
        # Each attempt may take as long as a picture: what was refused late is not tried again here.
        repeats_until_ms = self.clock.now_ms() + int(QUESTION_SECONDS * 1000)
        for pause in (*PAUSES_SECONDS, None):
            try:
                return read(self._invoked(job.provider_model, body))
            except NotBegun:
                if pause is None or self.clock.now_ms() > repeats_until_ms:
                    raise
            except ClientError as error:
                late = self.clock.now_ms() > repeats_until_ms
                reply = reply_of(error)
                if pause is None or late or not not_begun(reply):
                    return read_error(error)
                pause = max(pause, reply.retry_after_seconds or 0)  # noqa: PLW2901
                if pause > LONGEST_PAUSE_SECONDS:
                    return read_error(error)
            except _NO_ROLE as error:
                return failed(FailureKind.PROVIDER_ACCOUNT, type(error).__name__)
            self.clock.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def _invoked(self, model_id: str, body: Mapping[str, Any]) -> Reply:
        answer = self.client.invoke_model(
            modelId=model_id,
            body=json.dumps(body).encode(),
            contentType="application/json",
            accept="application/json",
        )
        return Reply(answer["ResponseMetadata"]["HTTPStatusCode"], answer["body"].read())


def request_body(job: Job, references: Sequence[Reference] = ()) -> dict[str, Any]:
    """The input; `mode`, where the model has one, says whether there is an image to begin with."""
    body = {name: value for name, value in job.input.items() if name != "image"}
    has_mode = "mode" in body
    if not references:
        body.pop("strength", None)
        return body | ({"mode": "text-to-image"} if has_mode else {})
    body["image"] = references[0].base64
    if has_mode:
        body["mode"] = "image-to-image"
        # The image has its own.
        body.pop("aspect_ratio", None)
    return body


def read(reply: Reply) -> Answer:
    """A success, which may hold none."""
    document = reply.document()
    images, reasons = document.get("images"), document.get("finish_reasons")
    if not isinstance(images, list) and not isinstance(reasons, list):
        return unreadable(reply)
    made, withheld = [], []
    for image, reason in zip_longest(_list(images), _list(reasons)):
        if reason is not None:
            withheld.append(str(reason))
        elif isinstance(image, str) and image:
            made.append(f"data:;base64,{image}")
    if made:
        return Ready(made)
    if any(reason.startswith("Filter reason") for reason in withheld):
        return failed(FailureKind.CONTENT_FILTER, "; ".join(withheld))
    if withheld:
        return failed(FailureKind.MODEL_ERROR, "; ".join(withheld), retryable=True)
    return failed(FailureKind.NO_OUTPUT, "the answer holds no image")


def _list(value: Any) -> list[Any]:
    """A list, whatever is in its place."""
    return value if isinstance(value, list) else []


def reply_of(error: ClientError) -> Reply:
    """Status and headers of an error, whose body botocore has read.

    AWS does not say that a header ever asks to wait.
    """
    metadata = error.response["ResponseMetadata"]
    return Reply(int(metadata["HTTPStatusCode"]), headers=metadata.get("HTTPHeaders", {}))


_CODES: Mapping[str, FailureKind] = {
    "ModelErrorException": FailureKind.MODEL_ERROR,
    "ModelTimeoutException": FailureKind.TIMEOUT,
    "ResourceNotFoundException": FailureKind.MODEL_UNAVAILABLE,
    "ServiceQuotaExceededException": FailureKind.PROVIDER_ACCOUNT,
}
_ENDED = {"ModelErrorException", "ModelTimeoutException"}
_INVALID: tuple[tuple[re.Pattern[str], FailureKind], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), kind)
    for pattern, kind in (
        (r"content filter|filtered words|moderation", FailureKind.CONTENT_FILTER),
        (r"model identifier|on-demand throughput|end of its life", FailureKind.MODEL_UNAVAILABLE),
        (r"operation not allowed|\baccount\b", FailureKind.PROVIDER_ACCOUNT),
    )
)
"""What else than an invalid input a `ValidationException` may be about."""
_STATUSES: Mapping[int, FailureKind] = {
    403: FailureKind.PROVIDER_ACCOUNT,
    404: FailureKind.MODEL_UNAVAILABLE,
    413: FailureKind.INVALID_INPUT,
    429: FailureKind.CAPACITY,
    503: FailureKind.CAPACITY,
    504: FailureKind.TIMEOUT,
}


def read_error(error: ClientError) -> Failed:
    """What an error stands for; the model is run again only if it was not, or has ended."""
    code, said = code_of(error), str(error.response["Error"].get("Message", ""))
    if code == "ValidationException":
        found = (kind for pattern, kind in _INVALID if pattern.search(said))
        return failed(next(found, FailureKind.INVALID_INPUT), said)
    reply = reply_of(error)
    kind = _CODES.get(code) or _STATUSES.get(reply.status, FailureKind.PROVIDER_ERROR)
    return failed(
        kind,
        f"{code}: {said}",
        retryable=not_begun(reply) or code in _ENDED,
        retry_after_seconds=reply.retry_after_seconds,
    )
