"""An AWS client that only signs requests and reads answers; they are sent as every vendor's are.

botocore's own limits are for each piece of an answer: it would wait for ever for one in drops.
"""

import io
from collections.abc import Iterator
from typing import Any

import httpx2
from botocore.awsrequest import AWSResponse

from handler.core.ports import Clock
from handler.providers.calls import AnswerLost, exchange, not_begun, time_limit, without

_CREDENTIALS = ("authorization", "x-amz-security-token")
_MOST_ERROR_BYTES = 64 * 1024


def sent_by(http: httpx2.Client, clock: Clock, seconds: float, client: Any) -> Any:
    """The client of Bedrock's models; its calls raise `CallFailed` where no answer came."""

    def send(request: Any, **_: Any) -> AWSResponse:
        prepared = http.build_request(
            request.method,
            request.url,
            content=request.body,
            headers=dict(request.headers),
            timeout=time_limit(seconds),
        )
        credentials = [prepared.headers.get(name, "") for name in _CREDENTIALS]
        reply = without(credentials, exchange(http, clock, prepared))
        if reply.status == 503 and not not_begun(reply):
            raise AnswerLost("a gateway was hung up on")
        # botocore reads every error itself, whatever its size.
        is_read = reply.is_success or (reply.document() and len(reply.body) <= _MOST_ERROR_BYTES)
        body = reply.body if is_read else b"{}"
        return AWSResponse(request.url, reply.status, reply.headers, _Body(body))

    client.meta.events.register("before-send.bedrock-runtime.InvokeModel", send)
    return client


class _Body(io.BytesIO):
    """A body that is there, as botocore reads one that is still to come."""

    def stream(self) -> Iterator[bytes]:
        yield self.read()
